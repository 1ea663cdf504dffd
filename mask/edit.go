package mask

import (
	"slices"
	"sync"

	"github.com/logstream-go/logstream/internal/detect"
	"github.com/logstream-go/logstream/internal/otlp"
)

// box says where an embedded message stands in the input.
type box struct {
	field int // Where its tag begins.
	at    int // Where its length begins.
	start int // Where its content begins.
	end   int // Where its content ends.
}

// noID is the id of an edit that no detector asked for.
const noID = -1

// noBox stands for no message.
var noBox = box{at: -1}

// edit is one change of the input: the bytes at to to-1 give way to text, or
// to a new length.
type edit struct {
	at, to int
	text   string
	id     int // The detector that it is counted for; negative: none.
	parent int // The edit of the enclosing message's length; negative: none.
	length int // Of the message behind it, before resolve the old one; negative: no length.
	growth int // By how many bytes the edits inside that message lengthen it.
}

// openBox is a message that the walk is inside of.
type openBox struct {
	box
	edit int // The edit of its length, once something inside it changed.
}

// editor collects the edits of one message in the order of their positions. A
// change makes the length of every open message an edit too, outermost first;
// so each edit comes after the edits of the messages around it.
//
//	input   32 [len] 0a 08 password 12 [len 0a 07 hunter2] 32 ...
//	edits      [ 0 ]                   [        1        ]
//
// Edit 1 puts the marker in place of the value; its parent is edit 0, the
// length of the attribute. An open message costs an edit only once something
// in it changed, however many changes follow.
type editor struct {
	edits   []edit // What appendTo does, from the first byte to the last.
	open    []openBox
	changed int // The first so many open messages have their edit.
	values  int // Edits that are not lengths.
}

// push enters the message b.
func (e *editor) push(b box) {
	e.open = append(e.open, openBox{b, -1})
}

// pop leaves the n innermost messages.
func (e *editor) pop(n int) {
	e.open = e.open[:len(e.open)-n]
	e.changed = min(e.changed, len(e.open))
}

// replace puts text in place of the input's bytes at to to-1, which lie behind
// every edit so far and inside the innermost open message.
func (e *editor) replace(at, to int, text string, id int) {
	parent := e.touch()
	e.edits = append(e.edits, edit{at: at, to: to, text: text, id: id, parent: parent, length: -1})
	e.values++
}

// touch makes sure that the lengths of all open messages are edits, and returns
// the innermost one. Those that are edits already are the outermost ones: a
// change touches everything around it, and messages close from the inside.
func (e *editor) touch() int {
	parent := -1
	if e.changed > 0 {
		parent = e.open[e.changed-1].edit
	}
	for ; e.changed < len(e.open); e.changed++ {
		o := &e.open[e.changed]
		e.edits = append(e.edits, edit{at: o.at, to: o.start, id: noID, parent: parent, length: o.end - o.start})
		parent = len(e.edits) - 1
		o.edit = parent
	}
	return parent
}

// appendTo appends msg to dst with all edits made, in one pass and with at most
// one growth of dst. It may be called once.
func (e *editor) appendTo(dst, msg []byte) []byte {
	dst = slices.Grow(dst, len(msg)+e.resolve())
	from := 0
	for i := range e.edits {
		x := &e.edits[i]
		dst = append(dst, msg[from:x.at]...)
		if x.length < 0 {
			dst = append(dst, x.text...)
		} else {
			dst = otlp.AppendVarint(dst, uint64(x.length))
		}
		from = x.to
	}
	return append(dst, msg[from:]...)
}

// resolve computes the new lengths and returns by how many bytes the whole
// message grows, which is negative when it shrinks. Going backwards meets all
// edits inside a message before the edit of its length.
func (e *editor) resolve() (growth int) {
	for i := range slices.Backward(e.edits) {
		x := &e.edits[i]
		size := len(x.text)
		if x.length >= 0 {
			x.length += x.growth
			size = otlp.SizeVarint(uint64(x.length))
		}
		x.growth += size - (x.to - x.at)
		if x.parent < 0 {
			growth += x.growth
		} else {
			e.edits[x.parent].growth += x.growth
		}
	}
	return growth
}

// scratch is what a walk needs besides the input. It holds no part of a record
// that is secret: positions, constants and keys.
type scratch struct {
	editor
	path   []byte // The keys of the maps that the walk is in, each with a dot behind it.
	joined []byte // The end of path and a key, or a key with its value.
	found  []detect.Finding
	hidden []box // What was masked for its key: texts, arrays and maps.
}

// maxPooled is the capacity above which a buffer is not kept for the next
// record: 1024 edits are 56 KiB. Ordinary records have a handful of edits and
// keys of some dozen bytes.
const maxPooled = 1024

var scratchPool = sync.Pool{New: func() any { return new(scratch) }}

// release gives s back.
func (s *scratch) release() {
	if !s.fits() {
		return
	}
	s.edits, s.open = s.edits[:0], s.open[:0]
	s.changed, s.values = 0, 0
	s.path, s.found, s.hidden = s.path[:0], s.found[:0], s.hidden[:0]
	clear(s.joined[:cap(s.joined)])
	scratchPool.Put(s)
}

// fits reports whether the buffers of s are small enough to be kept.
func (s *scratch) fits() bool {
	return max(cap(s.edits), cap(s.path), cap(s.joined), cap(s.found)) <= maxPooled
}
