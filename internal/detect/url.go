package detect

import "math/bits"

// databaseSchemes are the schemes of URLs into which people paste passwords as
// they are, slashes and all.
var databaseSchemes = []string{
	"postgres", "postgresql", "mysql", "mariadb", "mongodb", "mongodb+srv", "redis", "rediss", "amqp", "amqps", "sqlserver",
	"mssql", "oracle", "clickhouse", "kafka", "ldap", "ldaps", "ftp", "sftp", "ftps", "smtp", "smtps", "cockroachdb", "nats", "valkey",
}

// maxScheme is the length of the longest scheme looked for.
const maxScheme = 16

// url looks at the n bytes between a scheme and what follows: "://". A password
// between the first colon and the last @ before the path is masked. In the URL
// of a database, and where what stands behind the colon is no port, the path may
// belong to the password.
func (f *finder) url(i, n int) {
	start := i + n
	end := f.runEnd(authority, start)
	at := f.lastAt(authority, start, end)
	colon := f.first(':', start, end)
	port := colon >= 0 && f.count(digits, colon+1, end-colon-1) == end-colon-1
	if colon >= 0 && (f.isDatabase(i) || at < 0 && !port && colon+1 < end) {
		at = max(at, f.lastAt(wides, start, f.runEnd(wides, start)))
		if at < 0 && !port {
			at = f.lastAt(queries, start, f.runEnd(queries, start))
		}
	}
	if at < 0 || f.markerAt(start) {
		return
	}
	if colon < 0 || colon > at {
		f.userOnly(start, at)
		return
	}
	f.addSecret(colon+1, at, URLUser)
}

// isDatabase reports whether a database's scheme ends before i.
func (f *finder) isDatabase(i int) bool {
	s := i
	for s > 0 && i-s < maxScheme && (in(f.text[s-1], alnums) || f.text[s-1] == '+') {
		s--
	}
	for _, name := range databaseSchemes {
		if len(name) == i-s && f.foldAt(s, name) {
			return true
		}
	}
	return false
}

// first returns where the first c stands from start on and before end, or -1.
// It looks at maxUser bytes.
func (f *finder) first(c byte, start, end int) int {
	for i := start; i < min(end, start+maxUser); i++ {
		if f.text[i] == c {
			return i
		}
	}
	return -1
}

// maxUser is the length of the longest name of a user.
const maxUser = 256

// lastAt returns where the last @ stands from start on in the run of bytes in set
// that ends at end, or -1. The answer is remembered for the next URL in the run.
func (f *finder) lastAt(set charset, start, end int) int {
	m := &f.ats[bits.TrailingZeros32(uint32(set/authority))]
	if m.end != end || start < m.start {
		at := end - 1
		for at >= start && f.text[at] != '@' {
			at--
		}
		*m = lastAt{span{start, end}, at}
	}
	if m.at < start {
		return -1
	}
	return m.at
}

// lastAt is where the last @ of a run stands, or some place before its begin.
type lastAt struct {
	span
	at int
}

// userOnly looks at a URL's user without a password, from start to end. It is a
// token if it is long and made of letters and digits: a name is neither.
func (f *finder) userOnly(start, end int) {
	if end-start >= 20 && f.isMixed(start, end) && f.count(words, start, end-start) == end-start {
		f.addSecret(start, end, URLUser)
	}
}

// weakParams are parameters of URLs that are secret there, and nowhere else.
var weakParams = []string{
	"sig=", "code=", "auth=", "signature=", "session=", "assertion=", "ticket=", "samlresponse=", "key=", "token=", "jwt=", "sas=", "credential=",
}

// query looks at a parameter of a URL whose name ends from i on with one of
// weakParams, and whose value begins at v.
func (f *finder) query(i, v int) {
	s := i
	for s > 0 && i-s < maxKey && in(f.text[s-1], words) {
		s--
	}
	if !f.inQuery(s) || f.aboutPages(s, i) || s < i && in(f.text[i-1], alnums) {
		return
	}
	e := f.trimDots(v, f.runEnd(params, v))
	n := e - v
	if n < 6 || f.count(digits, v, n) == n && n < 12 {
		return
	}
	if f.text[i] == 'k' && s < i && !f.isMixed(v, e) { // A sort key, a cache key.
		return
	}
	f.addSecret(v, e, URLQuery)
}

// inQuery reports whether a parameter of a URL may begin at s.
func (f *finder) inQuery(s int) bool {
	if s == 0 {
		return false
	}
	switch f.text[s-1] {
	case '?', '&':
		return true
	case '6', 'f', 'F': // %26 and %3F, \u0026 and \u003f
		return s >= 3 && f.text[s-3] == '%' && (f.text[s-2] == '2' || f.text[s-2] == '3') || s >= 6 && f.text[s-6] == '\\' && f.text[s-5] == 'u'
	case ';': // &amp;
		return s >= 5 && string(f.text[s-5:s]) == "&amp;"
	}
	return false
}
