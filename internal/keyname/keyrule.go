package keyname

import (
	"bytes"
	"strings"
	"sync"
)

// Verdict is what a Rule says about a key. Its upper byte is the rank of the name
// that matched: which one a caller gave it, of several the highest.
type Verdict uint16

const (
	// MasksText: strings, bytes, arrays and maps under the key are redacted.
	MasksText Verdict = 1 << iota
	// MasksNumbers: integers and doubles as well.
	MasksNumbers
	// JoinsParent: the key can be the second half of a name that its map's
	// key begins, as in api{key}: both have to be looked at together.
	JoinsParent
	// Suspicious: the value may be a secret or a name; how it looks decides.
	Suspicious
	// Weak: a text under the key is a secret unless it looks like prose. Only a
	// rule with AddWeak says so, and only where MasksText is not set.
	Weak

	rankShift = 8
)

// Rank returns the rank of the name that matched. It means nothing unless v has
// MasksText or Weak.
func (v Verdict) Rank() uint8 { return uint8(v >> rankShift) }

// raise returns v with a rank of at least rank.
func (v Verdict) raise(rank uint8) Verdict {
	return v&(1<<rankShift-1) | Verdict(max(rank, v.Rank()))<<rankShift
}

// Or returns what v and other say together, about a value that has both their keys.
func (v Verdict) Or(other Verdict) Verdict {
	return v.raise(other.Rank()) | other&(1<<rankShift-1)
}

// name says how a strong name matches.
type name struct {
	numbers bool // Its values are digits.
	ending  bool // It counts at the end of a key only.
	oneWord bool // It was given as one word and matches one word.
	short   bool // Its plural is another word.
	rank    uint8
}

// Rule decides keys by their words. It is made by New. Once it is used to decide it
// must not change any more; then its methods may be called concurrently.
type Rule struct {
	pool     sync.Pool // Of *words.
	rank     uint8     // Of built-in names.
	patterns []pattern

	// Words of a name or key are joined: "api_key" is at "apikey".
	names   map[string]name
	tails   map[string]struct{} // Second halves of names: "key".
	allowed map[string]struct{} // Whole keys that are exempt.

	// The lists of strong.go.
	glued      []string
	describing map[string]struct{}
	asking     map[string]struct{}
	forms      map[string]struct{}
	suspicious map[string]struct{}
	weak       map[string]struct{} // nil without AddWeak
	openKeys   map[string]struct{}

	// Runs of words beyond these are no name. They keep judge linear.
	longestName  int // Bytes of the longest name.
	longestWords int // Words of the name with most words, at least minWords.
}

// minWords is over how many words of a key a name may spread, whatever its own
// number: "PassWordHash" and "p-ass-word" are a password.
const minWords = 4

// New returns the built-in rule, whose names have the given rank.
func New(rank uint8) *Rule {
	r := &Rule{
		pool:         sync.Pool{New: func() any { return new(words) }},
		rank:         rank,
		names:        map[string]name{},
		tails:        map[string]struct{}{},
		allowed:      map[string]struct{}{},
		describing:   wordSet(describingWords),
		asking:       wordSet(askingWords),
		forms:        wordSet(formWords),
		suspicious:   wordSet(suspiciousWords),
		glued:        strings.Fields(gluedNames),
		longestWords: minWords,
	}
	r.addAll(secretNames, name{})
	r.addAll(secretNumberNames, name{numbers: true})
	r.addAll(secretEndings, name{ending: true})
	r.addAll(secretNumberEndings, name{ending: true, numbers: true})
	r.addAll(shortEndings, name{ending: true, short: true})
	r.addAll(shortNumberEndings, name{ending: true, short: true, numbers: true})
	return r
}

// wordSet returns the words of a list as split leaves them.
func wordSet(list string) map[string]struct{} {
	set := map[string]struct{}{}
	var w words
	for s := range strings.FieldsSeq(list) {
		w.split([]byte(s), 0)
		set[string(w.text)] = struct{}{}
	}
	return set
}

// addAll enters the names of a list with the properties of n.
func (r *Rule) addAll(list string, n name) {
	var w words
	for s := range strings.FieldsSeq(list) {
		w.split([]byte(s), 0)
		n.rank = r.rank
		r.add(&w, n)
	}
}

