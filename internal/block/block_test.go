package block

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/protobuf/proto"

	"github.com/logstream-go/logstream/internal/otlp"
)

// plain masks nothing; double writes every record twice over, and grow as well,
// into memory of its own.
type (
	plain  struct{}
	double struct{}
	grow   struct{}
	short  struct{}
)

func (plain) AppendRecord(dst, rec []byte) []byte  { return append(dst, rec...) }
func (double) AppendRecord(dst, rec []byte) []byte { return append(append(dst, rec...), rec...) }
func (short) AppendRecord(dst, rec []byte) []byte  { return append(dst, rec[:len(rec)/2]...) }
func (grow) AppendRecord(dst, rec []byte) []byte {
	return append(bytes.Clone(append(dst, rec...)), rec...)
}

// record returns a LogRecord whose body is text.
func record(text string) []byte {
	return otlp.AppendStringValue(nil, otlp.TagRecordBody, text)
}

// origins returns a table with n resources of two scopes each.
func origins(n int) *Origins {
	t := new(Origins)
	for r := range n {
		for s := range 2 {
			t.Add(Origin{
				Resource:          otlp.AppendString(nil, otlp.TagResourceAttribute, "service.name", fmt.Sprint("r", r)),
				ResourceSchemaURL: strings.Repeat("u", r),
				Scope:             otlp.AppendScope(nil, fmt.Sprint("s", s), "v1"),
				ScopeSchemaURL:    strings.Repeat("w", s),
			})
		}
	}
	return t
}

func add(t *testing.T, b *Block, m Masker, s Slot, rec []byte) {
	t.Helper()
	if !b.Append(s, m, rec) {
		t.Fatal("no room")
	}
}

const unlimited = 1 << 30

// batchOf returns a batch of all records of the blocks.
func batchOf(blocks ...*Block) *Batch {
	b := new(Batch)
	for _, p := range blocks {
		b.Add(p, 0, p.Len(), unlimited, unlimited)
	}
	return b
}

func decode(t *testing.T, b *Batch) *collogspb.ExportLogsServiceRequest {
	t.Helper()
	raw := b.AppendRequest(nil)
	if len(raw) > b.Size() {
		t.Errorf("request has %d bytes, Size says at most %d", len(raw), b.Size())
	}
	req := new(collogspb.ExportLogsServiceRequest)
	if err := proto.Unmarshal(raw, req); err != nil {
		t.Fatalf("request does not decode: %v", err)
	}
	return req
}

