package detect

import "math"

const (
	minRandom = 20  // Bytes of the shortest text that is called random.
	maxRandom = 512 // Bytes of it that are looked at.
	// randomness is the share of the highest entropy that a text of its length and
	// characters could have, from which on it is random.
	randomness = 0.85
)

// idWords before a random text say that it is an identifier or a checksum.
var idWords = []string{"trace", "span", "request", "commit", "sha", "digest", "etag", "checksum", "hash", "uuid", "id=", "id:", "id\"", "revision", "md5", "integrity"}

// random looks for random text: words of at least twenty letters and digits.
func (f *finder) random() {
	t := f.text
	for i := 0; i < len(t); {
		if !in(t[i], words) && t[i] != '+' && t[i] != '/' {
			i++
			continue
		}
		e := i
		for e < len(t) && (in(t[e], words) || t[e] == '+' || t[e] == '/') {
			e++
		}
		if e-i >= minRandom && f.isRandom(i, e) && !f.near(i, idWords...) && !f.inMarker(i) {
			f.add(i, e, Entropy)
		}
		i = e
	}
}

// isRandom reports whether the text from s to e is random: upper and lower case
// letters and digits, as many different ones as there can be. Hexadecimal of
// the lengths of hashes, and UUIDs, are not secrets.
func (f *finder) isRandom(s, e int) bool {
	t := f.text[s:min(e, s+maxRandom)]
	var seen charset
	var count [256]int
	all := hexes
	slashes := 0
	for _, c := range t {
		seen |= chars[c]
		all &= chars[c]
		count[c]++
		if c == '/' || c == '-' || c == '_' {
			slashes++
		}
	}
	switch {
	case seen&digits == 0 || seen&letters == 0, slashes > len(t)/8+1:
		return false
	case all != 0:
		switch len(t) {
		case 16, 32, 40, 64, 96, 128:
			return false
		}
	case seen&uppers == 0 || seen&lowers == 0:
		return false
	}
	bits := 0.0
	for _, n := range count {
		if n > 0 {
			p := float64(n) / float64(len(t))
			bits -= p * math.Log2(p)
		}
	}
	size := 64.0
	if all != 0 {
		size = 16
	}
	return bits >= randomness*math.Log2(min(size, float64(len(t))))
}
