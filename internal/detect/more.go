package detect

// More is the detectors that are off by default. It holds a function, so that a
// program which does not ask for them does not link them.
type More struct {
	// find appends what they find in text, which is folded, to dst.
	find func(e *Engine, text []byte, dst []Finding) []Finding
}

// Everything returns the detectors that are off by default.
func Everything() *More {
	return &More{find: func(e *Engine, text []byte, dst []Finding) []Finding {
		f := finder{e: e, text: text, out: dst}
		f.moreScan()
		f.decoded()
		return f.out
	}}
}

// moreScan looks for personal data in the text as it is.
func (f *finder) moreScan() {
	set := f.e.set
	if set&(1<<Phone|1<<NationalID) != 0 {
		f.moreNumbers()
	}
	if set.Has(Email) {
		for i := f.next('@', 0); i >= 0; i = f.next('@', i+1) {
			f.email(i)
		}
	}
	if set.Has(IP) {
		for i := f.next('.', 0); i >= 0; i = f.next('.', i+1) {
			f.ip4(i)
		}
	}
	if set&(1<<IP|1<<MAC) != 0 {
		for i := f.next(':', 0); i >= 0; i = f.next(':', i+1) {
			f.colons(i)
		}
	}
	if set.Has(MAC) {
		for i := f.next('-', 0); i >= 0; i = f.next('-', i+1) {
			f.dashes(i)
		}
	}
}

// moreNumbers looks at each run of at least three digits.
func (f *finder) moreNumbers() {
	for s := 0; s < len(f.text); s++ {
		if !in(f.text[s], digits) {
			continue
		}
		e := f.runEnd(digits, s)
		if e-s >= 3 {
			if f.e.set.Has(Phone) {
				f.phone(s, e)
			}
			if f.e.set.Has(NationalID) {
				f.national(s, e)
			}
		}
		s = e
	}
}

// decoded looks behind encodings, and for random text.
func (f *finder) decoded() {
	set := f.e.set
	if set&(1<<Base64|1<<Hex) != 0 {
		f.encoded()
	}
	if set.Has(Percent) {
		f.percent()
	}
	if set.Has(Entropy) {
		f.random()
	}
}
