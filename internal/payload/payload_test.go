package payload

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/proto"

	"temporal-twilio/sms"
)

// keyFile writes a key file with new keys, one of which may be current, and
// returns its path.
func keyFile(t testing.TB, current string, ids ...string) string {
	t.Helper()
	var text []byte
	for _, id := range ids {
		text = must(Add(text, id))(t)
	}
	text = must(MakeCurrent(text, current))(t)
	path := filepath.Join(t.TempDir(), "keys.json")
	write(t, path, text)
	return path
}

func write(t testing.TB, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func open(t testing.TB, path string) *Ring {
	t.Helper()
	return must(Open(path, slog.New(slog.DiscardHandler)))(t)
}

func protected(ring *Ring) client.Options {
	var options client.Options
	Protect(&options, ring)
	return options
}

const secret = "a text that nobody else may read"

// The format is that of the SDKs' samples. This test reads and writes it
// without the codec.
func TestCodecUsesSamplesWireFormat(t *testing.T) {
	path := keyFile(t, "one", "one")
	f := must(read(must(os.ReadFile(path))(t)))(t)
	block := must(aes.NewCipher(must(base64.StdEncoding.DecodeString(f.Keys[0].Key))(t)))(t)
	gcm := must(cipher.NewGCM(block))(t)
	plain := must(converter.GetDefaultDataConverter().ToPayload(secret))(t)
	c := open(t, path).Codec()

	written := must(c.Encode([]*commonpb.Payload{plain}))(t)[0]
	if string(written.Metadata["encoding"]) != "binary/encrypted" || string(written.Metadata["encryption-key-id"]) != "one" || len(written.Metadata) != 2 {
		t.Errorf("got the metadata %q, want only the encoding and the key ID", written.Metadata)
	}
	var opened commonpb.Payload
	if err := proto.Unmarshal(must(gcm.Open(nil, written.Data[:12], written.Data[12:], nil))(t), &opened); err != nil || !proto.Equal(&opened, plain) {
		t.Errorf("decrypted as in the samples: got %v, error %v, want the original payload", &opened, err)
	}

	nonce := []byte("twelve bytes")
	theirs := &commonpb.Payload{
		Metadata: map[string][]byte{"encoding": []byte("binary/encrypted"), "encryption-key-id": []byte("one")},
		Data:     gcm.Seal(nonce, nonce, must(proto.Marshal(plain))(t), nil),
	}
	if read := must(c.Decode([]*commonpb.Payload{theirs}))(t)[0]; !proto.Equal(read, plain) {
		t.Errorf("the sample's payload was decoded to %v, want the original", read)
	}
}

func TestRingWithoutCurrentKeyWritesPlaintext(t *testing.T) {
	path := keyFile(t, "one", "one")
	written := must(protected(open(t, path)).DataConverter.ToPayload(secret))(t)
	write(t, path, must(MakeCurrent(must(os.ReadFile(path))(t), ""))(t))

	dc := protected(open(t, path)).DataConverter
	var read string
	if err := dc.FromPayload(written, &read); err != nil || read != secret {
		t.Errorf("got %q, error %v, want the original text", read, err)
	}
	if clear := must(dc.ToPayload(secret))(t); !bytes.Contains(clear.Data, []byte(secret)) {
		t.Errorf("without a current key: wrote %v, want it unencrypted", clear)
	}
}

func TestUnreadablePayloadNamesOnlyItsKey(t *testing.T) {
	theirs := open(t, keyFile(t, "theirs", "theirs"))
	written := must(protected(theirs).DataConverter.ToPayload(secret))(t)
	damaged := proto.CloneOf(written)
	damaged.Data[len(damaged.Data)-1] ^= 1
	short := proto.CloneOf(written)
	short.Data = short.Data[:20]
	strangeID := proto.CloneOf(written)
	strangeID.Metadata["encryption-key-id"] = []byte("+15005550009 " + secret)
	deep := written
	for range maxLayers {
		deep = must(theirs.Codec().Encode([]*commonpb.Payload{deep}))(t)[0]
	}
	zlib := &commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte("binary/zlib")}, Data: []byte(secret)}

	for name, tc := range map[string]struct {
		ring    *Ring
		payload *commonpb.Payload
		want    string
	}{
		"without a ring":       {open(t, ""), written, `the key "theirs" cannot be read: this process has no keys`},
		"of another key":       {open(t, keyFile(t, "", "ours")), written, `the key "theirs" cannot be read: this process has no such key`},
		"of the same name":     {open(t, keyFile(t, "", "theirs")), written, "damaged, or belongs to another key with this ID"},
		"damaged":              {theirs, damaged, "damaged"},
		"cut off":              {theirs, short, "damaged"},
		"with a strange ID":    {theirs, strangeID, "(an invalid key ID)"},
		"encrypted many times": {theirs, deep, "more than three times"},
		"of another codec":     {theirs, zlib, "binary/zlib"},
	} {
		t.Run(name, func(t *testing.T) {
			var read string
			err := protected(tc.ring).DataConverter.FromPayload(tc.payload, &read)
			var unreadable *sms.UnreadableError
			if !errors.As(err, &unreadable) || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "+1500") {
				t.Errorf("got error %v, want it to contain %q", err, tc.want)
			}
		})
	}
}

