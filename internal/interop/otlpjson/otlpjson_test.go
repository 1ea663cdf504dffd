package otlpjson

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// line returns a line with one record that has one attribute with value.
func line(value string) string {
	return `{"resourceLogs":[{"resource":{},"scopeLogs":[{"scope":{},"logRecords":[` +
		`{"timeUnixNano":"1","body":{},"attributes":[{"key":"k","value":` + value + `}]}]}]}]}`
}

func TestDecodeReadsEveryKind(t *testing.T) {
	for _, c := range []struct {
		json string
		want Value
	}{
		{`{}`, Value{}},
		{`{"stringValue":""}`, StringOf("")},
		{`{"stringValue":"\u00e9\n"}`, StringOf("é\n")},
		{`{"boolValue":false}`, BoolOf(false)},
		{`{"intValue":"-9223372036854775808"}`, IntOf(math.MinInt64)},
		{`{"doubleValue":5e-324}`, DoubleOf(math.SmallestNonzeroFloat64)},
		{`{"doubleValue":"-Infinity"}`, DoubleOf(math.Inf(-1))},
		{`{"doubleValue":"NaN"}`, DoubleOf(math.NaN())},
		{`{"doubleValue":-0}`, DoubleOf(math.Copysign(0, -1))},
		{`{"bytesValue":""}`, BytesOf(nil)},
		{`{"bytesValue":"/w=="}`, BytesOf([]byte{0xff})},
		{`{"arrayValue":{}}`, ArrayOf()},
		{`{"arrayValue":{"values":[{},{"intValue":"1"}]}}`, ArrayOf(Value{}, IntOf(1))},
		{`{"kvlistValue":{"values":[{"key":"a","value":{}}]}}`, MapOf(KeyValue{Key: "a"})},
	} {
		d, err := Decode([]byte(line(c.json)))
		if err != nil {
			t.Errorf("%s: %v", c.json, err)
			continue
		}
		got := &d.ResourceLogs[0].ScopeLogs[0].LogRecords[0].Attributes[0].Value
		if got.Text() != c.want.Text() || got.kinds() != c.want.kinds() {
			t.Errorf("%s: got %s, want %s", c.json, got.Text(), c.want.Text())
		}
	}
}

func TestDecodeIsStrict(t *testing.T) {
	for _, c := range []struct{ name, line string }{
		{"unknown field", line(`{"stringVal":"a"}`)},
		{"two kinds", line(`{"stringValue":"a","intValue":"1"}`)},
		{"two kinds deep inside", line(`{"arrayValue":{"values":[{"boolValue":true,"intValue":"1"}]}}`)},
		{"bare integer", line(`{"intValue":1}`)},
		{"integer out of range", line(`{"intValue":"9223372036854775808"}`)},
		{"double by another name", line(`{"doubleValue":"inf"}`)},
		{"invalid UTF-8", line("{\"stringValue\":\"\xff\"}")},
		{"two values", line(`{}`) + line(`{}`)},
		{"no JSON", "hello"},
	} {
		if _, err := Decode([]byte(c.line)); err == nil {
			t.Errorf("%s: got no error", c.name)
		}
	}
}

func TestReadFile(t *testing.T) {
	for _, c := range []struct {
		name, content string
		lines         int
		fails         bool
	}{
		{"empty file", "", 0, false},
		{"three lines", strings.Repeat(line(`{}`)+"\n", 3), 3, false},
		{"last line torn", line(`{}`) + "\n" + line(`{}`)[:40], 1, false},
		{"last line whole but unterminated", line(`{}`) + "\n" + line(`{}`), 2, false},
		{"torn line in the middle", line(`{}`)[:40] + "\n" + line(`{}`) + "\n", 1, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "records")
			if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
				t.Fatal(err)
			}
			var mu sync.Mutex
			got := 0
			err := ReadFile(path, func(*Data) {
				mu.Lock()
				defer mu.Unlock()
				got++
			})
			if failed := err != nil; failed != c.fails {
				t.Errorf("got error %v, want one: %t", err, c.fails)
			}
			if got != c.lines {
				t.Errorf("got %d lines, want %d", got, c.lines)
			}
		})
	}
}

func TestReadFileOfAFileThatDoesNotExistIsEmpty(t *testing.T) {
	if err := ReadFile(filepath.Join(t.TempDir(), "none"), func(*Data) { t.Error("got a line") }); err != nil {
		t.Error(err)
	}
}
