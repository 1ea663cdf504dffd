package otlpconfig

import (
	"runtime/debug"
	"strings"
	"sync"
)

// module is the path of this module, as a build records it.
const module = "github.com/logstream-go/logstream"

// UserAgent returns the product that a transport names itself by in its
// User-Agent header (RFC 7231): name, a slash, and the version of this module in
// the running program, or "devel" where the build does not say.
func UserAgent(name string) string { return name + "/" + version() }

var version = sync.OnceValue(func() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	return moduleVersion(info)
})

// moduleVersion finds the version of this module, which is the program's own or
// one of its dependencies.
func moduleVersion(info *debug.BuildInfo) string {
	v := ""
	if info.Main.Path == module {
		v = info.Main.Version
	}
	for _, m := range info.Deps {
		if m.Path == module {
			if m.Replace != nil {
				m = m.Replace
			}
			v = m.Version
		}
	}
	v = strings.TrimPrefix(v, "v")
	if v == "" || strings.ContainsFunc(v, notToken) {
		return "devel"
	}
	return v
}
