package detect

import "bytes"

// keyed holds the detectors that begin with a key in the text.
const keyed = Set(1<<Key | 1<<Authorization | 1<<Cookie | 1<<URLQuery | 1<<Flag | 1<<CVV)

// keyHints are pieces of words of which each secret key has at least one. The
// short ones must be words, or most words would have one.
var keyHints = []string{
	"pass", "pwd", "secret", "token", "key", "credential", "authoriz", "cookie", "session", "csrf", "xsrf", "connection",
	"hook", "account", "routing", "card", "licen", "social", "kube", "bearer", "number",
}

var shortHints = []string{
	"ssn", "cvv", "cvc", "pin", "pan", "otp", "totp", "sid", "cid", "dsn", "jwt", "psw", "mfa", "tax", "iban",
	"pw=", "pw:", `pw"`, "pw'", "pw ", `pw\`, "pw%", "pw>", "pw_", "pw]",
}

const (
	// maxKey is the length of the longest key that is decided.
	maxKey = 64
	// maxGap is how many spaces may stand on each side of a separator.
	maxGap = 8
)

// key looks at the key around i, where a hint stands: whether a separator and a
// value follow, and then, whether it is a secret's. In texts a key needs one of
// = : => := or the tag of XML; prose has none.
func (f *finder) key(i int, l *literal) {
	if l.arg == 1 {
		n := len(l.text)
		if !in(l.text[n-1], letters) {
			n--
		}
		if !f.isWord(i, n) {
			return
		}
	}
	e := f.runEnd(keys, i)
	for e > i && in(f.text[e-1], dashes) || e > i && f.text[e-1] == '.' {
		e--
	}
	if e == f.keyEnd {
		return
	}
	v, sep := f.separator(e)
	if sep == 0 && (e == len(f.text) || in(f.text[e], lowers|uppers|digits)) {
		return
	}
	s := i
	for s > 0 && i-s < maxKey && in(f.text[s-1], keys) {
		s--
	}
	s += f.escapeAt(s, i)
	flag := f.text[s] == '-' && f.wordStarts(s)
	if sep == 0 && flag {
		v, sep = f.argument(e)
	}
	if sep == 0 || sep == '>' && (s == 0 || f.text[s-1] != '<') || f.inMarker(i) {
		return
	}
	f.keyEnd = e
	if v < len(f.text) && e-s <= maxKey+len(l.text)+maxKey {
		f.keyValue(s, e, v, sep, flag)
	}
}

// isWord reports whether the n letters at i are a word of a key: not inside of
// letters, but for the humps of camelCase.
func (f *finder) isWord(i, n int) bool {
	if i > 0 && in(f.text[i-1], letters) && !f.hump(i) && !f.escaped(i) {
		return false
	}
	return i+n >= len(f.text) || !in(f.text[i+n], letters) || f.hump(i+n)
}

// hump reports whether a capital behind a small letter begins a word at i.
func (f *finder) hump(i int) bool { return in(f.text[i-1], lowers) && in(f.text[i], uppers) }

// escapeAt returns how many bytes of an escape stand at the begin of the key
// from s to i: the n of "\npassword", the 3D of "%3Dpassword", the 31m of a colour.
func (f *finder) escapeAt(s, i int) int {
	switch {
	case s == 0 || s >= i:
	case f.text[s-1] == '\\':
		if c := f.text[s]; c == 'n' || c == 't' || c == 'r' {
			return 1
		}
		if f.text[s] == 'u' && i-s >= 5 {
			return 5
		}
		if f.text[s] == 'x' && i-s >= 3 && in(f.text[s+1], hexes) && in(f.text[s+2], hexes) {
			return 3
		}
	case f.text[s-1] == '%' && i-s >= 2 && in(f.text[s], hexes) && in(f.text[s+1], hexes):
		return 2
	case f.text[s-1] == '[', f.text[s-1] == ';':
		if k := s + f.count(digits, s, i-s); k < i && in(f.text[k], letters) && terminal(f.text[:k+1]) {
			return k + 1 - s
		}
	}
	return 0
}

// separator looks for a separator behind the key that ends at e. It returns
// where the value begins, and the separator, or 0.
func (f *finder) separator(e int) (v int, sep byte) {
	t := f.text
	e, quoted := f.closing(e)
	g := f.gap(e)
	if g == len(t) {
		return 0, 0
	}
	switch c := t[g]; c {
	case '=':
		v, sep = g+1, '='
		if v < len(t) && (t[v] == '>' || t[v] == '=') {
			v++
		}
	case ':':
		if v, sep = g+1, ':'; v < len(t) && t[v] == ':' {
			return 0, 0
		}
		if v < len(t) && t[v] == '=' {
			v++
		}
	case '>':
		if g != e {
			return 0, 0
		}
		return g + 1, '>'
	case '%':
		if g+2 < len(t) && t[g+1] == '3' && (t[g+2]|0x20 == 'd' || t[g+2]|0x20 == 'a') {
			return g + 3, '%'
		}
		return 0, 0
	case '\\':
		if f.foldAt(g, `\u003d`) || f.foldAt(g, `\u003a`) {
			return g + 6, '='
		}
		return 0, 0
	default:
		if quoted {
			return f.namedValue(g)
		}
		if c == '\'' && g == e+1 {
			return g, '\''
		}
		return 0, 0
	}
	return f.gap(v), sep
}

// closing steps over what closes a key at e: a quote with its escapes, a bracket.
func (f *finder) closing(e int) (after int, quoted bool) {
	t := f.text
	k := e
	for k < len(t) && k-e < maxLevel && t[k] == '\\' {
		k++
	}
	if k < len(t) && (t[k] == '"' || t[k] == '\'' || t[k] == '`') && (k == e || t[k] == '"') {
		k++
		if k < len(t) && t[k] == ']' {
			k++
		}
		return k, true
	}
	if f.foldAt(e, "%22") {
		return e + 3, true
	}
	if e < len(t) && t[e] == ']' {
		return e + 1, false
	}
	return e, false
}

