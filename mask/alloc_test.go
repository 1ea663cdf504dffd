//go:build !race

package mask

import (
	"strings"
	"testing"
)

// The race detector makes sync.Pool drop buffers at random, so these budgets
// are held without it.

func TestAppendRecordDoesNotAllocate(t *testing.T) {
	deep := attr("password", str(secret))
	for range 30 {
		deep = attr("m", object(deep))
	}
	tests := []struct {
		name string
		in   []*keyValue
	}{
		{"a clean record", []*keyValue{attr("user", str("bob")), attr("n", num(1)), attr("f", double(1)), attr("b", boolean(true))}},
		{"a clean record with maps", []*keyValue{attr("a", object(attr("b", array(num(1), object(attr("id", str("x")))))))}},
		{"a masked attribute", []*keyValue{attr("user", str("bob")), attr("password", str(secret))}},
		{"a masked entry in many maps", []*keyValue{deep}},
		{"a name over two maps", []*keyValue{attr("api", object(attr("key", str(secret))))}},
		{"a hundred masked attributes", strings100("password")},
		{"a key too long to be remembered", []*keyValue{attr(strings.Repeat("long_", 60)+"password", str(secret))}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newForTest(t)
			in := encode(t, record(tt.in...))
			dst := m.AppendRecord(make([]byte, 0, 2*len(in)+100), in)
			got := testing.AllocsPerRun(200, func() { dst = m.AppendRecord(dst[:0], in) })
			if got != 0 {
				t.Errorf("allocations: got %v, want 0", got)
			}
		})
	}
}

func TestAMalformedRecordDoesNotAllocate(t *testing.T) {
	m := newForTest(t)
	in := append(encode(t, record(attr("a", object(attr("password", str("x")))))), 0x32, 0x7f)
	dst := m.AppendRecord(nil, in)
	if got := testing.AllocsPerRun(200, func() { dst = m.AppendRecord(dst[:0], in) }); got != 0 {
		t.Errorf("allocations: got %v, want 0", got)
	}
}

// strings100 returns a hundred attributes with key.
func strings100(key string) []*keyValue {
	var all []*keyValue
	for range 100 {
		all = append(all, attr(key, str("value")))
	}
	return all
}
