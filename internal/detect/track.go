package detect

// track1 looks at the start sentinel of the first track of a magnetic stripe at
// i: %B, the card's number, ^, a name, ^, and data up to a question mark.
func (f *finder) track1(i int) {
	n := f.count(digits, i+2, maxPAN+1)
	e := i + 2 + n
	if n < minPAN || n > maxPAN || e == len(f.text) || f.text[e] != '^' {
		return
	}
	f.add(i, f.endOfTrack(e), Track)
}

// track2 looks at what follows the card number from s to e, which is found
// already: on the second track =, the month of expiry, a service code and data.
func (f *finder) track2(s, e int) bool {
	if e == len(f.text) || f.text[e] != '=' && f.text[e] != 'D' || f.count(digits, e+1, 7) < 7 {
		return false
	}
	if f.sentinel(s) {
		s--
	}
	f.add(s, f.endOfTrack(e+1), Track)
	return true
}

// sentinel reports whether the start sentinel of the second track stands before s.
func (f *finder) sentinel(s int) bool { return s > 0 && f.text[s-1] == ';' }

// maxTrack is over how many bytes a track goes: 79 on the first, with room.
const maxTrack = 128

// endOfTrack returns where the data of a track that goes through i ends: behind
// the end sentinel, or where the line does.
func (f *finder) endOfTrack(i int) int {
	for e := i; e < len(f.text) && e < i+maxTrack; e++ {
		switch c := f.text[e]; {
		case c == '?':
			return e + 1
		case c == '"', c < ' ':
			return e
		}
	}
	return min(len(f.text), i+maxTrack)
}
