// Package payload encrypts and decrypts what our programs store in Temporal.
//
// Its wire format is that of the encryption samples of Temporal's SDKs, so a
// caller in any language can use its SDK's sample with the same key. An
// encrypted payload has the metadata encoding=binary/encrypted and
// encryption-key-id. Its data consists of a 12-byte nonce, the entire original
// payload encrypted with AES-256-GCM, and a 16-byte tag.
package payload

// The contents of a key file.

import (
	"bytes"
	"cmp"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"slices"
	"strings"
)

const (
	// keySize is the key size of AES-256, in bytes.
	keySize = 32
	// maxKeys is the maximum number of keys in a file, and maxFile is its
	// maximum size in bytes.
	maxKeys = 50
	maxFile = 64 << 10
)

// keyID matches a valid key ID. The ID is stored unencrypted with each payload,
// and is a metric label.
var keyID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// file is the content of a key file. It is JSON, so an incomplete file is
// detected.
type file struct {
	// Current is the ID of the key that encrypts. If it is "", payloads are
	// decrypted but written unencrypted.
	Current string    `json:"current"`
	Keys    []fileKey `json:"keys"`
}

type fileKey struct {
	ID string `json:"id"`
	// Key is 32 random bytes in base64.
	Key string `json:"key"`
}

// read parses a key file. Its errors contain no keys.
func read(data []byte) (f file, err error) {
	if len(data) > maxFile {
		return f, fmt.Errorf("it is longer than %d bytes", maxFile)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&f); err != nil {
		return file{}, errors.New(`it must be JSON such as {"current": "", "keys": [{"id": "2026-11", "key": "…"}]}; worker keys new writes one`)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return file{}, errors.New("it has data after the JSON object")
	}
	return f, nil
}

// keys holds the keys of one version of the file.
type keys struct {
	current string
	ciphers map[string]cipher.AEAD
}

// use validates a file and prepares its keys.
func (f file) use() (*keys, error) {
	if len(f.Keys) > maxKeys {
		return nil, fmt.Errorf("it has %d keys, but at most %d are allowed; remove old ones", len(f.Keys), maxKeys)
	}
	k := &keys{current: f.Current, ciphers: make(map[string]cipher.AEAD, len(f.Keys))}
	for i, one := range f.Keys {
		if !keyID.MatchString(one.ID) {
			return nil, fmt.Errorf("the ID of key %d must be 1 to 64 letters, digits, dots, dashes and underscores", i+1)
		}
		if k.ciphers[one.ID] != nil {
			return nil, fmt.Errorf("there are two keys with the ID %q", one.ID)
		}
		secret, err := base64.StdEncoding.DecodeString(one.Key)
		if err != nil || len(secret) != keySize {
			return nil, fmt.Errorf("the key %q must be %d random bytes in base64, not a pass phrase; worker keys new creates one", one.ID, keySize)
		}
		if k.ciphers[one.ID], err = newCipher(secret); err != nil {
			return nil, err
		}
	}
	if f.Current != "" && k.ciphers[f.Current] == nil {
		return nil, fmt.Errorf("the current key is %q, which is not among its keys", clip(f.Current))
	}
	return k, nil
}

func newCipher(secret []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// LogValue returns the IDs of the keys.
func (k *keys) LogValue() slog.Value {
	return slog.GroupValue(slog.Any("keys", k.known()), slog.String("current", k.current))
}

// known returns the IDs of the keys in order.
func (k *keys) known() []string {
	ids := make([]string, 0, len(k.ciphers))
	for id := range k.ciphers {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func clip(id string) string {
	if keyID.MatchString(id) {
		return id
	}
	return "(an invalid key ID)"
}

// Add adds a new key to the text of a key file, which may be empty. The key
// only decrypts until [MakeCurrent] is called, because each process must have
// it first.
func Add(text []byte, id string) ([]byte, error) {
	var f file
	if len(bytes.TrimSpace(text)) > 0 {
		var err error
		if f, err = read(text); err != nil {
			return nil, err
		}
	}
	secret := make([]byte, keySize)
	_, _ = rand.Read(secret) // never fails
	f.Keys = append(f.Keys, fileKey{ID: id, Key: base64.StdEncoding.EncodeToString(secret)})
	return f.text()
}

// MakeCurrent makes a key in a key file the one that encrypts.
func MakeCurrent(text []byte, id string) ([]byte, error) {
	f, err := read(text)
	if err != nil {
		return nil, err
	}
	f.Current = id
	return f.text()
}

// Remove removes a key that is not current from a key file.
func Remove(text []byte, id string) ([]byte, error) {
	f, err := read(text)
	if err != nil {
		return nil, err
	}
	if f.Current == id {
		return nil, fmt.Errorf("the key %q is current; make another current first", clip(id))
	}
	before := len(f.Keys)
	f.Keys = slices.DeleteFunc(f.Keys, func(k fileKey) bool { return k.ID == id })
	if len(f.Keys) == before {
		return nil, fmt.Errorf("there is no key %q", clip(id))
	}
	return f.text()
}

// text returns the text of the file, or an error if the file would be invalid.
func (f file) text() ([]byte, error) {
	if _, err := f.use(); err != nil {
		return nil, err
	}
	data, err := json.MarshalIndent(f, "", "  ")
	return append(data, '\n'), err
}

// Describe lists the keys of a key file without their secrets.
func Describe(text []byte) (string, error) {
	f, err := read(text)
	if err != nil {
		return "", err
	}
	if _, err := f.use(); err != nil {
		return "", err
	}
	var out strings.Builder
	for _, k := range f.Keys {
		use := "reads"
		if k.ID == f.Current {
			use = "reads and encrypts"
		}
		fmt.Fprintf(&out, "%s: %s\n", k.ID, use)
	}
	fmt.Fprintf(&out, "current: %s\n", cmp.Or(f.Current, "none, so payloads are written unencrypted"))
	return out.String(), nil
}
