package mask

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestBadTypesAndTags(t *testing.T) {
	_, err := New(WithTag("", Redact), WithTag("-", Redact), WithTag("drop", Hash), WithTag("kept", Keep), WithTag("gone", Drop), WithTag("hash", Hash),
		WithType[customer](Keep), WithType[*customer](Hash), WithType[string](Redact), WithType[uint8](Redact), WithType[time.Time](Redact), WithType[error](Redact))
	if err == nil {
		t.Fatal("got no error")
	}
	for _, want := range []string{
		`mask: WithTag(""): such a field is redacted or left out in any case`,
		`mask: WithTag("-"): such a field is redacted or left out in any case`,
		`mask: WithTag("drop"): such a field is redacted or left out in any case`,
		`mask: WithTag("kept"): keep cannot be done; redact, hash and a part can`,
		`mask: WithTag("gone"): drop cannot be done; redact, hash and a part can`,
		`mask: WithTag("hash"): `,
		`mask: WithType[mask.customer]: keep cannot be done; redact, hash and a part can`,
		`mask: WithType[*mask.customer]: hash needs a key`,
		`mask: WithType[string]: log/slog keeps it as a String and not as this type`,
		`mask: WithType[uint8]: log/slog keeps it as a Uint64 and not as this type`,
		`mask: WithType[time.Time]: log/slog keeps it as a Time and not as this type`,
		`mask: WithType[error]: values are of the types behind an interface`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestTypeMaskIsNilWithoutNeed(t *testing.T) {
	for name, tt := range map[string]struct {
		opts []Option
		want bool
	}{
		"no option":      {nil, false},
		"another option": {[]Option{WithKeys("x-y")}, false},
		"a type":         {[]Option{WithType[customer](Redact)}, true},
		"a tag":          {[]Option{WithTag("last4", Partial(0, 4))}, true},
	} {
		if got := newForTest(t, tt.opts...).TypeMask() != nil; got != tt.want {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
	}
}

func TestCardNumbersOfTypesAndTags(t *testing.T) {
	type payment struct {
		Part   string `mask:"part"`
		Hash   int64  `mask:"hash"`
		Groups string `mask:"part"`
		By     customer
	}
	p := payment{card, 4111111111111111, "4111 1111 1111 1111", customer(card)}
	options := []Option{WithHashKey("k", hmacKey), WithTag("part", Partial(6, 4)), WithTag("hash", Hash), WithType[customer](Hash)}
	want := map[string]any{"Part": "411111******1111", "Hash": "[REDACTED:tag]", "Groups": "411111******1111", "By": "[REDACTED:type]"}
	m := newForTest(t, options...)
	got := m.Any(p)
	if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(m.Any(got), want) {
		t.Errorf("got %v, and again %v, want %v", got, m.Any(got), want)
	}
	// Where the detector hashes, parts give way.
	want = map[string]any{"Part": "[REDACTED:tag]", "Hash": "[HASH:tag:k:" + hashOf("tag", card) + "]", "Groups": "[REDACTED:tag]", "By": "[HASH:type:k:" + hashOf("type", card) + "]"}
	if got := newForTest(t, append(options, WithDetector(PAN, Hash))...).Any(p); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestADryRunCountsTypesAndTags(t *testing.T) {
	m := newForTest(t, WithDryRun(), WithType[customer](Redact), WithTag("last4", Partial(0, 4)))
	want := map[string]any{"By": "bob", "Card": "[REDACTED:tag]"}
	if got := m.Any(struct {
		By   customer
		Card string `mask:"last4"`
	}{"bob", card}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if m.Masked() != 2 {
		t.Errorf("masked: got %d, want 2", m.Masked())
	}
}
