package mask

import (
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
