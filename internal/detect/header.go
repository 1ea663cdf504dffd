package detect

import (
	"encoding/base64"
	"unicode/utf8"
)

// credentials masks the value of an Authorization header at v: a scheme, and
// what follows it. With a colon it is a header, which ends where the line does.
func (f *finder) credentials(s, v int, sep byte) {
	start, end := f.headerValue(s, v, sep)
	if start >= end || f.markerAt(start) {
		return
	}
	// The scheme stays, if there is one.
	if sep != ':' && end < len(f.text) && f.text[end] == ' ' && f.isScheme(start, end) {
		body := f.gap(end)
		f.addSecret(body, f.endOfPlain(body, ':'), Authorization)
		return
	}
	k := start + f.count(words, start, maxScheme+8)
	if k < end && f.text[k] == ' ' && f.isScheme(start, k) {
		body := f.gap(k)
		if f.plainScheme(start, k) {
			if e := f.endOfPlain(body, ':'); e < end {
				end = e
			}
		}
		f.addSecret(body, end, Authorization)
		return
	}
	if sep == ':' && f.isProse(start, f.endOfPlain(start, ':')) {
		return
	}
	if e := f.endOfPlain(start, ':'); e < end && !f.isTrivial(start, e) && f.count(letters, start, e-start) < e-start {
		end = e
	}
	f.addSecret(start, end, Authorization)
}

// bearer looks at what follows the scheme at i wherever it stands: a token has
// both letters and digits, and more than a word.
func (f *finder) bearer(i, v int) {
	end := f.trimDots(v, f.runEnd(base64s, v))
	if eq := f.first('=', v, end); eq >= 0 && f.count(alnums, eq+1, 1) > 0 {
		return // What follows is a key and its value.
	}
	if f.wordStarts(i) && end-v >= 16 && f.isMixed(v, end) {
		f.addSecret(v, end, Authorization)
	}
}

// minBasic is the length of the shortest credential that is looked for behind the scheme
// Basic: of eleven characters, a user, a colon and a password.
const minBasic = minWord

// basic looks at what follows the scheme at i wherever it stands: base64 with a colon in
// it, so that "basic authentication" is none.
func (f *finder) basic(i, v int) {
	end := f.runEnd(dotlesses, v)
	text := f.text[v:min(end, v+maxUser)]
	if len(text) < minBasic || !f.wordStarts(i) {
		return
	}
	// Four characters are three bytes. A user's name is ASCII up to the colon.
	var plain [3 * maxUser / 4]byte
	n, _ := base64.RawStdEncoding.Decode(plain[:], text[:len(text)&^3])
	for _, c := range plain[:n] {
		switch {
		case c == ':':
			f.addSecret(v, end, Authorization)
			return
		case c < ' ', c >= utf8.RuneSelf:
			return
		}
	}
}

// schemes are those of HTTP's authentication, in lower case. The first plain
// have one word behind them, the others a list.
var schemes = []string{
	"basic", "bearer", "token", "apikey", "negotiate", "ntlm", "jwt", "key", "sharedkey", "sharedkeylite", "dpop",
	"genie-key", "glpat", "bot", "digest", "aws4-hmac-sha256", "oauth", "hawk", "hmac", "sharedaccesssignature", "signature", "aws",
}

const plain = 14

func (f *finder) scheme(s, e int) int {
	for i, w := range schemes {
		if len(w) == e-s && f.foldAt(s, w) {
			return i
		}
	}
	return -1
}

func (f *finder) isScheme(s, e int) bool { return f.scheme(s, e) >= 0 }

func (f *finder) plainScheme(s, e int) bool { return f.scheme(s, e) < plain }

// cookies masks the value of a Cookie or Set-Cookie header at v.
func (f *finder) cookies(s, v int, sep byte) {
	start, end := f.headerValue(s, v, sep)
	if start >= end {
		return
	}
	n := end - start
	if n < 6 && f.count(digits, start, n) == n || f.isProse(start, f.endOfPlain(start, ':')) {
		return
	}
	f.addSecret(start, end, Cookie)
}

// headerValue returns where the value at v of a header ends whose name begins at
// s. One in quotes or brackets ends with these; another with its line, or with
// the quote that stands before its name.
func (f *finder) headerValue(s, v int, sep byte) (start, end int) {
	t := f.text
	if t[v] == '[' && !f.markerAt(v) { // A list of values.
		if v++; v == len(t) || t[v] != '"' && t[v] != '\\' {
			return v, f.endOfList(v)
		}
	}
	if v >= len(t) || t[v] == '"' || t[v] == '\'' || t[v] == '\\' || sep != ':' {
		return f.valueAt(v, sep)
	}
	var quote byte
	if s > 0 && (t[s-1] == '"' || t[s-1] == '\'') {
		quote = t[s-1]
	}
	h := &f.header
	if h.quote != quote || v < h.start || v >= h.end {
		e := v
		for e < len(t) && t[e] >= ' ' && t[e] != quote && !f.endEscape(e) {
			e++
		}
		*h = line{span{v, e}, quote}
	}
	return v, h.end
}

// endEscape reports whether an escape at i ends a line or a quoted text.
func (f *finder) endEscape(i int) bool {
	if f.text[i] != '\\' || i+1 == len(f.text) {
		return false
	}
	c := f.text[i+1]
	return c == 'n' || c == 'r' || c == '"'
}

// line is the last header that was looked at, and the quote that it ends with if
// not with the line.
type line struct {
	span
	quote byte
}