func TestARequestGroupsByResourceThenScope(t *testing.T) {
	o := origins(2)
	b := New(1<<16, o)
	for i, id := range []uint32{3, 0, 0, 1, 2, 3, 1} {
		add(t, b, plain{}, Slot{Origin: id}, record(fmt.Sprint(i)))
	}
	var got []string
	for _, rl := range decode(t, batchOf(b)).ResourceLogs {
		for _, sl := range rl.ScopeLogs {
			for _, r := range sl.LogRecords {
				got = append(got, fmt.Sprintf("%s%s/%s%s %s", rl.Resource.Attributes[0].Value.GetStringValue(), rl.SchemaUrl, sl.Scope.Name, sl.SchemaUrl, r.Body.GetStringValue()))
			}
		}
	}
	want := []string{"r1u/s1w 0", "r1u/s1w 5", "r1u/s0 4", "r0/s0 1", "r0/s0 2", "r0/s1w 3", "r0/s1w 6"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRecordsOfOneOriginAreOneScope(t *testing.T) {
	b := New(1<<16, origins(1))
	for i := range 100 {
		add(t, b, plain{}, Slot{}, record(strings.Repeat("x", i*3)))
	}
	req := decode(t, batchOf(b))
	if n := len(req.ResourceLogs); n != 1 {
		t.Fatalf("got %d resources, want 1", n)
	}
	if n := len(req.ResourceLogs[0].ScopeLogs[0].LogRecords); n != 100 {
		t.Errorf("got %d records, want 100", n)
	}
}

func TestMaskedRecordsMayChangeTheirSize(t *testing.T) {
	for _, tt := range []struct {
		name string
		m    Masker
		want func([]byte) []byte
	}{
		{"as it is", plain{}, func(b []byte) []byte { return b }},
		{"longer", double{}, func(b []byte) []byte { return append(bytes.Clone(b), b...) }},
		{"longer, elsewhere", grow{}, func(b []byte) []byte { return append(bytes.Clone(b), b...) }},
		{"shorter", short{}, func(b []byte) []byte { return b[:len(b)/2] }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := New(1<<20, origins(1))
			// Lengths around the places where a length takes another byte.
			var want [][]byte
			for _, n := range []int{2, 60, 63, 64, 65, 126, 127, 128, 129, 255, 256, 8191, 8192, 16383, 16384, 16385} {
				rec := bytes.Repeat([]byte{'x'}, n)
				add(t, b, tt.m, Slot{Seq: uint64(n)}, rec)
				want = append(want, tt.want(rec))
			}
			i := 0
			for s, r := range batchOf(b).Records() {
				if !bytes.Equal(r.Bytes, want[i]) {
					t.Errorf("record %d: got %d bytes, want %d", s.Seq, len(r.Bytes), len(want[i]))
				}
				i++
			}
		})
	}
}

func TestAFullBlockStaysAsItWas(t *testing.T) {
	b := New(Room(len(record("first"))), origins(1))
	add(t, b, plain{}, Slot{}, record("first"))
	before := bytes.Clone(b.mem)
	for _, m := range []Masker{plain{}, double{}, grow{}} {
		for n := 1; n < 300; n++ {
			if b.Append(Slot{}, m, make([]byte, n)) {
				t.Fatalf("a record of %d bytes fitted", n)
			}
			if got := b.fields(0, 1); b.Len() != 1 || !bytes.Equal(got, before[:len(got)]) {
				t.Fatal("a record that did not fit changed the block")
			}
		}
	}
	if !New(Room(100), origins(1)).Append(Slot{}, plain{}, make([]byte, 100)) {
		t.Error("Room(100) does not hold a record of 100 bytes")
	}
}

func TestSlotsKeepEveryField(t *testing.T) {
	b := New(1<<12, origins(2))
	want := Slot{Origin: 3, Shard: 65535, Severity: 24, Flags: 255, Seq: 1<<64 - 1, Time: -5}
	add(t, b, plain{}, want, record("x"))
	got := b.Slot(0)
	if b.Severity(0) != 24 || b.Origin(0) != 3 || b.Size(0) != len(b.fields(0, 1)) {
		t.Errorf("short cuts disagree with the slot %+v", got)
	}
	got.off, got.size = 0, 0
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestABatchIsBounded(t *testing.T) {
	b := New(1<<16, origins(2))
	for i := range 50 {
		add(t, b, plain{}, Slot{Origin: uint32(i / 25)}, record(strings.Repeat("x", 50)))
	}
	var few Batch
	if n := few.Add(b, 0, 50, 7, unlimited); n != 7 || few.Len() != 7 {
		t.Errorf("got %d records, want 7", n)
	}
	for limit := 1; limit < 5000; limit += 97 {
		var small Batch
		small.Add(b, 0, 50, unlimited, limit)
		if size := len(small.AppendRequest(nil)); size > limit && small.Len() > 1 {
			t.Errorf("limit %d: %d records are %d bytes", limit, small.Len(), size)
		}
		if small.Len() == 0 {
			t.Errorf("limit %d: the first record was left out", limit)
		}
	}
}

func TestSplitKeepsEveryRecordOnce(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	o := origins(3)
	var blocks []*Block
	total := 0
	for range 5 {
		b := New(1<<14, o)
		for b.Append(Slot{Origin: rnd.Uint32N(6), Seq: uint64(total)}, plain{}, record(strings.Repeat("x", rnd.IntN(100)))) {
			total++
		}
		blocks = append(blocks, b)
	}
	whole := batchOf(blocks...)
	for range 50 {
		n := 1 + rnd.IntN(total-1)
		head, tail := whole.Split(n)
		if head.Len() != n || tail.Len() != total-n {
			t.Fatalf("got %d and %d records, want %d and %d", head.Len(), tail.Len(), n, total-n)
		}
		next := uint64(0)
		for _, part := range []*Batch{head, tail} {
			for s := range part.Records() {
				if s.Seq != next {
					t.Fatalf("got record %d, want %d", s.Seq, next)
				}
				next++
			}
			decode(t, part)
		}
	}
}

func TestPickTakesOutPositions(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	o := origins(2)
	var blocks []*Block
	total := 0
	for range 3 {
		b := New(1<<11, o)
		for b.Append(Slot{Origin: rnd.Uint32N(4), Seq: uint64(total)}, plain{}, record("x")) {
			total++
		}
		blocks = append(blocks, b)
	}
	whole := batchOf(blocks...)
	for range 100 {
		var positions []int
		for i := range total {
			if rnd.IntN(5) == 0 {
				positions = append(positions, i)
			}
		}
		picked, rest := whole.Pick(positions)
		if picked.Len() != len(positions) || rest.Len() != total-len(positions) {
			t.Fatalf("got %d and %d records, want %d and %d", picked.Len(), rest.Len(), len(positions), total-len(positions))
		}
		i := 0
		for s := range picked.Records() {
			if int(s.Seq) != positions[i] {
				t.Fatalf("picked record %d, want %d", s.Seq, positions[i])
			}
			i++
		}
		for s := range rest.Records() {
			if slices.Contains(positions, int(s.Seq)) {
				t.Fatalf("record %d is picked and left", s.Seq)
			}
		}
	}
}

func TestEqualOriginsShareAnID(t *testing.T) {
	var o Origins
	a := Origin{Resource: []byte{1}, Scope: []byte{2}}
	if x, y := o.Add(a), o.Add(a); x != y {
		t.Errorf("got ids %d and %d, want one", x, y)
	}
	for _, b := range []Origin{
		{Resource: []byte{1, 2}},
		{Resource: []byte{1}, Scope: []byte{2}, ScopeSchemaURL: "x"},
		{Resource: []byte{1}, Scope: []byte{2}, ResourceSchemaURL: "x"},
	} {
		if o.Add(b) == 0 {
			t.Errorf("%v has the id of %v", b, a)
		}
	}
}

func TestAFullTableOfOriginsGivesTheFirst(t *testing.T) {
	var o Origins
	for i := range maxOrigins {
		o.Add(Origin{Scope: fmt.Append(nil, i)})
		if i == 1000 {
			break
		}
	}
	// Filling it one by one would copy the table 65,536 times.
	list := make([]*Origin, maxOrigins)
	copy(list, *o.list.Load())
	o.list.Store(&list)
	if id := o.Add(Origin{Scope: []byte("one too many")}); id != 0 {
		t.Errorf("got id %d, want 0", id)
	}
}

func TestOriginsConcurrentSafe(t *testing.T) {
	var o Origins
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 100 {
				id := o.Add(Origin{Scope: fmt.Append(nil, i)})
				if got := string(o.At(id).Scope); got != fmt.Sprint(i) {
					t.Errorf("id %d is %q, want %d", id, got, i)
				}
			}
		})
	}
	wg.Wait()
}

