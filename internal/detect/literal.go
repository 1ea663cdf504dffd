package detect

// A literal is a string that a finding begins with, or stands next to. Where
// one stands in a text, its verifier looks closer.
type literal struct {
	text string // In lower case if fold is set.
	fold bool   // Upper and lower case are one.
	kind kind   // The verifier.
	arg  uint8  // The verifier's business: a place in one of its tables.
}

// kind names a verifier.
type kind uint8

const (
	kindKey kind = iota
	kindToken
	kindAround
	kindJWT
	kindPEM
	kindPuTTY
	kindURL
	kindGoDSN
	kindOracle
	kindTrack
	kindQuery
	kindCommand
	kindBearer
	kindBasic
)

// at reports whether l stands in text at i.
func (l *literal) at(text []byte, i int) bool {
	if i < 0 || len(text)-i < len(l.text) {
		return false
	}
	piece := text[i : i+len(l.text)]
	if !l.fold {
		return string(piece) == l.text
	}
	for k := range piece {
		if lower(piece[k]) != l.text[k] {
			return false
		}
	}
	return true
}

// verify calls the verifier of l, which stands in the text at i.
func (f *finder) verify(l *literal, i int) {
	switch l.kind {
	case kindKey:
		f.key(i, l)
	case kindToken:
		f.token(i, &tokenTable[l.arg])
	case kindAround:
		f.around(i, len(l.text), l.arg)
	case kindJWT:
		f.jwt(i)
	case kindPEM:
		f.pem(i)
	case kindPuTTY:
		f.putty(i)
	case kindURL:
		f.url(i, len(l.text))
	case kindGoDSN:
		f.goDSN(i)
	case kindOracle:
		f.oracle(i + len(l.text))
	case kindTrack:
		f.track1(i)
	case kindQuery:
		f.query(i, i+len(l.text))
	case kindCommand:
		f.command(i, &commands[l.arg])
	case kindBearer:
		f.bearer(i, i+len(l.text))
	case kindBasic:
		f.basic(i, i+len(l.text))
	}
}

// literals returns the literals that the detectors of set need. hints are words
// of secret keys beyond the built-in ones.
func literals(set Set, hints []string) []literal {
	var list []literal
	add := func(k kind, arg int, fold bool, texts ...string) {
		for _, t := range texts {
			list = append(list, literal{t, fold, k, uint8(arg)})
		}
	}
	if set&keyed != 0 {
		add(kindKey, 0, true, keyHints...)
		add(kindKey, 1, true, shortHints...)
		add(kindKey, 0, true, hints...)
	}
	for i := range tokenTable {
		if set.Has(tokenTable[i].id) {
			add(kindToken, i, false, tokenTable[i].prefix)
		}
	}
	for i := range arounds {
		if set.Has(arounds[i].id) {
			add(kindAround, i, false, arounds[i].literals...)
		}
	}
	for i := range fixed {
		if x := &fixed[i]; set.Has(x.id) {
			add(x.kind, 0, x.fold, x.texts...)
		}
	}
	if set.Has(Flag) {
		for i := range commands {
			add(kindCommand, i, false, commands[i].name)
		}
	}
	return list
}

// fixed are literals with a verifier of their own.
var fixed = [...]struct {
	id    ID
	kind  kind
	fold  bool
	texts []string
}{
	{JWT, kindJWT, false, []string{"eyJ", "ewogIC", "ewoid", "ZXlK"}},
	{PrivateKey, kindPEM, false, []string{"---BEGIN", "--- BEGIN"}},
	{PrivateKey, kindPuTTY, false, []string{"PuTTY-User-Key-File"}},
	{URLUser, kindURL, true, []string{"://", `:\/\/`, "%3a%2f%2f"}},
	{URLQuery, kindQuery, true, weakParams},
	{DSN, kindGoDSN, false, []string{"@tcp(", "@tcp6(", "@unix("}},
	{DSN, kindOracle, true, []string{"oracle:thin:", "oracle:oci:"}},
	{Track, kindTrack, true, []string{"%b3", "%b4", "%b5", "%b6", "%b2"}},
	{Authorization, kindBearer, true, []string{"bearer ", "bearer%20"}},
	{Authorization, kindBasic, true, []string{"basic ", "basic%20"}},
}
