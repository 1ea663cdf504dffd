package otlpconfig

import (
	"regexp"
	"runtime/debug"
	"testing"
)

func TestUserAgentIsAProduct(t *testing.T) {
	token := "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
	if got := UserAgent("logstream-x"); !regexp.MustCompile("^" + token + "/" + token + "$").MatchString(got) {
		t.Errorf("got %q, want product/version of RFC 7231", got)
	}
}

func TestVersionComesFromTheBuild(t *testing.T) {
	for _, tt := range []struct {
		name string
		info debug.BuildInfo
		want string
	}{
		{"a dependency", debug.BuildInfo{Deps: []*debug.Module{{Path: "other", Version: "v9.0.0"}, {Path: module, Version: "v1.2.3"}}}, "1.2.3"},
		{"a replaced dependency", debug.BuildInfo{Deps: []*debug.Module{{Path: module, Version: "v1.2.3", Replace: &debug.Module{Version: "v1.2.4"}}}}, "1.2.4"},
		{"a local replacement", debug.BuildInfo{Deps: []*debug.Module{{Path: module, Version: "v1.2.3", Replace: &debug.Module{Path: "../x"}}}}, "devel"},
		{"the program itself", debug.BuildInfo{Main: debug.Module{Path: module, Version: "v0.1.0"}}, "0.1.0"},
		{"a build from a work tree", debug.BuildInfo{Main: debug.Module{Path: module, Version: "(devel)"}}, "devel"},
		{"a dirty tree", debug.BuildInfo{Main: debug.Module{Path: module, Version: "v0.1.0+dirty"}}, "0.1.0+dirty"},
		{"a program that does not say", debug.BuildInfo{}, "devel"},
	} {
		if got := moduleVersion(&tt.info); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}
