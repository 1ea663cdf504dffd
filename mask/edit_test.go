package mask

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func TestLengthsGrowAndShrinkAcrossVarintSizes(t *testing.T) {
	sizes := []int{}
	for _, around := range []int{127, 16383} {
		for n := around - 110; n < around+10; n++ {
			sizes = append(sizes, n)
		}
	}
	values := []struct{ name, value string }{
		{"grow", ""},
		{"shrink", strings.Repeat("x", 60)},
		{"shrink across a size", strings.Repeat("x", 200)},
		{"shrink across two sizes", strings.Repeat("x", 17000)},
	}
	m := newForTest(t)
	for levels := range 6 {
		for _, v := range values {
			t.Run(fmt.Sprintf("%d levels %s", levels, v.name), func(t *testing.T) {
				for _, n := range sizes {
					filler := strings.Repeat("f", n)
					in, want := str(v.value), redacted
					key := "password"
					for range levels {
						in = object(attr("f", str(filler)), attr(key, in))
						want = object(attr("f", str(filler)), attr(key, want))
						key, filler = "m", ""
					}
					got := m.AppendRecord(nil, encode(t, record(attr(key, in), attr("last", num(1)))))
					if !bytes.Equal(got, encode(t, record(attr(key, want), attr("last", num(1))))) {
						t.Fatalf("filler of %d bytes: got %x", n, got)
					}
				}
			})
		}
	}
}

func TestManyEditsInOneRecord(t *testing.T) {
	m := newForTest(t)
	in, want := record(), record()
	for i := range 3000 {
		plain := attr(fmt.Sprint("field ", i), num(int64(i)))
		in.Attributes = append(in.Attributes, plain, attr("password", str(strings.Repeat("x", i%300))))
		want.Attributes = append(want.Attributes, plain, attr("password", redacted))
	}
	wantMessage(t, m.maskRecord(t, in), want)
	if m.Masked() != 3000 {
		t.Errorf("masked: got %d, want 3000", m.Masked())
	}
	wantMessage(t, m.maskRecord(t, record(attr("pin", num(1)))), record(attr("pin", redacted)))
}

func TestBigScratchIsNotPooled(t *testing.T) {
	tests := []struct {
		name string
		s    *scratch
		want bool
	}{
		{"edits", &scratch{editor: editor{edits: make([]edit, 0, maxPooled+1)}}, false},
		{"joined keys", &scratch{joined: make([]byte, 0, maxPooled+1)}, false},
		{"at the limit", &scratch{joined: make([]byte, 0, maxPooled)}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.s.fits(); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
