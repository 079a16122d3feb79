package twiliosim

// Tests with Twilio's own Node client and segment calculator. They are
// installed once, into .local/ at the root of the repository.

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"temporal-twilio/sms"
)

// nodeFolder returns a folder with the scripts and their packages. Without
// Node, the test is skipped on a developer's machine and fails in CI.
func nodeFolder(t *testing.T) string {
	t.Helper()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatalf("%s must be installed in CI: %v", program, err)
			}
			t.Skipf("%s is not installed", program)
		}
	}
	digest := sha256.New()
	files := map[string][]byte{}
	for _, name := range []string{"package.json", "package-lock.json", "client.mjs", "segments.mjs"} {
		raw, err := os.ReadFile(filepath.Join("nodetest", name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = raw
		if strings.HasPrefix(name, "package") {
			digest.Write(raw)
		}
	}
	root, err := filepath.Abs(filepath.Join("..", ".local", "nodetest"))
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(root, hex.EncodeToString(digest.Sum(nil))[:16])
	if _, err := os.Stat(folder); err != nil {
		install(t, root, folder, files)
	}
	for name, raw := range files {
		if err := os.WriteFile(filepath.Join(folder, name), raw, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// install builds the folder next to its final location and moves it there, so
// that a broken or concurrent installation is never mistaken for a complete
// one.
func install(t *testing.T, root, folder string, files map[string][]byte) {
	t.Helper()
	if err := os.MkdirAll(root, 0o755); err != nil {
		t.Fatal(err)
	}
	building, err := os.MkdirTemp(root, "building-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(building)
	for name, raw := range files {
		if err := os.WriteFile(filepath.Join(building, name), raw, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run(t, building, nil, nil, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	if err := os.Rename(building, folder); err != nil {
		if _, statErr := os.Stat(folder); statErr != nil {
			t.Fatal(err)
		}
	}
}

func run(t *testing.T, dir string, env []string, input []byte, program string, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Env, cmd.Stdin = dir, append(os.Environ(), env...), bytes.NewReader(input)
	var out, trouble bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &trouble
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s%s", program, strings.Join(args, " "), err, out.Bytes(), trouble.Bytes())
	}
	return out.Bytes()
}

func TestTwilioNodeIsServed(t *testing.T) {
	folder := nodeFolder(t)
	sim := start(t, Options{})
	out := run(t, folder, []string{
		"TWILIOSIM_URL=" + sim.URL, "TWILIOSIM_ACCOUNT=" + sim.Account, "TWILIOSIM_TOKEN=" + sim.Token,
	}, nil, "node", "client.mjs")
	if n := strings.Count(string(out), "ok: "); n != 6 {
		t.Errorf("%d checks passed, want 6:\n%s", n, out)
	}
}

func TestSegmentsMatchTwiliosCalculator(t *testing.T) {
	folder := nodeFolder(t)
	bodies := randomBodies(10_000)
	input, err := json.Marshal(bodies)
	if err != nil {
		t.Fatal(err)
	}
	var want [][2]any
	if err := json.Unmarshal(run(t, folder, nil, input, "node", "segments.mjs"), &want); err != nil {
		t.Fatal(err)
	}
	if len(want) != len(bodies) {
		t.Fatalf("the calculator returned %d results for %d texts", len(want), len(bodies))
	}
	wrong, several := 0, 0
	for i, body := range bodies {
		size := sms.Measure(body)
		if size.Segments > 1 {
			several++
		}
		if string(size.Encoding) == want[i][0] && float64(size.Segments) == want[i][1] {
			continue
		}
		if wrong++; wrong <= 5 {
			t.Errorf("%q: got %s and %d segments, but the calculator returned %v and %v", body, size.Encoding, size.Segments, want[i][0], want[i][1])
		}
	}
	if wrong > 5 {
		t.Errorf("and %d more texts differ", wrong-5)
	}
	if several < len(bodies)/4 {
		t.Errorf("only %d texts have several segments, want a quarter of them, so that the comparison is meaningful", several)
	}
}

// randomBodies returns texts around the limits of one, two and three segments,
// made of characters that people write: those in GSM-7, in its extension and
// outside of it, and characters composed of several code points. Combinations
// that make no sense, such as a skin tone on a letter, are left out:
// calculators and phones differ on them. The seed is fixed, so that a
// difference can be reproduced.
func randomBodies(n int) []string {
	each := func(letters string) []string { return strings.Split(letters, "") }
	alphabets := [][]string{
		each("abc XYZ 0189 .,!?@£$¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉäöñüà§¡¿_\n\r"),
		each("a^{}[]~\\|€\f"),
		each("яжщçáâœ“”’‘–…`\tעשกあ漢한"),
		{"a", "😀", "👍🏽", "👨\u200d👩\u200d👧", "🇩🇪", "❤\ufe0f", "👩\u200d💻", "1\ufe0f\u20e3"},
		{"e\u0301", "o\u0308\u0323", "\u1112\u1161\u11ab", "नि", "กำ", "ש\u05c1"},
	}
	random := rand.New(rand.NewPCG(1, 2))
	bodies := make([]string, n)
	for i := range bodies {
		length := 1 + random.IntN(20)
		if random.IntN(4) > 0 {
			limits := []int{25, 35, 70, 134, 160, 201, 306, 459}
			length = limits[random.IntN(len(limits))] - 6 + random.IntN(12)
		}
		common := alphabets[random.IntN(len(alphabets))]
		rare, rarity := alphabets[random.IntN(len(alphabets))], 1+random.IntN(80)
		var body strings.Builder
		for range length {
			from := common
			if random.IntN(rarity) == 0 {
				from = rare
			}
			body.WriteString(from[random.IntN(len(from))])
		}
		bodies[i] = body.String()
	}
	return bodies
}
