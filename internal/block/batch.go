package block

import (
	"io"
	"iter"
	"slices"

	"github.com/logstream-go/logstream/internal/otlp"
)

// A Run is the records From..To-1 of a block.
type Run struct {
	Block    *Block
	From, To int

	mixed bool // the records have more than one origin
}

// Len returns the number of records of r.
func (r Run) Len() int { return r.To - r.From }

// A Batch is what one export carries. It is built by one goroutine, and then
// only read. Its records live in blocks, which must outlive it.
type Batch struct {
	runs   []Run
	n      int
	size   int      // upper bound of the request's size
	fields int      // size of the records alone
	seen   []uint32 // origins counted in size

	payloads payloads
}

// Add adds records from..to-1 of b, as far as they fit into maxRecords and
// maxBytes (of the whole request), and returns how many did. The first record of
// a batch always fits.
func (t *Batch) Add(b *Block, from, to, maxRecords, maxBytes int) int {
	i, mixed, first := from, false, uint32(0)
	for ; i < to && t.n < maxRecords; i++ {
		size := t.size + b.Size(i)
		id := b.Origin(i)
		isNew := !t.has(id)
		if isNew {
			size += envelope(b.origins.At(id))
		}
		if size > maxBytes && t.n > 0 {
			break
		}
		if isNew {
			t.seen = append(t.seen, id)
		}
		if i == from {
			first = id
		}
		mixed = mixed || id != first
		t.size = size
		t.fields += b.Size(i)
		t.n++
	}
	if i > from {
		t.runs = append(t.runs, Run{b, from, i, mixed})
	}
	return i - from
}

// has reports whether the envelope of an origin is already counted. The last
// one is looked at first: neighbours mostly share their origin.
func (t *Batch) has(id uint32) bool {
	for i := len(t.seen) - 1; i >= 0; i-- {
		if t.seen[i] == id {
			return true
		}
	}
	return false
}

// envelope returns an upper bound of what an origin adds to a request besides
// its records: the messages around them with tags and lengths.
func envelope(o *Origin) int {
	const tagsAndLengths = 6 * (1 + 5)
	return tagsAndLengths + len(o.Resource) + len(o.ResourceSchemaURL) + len(o.Scope) + len(o.ScopeSchemaURL)
}

// Len returns the number of records.
func (t *Batch) Len() int { return t.n }

// Size returns an upper bound of the request's size in bytes, a few dozen bytes
// above it for each origin.
func (t *Batch) Size() int { return t.size }

// FieldBytes returns the size of the records alone, as fields of a request.
func (t *Batch) FieldBytes() int { return t.fields }

// Runs returns the runs of t, which must not be changed.
func (t *Batch) Runs() []Run { return t.runs }

// Records iterates over the records in order.
func (t *Batch) Records() iter.Seq2[Slot, Record] {
	return func(yield func(Slot, Record) bool) {
		for _, r := range t.runs {
			for i := r.From; i < r.To; i++ {
				if !yield(r.Block.Record(i)) {
					return
				}
			}
		}
	}
}

// A Record is one record of a batch with its origin.
type Record struct {
	Origin *Origin
	Bytes  []byte // encoded LogRecord
}

// Record returns the i-th slot and record of b.
func (b *Block) Record(i int) (Slot, Record) {
	s := b.Slot(i)
	return s, Record{b.origins.At(s.Origin), b.record(s)}
}

// Split returns the first n records of t and the others as batches of their own.
// It requires 0 <= n <= t.Len().
func (t *Batch) Split(n int) (head, tail *Batch) {
	head, tail = new(Batch), new(Batch)
	for _, r := range t.runs {
		k := min(n-head.n, r.Len())
		head.addAll(r.Block, r.From, r.From+k)
		tail.addAll(r.Block, r.From+k, r.To)
	}
	return head, tail
}

// Pick returns the records at the given positions, and the others, as batches of
// their own. The positions must be in order, each once, from 0 to t.Len()-1.
func (t *Batch) Pick(positions []int) (picked, rest *Batch) {
	picked, rest = new(Batch), new(Batch)
	start := 0 // position of the run's first record
	for _, r := range t.runs {
		from := r.From
		for len(positions) > 0 && positions[0] < start+r.Len() {
			at := r.From + positions[0] - start
			rest.addAll(r.Block, from, at)
			picked.addAll(r.Block, at, at+1)
			from, positions = at+1, positions[1:]
		}
		rest.addAll(r.Block, from, r.To)
		start += r.Len()
	}
	return picked, rest
}

// addAll adds records without a limit.
func (t *Batch) addAll(b *Block, from, to int) {
	const noLimit = int(^uint(0) >> 1)
	t.Add(b, from, to, noLimit, noLimit)
}

// A segment is a piece of a block that goes into a request as it is.
type segment struct {
	origin *Origin
	fields []byte
}

