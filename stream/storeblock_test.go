package stream

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/logstream-go/logstream/buffer/spool"
	"github.com/logstream-go/logstream/internal/block"
)

// same is a masker that changes nothing.
type same struct{}

func (same) AppendRecord(dst, record []byte) []byte { return append(dst, record...) }

// somePage returns a page of n records, each with its number, of different levels.
func somePage(n int) *page {
	origins := new(block.Origins)
	for i := range 3 {
		origins.Add(block.Origin{Resource: []byte{byte(i)}})
	}
	p := &page{block: block.New(1<<16, origins), class: high, published: n}
	for i := range n {
		s := block.Slot{Origin: uint32(i % 3), Shard: uint16(i), Severity: uint8(13 + i%9), Flags: uint8(i % 2), Seq: uint64(i) << 33, Time: int64(i) * 1e9}
		p.block.Append(s, same{}, fmt.Append(nil, "record ", i))
	}
	return p
}

func TestWhatIsPackedIsUnpacked(t *testing.T) {
	names := []string{"primary", "", "ünï", "last"}
	for _, tt := range []struct {
		name   string
		routes []int
		ranges [][]span
		want   []int // records, in order
	}{
		{"a whole page", []int{0}, [][]span{{{0, 6}}}, []int{0, 1, 2, 3, 4, 5}},
		{"one record", []int{3}, [][]span{{{4, 5}}}, []int{4}},
		{"pieces", []int{1}, [][]span{{{0, 1}, {2, 4}, {9, 10}}}, []int{0, 2, 3, 9}},
		{"routes that share", []int{0, 2}, [][]span{{{0, 4}}, {{2, 6}, {8, 9}}}, []int{0, 1, 2, 3, 4, 5, 8}},
		{"routes that do not", []int{2, 0, 1}, [][]span{{{8, 9}}, {{0, 1}}, {{3, 5}}}, []int{0, 3, 4, 8}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := somePage(10)
			x := &bale{page: p, routes: tt.routes, ranges: tt.ranges}
			for range 2 { // the second time in the memory of the first
				x.pack(func(i int) string { return names[i] }, func(id uint32) []byte { return []byte{byte(id)} })
			}
			if !x.whole || x.block.Records != len(tt.want) || x.block.Class != spool.High {
				t.Fatalf("got %d records of %v, whole %v; want all %d of high", x.block.Records, x.block.Class, x.whole, len(tt.want))
			}
			var got []int
			if err := unpack(&x.block, func(i int, s block.Slot, record []byte) {
				n := tt.want[i]
				got = append(got, n)
				want, rec := p.block.Record(n)
				if s.Origin != want.Origin || s.Shard != want.Shard || s.Severity != want.Severity || s.Flags != want.Flags || s.Seq != want.Seq || s.Time != want.Time {
					t.Errorf("record %d: got %+v, want %+v", n, s, want)
				}
				if !bytes.Equal(record, rec.Bytes) {
					t.Errorf("record %d: got %q, want %q", n, record, rec.Bytes)
				}
			}); err != nil || len(got) != len(tt.want) {
				t.Fatalf("got records %v and %v, want %v", got, err, tt.want)
			}
			needs, err := unpackMeta(x.block.Meta, x.block.Records)
			if err != nil || len(needs) != len(tt.routes) {
				t.Fatalf("got %v and %v, want %d routes", needs, err, len(tt.routes))
			}
			for k, need := range needs {
				var records []int
				for _, r := range need.ranges {
					records = append(records, tt.want[r.from:r.to]...)
				}
				var want []int
				var levels [levels]uint32
				for _, r := range tt.ranges[k] {
					for i := r.from; i < r.to; i++ {
						want = append(want, i)
						levels[levelOf(p.block.Severity(i))]++
					}
				}
				if need.route != names[tt.routes[k]] || !slices.Equal(records, want) || need.n != len(want) || need.levels != levels {
					t.Errorf("got %+v with records %v, want %q, %v and levels %v", need, records, names[tt.routes[k]], want, levels)
				}
			}
		})
	}
}

// A page of more origins than a block may name goes in parts.
func TestAPageOfManyOriginsIsPackedInParts(t *testing.T) {
	const n = spool.MaxOrigins + 100
	origins := new(block.Origins)
	p := &page{block: block.New(1<<20, origins), published: n}
	for i := range n {
		id := origins.Add(block.Origin{Resource: fmt.Append(nil, i)})
		p.block.Append(block.Slot{Origin: id}, same{}, []byte("x"))
	}
	x := &bale{page: p, routes: []int{0}, ranges: [][]span{{{0, n}}}}
	x.pack(func(int) string { return "primary" }, func(uint32) []byte { return []byte{1} })
	if x.whole || x.upto != spool.MaxOrigins || x.block.Records != spool.MaxOrigins {
		t.Errorf("got %d records up to %d, whole %v; want the first %d", x.block.Records, x.upto, x.whole, spool.MaxOrigins)
	}
	needs, err := unpackMeta(x.block.Meta, x.block.Records)
	if err != nil || needs[0].n != spool.MaxOrigins {
		t.Errorf("got %v and %v, want %d records", needs, err, spool.MaxOrigins)
	}
}

func TestAnOriginIsUnpacked(t *testing.T) {
	for _, o := range []block.Origin{
		{},
		{Instance: "i", Resource: []byte("r"), ResourceSchemaURL: "https://r", Scope: []byte("s"), ScopeSchemaURL: "https://s"},
		{Resource: []byte("r")},
	} {
		got := unpackOrigin(packOrigin(&o, "mine"))
		want := o
		if want.Instance == "" {
			want.Instance = "mine"
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	large := block.Origin{Resource: []byte("r"), Scope: make([]byte, spool.MaxOrigin)}
	blob := packOrigin(&large, "mine")
	if got := unpackOrigin(blob); len(blob) > spool.MaxOrigin || len(got.Scope) > 0 || string(got.Resource) != "r" {
		t.Errorf("got %d bytes with the resource %q, want what there is room for", len(blob), got.Resource)
	}
}

// FuzzUnpack reads what is no block of ours, without a panic, and never more records than
// there are.
func FuzzUnpack(f *testing.F) {
	x := &bale{page: somePage(10), routes: []int{0}, ranges: [][]span{{{0, 3}, {5, 9}}}}
	x.pack(func(int) string { return "primary" }, func(uint32) []byte { return nil })
	f.Add(x.block.Meta, x.block.Data, packOrigin(&block.Origin{Resource: []byte("r")}, "i"), uint16(7))
	f.Fuzz(func(t *testing.T, meta, data, origin []byte, n uint16) {
		count := int(n) + 1
		if needs, err := unpackMeta(meta, count); err == nil {
			for _, x := range needs {
				end := 0
				for _, r := range x.ranges {
					if r.from < end || r.to <= r.from || r.to > count {
						t.Errorf("got the ranges %v of %d records", x.ranges, count)
					}
					end = r.to
				}
			}
		}
		seen := 0
		err := unpack(&spool.Block{Records: count, Data: data}, func(i int, _ block.Slot, record []byte) {
			if seen++; len(record) > len(data) {
				t.Errorf("got a record of %d bytes out of %d", len(record), len(data))
			}
		})
		if err == nil && seen != count {
			t.Errorf("got %d records, want %d", seen, count)
		}
		unpackOrigin(origin)
	})
}
