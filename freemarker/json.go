package freemarker

// This file reads a data model from JSON.

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"
)

const (
	maxJSONDepth  = 1000   // limits the nesting of a model
	maxJSONDigits = 10_000 // limits the digits of an integer, which takes quadratic time to convert
)

// FromJSON converts a JSON text to a value. Objects keep the order of their
// keys; the last of several equal keys wins. A number with a point or an
// exponent is a floating point number; any other is an integer of up to 10,000
// digits.
func FromJSON(data []byte) (Value, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, err := readJSON(d, 0)
	if err != nil {
		return Value{}, fmt.Errorf("reading a template's model from JSON: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return Value{}, errors.New("reading a template's model from JSON: there is text after the value")
	}
	return v, nil
}

func readJSON(d *json.Decoder, depth int) (Value, error) {
	t, err := d.Token()
	if err != nil {
		return Value{}, err
	}
	switch t := t.(type) {
	case string:
		return String(t), nil
	case bool:
		return Bool(t), nil
	case json.Number:
		return jsonNumber(string(t))
	case json.Delim:
		if depth >= maxJSONDepth {
			return Value{}, errors.New("it is nested too deeply")
		}
		if t == '[' {
			return readJSONArray(d, depth+1)
		}
		return readJSONObject(d, depth+1)
	}
	return Value{}, nil // null
}

func readJSONArray(d *json.Decoder, depth int) (Value, error) {
	items := []Value{}
	for d.More() {
		v, err := readJSON(d, depth)
		if err != nil {
			return Value{}, err
		}
		items = append(items, v)
	}
	_, err := d.Token()
	return List(items...), err
}

func readJSONObject(d *json.Decoder, depth int) (Value, error) {
	m := newHashMap(4)
	m.fromModel = true
	for d.More() {
		k, err := d.Token()
		if err != nil {
			return Value{}, err
		}
		v, err := readJSON(d, depth)
		if err != nil {
			return Value{}, err
		}
		m.set(k.(string), v)
	}
	_, err := d.Token()
	return Value{ref: m, kind: kMap}, err
}

func jsonNumber(s string) (Value, error) {
	if strings.ContainsAny(s, ".eE") {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return Value{}, err
		}
		return Float(f), nil
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return Int(n), nil
	}
	if len(s) > maxJSONDigits {
		return Value{}, fmt.Errorf("an integer has more than %d digits", maxJSONDigits)
	}
	n, ok := new(big.Int).SetString(s, 10)
	if !ok {
		return Value{}, errors.New("an integer is not valid")
	}
	return BigInt(n), nil
}

// Overlay returns a Map with the entries of base and over, without changing
// either. If both contain a key, the value is that of over, and the position
// that of base. Nested maps are replaced, not merged. If base or over is not a
// Map, the result is over.
func Overlay(base, over Value) Value {
	below, ok := base.ref.(*hashMap)
	above, fine := over.ref.(*hashMap)
	if !ok || !fine {
		return over
	}
	m := newHashMap(len(below.names) + len(above.names))
	m.fromModel = true
	for _, layer := range []*hashMap{below, above} {
		for i, name := range layer.names {
			m.set(name, layer.vals[i])
		}
	}
	return Value{ref: m, kind: kMap}
}