// gap steps over a few spaces and tabs, and over what colours the text of a terminal.
func (f *finder) gap(i int) int {
	for k := 0; k < maxGap && i < len(f.text); k++ {
		switch f.text[i] {
		case ' ', '\t':
			i++
			continue
		case 0x1b, '\\':
			if e := f.colourEnd(i); e > i {
				i = e
				continue
			}
		}
		return i
	}
	return i
}

// colourEnd returns where the control sequence of a terminal that begins at i ends,
// and i if none does.
func (f *finder) colourEnd(i int) int {
	e := min(len(f.text), i+len(`\u001b[`))
	open := bytes.IndexByte(f.text[i:e], '[')
	if open < 0 {
		return i
	}
	e = i + open + 1
	for k := 0; k < maxTerminal && e < len(f.text) && (in(f.text[e], digits) || f.text[e] == ';'); k++ {
		e++
	}
	if e < len(f.text) && in(f.text[e], letters) && terminal(f.text[i:e+1]) {
		return e + 1
	}
	return i
}

// namedValue looks at g for the value of a pair that is written as two: in
// {"name":"password","value":"x"} and <add key="password" value="x"/>.
func (f *finder) namedValue(g int) (v int, sep byte) {
	if f.text[g] == ',' {
		g = f.gap(g + 1)
	}
	for g < len(f.text) && (f.text[g] == '"' || f.text[g] == '\\') {
		g++
	}
	if !f.foldAt(g, "value") {
		return 0, 0
	}
	g, _ = f.closing(g + len("value"))
	if g = f.gap(g); g == len(f.text) || f.text[g] != ':' && f.text[g] != '=' {
		return 0, 0
	}
	return f.gap(g + 1), ':'
}

// argument looks for what follows a flag that ends at e: --password x, and in a
// list of arguments "--password", "x".
func (f *finder) argument(e int) (v int, sep byte) {
	e, quoted := f.closing(e)
	if e < len(f.text) && f.text[e] == ',' {
		e++
	}
	v = f.gap(e)
	if v == e && !quoted || v == len(f.text) || f.text[v] == '-' || f.text[v] < ' ' {
		return 0, 0
	}
	return v, ' '
}

