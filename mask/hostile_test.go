package mask

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/logstream-go/logstream/internal/otlp"
)

// hostileSize is what a record may grow to where limits are off.
const hostileSize = 1<<20 - 1<<10

// TestHostileRecordsAreMasked gives records of a megabyte in shapes that would
// make a careless walk quadratic; those would not end within the test's time.
func TestHostileRecordsAreMasked(t *testing.T) {
	many := func(one string) string { return strings.Repeat(one, hostileSize/len(one)) }
	entry := func(key, v string) string { return field(1, field(1, key), field(2, field(1, v))) }
	tests := []struct {
		name, in string
		masked   uint64
	}{
		{"empty attributes", many(field(6)), 0},
		{"masked attributes", many(field(6, field(1, "pin"), field(2, varintField(3, 1)))), hostileSize / 11},
		{"unknown fields", many(varintField(13, 1)), hostileSize / 2},
		{"masked entries in 60 maps", field(5, inMaps(60, many(entry("pw", "")))), hostileSize / 10},
		{"entries that need the key of their map", field(6, field(1, many("x_")+"api"), field(2, field(6, many(entry("key", "x"))))), hostileSize / 12},
		{"a key of many names", field(6, field(1, many("pan_")), field(2, field(1, "x"))), 1},
		{"a key of many forms", field(6, field(1, "pin"+many("_code")), field(2, field(1, "x"))), 1},
		{"a key of single letters", field(6, field(1, many("a ")), field(2, field(1, "x"))), 0},
		{"a key of capitals and invisible characters", field(6, field(1, many("AA\u200b")), field(2, field(1, "x"))), 0},
		{"attributes in reverse", many(field(6, field(2, field(1, "x")), field(1, "pw"))), hostileSize / 11},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newForTest(t)
			out := m.AppendRecord(nil, []byte(tt.in))
			if m.Malformed() != 0 {
				t.Errorf("malformed: got %d, want 0", m.Malformed())
			}
			if m.Masked() != tt.masked {
				t.Errorf("masked: got %d, want %d", m.Masked(), tt.masked)
			}
			if err := otlp.Validate(out, -1); err != nil {
				t.Errorf("output: %v", err)
			}
		})
	}
}

// inMaps returns an AnyValue with entries inside n maps.
func inMaps(n int, entries string) string {
	v := field(6, entries)
	for range n - 1 {
		v = field(6, field(1, field(1, "m"), field(2, v)))
	}
	return v
}

// TestRecordsOfTheEncoderAreMasked takes the bytes that the module's own
// encoder writes, which is what arrives here in a program.
func TestRecordsOfTheEncoderAreMasked(t *testing.T) {
	build := func(password string) (b []byte) {
		b = otlp.AppendTime(b, 1)
		b = otlp.AppendSeverity(b, 9, "INFO")
		b = otlp.AppendStringValue(b, otlp.TagRecordBody, "hello")
		b = otlp.AppendString(b, otlp.TagRecordAttribute, "user", "bob")
		b, m := otlp.OpenMap(b, otlp.TagRecordAttribute, "db")
		b = otlp.AppendInt(b, otlp.TagMapEntry, "port", 5432)
		b = otlp.AppendString(b, otlp.TagMapEntry, "password", password)
		b = otlp.CloseMap(b, m)
		b = otlp.AppendNull(b, otlp.TagRecordAttribute, "password")
		return otlp.AppendObservedTime(b, 2)
	}
	m := newForTest(t)
	for _, n := range []int{0, 1, 14, 15, 120, 127, 128, 5000} {
		got := m.AppendRecord(nil, build(strings.Repeat("s", n)))
		if want := build(MarkerKey); !bytes.Equal(got, want) {
			t.Errorf("password of %d bytes: got %x, want %x", n, got, want)
		}
	}
	if clean := m.AppendRecord(nil, build(MarkerKey)); !bytes.Equal(clean, build(MarkerKey)) {
		t.Errorf("clean record: got %x", clean)
	}
}

// TestACleanRecordIsCopiedAsItIs: also where its encoding is not the canonical
// one, for nothing in it has to change.
func TestACleanRecordIsCopiedAsItIs(t *testing.T) {
	for i, in := range []string{
		"",
		field(6, field(2, field(1, "v")), field(1, "k")),
		"\xb2\x00" + field(6, field(1, "k"))[1:],
		field(6, "\x0a"+longVarint(1)+"k", field(2, "\x18"+longVarint(1))),
		fixed64Field(11, 2) + fixed64Field(1, 1) + fixed64Field(1, 0),
		field(5, "\x21\x00\x00\x00\x00\x00\x00\xf0\x3f") + field(6),
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			if got := newForTest(t).AppendRecord(nil, []byte(in)); string(got) != in {
				t.Errorf("got %x, want %x", got, in)
			}
		})
	}
}
