package otlphttp

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/logstream-go/logstream/sink"
)

// canary stands for a credential wherever one can be.
const canary = "c4n4ry-0123456789abcdef"

// mustHide fails the test if v shows the canary in any form.
func mustHide(t *testing.T, v any) {
	t.Helper()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if s := fmt.Sprintf(verb, v); strings.Contains(s, canary) || strings.Contains(s, "user:") {
			t.Errorf("%s shows a credential: %s", verb, s)
		}
	}
	if err, ok := v.(error); ok {
		for err = errors.Unwrap(err); err != nil; err = errors.Unwrap(err) {
			mustHide(t, err)
		}
	}
}

func TestNoErrorShowsACredential(t *testing.T) {
	basic := base64.StdEncoding.EncodeToString([]byte("user:" + canary))
	// echo answers with everything that it was told.
	echo := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Location", "http://user:"+canary+"@elsewhere/"+canary+"?"+r.URL.RawQuery)
			w.WriteHeader(status)
			fmt.Fprint(w, canary, " ", r.URL, " ", r.Header.Get("Authorization"), " ", r.Header.Get("X-Signed"))
		}
	}
	sign := func(_ context.Context, r *http.Request, _ []byte) error {
		r.Header.Set("X-Signed", "Signature "+canary)
		return nil
	}
	for _, status := range []int{302, 400, 401, 404, 413, 500, 503} {
		for name, opts := range map[string][]Option{
			"header": {WithHeaders(map[string]string{"api-key": canary})},
			"bearer": {WithHeaders(map[string]string{"authorization": "Bearer " + canary})},
			"basic":  {WithHeaders(map[string]string{"authorization": "Basic " + basic})},
			"hook":   {WithAuth(sign)},
			"path":   {WithURLPath("/ingest/" + canary + "/v1/logs")},
		} {
			t.Run(fmt.Sprint(status, " ", name), func(t *testing.T) {
				s := to(t, server(t, echo(status)), opts...)
				err := s.Export(t.Context(), some(t, 1).Batch)
				failureOf(t, err)
				mustHide(t, err)
				mustHide(t, s)
			})
		}
		t.Run(fmt.Sprint(status, " query"), func(t *testing.T) {
			srv := server(t, echo(status))
			s := open(t, WithEndpointURL(srv.URL+"/x?key="+canary, srv.URL+"/y?key="+url.QueryEscape(canary)))
			err := s.Export(t.Context(), some(t, 1).Batch)
			failureOf(t, err)
			mustHide(t, err)
			mustHide(t, s)
		})
	}
	t.Run("refused connection", func(t *testing.T) {
		s := open(t, WithEndpointURL("http://"+refusing(t)+"/"+canary+"?key="+canary), WithHeaders(map[string]string{"k": canary}))
		mustHide(t, s.Export(t.Context(), some(t, 1).Batch))
	})
	t.Run("partial success", func(t *testing.T) {
		s := to(t, server(t, answering(200, partial(t, 1, "key "+canary), "Content-Type", typeProtobuf)), WithHeaders(map[string]string{"k": canary}))
		err := s.Export(t.Context(), some(t, 1).Batch)
		failureOf(t, err)
		mustHide(t, err)
	})
	t.Run("options", func(t *testing.T) {
		_, err := New(WithEndpointURL("http://user:"+canary+"@a", "ftp://a/"+canary), WithHeaders(map[string]string{"a b": canary, "host": canary, "x": canary + "\n"}))
		if err == nil {
			t.Fatal("got no error")
		}
		mustHide(t, err)
	})
}

