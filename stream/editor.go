package stream

import (
	"math"
	"strconv"
	"sync"

	"github.com/logstream-go/logstream/internal/block"
	"github.com/logstream-go/logstream/internal/otlp"
	"github.com/logstream-go/logstream/mask"
)

// attrUID is OpenTelemetry's attribute of a record's identity.
const attrUID = "log.record.uid"

// fieldAttributes is the number of LogRecord.attributes.
const fieldAttributes = uint32(otlp.TagRecordAttribute >> 3)

// An editor makes what only one route sends. It is an interface, which the options
// set that need one.
type editor interface {
	// edit returns a copy of b with the same records in the same order.
	edit(b *block.Batch) *block.Batch
}

// A copier makes copies of batches as one route sends them: with its own mask on
// top of the stream's, and with the identity of each record. It reads masked
// records only, so a route can mask more than the stream, and never less. Several
// exports may use it at once.
type copier struct {
	// Immutable.
	mask     *mask.Masker // nil for none
	instance string       // of the stream, in identities; "" for none
	pageSize int
	from, to *block.Origins // of the queue, and of the copies

	mu  sync.Mutex // guards the following
	ids map[uint32]uint32
}

// newCopier returns nil if the route sends what is queued.
func newCopier(s *Stream, cfg *routeConfig) editor {
	if cfg.mask == nil && !cfg.uid {
		return nil
	}
	e := &copier{mask: cfg.mask, pageSize: s.cfg.pageSize(), from: s.origins, to: s.origins}
	if cfg.uid {
		e.instance = s.instance
	}
	if e.mask != nil {
		e.to, e.ids = new(block.Origins), make(map[uint32]uint32)
	}
	return e
}

// origin returns the id of the copy of an origin.
func (e *copier) origin(id uint32) uint32 {
	if e.mask == nil {
		return id
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	to, ok := e.ids[id]
	if !ok {
		o := *e.from.At(id)
		o.Resource = e.mask.AppendResource(nil, o.Resource)
		o.Scope = e.mask.AppendScope(nil, o.Scope)
		to = e.to.Add(o)
		e.ids[id] = to
	}
	return to
}

func (e *copier) edit(b *block.Batch) *block.Batch {
	out := new(block.Batch)
	w := edition{copier: e}
	var page *block.Block
	flush := func() {
		if page != nil {
			out.Add(page, 0, page.Len(), math.MaxInt, math.MaxInt)
		}
	}
	for slot, rec := range b.Records() {
		w.slot = slot
		slot.Origin = e.origin(slot.Origin)
		if page != nil && page.Append(slot, &w, rec.Bytes) {
			continue
		}
		flush()
		// Masking may make a record longer, by how much only the attempt tells.
		for size := max(e.pageSize, block.Room(2*len(rec.Bytes)+256)); ; size *= 2 {
			if page = block.New(size, e.to); page.Append(slot, &w, rec.Bytes) {
				break
			}
		}
	}
	flush()
	return out
}

// An edition writes the records of one copy. It implements block.Masker.
type edition struct {
	*copier
	slot    block.Slot // of the next record, in the queue
	scratch []byte
}

// AppendRecord appends the record as the route sends it.
func (w *edition) AppendRecord(dst, record []byte) []byte {
	if w.instance == "" {
		return w.mask.AppendRecord(dst, record)
	}
	if w.mask != nil {
		w.scratch = w.mask.AppendRecord(w.scratch[:0], record)
		record = w.scratch
	}
	return w.appendWithUID(dst, record)
}

// appendWithUID appends record with its identity as its last attribute, unless it
// brings one.
func (w *edition) appendWithUID(dst, record []byte) []byte {
	end := 0 // of the fields up to the attributes
	for msg := record; len(msg) > 0; {
		f, rest, err := otlp.Next(msg)
		if err != nil {
			return append(dst, record...)
		}
		if f.Num == fieldAttributes {
			if kv, err := otlp.ParseKeyValue(f.Data); err == nil && string(kv.Key) == attrUID {
				return append(dst, record...)
			}
		}
		if f.Num <= fieldAttributes {
			end = len(record) - len(rest)
		}
		msg = rest
	}
	var buf [96]byte
	instance := w.from.At(w.slot.Origin).Instance
	if instance == "" {
		instance = w.instance
	}
	uid := append(buf[:0], instance...)
	uid = append(uid, '-')
	uid = strconv.AppendUint(uid, uint64(w.slot.Shard), 10)
	uid = append(uid, '-')
	uid = strconv.AppendUint(uid, w.slot.Seq, 10)
	dst = append(dst, record[:end]...)
	dst = otlp.AppendString(dst, otlp.TagRecordAttribute, attrUID, string(uid))
	return append(dst, record[end:]...)
}
