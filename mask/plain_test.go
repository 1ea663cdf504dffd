package mask

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
)

// walks reports whether the walk leaves record as it is.
func (m *Masker) walks(record []byte) bool {
	w := walker{m: m, msg: record}
	return w.fields(&recordSchema, 0, len(record)) && (w.s == nil || len(w.s.edits) == 0)
}

func TestOrdinaryRecordsArePlain(t *testing.T) {
	m := newForTest(t)
	traced := record(attr("user.id", str("u-1")))
	traced.TraceId, traced.SpanId, traced.Flags = bytes.Repeat([]byte{7}, 16), bytes.Repeat([]byte{8}, 8), 1
	tests := []struct {
		name string
		in   *logspb.LogRecord
	}{
		{"no attributes", record()},
		{"a long body", &logspb.LogRecord{Body: str(strings.Repeat("x", 300)), ObservedTimeUnixNano: 1}},
		{"keys of every length", record(keysUpTo(60)...)},
		{"texts of every length", record(textsUpTo(300)...)},
		{"scalars", record(attr("a", num(0)), attr("b", num(-1)), attr("c", num(1<<40)), attr("d", double(1)), attr("e", boolean(true)), attr("f", null()), attr("g", raw("x")))},
		{"a trace context", traced},
		{"a boolean and a null under a secret's name", record(attr("user", boolean(true)))},
	}
	for _, test := range tests {
		test.in.ObservedTimeUnixNano = 1
		b := encode(t, test.in)
		plain := false
		for range 6 { // Three keys may share two places of a cache, but not of each.
			m = newForTest(t)
			m.AppendRecord(nil, b) // so that the keys are known
			plain = plain || m.plain(b)
		}
		if !plain {
			t.Errorf("%s: is not plain", test.name)
		}
		if !m.walks(b) {
			t.Errorf("%s: the walk changes it", test.name)
		}
	}
}

func keysUpTo(n int) (list []*keyValue) {
	for i := range n {
		list = append(list, attr(strings.Repeat("k", i+1), num(int64(i))))
	}
	return list
}

func textsUpTo(n int) (list []*keyValue) {
	for i := range n {
		list = append(list, attr("name", str(strings.Repeat("v", i))))
	}
	return list
}

func TestWhatIsNotPlain(t *testing.T) {
	m := newForTest(t)
	tests := []struct {
		name string
		in   string
	}{
		{"a secret", field(6, field(1, "password"), field(2, field(1, secret)))},
		{"an integer under a name of digits", field(6, field(1, "pin"), field(2, varintField(3, 4711)))},
		{"an array", field(6, field(1, "a"), field(2, field(5)))},
		{"a map", field(6, field(1, "a"), field(2, field(6)))},
		{"a body that is a map", field(5, field(6))},
		{"two bodies", field(5, field(1, "a")) + field(5, field(1, "b"))},
		{"an unknown field", varintField(13, 1)},
		{"an unknown field of a KeyValue", field(6, field(1, "a"), field(2, field(1, "b")), field(3, "c"))},
		{"an unknown field of a value", field(6, field(1, "a"), field(2, field(1, "b"), field(9, "c")))},
		{"the value before the key", field(6, field(2, field(1, secret)), field(1, "password"))},
		{"two keys", field(6, field(1, "a"), field(1, "password"), field(2, field(1, secret)))},
		{"two values", field(6, field(1, "a"), field(2, field(1, "b")), field(2, field(1, "c")))},
		{"a length beyond the record", "\x32\x7f\x0a\x01a\x12\x03\x0a\x01b"},
		{"a tag in two bytes", "\xb2\x00" + field(6, "x")[1:]},
	}
	observed := fixed64Field(11, 1)
	for _, test := range tests {
		for _, in := range []string{test.in + observed, test.in} {
			for range 2 { // the second time with keys known
				m.AppendRecord(nil, []byte(in))
				if m.plain([]byte(in)) {
					t.Errorf("%s: %x is plain", test.name, in)
				}
			}
		}
	}
}

// wantNoWalk fails if in is plain and the walk disagrees.
func wantNoWalk(t *testing.T, m *Masker, in []byte) (plain bool) {
	t.Helper()
	if plain = m.plain(in); plain && !m.walks(in) {
		t.Errorf("%x is plain, but the walk changes or rejects it", in)
	}
	return plain
}

// Records that differ in a few bytes from one that is plain are where a shortcut
// goes wrong.
func TestPlainIsNeverMoreThanTheWalk(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 1))
	t.Logf("seed %d", seed)
	m := newForTest(t)
	base := encode(t, record(attr("user.id", str("u-1")), attr("n", num(300)), attr("pin", boolean(true)), attr("f", double(2)), attr("http.response.status_code", num(200)), attr("b", str(strings.Repeat("x", 130)))))
	m.AppendRecord(nil, base)
	plain := 0
	for range 200_000 {
		in := bytes.Clone(base)
		for range 1 + rng.IntN(3) {
			at := rng.IntN(len(in))
			switch rng.IntN(3) {
			case 0:
				in[at] = byte(rng.Uint32())
			case 1:
				in = append(in[:at], in[at+1:]...)
			case 2:
				in[at] += byte(rng.IntN(3)) - 1
			}
		}
		if wantNoWalk(t, m, in) {
			plain++
		}
	}
	if plain == 0 || plain == 200_000 {
		t.Errorf("%d records are plain, want some", plain)
	}
}

func FuzzPlain(f *testing.F) {
	f.Add(encode(f, record(attr("a", str("b")), attr("n", num(7)), attr("f", double(1)))))
	f.Add([]byte(field(6, field(1, "a"), field(2, field(1, "b"))) + fixed64Field(11, 1)))
	m := newForTest(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		m.AppendRecord(nil, in)
		wantNoWalk(t, m, in)
		if whole := new(logspb.LogRecord); m.plain(in) && proto.Unmarshal(in, whole) == nil {
			wantClean(t, whole)
		}
	})
}
