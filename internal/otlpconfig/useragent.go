package otlpconfig

import "github.com/logstream-go/logstream/internal/otlp"

// UserAgent returns the product that a transport names itself by in its
// User-Agent header (RFC 7231): name, a slash, and the version of this module.
func UserAgent(name string) string { return name + "/" + otlp.Version }
