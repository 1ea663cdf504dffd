package detect

// maxDSN is over how many bytes before the address in a DSN its user is looked for.
const maxDSN = 256

// goDSN looks at the @ of a data source name of go-sql-driver at i:
// user:password@tcp(host).
func (f *finder) goDSN(i int) {
	s := i
	for s > 0 && i-s < maxDSN {
		if c := f.text[s-1]; c <= ' ' || c == '"' || c == '\'' || c == '`' {
			break
		}
		s--
	}
	for c := s; c < i; c++ {
		if f.text[c] == ':' {
			f.addSecret(c+1, i, DSN)
			return
		}
	}
}

// oracle looks at what follows the driver in the URL of an Oracle database:
// user/password@//host.
func (f *finder) oracle(i int) {
	slash := -1
	for k := i; k < len(f.text) && k-i < maxDSN; k++ {
		switch c := f.text[k]; {
		case c == '/' && slash < 0:
			slash = k
		case c == '@':
			if slash > 0 {
				f.addSecret(slash+1, k, DSN)
			}
			return
		case c <= ' ', c == '"', c == '\'':
			return
		}
	}
}
