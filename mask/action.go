package mask

import (
	"fmt"
	"strconv"
)

// Action says what becomes of what is masked. The zero Action is Redact.
type Action uint32

const (
	// Redact puts a marker in its place, such as [REDACTED:pan].
	Redact Action = iota
	// Drop removes the attribute or entry whose value it is. Where it is no whole
	// value, or the value has no key of its own, it is as Redact.
	Drop
	// Hash puts a keyed hash in its place, by which equal values can be told from
	// others without being known: [HASH:email:2026a:0011...]. It needs
	// WithHashKey. This is pseudonymisation: whoever has the key can test guesses.
	// A card's number is redacted where it would be hashed for its key, type or struct
	// tag, if another such option shows a part of values (PCI DSS 3.5.1).
	Hash
	// Keep lets the value of a key pass, and nothing inside of it is looked for.
	// It is for keys; a detector is switched off by WithoutDetector.
	Keep
	// actionPartial is the kind of an Action made by Partial.
	actionPartial

	actionKinds = 0xff
)

// Bounds of Partial, in characters. Six and four are what PCI DSS lets be seen of
// any card number (3.4.1 and its FAQ 1091).
const (
	maxFirst = 6
	maxLast  = 4
)

// Partial keeps the first and last so many characters, and puts asterisks for what
// is between: 411111******1111 of a card number, [REDACTED:github:gh*4f] of anything
// else. first is 0 to 6 and last 0 to 4, which New checks. What would show more
// than a quarter of a value that is no card number, or leave less than three of its
// digits hidden, is redacted as a whole.
func Partial(first, last int) Action {
	return actionPartial | Action(clampByte(first))<<8 | Action(clampByte(last))<<16
}

// clampByte makes of n a byte that is out of bounds if n was.
func clampByte(n int) uint8 {
	if n < 0 || n > 0xff {
		return 0xff
	}
	return uint8(n)
}

func (a Action) kind() Action { return a & actionKinds }
func (a Action) first() int   { return int(a >> 8 & 0xff) }
func (a Action) last() int    { return int(a >> 16 & 0xff) }

// String returns the name of a, such as "redact" or "partial(6,4)".
func (a Action) String() string {
	switch a.kind() {
	case Redact:
		return "redact"
	case Drop:
		return "drop"
	case Hash:
		return "hash"
	case Keep:
		return "keep"
	case actionPartial:
		return "partial(" + strconv.Itoa(a.first()) + "," + strconv.Itoa(a.last()) + ")"
	}
	return "action(" + strconv.Itoa(int(a)) + ")"
}

// check returns what is wrong with a, or nil.
func (a Action) check() error {
	switch {
	case a.kind() > actionPartial, a.kind() != actionPartial && a > Keep:
		return fmt.Errorf("there is no action %d", uint32(a))
	case a.kind() == actionPartial && (a.first() > maxFirst || a.last() > maxLast):
		return fmt.Errorf("%v shows more than the first %d and last %d characters", a, maxFirst, maxLast)
	}
	return nil
}

// strength orders actions: where several ask for a value, or pieces of text that
// overlap, the one that leaves least wins.
func (a Action) strength() uint8 {
	switch a.kind() {
	case Keep:
		return 0
	case actionPartial:
		return uint8(1 + (maxFirst + maxLast) - min(maxFirst+maxLast, a.first()+a.last()))
	case Hash:
		return 0x40
	case Redact:
		return 0x80
	}
	return 0xc0
}
