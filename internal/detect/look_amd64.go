//go:build !purego

package detect

// looks reports whether the processor has the instruction that lookAt
// lives on: PSHUFB, which all have that were made since 2011.
var looks = hasPSHUFB()

// look returns the traits of a text of 4 to maxLook bytes.
func look(text []byte) (t traits) {
	if !looks {
		return lookByWords(text)
	}
	t.kinds, t.other, t.ends, t.digits = lookAt(&text[0], len(text))
	return t
}

// hasPSHUFB asks the processor. It is all that a package for this, which weighs 10 kB,
// would be asked.
func hasPSHUFB() bool

//go:noescape
func lookAt(text *byte, n int) (kinds, other, ends, digits uint64)
