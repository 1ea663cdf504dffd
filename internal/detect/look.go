package detect

import "encoding/binary"

// lookByWords is look with arithmetic on eight bytes at a time.
func lookByWords(text []byte) (t traits) {
	const high = 0x80 * ones
	n := len(text)
	i, last := 0, max(0, n-8)
	x := uint64(0)
	if n < 8 {
		const filler = 'a' * ones
		x = uint64(binary.LittleEndian.Uint32(text)) | uint64(binary.LittleEndian.Uint32(text[n-4:]))<<(8*(n-4)&63) | filler<<(8*n&63)
	} else {
		x = binary.LittleEndian.Uint64(text)
	}
	for {
		// For bytes below 0x80 no sum carries into the next one, and its upper bit
		// says that the byte is at least, or is not, what was subtracted.
		low := x | 0x20*ones
		letter := (low + (0x80-'a')*ones) &^ (low + (0x80-'z'-1)*ones)
		digit := x + (0x80-'0')*ones
		from := x + (0x80-',')*ones
		upto := ^(x + (0x80-'9'-1)*ones)
		notDash := (x ^ '-'*ones) + 0x7f*ones
		notUnder := (x ^ '_'*ones) + 0x7f*ones
		notSpace := (x ^ ' '*ones) + 0x7f*ones
		gap := ((x ^ '@'*ones) + 0x7f*ones) & notSpace
		mark := from &^ digit & notDash & high // One of , . /
		slash := mark & (x << 7) & (x << 6)
		t.other |= (x | notUnder&gap&^letter&^(from&upto)) & high
		t.kinds |= slash>>1 | (mark^slash)>>2 | (^notDash&high)>>3 | ^notSpace&high
		t.digits |= pack(digit&upto&high) << (i & 63)
		t.ends |= pack((mark|^gap)&high) << (i & 63)
		if i == last {
			return t
		}
		i = min(i+8, last)
		x = binary.LittleEndian.Uint64(text[i : i+8])
	}
}
