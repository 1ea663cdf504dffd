package otlp_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/logstream-go/logstream/internal/otlp"
)

// decodeJSON is what a json.Decoder makes of text; ok is false if it is not one
// value of JSON.
func decodeJSON(text []byte) (v any, ok bool) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return nil, false
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, false
	}
	return v, true
}

// checkTree compares what ParseJSON makes of text with what encoding/json does.
func checkTree(t *testing.T, text []byte) {
	t.Helper()
	before := bytes.Clone(text)
	got, err := otlp.ParseJSON(text)
	want, ok := decodeJSON(text)
	if (err == nil) != ok {
		t.Fatalf("%.200q: got error %v, want one: %v", text, err, !ok)
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%.200q: got %.200v, want %.200v", text, got, want)
	}
	if e, ok := errors.AsType[*otlp.JSONError](err); err != nil && (!ok || e.Offset < 0) {
		t.Fatalf("%.200q: got %#v, want a JSONError", text, err)
	}
	if !bytes.Equal(text, before) {
		t.Fatalf("got the text %.200q, want it as it was: %.200q", text, before)
	}
}

var trees = []string{
	``, ` `, `null`, `true`, `false`, ` "x" `, `""`, `0`, `-0`, `1.50`, `-2.5e+3`, `1E400`, `18446744073709551616`,
	`{}`, `[]`, `{"a":[1,-2.5e3,"x",true,null,{}],"b":{"c":[[]]}}`, `{"a":1,"b":2,"a":3}`, `{"":{"":""}}`,
	"\t{ \"a\" :\r[ ] , \"b\" : \n\"c\" } ", `"\"\\\/\b\f\n\r\t\u00e9\u4E16\ud83d\ude00"`, `"\ud800"`, `"\ud800x"`, `"\ud800\u0041"`, `"\udc00\ud800"`,
	"\"a\xffb\"", "\"\xff\xfe\xe4\xb8\"", "{\"\xff\":1,\"\xfe\":2}", "\"\xed\xa0\x80\"", "\"\x7f\u2028\"",
	`{`, `}`, `[`, `]`, `[1`, `[1,`, `[1,]`, `[,1]`, `[1 2]`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{"a" 1}`, `{a:1}`, `{1:1}`, `{"a":1 "b":2}`,
	`nul`, `nulls`, `True`, `tru`, `trued`, `NaN`, `Infinity`, `+1`, `01`, `-`, `1.`, `.1`, `1e`, `1e+`, `0x10`, `1 2`, `{}x`, `"`, `"a`, `"\`, `"\x"`, `"\u12"`, `"\u12g4"`, `'a'`,
	"\"\n\"", "\"\x00\"", "\x00", "1\x00", "\xef\xbb\xbf1", "\xff", "[\xff]", "// 1\n1",
}

func TestTreesAreThoseOfEncodingJSON(t *testing.T) {
	for _, text := range trees {
		checkTree(t, []byte(text))
	}
}

func TestTreesHaveABoundOfDepth(t *testing.T) {
	for _, n := range []int{100, 9_999, 10_000, 10_001, 1_000_000} {
		checkTree(t, []byte(strings.Repeat("[", n)+strings.Repeat("]", n)))
		checkTree(t, []byte(strings.Repeat(`{"a":`, n)+"1"+strings.Repeat("}", n)))
		checkTree(t, []byte(strings.Repeat("[", n)))
	}
}

func FuzzParseJSON(f *testing.F) {
	for _, text := range trees {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) { checkTree(t, text) })
}

func BenchmarkParseJSON(b *testing.B) {
	text := []byte(`{"id":12345,"name":"Ada Lovelace","tags":["a","b\n","c"],"address":{"street":"1 Main St","zip":"00100","geo":[60.17,24.94]},"active":true,"none":null}`)
	for _, bb := range []struct {
		name string
		f    func()
	}{
		{"ours", func() { _, _ = otlp.ParseJSON(text) }},
		{"encoding json", func() { decodeJSON(text) }},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				bb.f()
			}
		})
	}
}
