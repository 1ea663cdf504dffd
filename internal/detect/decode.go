package detect

import (
	"encoding/base64"
	"encoding/hex"
)

const (
	// minEncoded is the length of the shortest text that is decoded.
	minEncoded = 16
	// maxEncoded is over how many bytes of one encoded text are decoded. What
	// stands behind that is masked if something is found before.
	maxEncoded = 64 << 10
)

// encoded looks inside of base64 and hexadecimal: what is found there condemns
// the whole encoded text. It looks one level deep.
func (f *finder) encoded() {
	for i := 0; i < len(f.text); {
		if !in(f.text[i], base64s) || f.text[i] == '.' {
			i++
			continue
		}
		e := i
		for e < len(f.text) && in(f.text[e], base64s) && f.text[e] != '.' && f.text[e] != '~' {
			e++
			if f.text[e-1] == '=' && e < len(f.text) && f.text[e] != '=' { // Padding, or a key.
				break
			}
		}
		if e == i {
			e++
		}
		if e-i >= minEncoded {
			f.decode(i, e)
		}
		i = e
	}
}

// decode decodes the text from i to e and looks for secrets in the result.
func (f *finder) decode(i, e int) {
	text := f.text[i:min(e, i+maxEncoded)]
	if f.e.set.Has(Hex) && f.count(hexes, i, len(text)) == len(text) {
		plain := make([]byte, len(text)/2)
		if _, err := hex.Decode(plain, text[:len(text)&^1]); err == nil && f.holds(plain) {
			f.add(i, e, Hex)
			return
		}
	}
	if !f.e.set.Has(Base64) {
		return
	}
	for len(text) > 0 && text[len(text)-1] == '=' {
		text = text[:len(text)-1]
	}
	enc := base64.RawStdEncoding
	for _, c := range text {
		if c == '-' || c == '_' {
			enc = base64.RawURLEncoding
			break
		}
	}
	if len(text)%4 == 1 {
		text = text[:len(text)-1]
	}
	plain := make([]byte, enc.DecodedLen(len(text)))
	if n, err := enc.Decode(plain, text); err == nil && f.holds(plain[:n]) {
		f.add(i, e, Base64)
	}
}

// holds reports whether a text that was decoded holds something to mask. What is
// not text holds nothing.
func (f *finder) holds(plain []byte) bool {
	odd := 0
	for _, c := range plain {
		if c < ' ' && !in(c, spaces) || c >= 0x7f {
			odd++
		}
	}
	if odd*8 > len(plain) {
		return false
	}
	inner := finder{e: f.e, text: plain}
	inner.scan()
	inner.moreScan()
	return len(inner.out) > 0
}

// percent looks inside of percent encoding: what is found in the decoded text is
// masked in the encoded one.
func (f *finder) percent() {
	var plain []byte
	var back origin
	t := f.text
	for i := 0; i < len(t); {
		if t[i] == '%' && i+2 < len(t) && in(t[i+1], hexes) && in(t[i+2], hexes) {
			if plain == nil {
				plain, back = append(make([]byte, 0, len(t)), t[:i]...), make(origin, i, len(t)+1)
				for k := range back {
					back[k] = int32(k)
				}
			}
			plain, back = append(plain, unhex(t[i+1])<<4|unhex(t[i+2])), append(back, int32(i))
			i += 3
			continue
		}
		if plain != nil {
			plain, back = append(plain, t[i]), append(back, int32(i))
		}
		i++
	}
	if plain == nil {
		return
	}
	back = append(back, int32(len(t)))
	inner := finder{e: f.e, text: plain}
	inner.scan()
	inner.moreScan()
	for _, x := range inner.out {
		s, e := back.span(x.Start, x.End)
		if e-s > x.End-x.Start || x.Start > 0 && s != x.Start { // Something was encoded in it, or before it.
			f.add(s, e, Percent)
		}
	}
}

// unhex returns the value of a hexadecimal digit.
func unhex(c byte) byte {
	if in(c, digits) {
		return c - '0'
	}
	return c&^0x20 - 'A' + 10
}