func TestNoErrorShowsTheUserOfAProxy(t *testing.T) {
	page := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(status)
			fmt.Fprint(w, "you are ", r.Header.Get("Proxy-Authorization"), " ", canary)
		}
	}
	for _, tt := range []struct {
		name     string
		endpoint string
		status   int
		kind     sink.Kind
	}{
		{"a proxy wants another one", "http://collector:4318", 407, sink.Refused},
		{"a proxy does not reach the host", "http://collector:4318", 502, sink.Retry},
		{"a proxy wants another one for a tunnel", "https://collector:4318", 407, sink.Refused},
		{"a proxy does not let through", "https://collector:4318", 403, sink.Refused},
		{"a proxy does not reach the host of a tunnel", "https://collector:4318", 502, sink.Retry},
	} {
		t.Run(tt.name, func(t *testing.T) {
			proxy := server(t, page(tt.status))
			u, err := url.Parse(strings.Replace(proxy.URL, "http://", "http://user:"+canary+"@", 1))
			if err != nil {
				t.Fatal(err)
			}
			s := open(t, WithEndpoint(tt.endpoint), WithProxy(http.ProxyURL(u)))
			e := failureOf(t, s.Export(t.Context(), some(t, 1).Batch))
			if e.Kind != tt.kind {
				t.Errorf("got %v, want %v", e, tt.kind)
			}
			mustHide(t, e)
		})
	}
	t.Run("a proxy that cannot be chosen", func(t *testing.T) {
		s := open(t, WithProxy(func(*http.Request) (*url.URL, error) { return nil, errors.New("bad: http://user:" + canary + "@x") }))
		e := failureOf(t, s.Export(t.Context(), some(t, 1).Batch))
		if e.Kind != sink.Refused || !strings.Contains(e.Error(), "HTTPS_PROXY") {
			t.Errorf("got %v", e)
		}
		mustHide(t, e)
	})
}

func TestRequestsGoThroughAProxy(t *testing.T) {
	var j journal
	proxy := server(t, j.taking(answering(200, "")))
	u, err := url.Parse(strings.Replace(proxy.URL, "http://", "http://user:pw@", 1))
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, WithEndpoint("http://collector.example.com:4318"), WithProxy(http.ProxyURL(u)))
	if err := s.Export(t.Context(), some(t, 1).Batch); err != nil {
		t.Fatal(err)
	}
	r, _ := j.last(t)
	if r.RequestURI != "http://collector.example.com:4318/v1/logs" || r.Header.Get("Proxy-Authorization") == "" {
		t.Errorf("got %s, want a request to a proxy", r.RequestURI)
	}
	srv := server(t, answering(200, ""))
	if err := to(t, srv, WithProxy(nil)).Export(t.Context(), some(t, 1).Batch); err != nil {
		t.Errorf("without a proxy: %v", err)
	}
}

func TestAnAuthFuncSignsWhatIsSent(t *testing.T) {
	var j journal
	srv := server(t, j.taking(answering(503, "")))
	calls := 0
	var signed []byte
	s := to(t, srv, WithAuth(func(ctx context.Context, r *http.Request, body []byte) error {
		calls++
		if _, ok := ctx.Deadline(); !ok {
			t.Error("the context has no deadline")
		}
		if r.Body != nil || r.ContentLength != int64(len(body)) || r.Header.Get("Content-Encoding") != "gzip" {
			t.Errorf("got request %+v", r)
		}
		signed = append([]byte(nil), body...)
		r.Header.Set("Authorization", fmt.Sprint("call ", calls))
		r.URL.RawQuery = "signed=yes"
		return nil
	}))
	for i := range 2 {
		failureOf(t, s.Export(t.Context(), some(t, 5).Batch))
		r, b := j.last(t)
		if string(b) != string(signed) || r.Header.Get("Authorization") != fmt.Sprint("call ", i+1) || r.URL.RawQuery != "signed=yes" {
			t.Errorf("got %s with %q", r.URL, r.Header.Get("Authorization"))
		}
	}
	if got := s.balancer.endpoints[0].url.RawQuery; got != "" {
		t.Errorf("the endpoint has changed: %q", got)
	}
}

func TestAnAuthFuncThatFails(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want sink.Error
	}{
		{"is tried again", errors.New("no token yet"), sink.Error{Kind: sink.Retry}},
		{"says itself what to do", fmt.Errorf("more: %w", &sink.Error{Err: errors.New("no token ever"), Kind: sink.Refused, RetryAfter: time.Minute}), sink.Error{Kind: sink.Refused, RetryAfter: time.Minute}},
		{"cannot go back in time", &sink.Error{RetryAfter: -1}, sink.Error{Kind: sink.Retry}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var j journal
			s := to(t, server(t, j.taking(answering(200, ""))), WithAuth(func(context.Context, *http.Request, []byte) error { return tt.err }))
			e := failureOf(t, s.Export(t.Context(), some(t, 1).Batch))
			if e.Kind != tt.want.Kind || e.RetryAfter != tt.want.RetryAfter || !strings.Contains(e.Error(), "could not be signed") || j.len() != 0 {
				t.Errorf("got %+v and %d requests", e, j.len())
			}
		})
	}
}
