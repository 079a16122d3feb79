package browser

// The pictures of the page in docs/. To take them again:
//
//	go test ./test/browser -run Screenshots -update

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"temporal-twilio/twiliosim"
)

var update = flag.Bool("update", false, "take the pictures in docs/ again")

// maxPicture limits the size of a picture, in bytes, to keep the repository small.
const maxPicture = 250 << 10

// pictures lists the pictures in docs/, with their sizes in CSS pixels.
var pictures = []struct {
	name          string
	width, height int
	theme         string
	prepare       func(p *tab)
}{
	{"phone-page", 1720, 900, "light", func(*tab) {}},
	{"phone-page-dark", 1720, 900, "dark", func(p *tab) { p.click("#faults-tab") }},
	{"phone-page-narrow", 360, 720, "light", func(p *tab) { p.click("#phones-tab") }},
	{"phone-page-first", 1360, 860, "light", func(p *tab) {
		p.run(`localStorage.clear(); fetch("/sim/reset", {method: "POST", headers: {"Content-Type": "application/json"}, body: "{}"}).then((r) => r.status)`)
		p.do("load again", chromedp.Reload())
		p.shows(".start", "Order Number 42")
	}},
}

const scale = 1.5

func TestScreenshotsShowThePage(t *testing.T) {
	docs := filepath.Join("..", "..", "docs")
	if *update {
		takePictures(t, docs)
	}
	for _, picture := range pictures {
		t.Run(picture.name, func(t *testing.T) {
			file, err := os.ReadFile(filepath.Join(docs, picture.name+".png"))
			if err != nil {
				t.Fatal(err)
			}
			if len(file) > maxPicture {
				t.Errorf("the picture has %d bytes, want at most %d", len(file), maxPicture)
			}
			decoded, err := png.DecodeConfig(bytes.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			if want := (image.Point{int(scale * float64(picture.width)), int(scale * float64(picture.height))}); decoded.Width != want.X || decoded.Height != want.Y {
				t.Errorf("the picture is %d by %d, want %v: take it again with -update", decoded.Width, decoded.Height, want)
			}
		})
	}
}

// takePictures holds a realistic conversation and takes the pictures of it.
func takePictures(t *testing.T, docs string) {
	application := startApplication(t)
	sim := startTwilio(t, twiliosim.Options{Webhook: application + "/twilio/sms", Examples: application + "/examples", UIURL: "http://127.0.0.1:8233"})
	if _, err := sim.AddOutcome(twiliosim.Outcome{Body: "van", Status: "undelivered", ErrorCode: 30003}); err != nil {
		t.Fatal(err)
	}
	text(t, sim, "+15551230003", "break")
	text(t, sim, bob, "Is this the one?", twiliosim.Media{URL: application + "/picture.png", ContentType: "image/png"})
	text(t, sim, bob, "STOP")
	send(t, sim, ann, "Hello Ann, order 42 has left the warehouse. Reply with “Order Number” and its number to hear where it is.")
	send(t, sim, ann, "The van is 10 minutes away")
	text(t, sim, ann, "Order Number 42")
	if _, err := sim.AddFault(twiliosim.Fault{Kind: "response-lost", Operation: "create", Next: 3}); err != nil {
		t.Fatal(err)
	}
	if _, err := sim.AddFault(twiliosim.Fault{Kind: "webhook-late", Delay: twiliosim.Duration(2 * time.Second), Rate: 0.1}); err != nil {
		t.Fatal(err)
	}
	for _, picture := range pictures {
		p := newTab(t)
		p.do("set the size", chromedp.EmulateViewport(int64(picture.width), int64(picture.height), chromedp.EmulateScale(scale)),
			command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
				{Name: "prefers-color-scheme", Value: picture.theme}, {Name: "prefers-reduced-motion", Value: "reduce"},
			}}))
		p.visit(sim.URL)
		p.until("the thread is shown", `document.querySelectorAll(".message").length >= 7 && document.querySelectorAll("[data-status=delivered]").length >= 3 && [...document.images].every((i) => i.complete || !i.checkVisibility())`)
		p.run(`document.querySelector("article textarea").focus()`)
		p.press("Great, I’ll be home at 5")
		p.until("the size of the text is shown", `document.querySelector(".ucs2")`)
		picture.prepare(p)
		shot, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
		if err != nil {
			t.Fatal(err)
		}
		small, err := compress(shot)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(docs, picture.name+".png"), small, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// compress rewrites a picture with a palette of its 256 most frequent colors,
// which cuts its size to a third. Few pixels of a page have any other color.
func compress(shot []byte) ([]byte, error) {
	img, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		return nil, fmt.Errorf("read the picture: %w", err)
	}
	count := map[color.RGBA]int{}
	each(img, func(_, _ int, c color.RGBA) { count[c]++ })
	colors := slices.SortedFunc(maps.Keys(count), func(a, b color.RGBA) int {
		return cmp.Or(count[b]-count[a], cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
	})
	palette := color.Palette{}
	for _, c := range colors[:min(256, len(colors))] {
		palette = append(palette, c)
	}
	nearest := map[color.RGBA]uint8{}
	small := image.NewPaletted(img.Bounds(), palette)
	each(img, func(x, y int, c color.RGBA) {
		if _, known := nearest[c]; !known {
			nearest[c] = uint8(palette.Index(c))
		}
		small.SetColorIndex(x, y, nearest[c])
	})
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&out, small); err != nil {
		return nil, fmt.Errorf("write the picture: %w", err)
	}
	return out.Bytes(), nil
}

func each(img image.Image, do func(x, y int, c color.RGBA)) {
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y++ {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
			do(x, y, color.RGBAModel.Convert(img.At(x, y)).(color.RGBA))
		}
	}
}