// add enters the name whose words are w.
func (r *Rule) add(w *words, n name) {
	n.oneWord = len(w.list) == 1
	r.names[string(w.text)] = n
	for i := 1; i < len(w.list); i++ {
		r.tails[string(w.join(i, len(w.list)))] = struct{}{}
	}
	r.longestName = max(r.longestName, len(w.text))
	r.longestWords = max(r.longestWords, len(w.list))
}

// judge returns the verdict on a key. It tries every run of words as a name,
// and a run that is one still has to be used as a name of the secret itself:
//
//	has password            asked for, not held
//	password changed at     described by the last word
//	password hash           a form of the secret
//	pin mode                a name that counts at the end, and is not there
//
// The last word is not taken for a description when it belongs to the name:
// "tax_id", "webhook_url". When w was cut, into the key of a map
// and a key inside it, only names that lie across the cut count: the rest was
// decided when each key was looked at alone. It takes time linear in the key.
func (r *Rule) judge(w *words) Verdict {
	n := len(w.list)
	if n == 0 {
		return 0
	}
	if _, ok := r.allowed[string(w.text)]; ok {
		return 0
	}
	v := r.matchPatterns(w)
	if w.cut == 0 {
		if len(r.patterns) > 0 || r.mayEndName(w) {
			v |= JoinsParent
		}
		if has(r.suspicious, w.join(n-1, n)) {
			v |= Suspicious
		}
	}
	described := r.describes(w)
	forms := r.formsFrom(w)
	starts := n
	if w.cut > 0 {
		starts = w.cut
	}
	for i := range starts {
		if i > 0 && has(r.asking, w.join(i-1, i)) {
			continue
		}
		for j := i + 1; j <= min(n, i+r.longestWords); j++ {
			text := w.join(i, j)
			if j > i+1 && len(text) > r.longestName {
				break
			}
			if j <= w.cut {
				continue
			}
			m, ok := r.match(text, w.list[i:j])
			if !ok || described && j < n || m.ending && j < forms {
				continue
			}
			v = v.raise(m.rank) | MasksText
			if m.numbers && j >= forms {
				v |= MasksNumbers
			}
		}
	}
	if r.weak != nil && v&MasksText == 0 && r.isWeak(w) {
		v = v.raise(r.rank) | Weak
	}
	return v
}

// isWeak reports whether the last word is a weak one, and no word before it says that
// the key is for everybody to see, as in public_key, or that it is a question.
func (r *Rule) isWeak(w *words) bool {
	n := len(w.list)
	last := w.join(n-1, n)
	if !has(r.weak, last) {
		return false
	}
	if n == 1 {
		return true
	}
	before := w.join(n-2, n-1)
	if string(last) == "key" && has(r.openKeys, before) {
		return false
	}
	return !has(r.asking, before)
}

// match looks for a name made of exactly the words of list, joined as text.
func (r *Rule) match(text []byte, list []word) (name, bool) {
	m, ok := r.names[string(text)]
	if len(list) > 1 {
		return m, ok && !m.oneWord
	}
	if ok {
		return m, !m.short || !list[0].plural
	}
	for _, g := range r.glued {
		rest, ok := bytes.CutPrefix(text, []byte(g))
		if ok && has(r.forms, rest) || bytes.HasSuffix(text, []byte(g)) {
			return r.names[g], true
		}
	}
	return name{}, false
}

// mayEndName reports whether the first words of the key are the end of a name
// of several words. Few keys are, which spares all others the second look
// together with the key of their map.
func (r *Rule) mayEndName(w *words) bool {
	for j := 1; j < min(len(w.list)+1, r.longestWords); j++ {
		if has(r.tails, w.join(0, j)) {
			return true
		}
	}
	return false
}

// describes reports whether the last word says that the key only describes a
// secret. An id does not (a Vault secret_id is the secret), but the id of a
// key is its public name.
func (r *Rule) describes(w *words) bool {
	n := len(w.list)
	if last := w.join(n-1, n); string(last) != "id" {
		return has(r.describing, last)
	}
	return n > 1 && string(w.join(n-2, n-1)) == "key"
}

// formsFrom returns the first word from which on only forms follow.
func (r *Rule) formsFrom(w *words) int {
	i := len(w.list)
	for i > 0 && has(r.forms, w.join(i-1, i)) {
		i--
	}
	return i
}

// has reports whether word is in set, without a copy of word.
func has(set map[string]struct{}, word []byte) bool {
	_, ok := set[string(word)]
	return ok
}
