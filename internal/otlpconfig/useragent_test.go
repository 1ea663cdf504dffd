package otlpconfig

import (
	"regexp"
	"testing"
)

func TestUserAgentIsAProduct(t *testing.T) {
	token := "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
	if got := UserAgent("logstream-x"); !regexp.MustCompile("^" + token + "/" + token + "$").MatchString(got) {
		t.Errorf("got %q, want product/version of RFC 7231", got)
	}
}