// segments cuts the runs into the longest pieces of one origin.
func (t *Batch) segments() []segment {
	segs := make([]segment, 0, len(t.runs))
	for _, r := range t.runs {
		b := r.Block
		if !r.mixed {
			segs = append(segs, segment{b.origins.At(b.Origin(r.From)), b.fields(r.From, r.To)})
			continue
		}
		for i := r.From; i < r.To; {
			j, id := i+1, b.Origin(i)
			for j < r.To && b.Origin(j) == id {
				j++
			}
			segs = append(segs, segment{b.origins.At(id), b.fields(i, j)})
			i = j
		}
	}
	return segs
}

// Field tags of the messages around the records.
const (
	tagResourceLogs      = 1<<3 | 2 // ExportLogsServiceRequest.resource_logs
	tagResource          = 1<<3 | 2 // ResourceLogs.resource
	tagScopeLogs         = 2<<3 | 2 // ResourceLogs.scope_logs
	tagResourceSchemaURL = 3<<3 | 2
	tagScope             = 1<<3 | 2 // ScopeLogs.scope
	tagScopeSchemaURL    = 3<<3 | 2
)

// group is the records of one origin, or the origins of one resource.
type group struct {
	origin *Origin
	size   int // of the message body
	parts  []int
}

// AppendRequest appends t as an OTLP ExportLogsServiceRequest, in which each resource
// stands once, and below it each scope once. It allocates once at most for the
// result: to grow step by step to a megabyte would cost three.
func (t *Batch) AppendRequest(dst []byte) []byte {
	dst = slices.Grow(dst, t.size)
	_ = t.eachPiece(func(p []byte) error {
		dst = append(dst, p...)
		return nil
	})
	return dst
}

// WriteTo writes what AppendRequest appends, the records from where they lie. It
// returns the first error of w.
func (t *Batch) WriteTo(w io.Writer) (n int64, err error) {
	err = t.eachPiece(func(p []byte) error {
		m, err := w.Write(p)
		n += int64(m)
		return err
	})
	return n, err
}

// eachPiece calls emit with the pieces of a request: the messages around the
// records, which are valid during the call only, and records.
func (t *Batch) eachPiece(emit func([]byte) error) error {
	segs := t.segments()
	scopes, resources := groups(segs)
	var head []byte // what comes before the next records
	for _, r := range resources {
		head = append(head, tagResourceLogs)
		head = otlp.AppendVarint(head, uint64(r.size))
		head = otlp.AppendBytesField(head, tagResource, r.origin.Resource)
		for _, k := range r.parts {
			g := scopes[k]
			head = append(head, tagScopeLogs)
			head = otlp.AppendVarint(head, uint64(g.size))
			head = otlp.AppendBytesField(head, tagScope, g.origin.Scope)
			if err := emit(head); err != nil {
				return err
			}
			head = head[:0]
			for _, i := range g.parts {
				if err := emit(segs[i].fields); err != nil {
					return err
				}
			}
			if g.origin.ScopeSchemaURL != "" {
				head = otlp.AppendBytesField(head, tagScopeSchemaURL, []byte(g.origin.ScopeSchemaURL))
			}
		}
		if r.origin.ResourceSchemaURL != "" {
			head = otlp.AppendBytesField(head, tagResourceSchemaURL, []byte(r.origin.ResourceSchemaURL))
		}
	}
	return emit(head)
}

// groups gathers segments by origin, and origins by resource, in order of first
// appearance. There are few of both.
func groups(segs []segment) (scopes, resources []group) {
	scopeOf := make(map[*Origin]int, 1)
	for i, s := range segs {
		k, ok := scopeOf[s.origin]
		if !ok {
			k = len(scopes)
			scopeOf[s.origin] = k
			o := s.origin
			scopes = append(scopes, group{origin: o, size: sizeField(len(o.Scope)) + sizeString(o.ScopeSchemaURL)})
		}
		scopes[k].size += len(s.fields)
		scopes[k].parts = append(scopes[k].parts, i)
	}
	resourceOf := make(map[uint32]int, 1)
	for i, g := range scopes {
		k, ok := resourceOf[g.origin.resourceID]
		if !ok {
			k = len(resources)
			resourceOf[g.origin.resourceID] = k
			o := g.origin
			resources = append(resources, group{origin: o, size: sizeField(len(o.Resource)) + sizeString(o.ResourceSchemaURL)})
		}
		resources[k].size += sizeField(g.size)
		resources[k].parts = append(resources[k].parts, i)
	}
	return scopes, resources
}

// sizeField returns the size of a length-delimited field with n bytes in it.
func sizeField(n int) int { return 1 + otlp.SizeVarint(uint64(n)) + n }

// sizeString is sizeField for a string field, which is left out when empty.
func sizeString(s string) int {
	if s == "" {
		return 0
	}
	return sizeField(len(s))
}
