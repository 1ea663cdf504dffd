package detect

// maxLevel is over how many levels of JSON in JSON quotes are understood: each
// doubles the backslashes before them.
const maxLevel = 7

// valueOf masks the value of a secret key, which begins at v behind the
// separator sep. A number is masked where numbers are asked for, or where it is
// long.
func (f *finder) valueOf(v int, sep byte, id ID, number bool) {
	start, end := f.valueAt(v, sep)
	if start >= end {
		return
	}
	if n := end - start; !number && n < 6 && f.count(digits, start, n) == n {
		return
	}
	if (sep == ':' || sep == ' ') && v > 0 && f.text[v-1] == ' ' && f.isProse(start, end) {
		return
	}
	f.addSecret(start, end, id)
}

// valueAt returns where the value that begins at v, with quotes and brackets,
// has its text.
func (f *finder) valueAt(v int, sep byte) (start, end int) {
	t := f.text
	if v >= len(t) {
		return v, v
	}
	k := v
	for k < len(t) && k-v < maxLevel && t[k] == '\\' {
		k++
	}
	if k < len(t) && (t[k] == '"' || k == v && (t[k] == '\'' || t[k] == '`')) {
		return k + 1, f.endOfQuoted(k+1, t[k], k-v)
	}
	switch {
	case f.foldAt(v, "${"), f.foldAt(v, "{{ "), f.foldAt(v, "{{."): // A template's variable.
		return v, v
	case f.foldAt(v, "%22"):
		return v + 3, f.endOfPlain(v+3, '%')
	case t[v] == '{' && sep == '=':
		return f.braced(v)
	case t[v] == '[' && !f.markerAt(v):
		if v+1 < len(t) && t[v+1] != '{' {
			end := f.endOfList(v + 1)
			if m := f.markerLen(v + 1); m > 0 && (end == len(t) || t[end] != ']') {
				end = v + 1 + m // The bracket that closed the list went with what was masked.
			}
			return v + 1, end
		}
		return v, f.endOfNested(v)
	case t[v] == '{', t[v] == '[' && !f.markerAt(v):
		return v, f.endOfNested(v)
	case t[v] == '<' && sep == '>':
		return v, v
	case sep == '>':
		e := v
		for e < len(t) && t[e] != '<' && t[e] >= ' ' {
			e++
		}
		return v, e
	}
	return v, f.endOfPlain(v, sep)
}

// braced returns the text of a value in the braces of an ODBC connection string.
// Two closing braces are one of the value.
func (f *finder) braced(v int) (start, end int) {
	v++
	if b := &f.brace; v < b.start || v >= b.end {
		e := v
		for e < len(f.text) && f.text[e] != '\n' && (f.text[e] != '}' || e+1 < len(f.text) && f.text[e+1] == '}') {
			if f.text[e] == '}' {
				e++
			}
			e++
		}
		*b = span{v, min(e, len(f.text))}
	}
	return v, f.brace.end
}

// endOfQuoted returns where the text that begins at i ends, which a quote q
// opened behind so many backslashes: at the same quote behind as many of them,
// what is more belongs to the text. Without one it ends with the line, or, if
// there is none, with everything.
func (f *finder) endOfQuoted(i int, q byte, level int) int {
	t := f.text
	slashes := 0
	line := -1
	for e := i; e < len(t); e++ {
		switch t[e] {
		case '\\':
			slashes++
			continue
		case q:
			if slashes%(2*level+2) == level || slashes < level {
				return e - min(slashes, level)
			}
		case '\n':
			if line < 0 {
				line = e
			}
			if e-i > maxNested {
				return line
			}
		}
		slashes = 0
	}
	if line >= 0 {
		return line
	}
	return len(t)
}

// endOfPlain returns where a value without quotes that begins at v ends: at
// white space or a character that ends values, if what follows looks as if the
// value were over. Behind a comma that is not, the value goes on.
func (f *finder) endOfPlain(v int, sep byte) int {
	if f.value.start <= v && v < f.value.end {
		return f.value.end
	}
	t := f.text
	e := v
loop:
	for ; e < len(t); e++ {
		switch c := t[e]; {
		case c <= ' ', c == '"', c == '\'', c == '`', c == '&', c == '<', c == '>':
			break loop
		case c == '\\':
			if e+1 < len(t) && (t[e+1] == '"' || t[e+1] == 'n' || t[e+1] == 'r' || t[e+1] == 't' || t[e+1] == 'u' || t[e+1] == '\\') {
				break loop
			}
		case c == '%':
			if sep == '%' && (f.foldAt(e, "%26") || f.foldAt(e, "%22") || f.foldAt(e, "%20") || f.foldAt(e, "%0a") || f.foldAt(e, "%3b")) {
				break loop
			}
		case c == '[':
			e += max(1, f.markerLen(e)) - 1
		case c == ',', c == ';', c == ')', c == ']', c == '}':
			// Behind a marker alone a bracket ends what the marker stands for.
			if f.over(e+1, c == ';') || c != ',' && c != ';' && e > v && f.markerLen(v) == e-v {
				break loop
			}
		}
	}
	f.value = span{v, e}
	return e
}

// over reports whether a value that something ended before i is over: nothing
// follows, or another separator, or another key, which may have spaces.
func (f *finder) over(i int, spaced bool) bool {
	if i == len(f.text) {
		return true
	}
	c := f.text[i]
	if !in(c, alnums) && c != '_' {
		return c < 0x80
	}
	k := i + f.count(keys, i, maxKey)
	for spaced && k < len(f.text) && f.text[k] == ' ' && k-i < maxKey { // User Id=
		k++
		k += f.count(alnums, k, maxKey)
	}
	return k < len(f.text) && (f.text[k] == '=' || f.text[k] == ':')
}

// endOfList returns where the list whose first element begins at i ends: at its
// bracket, or with the line. The answer is remembered for the lists inside.
func (f *finder) endOfList(i int) int {
	if l := &f.list; i < l.start || i >= l.end {
		e := i
		for e < len(f.text) && f.text[e] != '\n' && (f.text[e] != ']' || f.inMarkerEnd(e)) {
			e++
		}
		*l = span{i, e}
	}
	return f.list.end
}

// maxNested is over how many bytes the end of a nested value is looked for.
const maxNested = 1024

// endOfNested returns where the braces or brackets that open at v are closed. If
// that is too far away the line is masked.
func (f *finder) endOfNested(v int) int {
	depth := 0
	for e := v; e < len(f.text) && e-v < maxNested; e++ {
		switch f.text[e] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return e + 1
			}
		}
	}
	if f.nested.start <= v && v < f.nested.end {
		return f.nested.end
	}
	e := v
	for e < len(f.text) && f.text[e] != '\n' {
		e++
	}
	f.nested = span{v, e}
	return e
}
