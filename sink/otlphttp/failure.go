package otlphttp

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

const (
	// maxMessage bounds an error, in bytes: a line that can be read. What says
	// more is a page of HTML.
	maxMessage = 512

	// minSecret is the length from which a credential is looked for in messages.
	// A shorter one protects nothing, and would turn up in any word.
	minSecret = 4

	// minKey is the length from which a piece of a path may be a key.
	minKey = 20
)

// A failure is why an attempt failed, in one printable line without credentials.
type failure struct {
	msg   string
	cause error // of the context or the system, if one ended the attempt
}

// newFailure returns a failure at e. msg may hold anything. ctx may be nil.
func newFailure(ctx context.Context, e *endpoint, req *http.Request, msg string, cause error) *failure {
	if ctx.Err() != nil {
		cause = ctx.Err()
	}
	proxy, _ := e.proxy.Load().(*url.URL)
	return &failure{"otlphttp: " + e.String() + ": " + line(redact(msg, secrets(req, proxy))), cause}
}

// Error returns endpoint and message.
func (f *failure) Error() string { return f.msg }

// Unwrap returns the error of the context or of the system, if there is one.
func (f *failure) Unwrap() error { return f.cause }

// public are headers that hold no credential.
var public = []string{"Accept-Encoding", "Content-Encoding", "Content-Type", "User-Agent"}

// secrets returns what must not be seen of a request: header values, the query,
// what looks like a key in the path, and the user of the proxy.
func secrets(req *http.Request, proxy *url.URL) []string {
	var list []string
	add := func(s string) {
		if len(s) >= minSecret {
			list = append(list, s)
		}
	}
	for k, values := range req.Header {
		if slices.Contains(public, k) {
			continue
		}
		for _, v := range values {
			add(v)
			// Of "Bearer token" a server may quote the token alone, and of
			// "Basic dTpw" the password.
			scheme, token, ok := strings.Cut(v, " ")
			if !ok {
				continue
			}
			add(token)
			if strings.EqualFold(scheme, "basic") {
				if plain, err := base64.StdEncoding.DecodeString(token); err == nil {
					add(string(plain))
					_, password, _ := strings.Cut(string(plain), ":")
					add(password)
				}
			}
		}
	}
	add(req.URL.RawQuery)
	for pair := range strings.SplitSeq(req.URL.RawQuery, "&") {
		_, v, _ := strings.Cut(pair, "=")
		add(v)
		if plain, err := url.QueryUnescape(v); err == nil {
			add(plain)
		}
	}
	for piece := range strings.SplitSeq(req.URL.EscapedPath(), "/") {
		if len(piece) >= minKey {
			add(piece)
		}
	}
	if proxy != nil && proxy.User != nil {
		password, _ := proxy.User.Password()
		add(password)
		add(proxy.User.String())
		add(base64.StdEncoding.EncodeToString([]byte(proxy.User.Username() + ":" + password)))
	}
	return list
}

// redact puts *** in place of the secrets, the longest first: one may be part of
// another.
func redact(msg string, secrets []string) string {
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	for _, s := range secrets {
		msg = strings.ReplaceAll(msg, s, "***")
	}
	return msg
}

// line returns s as one printable line of at most maxMessage bytes.
func line(s string) string {
	var b strings.Builder
	blank := false
	for _, r := range s {
		if b.Len() >= maxMessage {
			b.WriteString("...")
			break
		}
		switch {
		case unicode.IsSpace(r):
			blank = b.Len() > 0
		case unicode.IsPrint(r) && r != unicode.ReplacementChar:
			if blank {
				b.WriteByte(' ')
				blank = false
			}
			b.WriteRune(r)
		}
	}
	return b.String()
}