// Proof that the envelope is what the generated types write.
func TestARequestIsCanonical(t *testing.T) {
	o := origins(2)
	b := New(1<<16, o)
	for i := range uint32(4) {
		add(t, b, plain{}, Slot{Origin: i}, record(strings.Repeat("x", 200)))
	}
	batch := batchOf(b)
	got := batch.AppendRequest([]byte("before"))
	want, err := proto.MarshalOptions{Deterministic: true}.Marshal(decode(t, batch))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, append([]byte("before"), want...)) {
		t.Errorf("got %x, want %x", got, want)
	}
}

func TestPayloadIsMadeOnceAndLivesWhileItIsHeld(t *testing.T) {
	b := New(1<<12, origins(1))
	add(t, b, plain{}, Slot{}, record("x"))
	batch := batchOf(b)
	made := 0
	encode := func(dst []byte) ([]byte, error) {
		made++
		return append(dst, "payload"...), nil
	}
	first, err := batch.Payload("raw", encode)
	if err != nil {
		t.Fatal(err)
	}
	again, err := batch.Payload("raw", encode)
	if err != nil || again != first || made != 1 {
		t.Errorf("got %p and %p after %d encodings, want one", first, again, made)
	}
	if n := batch.PayloadBytes(); n != len("payload") {
		t.Errorf("got %d payload bytes, want 7", n)
	}
	again.Release()
	batch.Release()
	if got := string(first.Bytes()); got != "payload" || first.refs.Load() != 1 {
		t.Errorf("held payload is %q with %d references, want 1", got, first.refs.Load())
	}
	first.Release()
	if n := first.refs.Load(); n != 0 {
		t.Errorf("got %d references at the end, want 0", n)
	}
}

func TestAPayloadThatCannotBeMadeIsAnError(t *testing.T) {
	batch := new(Batch)
	want := errors.New("no")
	if _, err := batch.Payload("raw", func([]byte) ([]byte, error) { return nil, want }); err != want {
		t.Errorf("got %v, want %v", err, want)
	}
	p, err := batch.Payload("raw", func(dst []byte) ([]byte, error) { return append(dst, 'x'), nil })
	if err != nil || string(p.Bytes()) != "x" {
		t.Errorf("got %v, want it made after a failure", err)
	}
	p.Release()
	batch.Release()
}

func TestPayloadConcurrentSafe(t *testing.T) {
	for range 100 {
		batch := new(Batch)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				p, err := batch.Payload("raw", func(dst []byte) ([]byte, error) { return append(dst, "payload"...), nil })
				if err != nil || string(p.Bytes()) != "payload" {
					t.Errorf("got %q, %v", p.Bytes(), err)
				}
				p.Retain()
				p.Release()
				p.Release()
			})
		}
		wg.Wait()
		batch.Release()
	}
}

func BenchmarkAppend(b *testing.B) {
	rec := record(strings.Repeat("x", 210))
	blk := New(256<<10, origins(1))
	b.ReportAllocs()
	b.SetBytes(int64(len(rec)))
	for b.Loop() {
		if !blk.Append(Slot{}, plain{}, rec) {
			blk.Reset()
		}
	}
}

func BenchmarkAppendRequest(b *testing.B) {
	blk := New(2<<20, origins(1))
	for range 4096 {
		blk.Append(Slot{}, plain{}, record(strings.Repeat("x", 210)))
	}
	batch := batchOf(blk)
	var dst []byte
	b.ReportAllocs()
	b.SetBytes(int64(batch.Size()))
	for b.Loop() {
		dst = batch.AppendRequest(dst[:0])
	}
}
