package mask

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
)

// tree makes random records together with what masking has to make of them. It
// knows strong and ordinary keys, and nothing of the rule that tells them apart.
type tree struct {
	rng    *rand.Rand
	secret string // A piece of it stands under every strong key.
}

var (
	strongKeys   = []string{"password", "db_password", "X-Api-Key", "Authorization", "credentials", "clientSecret", "session.id", "card_number", "user.pin"}
	ordinaryKeys = []string{"user", "host", "max_tokens", "passenger", "a", "", "password_changed_at", "nested", "list"}
)

func (g *tree) pick(list []string) string { return list[g.rng.IntN(len(list))] }

func (g *tree) text() string {
	b := bytes.Repeat([]byte("plain "), g.rng.IntN(40))
	return string(b)
}

// entry returns an entry before and after masking.
func (g *tree) entry(depth int) (in, want *keyValue) {
	if g.rng.IntN(3) == 0 {
		key := g.pick(strongKeys)
		return attr(key, g.hidden(depth)), attr(key, redacted)
	}
	key := g.pick(ordinaryKeys)
	v, w := g.value(depth)
	return attr(key, v), attr(key, w)
}

// value returns a value before and after masking.
func (g *tree) value(depth int) (in, want *value) {
	n := 7
	if depth == 0 {
		n = 5
	}
	switch g.rng.IntN(n) {
	case 0:
		v := num(g.rng.Int64N(1e11) >> g.rng.IntN(64))
		return v, v
	case 1:
		v := boolean(g.rng.IntN(2) == 0)
		return v, v
	case 2:
		v := raw(g.text())
		return v, v
	case 3:
		return null(), null()
	case 4:
		v := str(g.text())
		return v, v
	case 5:
		in, want = array(), array()
		for range g.rng.IntN(4) {
			v, w := g.value(depth - 1)
			in.GetArrayValue().Values = append(in.GetArrayValue().Values, v)
			want.GetArrayValue().Values = append(want.GetArrayValue().Values, w)
		}
		return in, want
	}
	in, want = object(), object()
	for range g.rng.IntN(5) {
		v, w := g.entry(depth - 1)
		in.GetKvlistValue().Values = append(in.GetKvlistValue().Values, v)
		want.GetKvlistValue().Values = append(want.GetKvlistValue().Values, w)
	}
	return in, want
}

// hidden returns a value with the secret in it.
func (g *tree) hidden(depth int) *value {
	n := 4
	if depth == 0 {
		n = 2
	}
	switch g.rng.IntN(n) {
	case 0:
		return str(g.text() + g.secret)
	case 1:
		return raw(g.secret + g.text())
	case 2:
		return array(num(1), g.hidden(depth-1))
	}
	return object(attr(g.pick(ordinaryKeys), str("x")), attr(g.pick(ordinaryKeys), g.hidden(depth-1)))
}

func (g *tree) record() (in, want *logspb.LogRecord) {
	in, want = record(), record()
	if g.rng.IntN(3) == 0 {
		in.Body, want.Body = g.value(6)
	}
	for range g.rng.IntN(8) {
		v, w := g.entry(6)
		in.Attributes = append(in.Attributes, v)
		want.Attributes = append(want.Attributes, w)
	}
	return in, want
}

func TestNoPieceOfASecretIsLeft(t *testing.T) {
	seed := rand.Uint64()
	m := newForTest(t)
	var out []byte
	for i := range 4000 {
		rng := rand.New(rand.NewPCG(seed, uint64(i)))
		g := tree{rng, fmt.Sprintf("%016X%016X", rng.Uint64(), rng.Uint64())}
		in, want := g.record()
		encoded := encode(t, in)
		out = m.AppendRecord(out[:0], encoded)
		if !bytes.Equal(out, encode(t, want)) {
			wantMessage(t, decodeRecord(t, out), want)
			t.Fatalf("seed %d, record %d: got %x, want %x", seed, i, out, encode(t, want))
		}
		for at := 0; at+8 <= len(g.secret); at++ {
			if bytes.Contains(out, []byte(g.secret[at:at+8])) {
				t.Fatalf("seed %d, record %d: %q is left", seed, i, g.secret[at:at+8])
			}
		}
		if again := m.AppendRecord(nil, out); !bytes.Equal(again, out) {
			t.Fatalf("seed %d, record %d: masking twice: got %x, want %x", seed, i, again, out)
		}
	}
	if m.Malformed() != 0 {
		t.Errorf("malformed: got %d, want 0", m.Malformed())
	}
}

// TestACutRecordHidesItsSecret cuts a record at every byte: no piece of the
// secret may pass because the message around it ends too early.
func TestACutRecordHidesItsSecret(t *testing.T) {
	const canary = "CANARYCANARY"
	in := encode(t, record(attr("a", object(attr("b", str("c")), attr("password", str(canary)))), attr("x", array(num(1)))))
	m := newForTest(t)
	for n := range in {
		if out := m.AppendRecord(nil, in[:n]); bytes.Contains(out, []byte("CANARYCA")) {
			t.Errorf("cut after %d bytes: the secret is left", n)
		}
	}
}
