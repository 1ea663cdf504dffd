package detect

import "unicode/utf8"

// addSecret reports the text from start to end as found, unless it says itself
// that nothing is there: a marker, or one of the words for nothing.
func (f *finder) addSecret(start, end int, id ID) {
	if start >= end || f.isTrivial(start, end) {
		return
	}
	f.add(start, end, id)
}

// nothings are values that are no secret, in lower case.
var nothings = []string{
	"null", "nil", "<nil>", "none", "true", "false", "undefined", "yes", "no", "on", "off", "ok", "n/a", "na", "-", "--",
	"redacted", "[redacted", "[redacted]", "<redacted>", "(redacted)", "filtered", "[filtered]", "masked", "[masked]", "<masked>", "hidden", "<hidden>",
	"removed", "[removed]", "<secret>", "<password>", "<token>", "<set>", "<unset>", "(set)", "<empty>", "empty", "''", `""`, "{}", "[]", "()",
	"xxxxx", "...", "%s", "%v", "%q", "%d", "%+v", "(null)", "(none)",
}

// isTrivial reports whether the value from start to end is no secret.
func (f *finder) isTrivial(start, end int) bool {
	t := f.text[start:end]
	if len(t) == 0 || f.isMasked(start, end) {
		return true
	}
	if len(t) <= 12 {
		for _, w := range nothings {
			if len(w) == len(t) && f.foldAt(start, w) {
				return true
			}
		}
	}
	if t[0] == '*' || t[0] == '.' || t[0]|0x20 == 'x' {
		same := 1
		for same < len(t) && t[same] == t[0] {
			same++
		}
		if same == len(t) && (same > 2 || t[0] == '*') {
			return true
		}
	}
	return false
}

// isMasked reports whether nothing but markers, and signs around them, is in the value
// from start to end: what is left where several found something, or the text of a list.
func (f *finder) isMasked(start, end int) bool {
	found := false
	for i := start; i < end && i < start+maxMasked; {
		if n := f.markerLen(i); n > 0 && n <= end-i {
			found = true
			i += n
		} else if c := f.text[i]; in(c, words) || c >= utf8.RuneSelf {
			return false
		} else {
			i++
		}
	}
	return found && end-start <= maxMasked
}

// maxMasked is over how many bytes markers and signs are looked at.
const maxMasked = 4 * maxMarker

// maxMarker is the length of the longest marker.
const maxMarker = 128

// markerLen returns the length of the marker that begins at i, or 0. A marker
// is [REDACTED] or [HASH] with up to three parts behind colons, and stands
// where something was masked before.
func (f *finder) markerLen(i int) int {
	t := f.text[i:min(len(f.text), i+maxMarker)]
	var e int
	switch {
	case f.foldAt(i, "[redacted"):
		e = len("[redacted")
	case f.foldAt(i, "[hash:"):
		e = len("[hash")
	default:
		return 0
	}
	for parts := 0; parts < 4 && e < len(t); parts++ {
		if t[e] == ']' {
			return e + 1
		}
		if t[e] != ':' {
			return 0
		}
		for e++; e < len(t) && (in(t[e], words) || t[e] == '*'); e++ {
		}
	}
	return 0
}

// markerAt reports whether a marker begins at i.
func (f *finder) markerAt(i int) bool { return f.markerLen(i) > 0 }

// inMarker reports whether i lies behind the begin of a marker in the same run of
// its characters, so that the names of detectors are no words about a number.
func (f *finder) inMarker(i int) bool {
	s := i
	for s > 0 && i-s < maxMarker && (in(f.text[s-1], words) || f.text[s-1] == ':' || f.text[s-1] == '*') {
		s--
	}
	return s > 0 && f.text[s-1] == '[' && f.markerAt(s-1)
}

// inMarkerEnd reports whether the bracket at i closes a marker.
func (f *finder) inMarkerEnd(i int) bool {
	for s := i; s > 0 && i-s < maxMarker; s-- {
		if f.text[s-1] == '[' {
			return f.markerLen(s-1) == i-s+2
		}
	}
	return false
}

// proseWords are what people write behind "password: " and "--password " that is
// about it, and not it.
var proseWords = []string{
	"must", "is", "are", "was", "were", "has", "have", "had", "cannot", "can't", "can", "could", "should", "not", "no", "invalid", "required",
	"missing", "expired", "failed", "incorrect", "wrong", "mismatch", "too", "denied", "empty", "authentication", "unauthorized",
	"forbidden", "failure", "error", "unknown", "unable", "unexpected", "the", "a", "an", "and", "or", "for", "in", "to", "of", "does", "do",
	"did", "may", "will", "would", "at", "please", "permission", "access", "found", "already", "malformed", "context", "request", "flag", "option",
	"rejected", "revoked", "bad", "got", "want", "given", "provided", "with", "without", "from", "on", "updated", "changed", "reset",
	"verified", "accepted", "disabled", "enabled", "created", "deleted", "it", "this", "that", "user", "server", "connection", "verification", "validation", "signature",
}

// isProse reports whether the value from start to end is a word of a sentence
// about the key. A comma or colon may follow it.
func (f *finder) isProse(start, end int) bool {
	for end > start && (f.text[end-1] == ',' || f.text[end-1] == ':' || f.text[end-1] == '.') {
		end--
	}
	if end-start > 14 {
		return false
	}
	for _, w := range proseWords {
		if len(w) == end-start && string(f.text[start:end]) == w {
			return true
		}
	}
	return false
}

// isSentence reports whether a sentence begins at v: a word in lower case, and
// another. Of all secrets only passwords are such words.
func (f *finder) isSentence(v int) bool {
	e := v + f.count(lowers, v, 16)
	return e > v && e+1 < len(f.text) && f.text[e] == ' ' && in(f.text[e+1], lowers)
}

// randomValue masks the value at v of a key that may hold a secret or a name:
// if it is long and has letters and digits, and is no hash and no UUID.
func (f *finder) randomValue(v int) {
	start, end := f.valueAt(v, '=')
	n := end - start
	if n < 16 || n > maxNested || f.markerAt(start) {
		return
	}
	if f.count(base64s, start, n) != n || !f.isMixed(start, end) {
		return
	}
	if f.count(hexes, start, n) == n && (n == 32 || n == 64) || n == 36 && f.text[start+8] == '-' && f.text[start+13] == '-' {
		return
	}
	f.addSecret(start, end, Key)
}
