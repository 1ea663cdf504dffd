package mask

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
)

const panMarker = "[REDACTED:pan]"

// elements makes values of Go values: strings and numbers.
func elements(list ...any) (out []*value) {
	for _, e := range list {
		switch e := e.(type) {
		case string:
			out = append(out, str(e))
		case int:
			out = append(out, num(int64(e)))
		case []byte:
			out = append(out, raw(string(e)))
		case []any:
			out = append(out, array(elements(e...)...))
		}
	}
	return out
}

func TestACardNumberSplitOverAnArrayIsMasked(t *testing.T) {
	const x = panMarker
	digits := make([]any, 16)
	masked := make([]any, 16)
	for i, c := range "4111111111111111" {
		digits[i], masked[i] = string(c), x
	}
	tests := []struct {
		name     string
		in, want []any
	}{
		{"groups of four", []any{"4111", "1111", "1111", "1111"}, []any{x, x, x, x}},
		{"groups of an American Express card", []any{"3782", "822463", "10005"}, []any{x, x, x}},
		{"pieces of any size", []any{"411111", "1111111111"}, []any{x, x}},
		{"single digits", digits, masked},
		{"nineteen digits", []any{"6212345", "678901234564"}, []any{"6212345", "678901234564"}}, // wrong check digit
		{"bytes", []any{[]byte("4111"), "1111", "1111", "1111"}, []any{x, x, x, x}},
		{"numbers", []any{4111, 1111, 1111, 1111}, []any{x, x, x, x}},
		{"spaces around the groups", []any{"4111 ", " 1111", "1111-", "1111"}, []any{x, x, x, x}},
		{"a month, a year and more behind it", []any{"4111", "1111", "1111", "1111", "12", "2027"}, []any{x, x, x, x, "12", "2027"}},
		{"something before it", []any{"7", "4111", "1111", "1111", "1111"}, []any{"7", x, x, x, x}},
		{"other values around it", []any{"visa", "4111", "1111", "1111", "1111", "ok"}, []any{"visa", x, x, x, x, "ok"}},
		{"two of them", []any{"4111", "1111", "1111", "1111", "5555", "5555", "5555", "4444"}, []any{x, x, x, x, x, x, x, x}},
		{"an array in an array", []any{[]any{"4111", "1111", "1111", "1111"}, 1}, []any{[]any{x, x, x, x}, 1}},
		{"the number in one piece", []any{"4111111111111111"}, []any{x}},
		{"no card", []any{"4111", "1111", "1111", "1112"}, []any{"4111", "1111", "1111", "1112"}},
		{"interrupted", []any{"4111", "1111", "a", "1111", "1111"}, []any{"4111", "1111", "a", "1111", "1111"}},
		{"numbers in other groups", []any{411111, 1111111111}, []any{411111, 1111111111}},
		{"a negative number", []any{4111, -1111, 1111, 1111}, []any{4111, -1111, 1111, 1111}},
		{"a list of numbers", []any{1, 2, 3, 4, 4111, 1111, 1111, 1111, 5}, []any{1, 2, 3, 4, 4111, 1111, 1111, 1111, 5}},
	}
	m := newForTest(t)
	for _, tt := range tests {
		r := &logspb.LogRecord{Body: array(elements(tt.in...)...), Attributes: []*keyValue{attr("a", object(attr("b", array(elements(tt.in...)...))))}}
		want := &logspb.LogRecord{Body: array(elements(tt.want...)...), Attributes: []*keyValue{attr("a", object(attr("b", array(elements(tt.want...)...))))}}
		got := m.maskRecord(t, r)
		wantMessage(t, got, want)
		wantMessage(t, m.maskRecord(t, got), want)
		if t.Failed() {
			t.Fatal(tt.name)
		}
		in, _ := json.Marshal(tt.in)
		var tree any
		if err := json.Unmarshal(in, &tree); err != nil {
			t.Fatal(err)
		}
		if got, want := fmt.Sprint(m.Any(tt.in)), fmt.Sprint(tt.want); got != want {
			t.Errorf("%s: Any: got %v, want %v", tt.name, got, want)
		}
	}
	if m.Malformed() != 0 {
		t.Errorf("malformed: got %d, want 0", m.Malformed())
	}
}

func TestActionsOnASplitCardNumber(t *testing.T) {
	in := record(attr("a", array(elements("x", "4111", "1111", "1111", "1111")...)))
	for _, tt := range []struct {
		opts []Option
		want []any
	}{
		{[]Option{WithDetector(PAN, Partial(6, 4))}, []any{"x", "411111******1111", panMarker, panMarker, panMarker}},
		{[]Option{WithDetector(PAN, Drop)}, []any{"x", panMarker}},
		{[]Option{WithoutDetector(PAN)}, []any{"x", "4111", "1111", "1111", "1111"}},
		{[]Option{WithDryRun()}, []any{"x", "4111", "1111", "1111", "1111"}},
	} {
		m := newForTest(t, tt.opts...)
		got := m.maskRecord(t, in)
		wantMessage(t, got, record(attr("a", array(elements(tt.want...)...))))
		wantMessage(t, m.maskRecord(t, got), got)
		if got, want := fmt.Sprint(m.Any([]any{"x", "4111", "1111", "1111", "1111"})), fmt.Sprint(tt.want); got != want {
			t.Errorf("Any: got %v, want %v", got, want)
		}
	}
	m := newForTest(t, WithHashKey("k", hmacKey), WithDetector(PAN, Hash))
	got := m.maskRecord(t, in).Attributes[0].Value.GetArrayValue().Values[1].GetStringValue()
	if want := m.Mask("4111 1111 1111 1111"); got != want {
		t.Errorf("hash of a number that is split: got %q, want %q", got, want)
	}
	if n := m.Counts(); !slices.Equal(n, []Count{{"pan", 2}}) {
		t.Errorf("counts: got %v, want pan twice", n)
	}
}

func TestALongListOfNumbersIsLookedAtOnce(t *testing.T) {
	list := make([]*value, 20_000)
	for i := range list {
		list[i] = str("4111")
	}
	m := newForTest(t)
	in := record(attr("a", array(list...)))
	wantMessage(t, m.maskRecord(t, in), in)
}
