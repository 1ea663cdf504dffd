package keyname

import (
	"unicode"
	"unicode/utf8"
)

// words is a key cut into words, the form in which keys are compared. The
// buffers are reused from key to key.
//
// Words end at every character that is neither letter nor digit, and at
// camelCase boundaries: "dbPassword", "DB_PASSWORD" and "db.password" are all
// [db password], "HTTPServer" is [http server]. Digits separate and are left
// out, together with the v of a version: "cvv2" is [cvv], "api-key-v2" is
// [api key]. The s of a plural is left out too, so that lists need one form.
type words struct {
	text []byte // The words one after the other, in lower case.
	list []word // Where they end.
	cut  int    // How many words stand before the cut that split was given.
}

// word is one word of a key.
type word struct {
	end    int  // Where it ends in text; it begins where the one before ends.
	plural bool // An s was left out at its end.
}

// split replaces the content of w by the words of key. A cut above zero is a
// position in key where a word ends whatever stands there: it parts the key of
// a map from a key inside that map. Every string has words, also one that is
// not valid UTF-8: wrong bytes separate.
func (w *words) split(key []byte, cut int) {
	w.text, w.list, w.cut = w.text[:0], w.list[:0], 0
	prev, stop := separator, cut
	if cut == 0 {
		stop = len(key)
	}
	for i := 0; i < len(key); {
		if i >= stop {
			w.endWord()
			w.cut, stop, prev = len(w.list), len(key), separator
		}
		r, class, size := decode(key[i:])
		i += size
		switch class {
		case invisible:
			continue
		case separator:
			w.endWord()
		case digit:
			w.endVersion()
		case upper:
			if prev == lower || prev == upper && nextIsLower(key[i:max(i, stop)]) {
				w.endWord()
			}
			w.text = utf8.AppendRune(w.text, unicode.ToLower(r))
		case lower:
			w.text = utf8.AppendRune(w.text, r)
		}
		prev = class
	}
	w.endWord()
}

// endWord closes the word that is being read, if there is one.
func (w *words) endWord() {
	start, end := w.start(len(w.list)), len(w.text)
	if start == end {
		return
	}
	plural := isPlural(w.text[start:])
	if plural {
		end--
		w.text = w.text[:end]
	}
	w.list = append(w.list, word{end, plural})
}

// endVersion closes the word before a digit; a lone v belongs to the digit.
func (w *words) endVersion() {
	start := w.start(len(w.list))
	if string(w.text[start:]) == "v" {
		w.text = w.text[:start]
	}
	w.endWord()
}

// isPlural reports whether word loses its s. Short words and those in -ss keep
// it: pass, access, has, dns.
func isPlural(word []byte) bool {
	n := len(word)
	if n < 4 {
		return string(word) == "ids"
	}
	return word[n-1] == 's' && word[n-2] != 's'
}

// start returns where word i begins in text.
func (w *words) start(i int) int {
	if i == 0 {
		return 0
	}
	return w.list[i-1].end
}

// join returns the words i to j-1 written as one.
func (w *words) join(i, j int) []byte {
	return w.text[w.start(i):w.list[j-1].end]
}

// class says what a character means for the cutting of words.
type class uint8

const (
	separator class = iota
	lower           // Also letters without case, and marks on letters.
	upper
	digit
	invisible // Format characters: zero-width space, soft hyphen, ...
)

// decode reads the first character of key. Full-width forms count as the
// ASCII characters that they look like.
func decode(key []byte) (r rune, c class, size int) {
	r, size = utf8.DecodeRune(key)
	if '！' <= r && r <= '～' {
		r -= '！' - '!'
	}
	return r, classOf(r), size
}

// classOf returns the class of r.
func classOf(r rune) class {
	switch {
	case 'a' <= r && r <= 'z':
		return lower
	case 'A' <= r && r <= 'Z':
		return upper
	case '0' <= r && r <= '9':
		return digit
	case r < utf8.RuneSelf:
		return separator
	case unicode.IsUpper(r), unicode.IsTitle(r):
		return upper
	case unicode.IsLetter(r), unicode.IsMark(r):
		return lower
	case unicode.IsDigit(r):
		return digit
	case unicode.Is(unicode.Cf, r):
		return invisible
	}
	return separator
}

// nextIsLower reports whether the next visible character is a lower-case
// letter that makes the capital before it the first of a word: the A of
// "HTTPAgent", but not the D of "userIDs", whose s is a plural.
func nextIsLower(key []byte) bool {
	r, c, rest := visible(key)
	if r == 's' {
		_, after, _ := visible(rest)
		return after == lower
	}
	return c == lower
}

// visible reads the next character that is not invisible. At the end of key it
// returns a separator.
func visible(key []byte) (r rune, c class, rest []byte) {
	for len(key) > 0 {
		r, c, size := decode(key)
		key = key[size:]
		if c != invisible {
			return r, c, key
		}
	}
	return 0, separator, nil
}
