package mask

import (
	"encoding/json"
	"errors"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestAny(t *testing.T) {
	type login struct {
		User     string `json:"user"`
		Password string
		Card     int64
		Inner    map[string]any
	}
	tests := []struct {
		name     string
		opts     []Option
		in, want any
	}{
		{"nil", nil, nil, nil},
		{"text", nil, "card " + card, "card " + cardMark},
		{"bytes", nil, []byte(card), []byte(cardMark)},
		{"a number", nil, 7, 7},
		{"a card's number", nil, int64(4111111111111111), cardMark},
		{"a card's number, unsigned", nil, uint64(4111111111111111), cardMark},
		{"a card's number as a double", nil, 4111111111111111.0, cardMark},
		{"an error", nil, errors.New("password=hunter2"), "password=[REDACTED:key]"},
		{"a duration", nil, 3 * time.Second, int64(3e9)},
		{"a text of its own", nil, net.IPv4(10, 0, 0, 1), "10.0.0.1"},
		{
			"a map", nil,
			map[string]any{"password": "x", "a": "b", "pin": 1234, "has_password": true, "api": map[string]any{"key": "x"}, card: 1},
			map[string]any{"password": MarkerKey, "a": "b", "pin": MarkerKey, "has_password": true, "api": map[string]any{"key": MarkerKey}, cardMark: int64(1)},
		},
		{"a list", nil, []any{"x", []any{card}}, []any{"x", []any{cardMark}}},
		{
			"bytes in a struct", nil,
			struct{ A, B []byte }{[]byte(card), []byte("nothing")},
			map[string]any{"A": []byte(cardMark), "B": []byte("nothing")},
		},
		{
			"bytes in a list in a dry run",
			[]Option{WithDryRun()},
			[]json.RawMessage{json.RawMessage(`"cGFzc3dvcmQ9aHVudGVyMg=="`)},
			[]any{"cGFzc3dvcmQ9aHVudGVyMg=="},
		},
		{
			"a struct", nil, &login{"bob", "hunter2", 4111111111111111, map[string]any{"secret": []int{1}}},
			map[string]any{"user": "bob", "Password": MarkerKey, "Card": cardMark, "Inner": map[string]any{"secret": MarkerKey}},
		},
		{"a list of strings", nil, []string{card, "x"}, []any{cardMark, "x"}},
		{"what holds nothing", nil, make(chan int), "chan int"},
		{"a small number of a struct", nil, struct{ N int }{7}, map[string]any{"N": int64(7)}},
		{
			"actions",
			[]Option{WithHashKey("2026a", hmacKey), WithKeyAction(Hash, "user"), WithKeyAction(Drop, "gone"), WithKeyAction(Keep, "kept")},
			map[string]any{"user": "bob", "gone": "x", "kept": card},
			map[string]any{"user": "[HASH:key:2026a:" + hashOf("key", "bob") + "]", "kept": card},
		},
		{"the limit of depth", []Option{WithLimits(Limits{1, 1024})}, []any{[]any{"x"}}, []any{MarkerLimit}},
		{"a dry run", []Option{WithDryRun()}, map[string]any{"password": "x", "n": int64(4111111111111111)}, map[string]any{"password": "x", "n": int64(4111111111111111)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := newForTest(t, tt.opts...).Any(tt.in); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %#v, want %#v", got, tt.want)
			}
		})
	}
	if got := None().Any(card); got != card {
		t.Errorf("None: got %v, want %v", got, card)
	}
	if got := newForTest(t).Any((*brokenError)(nil)); got != nil {
		t.Errorf("a nil error: got %v", got)
	}
	if got, ok := newForTest(t).Any(brokenError{}).(string); !ok || !strings.HasPrefix(got, "!PANIC: ") || strings.Contains(got, card) {
		t.Errorf("a panic: got %v, want its text, masked", got)
	}
	loop := map[string]any{}
	loop["a"], loop["b"] = loop, loop
	if newForTest(t).Any(loop) == nil {
		t.Error("a cycle: got nothing")
	}
}

type brokenError struct{ text string }

func (e brokenError) Error() string { panic(e.text + card) }

type (
	customer string
	order    struct {
		By   customer
		Card string  `mask:"last4"`
		Mail *string `mask:"hash"`
		Note string  `mask:"redact"`
		Gone string  `mask:"-"`
		N    int
	}
)

func TestAnyOfTypesAndTags(t *testing.T) {
	m := newForTest(t, WithType[customer](Redact), WithTag("last4", Partial(0, 4)), WithTag("hash", Hash), WithHashKey("k", hmacKey))
	mail := "bob@example.com"
	got := m.Any([]*order{{"bob", "4111111111111111", &mail, "x", "y", 7}})
	want := []any{map[string]any{
		"By": "[REDACTED:type]", "Card": "************1111", "Mail": "[HASH:tag:k:" + hashOf("tag", mail) + "]", "Note": "[REDACTED:tag]", "N": int64(7),
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if again := m.Any(got); !reflect.DeepEqual(again, want) {
		t.Errorf("again: got %v, want %v", again, want)
	}
}

func TestAnyEndsAtATagOnAPointerToItself(t *testing.T) {
	var loop any
	loop = &loop
	for _, a := range []Action{Redact, Partial(0, 4)} {
		got := newForTest(t, WithTag("x", a)).Any(struct {
			X any `mask:"x"`
		}{loop})
		if want := map[string]any{"X": "[REDACTED:tag]"}; !reflect.DeepEqual(got, want) {
			t.Errorf("%v: got %v, want %v", a, got, want)
		}
	}
}

func TestAnyEndsLongValues(t *testing.T) {
	got, ok := newForTest(t).Any(make([]int, 10_000)).([]any)
	if want := 8192; !ok || len(got) != want+1 || got[want] != "...[cut]" {
		t.Errorf("got %d values, want %d and a marker", len(got), want)
	}
}

func TestAnyCopiesBytes(t *testing.T) {
	in := []byte("nothing")
	if out, ok := newForTest(t).Any(in).([]byte); !ok || string(out) != "nothing" || &out[0] == &in[0] {
		t.Errorf("got %q, want a copy", out)
	}
}