func TestFailuresHideTexts(t *testing.T) {
	ring := open(t, keyFile(t, "one", "one"))
	cause := errors.New("number +15005550009")
	failed := temporal.NewApplicationErrorWithOptions(secret, "Kind", temporal.ApplicationErrorOptions{Cause: cause, Details: []any{secret}})
	failure := protected(ring).FailureConverter.ErrorToFailure(failed)
	raw := string(must(proto.Marshal(failure))(t))
	if strings.Contains(raw, secret) || strings.Contains(raw, "+15005550009") || !strings.Contains(raw, "Kind") {
		t.Errorf("got stored failure %q, want it with its type but without its texts", raw)
	}
	if read := protected(ring).FailureConverter.FailureToError(failure); !strings.Contains(read.Error(), secret) || !strings.Contains(errors.Unwrap(read).Error(), cause.Error()) {
		t.Errorf("got the failure %v, want its texts", read)
	}
	var known *temporal.ApplicationError
	unread := protected(open(t, "")).FailureConverter.FailureToError(failure)
	if !errors.As(unread, &known) || known.Type() != "Kind" || !strings.Contains(unread.Error(), `the key "one"`) {
		t.Errorf("without the key: got %v, want the type of the failure and the ID of the key", unread)
	}
	inClear := protected(open(t, "")).FailureConverter.ErrorToFailure(errors.New("plain"))
	if inClear.GetMessage() != "plain" || inClear.GetEncodedAttributes() != nil {
		t.Errorf("without a current key: got %v, want an unencrypted failure", inClear)
	}
}

func TestUnusableKeyFilesAreRefused(t *testing.T) {
	key := base64.StdEncoding.EncodeToString(make([]byte, 32))
	many := strings.Repeat(`{"id":"%d","key":"`+key+`"},`, maxKeys+1)
	for name, tc := range map[string]struct{ text, want string }{
		"empty":                  {"", "it must be JSON"},
		"another language":       {"current: one", "it must be JSON"},
		"an unknown field":       {`{"curent": "one", "keys": []}`, "it must be JSON"},
		"two objects":            {`{"keys": []} {}`, "after the JSON object"},
		"an unknown current key": {`{"current": "two", "keys": [{"id": "one", "key": "` + key + `"}]}`, `the current key is "two"`},
		"a pass phrase":          {`{"keys": [{"id": "one", "key": "correct horse"}]}`, "not a pass phrase"},
		"half a key":             {`{"keys": [{"id": "one", "key": "` + key[:20] + `"}]}`, "32 random bytes"},
		"the same ID twice":      {`{"keys": [{"id": "one", "key": "` + key + `"}, {"id": "one", "key": "` + key + `"}]}`, "two keys"},
		"an ID with a space":     {`{"keys": [{"id": "one two", "key": "` + key + `"}]}`, "the ID of key 1"},
		"far too many keys":      {`{"keys": [` + strings.TrimSuffix(many, ",") + `]}`, "it has 51 keys"},
		"a very long document":   {strings.Repeat(" ", maxFile) + `{"keys": []}`, "longer than"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "keys.json")
			write(t, path, []byte(tc.text))
			if _, err := Open(path, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), key) {
				t.Errorf("got error %v, want it to contain %q", err, tc.want)
			}
		})
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none"), nil); err == nil {
		t.Error("Open returned no error for a missing file")
	}
	path := keyFile(t, "one", "one")
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, nil); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a file that everyone may change: got error %v, want one that says to run chmod", err)
	}
}

