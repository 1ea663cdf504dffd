// Package keyname decides by its name whether a key holds a secret: the keys of
// attributes and maps, and those that are found inside texts.
package keyname

import "sync"

// Rule decides keys. It is made by New; its methods may be called concurrently.
type Rule struct {
	rule *keyRule
	pool sync.Pool // Of *words.
}

// New returns the built-in rule.
func New() *Rule {
	r := &Rule{rule: newKeyRule()}
	r.pool.New = func() any { return new(words) }
	return r
}

// Decide reports whether the text under key is a secret, and whether a number
// under it is one too. It takes time linear in the key.
func (r *Rule) Decide(key []byte) (text, number bool) {
	w := r.pool.Get().(*words)
	w.split(key, 0)
	v := r.rule.decide(w)
	r.pool.Put(w)
	return v&masksText != 0, v&masksNumbers != 0
}
