package block

import (
	"encoding/binary"
	"sync"
	"sync/atomic"
)

// An Origin is what a group of records shares: resource and scope, as encoded
// and already masked message bodies. It never changes once registered.
type Origin struct {
	Resource          []byte // body of an OTLP Resource
	ResourceSchemaURL string
	Scope             []byte // body of an OTLP InstrumentationScope
	ScopeSchemaURL    string

	// Own says that the records are what a stream says of itself.
	Own bool

	// Instance is the stream that took the records, if it was another one whose
	// process has ended; "" otherwise.
	Instance string

	resourceID uint32 // equal for origins of equal resource and schema URL
}

// maxOrigins bounds the table. A program has a handful of scopes; one that makes
// them up at run time must not grow the table for ever.
const maxOrigins = 1 << 16

// Origins is an append-only table of origins. At is lock-free and may be called
// at any time; Add takes a lock and is called when a handler is made.
type Origins struct {
	list atomic.Pointer[[]*Origin] // copy on write, so that At takes no lock

	mu        sync.Mutex // guards the following, and writes to list
	ids       map[string]uint32
	resources map[string]uint32
}

// Add returns the id of o, which is the same for equal origins. Once the table
// is full, the id of the first origin is returned for every new one.
func (t *Origins) Add(o Origin) uint32 {
	resource := key(o.Resource, o.ResourceSchemaURL)
	id := key([]byte(resource), key([]byte(key(o.Scope, o.ScopeSchemaURL)), o.Instance))

	t.mu.Lock()
	defer t.mu.Unlock()
	if n, ok := t.ids[id]; ok {
		return n
	}
	var old []*Origin
	if p := t.list.Load(); p != nil {
		old = *p
	} else {
		t.ids = make(map[string]uint32)
		t.resources = make(map[string]uint32)
	}
	if len(old) == maxOrigins {
		return 0
	}
	if _, ok := t.resources[resource]; !ok {
		t.resources[resource] = uint32(len(t.resources))
	}
	o.resourceID = t.resources[resource]
	n := uint32(len(old))
	list := append(old[:n:n], &o)
	t.ids[id] = n
	t.list.Store(&list)
	return n
}

// At returns the origin of an id that Add returned.
func (t *Origins) At(id uint32) *Origin {
	return (*t.list.Load())[id]
}

// key joins two values so that different pairs give different keys.
func key(a []byte, b string) string {
	return string(binary.BigEndian.AppendUint32(nil, uint32(len(a)))) + string(a) + b
}
