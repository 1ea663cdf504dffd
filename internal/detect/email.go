package detect

// fileEndings are what looks like the last label of a host and is a file's:
// icon@2x.png, chart@1.2.tgz.
var fileEndings = []string{
	"png", "jpg", "jpeg", "gif", "svg", "webp", "js", "mjs", "css", "ts", "tsx", "jsx", "json", "map", "go", "py", "rb", "java", "jar", "html",
	"tgz", "gz", "zip", "tar", "service", "socket", "timer", "target", "md", "txt", "yaml", "yml", "xml", "lock", "log", "local_file",
}

// email looks for an address whose @ stands at i.
func (f *finder) email(i int) {
	t := f.text
	s := i
	for s > 0 && i-s <= 64 && in(t[s-1], emails) {
		s--
	}
	for s < i && !in(t[s], alnums) && t[s] != '_' { // =, & and ? before it are the text's.
		s++
	}
	for k := i - 1; k >= s; k-- { // So is what parameters look like.
		if t[k] == '=' || t[k] == '&' || t[k] == '?' || t[k] == '/' || t[k] == '|' {
			s = k + 1
			break
		}
	}
	if s > 0 && t[s-1] == '\\' && s+1 < i && (t[s] == 'n' || t[s] == 't' || t[s] == 'r') {
		s++
	}
	e, label, dots := i+1, i+1, 0
	for e < len(t) && e-i < 254 && (in(t[e], alnums) || t[e] == '-' || t[e] == '.' && e+1 < len(t) && in(t[e+1], alnums)) {
		if t[e] == '.' {
			dots++
			label = e + 1
		}
		e++
	}
	if s == i || dots == 0 || e-label < 2 || f.count(letters, label, e-label) != e-label && !f.foldAt(label, "xn--") {
		return
	}
	for _, w := range fileEndings {
		if len(w) == e-label && f.foldAt(label, w) {
			return
		}
	}
	if string(t[s:i]) == "git" && e < len(t) && t[e] == ':' { // The address of a repository.
		return
	}
	f.add(s, e, Email)
}