// reread makes the ring read its file again immediately.
func reread(r *Ring) { r.file.Look(0) }

func TestRingFollowsFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := keyFile(t, "one", "one")
		r := open(t, path)
		text := must(Add(must(os.ReadFile(path))(t), "two"))(t)
		write(t, path, text)
		reread(r)
		if has := r.Inventory(); fmt.Sprint(has) != "{[one two] one}" {
			t.Errorf("with a second key: got %v, want one to encrypt and both to decrypt", has)
		}
		write(t, path, must(MakeCurrent(text, "two"))(t))
		reread(r)
		if has := r.Inventory(); fmt.Sprint(has) != "{[one two] two}" {
			t.Errorf("with the second key current: got %v, want two to encrypt and both to decrypt", has)
		}
	})
}

// If a key is missing, the file is read again immediately, because it may have
// changed.
func TestRingLooksForMissingKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := keyFile(t, "one", "one")
		r := open(t, path)
		text := must(Add(must(os.ReadFile(path))(t), "two"))(t)
		other := filepath.Join(t.TempDir(), "keys.json")
		write(t, other, must(MakeCurrent(text, "two"))(t))
		written := must(open(t, other).Codec().Encode([]*commonpb.Payload{{Data: []byte(secret)}}))(t)
		write(t, path, text)
		reading := time.NewTicker(followAtOnce)
		defer reading.Stop()
		<-reading.C // from here on, the ring has just read the file
		if _, err := r.Codec().Decode(written); err != nil {
			t.Error(err)
		}
	})
}

func TestHalfWrittenKeyFileIsIgnored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := keyFile(t, "one", "one")
		r := open(t, path)
		whole := must(MakeCurrent(must(Add(must(os.ReadFile(path))(t), "two"))(t), "two"))(t)
		for n := range len(bytes.TrimSpace(whole)) {
			write(t, path, whole[:n])
			reread(r)
			if has := r.Inventory(); fmt.Sprint(has) != "{[one] one}" || r.Err() == nil {
				t.Fatalf("after writing %d bytes: got %v, want the previous keys and an error", n, has)
			}
		}
		write(t, path, whole)
		reread(r)
		if has := r.Inventory(); fmt.Sprint(has) != "{[one two] two}" || r.Err() != nil {
			t.Errorf("after writing all bytes: got %v, error %v, want the new keys", has, r.Err())
		}
	})
}

func TestEncryptingRingKeepsEncrypting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := keyFile(t, "one", "one")
		r := open(t, path)
		check := func(when string) {
			t.Helper()
			reread(r)
			if !r.Encrypts() || r.Err() == nil {
				t.Errorf("%s: got encrypts %v, error %v, want true and an error", when, r.Encrypts(), r.Err())
			}
		}
		write(t, path, must(MakeCurrent(must(os.ReadFile(path))(t), ""))(t))
		check("without a current key")
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		check("without a file")
	})
}

func TestKeyFilesChangeInSteps(t *testing.T) {
	text := must(Add(nil, "one"))(t)
	if described := must(Describe(text))(t); !strings.Contains(described, "one: reads\n") || !strings.Contains(described, "written unencrypted") {
		t.Errorf("a new key: got %s, want a key that only decrypts", described)
	}
	text = must(MakeCurrent(text, "one"))(t)
	if _, err := Remove(text, "one"); err == nil {
		t.Error("the current key was removed")
	}
	text = must(MakeCurrent(must(Add(text, "two"))(t), "two"))(t)
	if described := must(Describe(must(Remove(text, "one"))(t)))(t); described != "two: reads and encrypts\ncurrent: two\n" {
		t.Errorf("after a rotation: got %s, want only key two", described)
	}
	if _, err := MakeCurrent(text, "three"); err == nil {
		t.Error("an unknown key became current")
	}
	if _, err := Add(text, "two"); err == nil {
		t.Error("a key was added twice")
	}
}

func FuzzDecode(f *testing.F) {
	c := open(f, keyFile(f, "one", "one")).Codec()
	f.Add("binary/encrypted", "one", []byte(secret))
	f.Add("json/plain", "", []byte(`"x"`))
	f.Fuzz(func(_ *testing.T, encoding, key string, data []byte) {
		payload := &commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte(encoding), "encryption-key-id": []byte(key)}, Data: data}
		_, _ = c.Decode([]*commonpb.Payload{payload, nil}) // any error is acceptable
	})
}
