package detect

import (
	"bytes"
)

// Config says what an Engine looks for.
type Config struct {
	// Detectors are those that are on.
	Detectors Set
	// More is what finds those beyond Default: Everything's result. Without it they
	// find nothing.
	More *More
	// Key decides the keys that are found in texts: whether the text under key is
	// a secret, and whether a number under it is one. It is called concurrently,
	// and must not keep key. Nil decides that none is.
	Key func(key []byte) (text, number bool)
	// KeyHints are words, in lower case and of at least three bytes, one of which
	// is in every key that Key knows beyond the built-in ones.
	KeyHints []string
	// Rank says which detector gives its name to a piece of text that several
	// found: the one of the highest rank.
	Rank [NumIDs]uint8
}

// Engine finds secrets and personal data in texts. It is made by New and
// immutable: its methods may be called concurrently.
type Engine struct {
	set    Set
	more   *More
	decide func(key []byte) (text, number bool)
	rank   [NumIDs]uint8
	pre    *prefilter
}

// New returns an Engine for a configuration.
func New(c Config) *Engine {
	e := &Engine{set: c.Detectors, more: c.More, decide: c.Key, rank: c.Rank}
	if e.more == nil {
		e.set &= Default()
	}
	if e.decide == nil {
		e.decide = func([]byte) (bool, bool) { return false, false }
	}
	e.pre = newPrefilter(literals(e.set, c.KeyHints))
	return e
}

// Find appends what it finds in text to dst and returns the longer slice: in
// order, and without overlaps. It takes time linear in text and allocates only
// where there is something to find, or characters beyond ASCII to fold. It does
// not keep text.
func (e *Engine) Find(dst []Finding, text []byte) []Finding {
	if len(text) < shortest {
		return dst
	}
	n := len(dst)
	dst = e.find(dst, text)
	return append(dst[:n], union(dst[n:], &e.rank)...)
}

// shortest is the length of the shortest text with a finding.
const shortest = 4

// find is Find before the union.
func (e *Engine) find(dst []Finding, text []byte) []Finding {
	if isASCII(text) {
		return e.plain(dst, text)
	}
	folded, back := fold(text)
	n := len(dst)
	dst = e.plain(dst, folded)
	if back != nil {
		for i := n; i < len(dst); i++ {
			dst[i].Start, dst[i].End = back.span(dst[i].Start, dst[i].End)
		}
	}
	return dst
}

// plain is find for text that is folded.
func (e *Engine) plain(dst []Finding, text []byte) []Finding {
	f := finder{e: e, text: text, out: dst}
	f.scan()
	if e.more != nil {
		return e.more.find(e, text, f.out)
	}
	return f.out
}

// finder looks through one text.
type finder struct {
	e    *Engine
	text []byte
	out  []Finding

	runs   [20]run // See runEnd.
	block  span    // The last PEM block, which nothing ends before.
	ats    [3]lastAt
	value  span // The last unquoted value.
	brace  span // The last value in braces,
	list   span // list,
	nested span // nested value that had no end,
	header line // and header.
	keyEnd int  // Where the last key ended that was looked at.
}

// scan looks for what is on by default, in the text as it is.
func (f *finder) scan() {
	f.e.pre.scan(f)
	if f.e.set&numeric != 0 {
		f.numbers()
	}
}

// next returns where the first c stands from i on, or -1.
func (f *finder) next(c byte, i int) int {
	if k := bytes.IndexByte(f.text[i:], c); k >= 0 {
		return i + k
	}
	return -1
}

// add reports the text from start to end as found.
func (f *finder) add(start, end int, id ID) {
	if start < end && f.e.set.Has(id) {
		f.out = append(f.out, Finding{start, end, id, classOf(id)})
	}
}
