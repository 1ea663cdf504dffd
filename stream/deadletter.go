package stream

import (
	"fmt"
	"math"
	"slices"
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
// oldest first, as far as [WithDeadLetters] has room for them. With [WithStorage] those of
// former processes are among them, masked again by the rules of this one; see
// [WithDeadLetterAge]. A partial success of
// OTLP says how many records were refused and not which, so these are not among
// them. It may be called at any time, also after Shutdown.
func (s *Stream) DeadLetters() []DeadLetter {
	d := &s.dead
	d.mu.Lock()
	defer d.mu.Unlock()
	d.expireLocked(time.Now())
	return append([]DeadLetter(nil), d.list...)
}

// DeadLetterStats counts the records of [Stream.DeadLetters].
type DeadLetterStats struct {
	// Held is the number of records that DeadLetters returns.
	Held uint64

	// Unstored is how many of these the storage has not got: all without [WithStorage];
	// with it, those of the last moment, and more while the disk fails or is full.
	Unstored uint64

	// Recovered is how many were there of former processes when the stream was made.
	Recovered uint64

	// Forgotten is how many were given up for want of room, or because of their age.
	Forgotten uint64

	// Damaged is how many places in what former processes have stored could not be read.
	Damaged uint64
}

// deadLetters keeps the last ones within a budget.
type deadLetters struct {
	budget int           // immutable
	age    time.Duration // likewise; 0 is no bound

	mu    sync.Mutex // guards the following
	list  []DeadLetter
	bytes int
	fresh int // how many, at the end of list, the storage has not got
	added int // since New
	stats DeadLetterStats
}

// add keeps l, and forgets the oldest ones that have no room beside it.
func (d *deadLetters) add(l DeadLetter) {
	d.mu.Lock()
	defer d.mu.Unlock()
	size := l.size()
	if size > d.budget {
		d.stats.Forgotten++
		return
	}
	d.expireLocked(l.Time)
	for d.bytes+size > d.budget {
		d.forgetLocked()
	}
	d.bytes += size
	d.list = append(d.list, l)
	d.fresh++
	d.added++
}

// recover keeps one of a former process.
func (d *deadLetters) recover(l DeadLetter) {
	d.add(l)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stats.Recovered++
	d.fresh, d.added = 0, 0
}

// unstored returns those that the storage has not got, or all that are kept, and what stored is to
// be told once it has them.
func (d *deadLetters) unstored(all bool, now time.Time) (list []DeadLetter, upto int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.expireLocked(now)
	list = d.list[len(d.list)-d.fresh:]
	if all {
		list = d.list
	}
	return slices.Clone(list), d.added
}

// stored notes that the storage has all that were there at a time.
func (d *deadLetters) stored(upto int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fresh = min(d.added-upto, len(d.list))
}

// forgetLocked forgets the oldest one.
func (d *deadLetters) forgetLocked() {
	d.bytes -= d.list[0].size()
	d.list[0] = DeadLetter{} // the array may live on for a while
	d.list = d.list[1:]
	d.fresh = min(d.fresh, len(d.list))
	d.stats.Forgotten++
}

// expireLocked forgets those that are too old. A clock that was set back keeps them longer.
func (d *deadLetters) expireLocked(now time.Time) {
	for d.age > 0 && len(d.list) > 0 && now.Sub(d.list[0].Time) > d.age {
		d.forgetLocked()
	}
}

// snapshot returns the counts.
func (d *deadLetters) snapshot() DeadLetterStats {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.expireLocked(time.Now())
	st := d.stats
	st.Held, st.Unstored = uint64(len(d.list)), uint64(d.fresh)
	return st
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
	if r.s.store != nil {
		r.s.store.kick()
	}
}

// saying returns words that are the same for each record. Package fmt survives an error
// whose method panics.
func saying(err error) func(int) string {
	return func(int) string {
		if err == nil {
			return ""
		}
		return fmt.Sprint(err)
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
