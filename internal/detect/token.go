package detect

import "encoding/base64"

// token looks at a credential that begins at i with the prefix of p. It masks up
// to the first character that cannot belong to it, however long that is: formats
// grow, and a rule for an exact length leaves the rest to be read. No checksum is
// asked for, because a wrong one would let the credential pass.
func (f *finder) token(i int, p *prefixed) {
	if p.has(bound) && !f.wordStarts(i) {
		return
	}
	body := i + len(p.prefix)
	least := int(p.min)
	if f.count(p.first, body, least) < least {
		if !p.has(named) {
			return
		}
		body += f.count(words, body, least) + 1
		if body > len(f.text) || f.text[body-1] != '.' || f.count(p.first, body, least) < least {
			return
		}
	}
	if p.has(dotted) && (body+least >= len(f.text) || f.text[body+least] != '.') {
		return
	}
	set := tokens
	switch {
	case p.has(inBase64):
		set = base64s
	case p.has(inPercent):
		set = escapeds
	}
	end := f.trimDots(body, f.runEnd(set, body))
	if p.has(mixed) && !f.isMixed(body, end) {
		return
	}
	if p.has(path) {
		i = body
	}
	f.add(i, end, p.id)
}

// wordStarts reports whether a word may begin at i: no letter or digit stands
// before it, unless that belongs to an escape.
func (f *finder) wordStarts(i int) bool {
	return i == 0 || !in(f.text[i-1], words) || f.escaped(i)
}

// trimDots returns end without the dots that end a sentence.
func (f *finder) trimDots(start, end int) int {
	for start = max(start, end-3); end > start && f.text[end-1] == '.'; {
		end--
	}
	return end
}

// isMixed reports whether letters and digits stand in the text from start to end,
// or in its first hundred bytes: a word or a number alone is no credential.
func (f *finder) isMixed(start, end int) bool {
	var seen charset
	for _, c := range f.text[start:min(end, start+100)] {
		seen |= chars[c]
	}
	return seen&digits != 0 && seen&letters != 0
}

// minHeader is the length of the shortest header of a JSON web token: {"alg":""}
// has more. Its first bytes are ASCII, so that base64 has no slashes in them.
const minHeader = 15

// jwt looks for a JSON web token whose header begins at i: base64 parts between
// dots. One dot is enough, since texts are cut.
func (f *finder) jwt(i int) {
	dot := f.runEnd(dotlesses, i)
	if f.text[i] == 'Z' && f.wordStarts(i) && isEncodedJWT(f.text[i:dot]) {
		f.add(i, dot, JWT)
		return
	}
	if i > 0 && dot-i < 16 && in(f.text[i-1], alnums) && !f.escaped(i) { // The middle of greyJacket.color.
		return
	}
	if f.count(words, i, minHeader) < minHeader || dot == len(f.text) || f.text[dot] != '.' || f.count(words, dot+1, 4) < 4 {
		return
	}
	f.add(i, f.trimDots(dot+1, f.runEnd(base64s, i)), JWT)
}

// isEncodedJWT reports whether text is a JSON web token in base64, as Kubernetes
// keeps them, or begins with one.
func isEncodedJWT(text []byte) bool {
	var head [3 * maxEncodedHead / 4]byte
	n, _ := base64.StdEncoding.Decode(head[:], text[:min(len(text), maxEncodedHead)&^3])
	k := 0
	for k < n && in(head[k], words) {
		k++
	}
	return k >= minHeader && k+4 < n && head[k] == '.' && in(head[k+1], words)
}

// maxEncodedHead is how many bytes of an encoded token are read for the dot behind its
// header.
const maxEncodedHead = 1024

// around is a credential that is known by a literal inside of it.
type around struct {
	id       ID
	literals []string
	set      charset // What stands before the literal.
	min, max int     // How many of these.
	after    charset // What stands behind it, and how many at least.
	least    int
}

var arounds = []around{
	{AI, []string{"T3BlbkFJ"}, tokens, 8, 256, alnums, 8},
	{Token, []string{".atlasv1."}, alnums, 10, 14, words, 40},                                                          // HashiCorp Terraform
	{Token, []string{"-us1", "-us2", "-us3", "-us4", "-us5", "-us6", "-us7", "-us8", "-us9"}, hexes, 32, 32, 0, 0},     // Mailchimp
	{Token, []string{":AA"}, digits, 8, 10, words, 30},                                                                 // Telegram
	{Azure, []string{"0Q~", "1Q~", "2Q~", "3Q~", "4Q~", "5Q~", "6Q~", "7Q~", "8Q~", "9Q~"}, tokens, 3, 3, base64s, 31}, // Entra
	{Azure, []string{"AZDO"}, alnums, 70, 84, alnums, 4},                                                               // DevOps
}

// around looks at the credential number k whose literal stands at i and has n
// bytes.
func (f *finder) around(i, n int, k uint8) {
	a := &arounds[k]
	s, most := i, a.max
	if a.set == digits {
		most += 4 // The digits of an escape.
	}
	for s > 0 && i-s < most && in(f.text[s-1], a.set) {
		s--
	}
	if a.set == digits {
		s = f.afterEscape(s, i)
	}
	if i-s < a.min || i-s > a.max || a.max < 100 && s > 0 && in(f.text[s-1], alnums) && !f.escaped(s) {
		return
	}
	if f.count(a.after, i+n, a.least) < a.least {
		return
	}
	f.add(s, f.trimDots(i, f.runEnd(base64s, i+n)), a.id)
}
