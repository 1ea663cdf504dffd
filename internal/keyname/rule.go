package keyname

// maxPooled is the capacity above which a buffer is not kept for the next key.
const maxPooled = 1024

// Verdict returns what the rule says about key. A cut above zero is the length of
// the key of a map, which stands before a key inside of that map: only names that
// lie across it count. It takes time linear in the key.
func (r *Rule) Verdict(key []byte, cut int) Verdict {
	w := r.pool.Get().(*words)
	w.split(key, cut)
	v := r.judge(w)
	if w.fits() {
		r.pool.Put(w)
	}
	return v
}

// fits reports whether w is small enough to be kept.
func (w *words) fits() bool { return max(cap(w.text), cap(w.list)) <= maxPooled }

// Decide reports whether the text under key is a secret, and whether a number
// under it is one too. It takes time linear in the key.
func (r *Rule) Decide(key []byte) (text, number bool) {
	v := r.Verdict(key, 0)
	return v&MasksText != 0, v&MasksNumbers != 0
}

// Words returns the words of key, which are how keys are compared: keys with the
// same words are the same. It is "" for a key without a letter.
func Words(key string) string {
	var w words
	w.split([]byte(key), 0)
	return string(w.spaced(nil))
}

// Add adds a name that matches like a built-in one, wherever it stands in a key,
// and numbers at the end of a key. It reports false if name has no letter.
func (r *Rule) Add(key string, rank uint8) bool {
	var w words
	if w.split([]byte(key), 0); len(w.list) == 0 {
		return false
	}
	r.add(&w, name{numbers: true, rank: rank})
	return true
}

// AddWeak makes r say Weak of keys that end with a word of weakWords.
func (r *Rule) AddWeak() {
	r.weak, r.openKeys = wordSet(weakWords), wordSet(openKeyWords)
}

// Allow exempts a whole key. It reports false if key has no letter.
func (r *Rule) Allow(key string) bool {
	var w words
	if w.split([]byte(key), 0); len(w.list) == 0 {
		return false
	}
	r.allowed[string(w.text)] = struct{}{}
	return true
}
