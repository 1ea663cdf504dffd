package mask

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

type settings struct {
	User     string
	Password Secret[string]
	hidden   Secret[[]byte]
	Pointer  *Secret[string]
}

func TestASecretIsNeverPrinted(t *testing.T) {
	p := NewSecret(secret)
	s := settings{"bob", p, NewSecret([]byte(secret)), &p}
	var out bytes.Buffer
	for _, v := range []any{p, &p, s, &s, []any{s}, map[string]any{"a": s}, fmt.Errorf("failed: %v", s), errors.Join(fmt.Errorf("%w: %#v", errors.ErrUnsupported, p))} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		log := slog.New(slog.NewJSONHandler(&out, nil))
		log.Info("x", "v", v)
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
		b, _ := json.Marshal(v)
		out.Write(b)
	}
	enc := gob.NewEncoder(&out)
	if err := enc.Encode(struct{ A Secret[string] }{p}); err != nil {
		t.Fatal(err)
	}
	for _, marshal := range []func() ([]byte, error){p.MarshalText, p.MarshalBinary, p.GobEncode} {
		b, err := marshal()
		out.Write(b)
		if err != nil || string(b) != "[REDACTED]" {
			t.Errorf("got %q, %v, want [REDACTED]", b, err)
		}
	}
	for i := 0; i+6 <= len(secret); i++ {
		for _, piece := range []string{secret[i : i+6], fmt.Sprintf("%x", secret[i:i+6]), fmt.Sprintf("%d", []byte(secret[i:i+6]))} {
			if strings.Contains(out.String(), piece) {
				t.Fatalf("%q is printed", piece)
			}
		}
	}
	if p.Reveal() != secret || new(Secret[int]).Reveal() != 0 || string(s.hidden.Reveal()) != secret {
		t.Error("a secret does not reveal its value")
	}
}
