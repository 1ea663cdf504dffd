package keyname

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// pattern is a name with wildcards, which has to match a whole key, or the whole
// path of keys that leads to a value.
type pattern struct {
	pieces [][]byte // The words between the wildcards.
	rank   uint8
}

// AddPattern adds a name in which each * stands for any text. It matches whole
// keys, in any notation, and whole paths of keys: "http.*.cookie" is also the key
// "cookie" in a map under a key in a map under "http". It reports false if no
// letter stands in it.
func (r *Rule) AddPattern(text string, rank uint8) bool {
	p := pattern{rank: rank}
	letters := false
	for i, piece := range strings.Split(text, "*") {
		var w words
		w.split([]byte(piece), 0)
		b := w.spaced(nil)
		if len(b) > 0 {
			letters = true
			first, _ := utf8.DecodeRuneInString(piece)
			last, _ := utf8.DecodeLastRuneInString(piece)
			if i > 0 && classOf(first) == separator {
				b = append([]byte{' '}, b...)
			}
			if i < strings.Count(text, "*") && classOf(last) == separator {
				b = append(b, ' ')
			}
		} else if piece != "" {
			b = []byte{' '}
		}
		p.pieces = append(p.pieces, b)
	}
	if letters {
		r.patterns = append(r.patterns, p)
	}
	return letters
}

// matchPatterns returns what the patterns say about w.
func (r *Rule) matchPatterns(w *words) (v Verdict) {
	if len(r.patterns) == 0 {
		return 0
	}
	key := w.spaced(nil)
	for _, p := range r.patterns {
		if p.matches(key) {
			v = v.raise(p.rank) | MasksText | MasksNumbers
		}
	}
	return v
}

// matches reports whether p is all of key, which are words with spaces between.
// It takes the first place for each piece, which finds a match if there is one.
func (p *pattern) matches(key []byte) bool {
	last := len(p.pieces) - 1
	rest, ok := bytes.CutPrefix(key, p.pieces[0])
	if !ok {
		return false
	}
	for _, piece := range p.pieces[1:last] {
		i := bytes.Index(rest, piece)
		if i < 0 {
			return false
		}
		rest = rest[i+len(piece):]
	}
	return bytes.HasSuffix(rest, p.pieces[last])
}

// spaced appends the words of w with spaces between.
func (w *words) spaced(dst []byte) []byte {
	for i := range w.list {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = append(dst, w.join(i, i+1)...)
	}
	return dst
}
