package stream

import (
	"math"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/logstream-go/logstream/internal/block"
	"github.com/logstream-go/logstream/mask"
)

// maxWords is how much of a destination's words is kept with a dead letter, in
// bytes. What matters stands at the beginning.
const maxWords = 1 << 10

// A DeadLetter is a record that a destination has refused for good. It counts as
// rejected in the ledger.
type DeadLetter struct {
	Route  string    // the route that it was for
	Sink   string    // "first", or "fallback 1"
	Time   time.Time // when it was refused
	Reason string    // the destination's words, masked; at most 1 KiB

	// Request is the record as it was sent, masked, with its resource and scope:
	// an OTLP ExportLogsServiceRequest in protobuf encoding. It must not be
	// changed.
	Request []byte
}

// size returns the memory that d takes.
func (d *DeadLetter) size() int {
	const fixed = 128 // the struct and its place in the list
	return fixed + len(d.Reason) + len(d.Request)
}

// DeadLetters returns the records that destinations have refused for good, the
// oldest first, as far as [WithDeadLetters] has room for them. A partial success of
// OTLP says how many records were refused and not which, so these are not among
// them. It may be called at any time, also after Shutdown.
func (s *Stream) DeadLetters() []DeadLetter {
	d := &s.dead
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]DeadLetter(nil), d.list...)
}

// deadLetters keeps the last ones within a budget.
type deadLetters struct {
	budget int // immutable

	mu    sync.Mutex // guards the following
	list  []DeadLetter
	bytes int
}

// add keeps l, and forgets the oldest ones that have no room beside it.
func (d *deadLetters) add(l DeadLetter) {
	d.mu.Lock()
	defer d.mu.Unlock()
	size := l.size()
	if size > d.budget {
		return
	}
	for d.bytes+size > d.budget {
		d.bytes -= d.list[0].size()
		d.list[0] = DeadLetter{} // the array may live on for a while
		d.list = d.list[1:]
	}
	d.bytes += size
	d.list = append(d.list, l)
}

// bury keeps the records of b, which f's target has refused. words returns what it
// said of the i-th one.
func (r *route) bury(f *flight, b *block.Batch, words func(i int) string) {
	if r.s.dead.budget == 0 {
		return
	}
	if r.editor != nil {
		b = r.editor.edit(b) // what others must not see is not kept for them
	}
	now, i := time.Now(), 0
	for _, run := range b.Runs() {
		for k := run.From; k < run.To; k++ {
			one := new(block.Batch)
			one.Add(run.Block, k, k+1, 1, math.MaxInt)
			r.s.dead.add(DeadLetter{
				Route:   r.cfg.name,
				Sink:    f.target.name(),
				Time:    now,
				Reason:  maskWords(r.s.cfg.mask, words(i)),
				Request: one.AppendRequest(nil),
			})
			i++
		}
	}
}

// saying returns words that are the same for each record.
func saying(err error) func(int) string {
	return func(int) string {
		if err == nil {
			return ""
		}
		return err.Error()
	}
}

// maskWords returns the beginning of text as the masker would leave it. A destination may quote what it was sent, which is masked, but its
// words are not the stream's.
func maskWords(m *mask.Masker, text string) string {
	text = strings.ToValidUTF8(text[:min(len(text), 4*maxWords)], "\uFFFD")
	if text = m.Mask(text); len(text) > maxWords { // Cut after it is masked, or the head of a token is left.
		text = text[:maxWords]
		for range utf8.UTFMax - 1 {
			if r, n := utf8.DecodeLastRuneInString(text); r != utf8.RuneError || n != 1 {
				break
			}
			text = text[:len(text)-1]
		}
	}
	return text
}