// keyValue decides the key from s to e, and masks its value, which begins at v.
func (f *finder) keyValue(s, e, v int, sep byte, flag bool) {
	id := Key
	if f.isCode(s, e) {
		return
	}
	text, number := f.e.decide(f.text[s:e])
	if !text && sep != ' ' {
		text, number = f.twoWords(s, e)
	}
	switch {
	case text:
	case flag && f.isFlag(s, e):
		text, id = true, Flag
	case f.inQuery(s) && f.isParam(s, e):
		id, text, number = URLQuery, true, true
	case f.lastWord(s, e, "token") && !f.aboutPages(s, e):
		f.randomValue(v)
		return
	case f.lastWord(s, e, "key"), f.lastWord(s, e, "auth"):
		if start, end := f.valueAt(v, sep); end-start >= minRandom && f.count(words, start, end-start) == end-start && f.isRandom(start, end) {
			f.addSecret(start, end, Key)
		}
		return
	}
	if !text {
		return
	}
	switch {
	case flag && sep == ' ' && id == Key:
		id = Flag
	case f.lastWord(s, e, "authorization"):
		f.credentials(s, v, sep)
		return
	case f.lastWord(s, e, "cookie"):
		f.cookies(s, v, sep)
		return
	case f.contains(s, e, "cvv"), f.contains(s, e, "cvc"):
		id = CVV
	case id == Key && f.inQuery(s):
		id = URLQuery
	}
	if sep == ':' && f.text[v-1] == ' ' && !f.contains(s, e, "pass") && !f.contains(s, e, "pwd") && f.isSentence(v) {
		return
	}
	if f.lastWord(s, e, "pan") {
		if start, end := f.valueAt(v, sep); end-start < minPAN-4 { // An angle, or a position.
			return
		}
	}
	f.valueOf(v, sep, id, number)
}

// codeWords end the names of types and modules, which loggers put before a
// colon: "com.example.PasswordService: started", "BadCredentialsException: ...".
var codeWords = []string{
	"service", "manager", "controller", "provider", "filter", "handler", "factory", "repository", "operator", "client", "server", "plugin",
	"module", "store", "resolver", "validator", "encoder", "decoder", "helper", "util", "utils", "test", "middleware", "interceptor", "listener", "adapter",
	"processor", "task", "job", "worker", "error", "exception", "impl", "api", "app", "daemon", "broker", "agent", "sidecar", "reconciler", "informer",
}

// isCode reports whether the key from s to e names a type or a module.
func (f *finder) isCode(s, e int) bool {
	b := e
	for b > s && e-b <= 11 && in(f.text[b-1], letters) && (b == e || !f.hump(b)) {
		b--
	}
	for _, w := range codeWords {
		if len(w) == e-b && f.foldAt(b, w) {
			return true
		}
	}
	return false
}

// twoWords decides the key from s to e together with the word before it, for
// names that people write with a space: "API key", "card number".
func (f *finder) twoWords(s, e int) (text, number bool) {
	if s < 2 || f.text[s-1] != ' ' || !f.isSecondWord(s, e) {
		return false, false
	}
	b := s - 1
	for b > 0 && s-b < maxKey/2 && in(f.text[b-1], letters) {
		b--
	}
	if b == s-1 {
		return false, false
	}
	return f.e.decide(f.text[b:e])
}

// secondWords end names of several words.
var secondWords = []string{"key", "token", "number", "no", "string", "phrase", "code", "secret", "security", "license", "licence", "url", "id"}

// isSecondWord reports whether the key from s to e can be the end of a name.
func (f *finder) isSecondWord(s, e int) bool {
	for _, w := range secondWords {
		if len(w) == e-s && f.foldAt(s, w) {
			return true
		}
	}
	return false
}

// lastWord reports whether the key from s to e ends with the word w.
func (f *finder) lastWord(s, e int, w string) bool {
	at := e - len(w)
	return at >= s && f.foldAt(at, w) && (at == s || !in(f.text[at-1], letters) || f.hump(at))
}

// contains reports whether w stands in the key from s to e.
func (f *finder) contains(s, e int, w string) bool {
	for ; s+len(w) <= e; s++ {
		if f.foldAt(s, w) {
			return true
		}
	}
	return false
}

// isFlag reports whether the flag from s to e takes a secret.
func (f *finder) isFlag(s, e int) bool {
	return f.lastWord(s, e, "token") || f.lastWord(s, e, "auth") || f.lastWord(s, e, "apikey")
}

// isParam reports whether the parameter of a URL from s to e is secret, although
// a key of this name would not be elsewhere.
func (f *finder) isParam(s, e int) bool {
	return f.lastWord(s, e, "token") && !f.aboutPages(s, e)
}

// aboutPages reports whether the token that the key from s to e holds leads to
// the next page of a list, or stops something.
func (f *finder) aboutPages(s, e int) bool {
	for _, w := range [...]string{"page", "next", "prev", "continu", "cursor", "sync", "cancel", "resume", "unexpected", "invalid", "stop", "eos", "pad"} {
		if f.contains(s, e, w) {
			return true
		}
	}
	return false
}
