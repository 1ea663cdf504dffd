package otlptest_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/logstream-go/logstream/sink/otlptest"
)

// encodings of a request's message, by the name of their protocol.
var encodings = []struct {
	protocol, contentType string
	encode                func(testing.TB, *collogspb.ExportLogsServiceRequest) []byte
}{
	{"http/protobuf", "application/x-protobuf", protobufOf},
	{"http/json", "application/json", jsonOf},
}

func protobufOf(t testing.TB, req *collogspb.ExportLogsServiceRequest) []byte {
	t.Helper()
	b, err := proto.Marshal(req)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// jsonOf encodes with the Collector's own encoder.
func jsonOf(t testing.TB, req *collogspb.ExportLogsServiceRequest) []byte {
	t.Helper()
	r := plogotlp.NewExportRequest()
	if err := r.UnmarshalProto(protobufOf(t, req)); err != nil {
		t.Fatal(err)
	}
	b, err := r.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func gzipOf(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func zstandard(t testing.TB, b []byte) []byte {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	return z.EncodeAll(b, nil)
}

// newHTTPClient returns a client that reaches srv, follows no redirect and is
// closed with the test.
func newHTTPClient(t testing.TB, srv *otlptest.Server) *http.Client {
	t.Helper()
	tr := &http.Transport{DialContext: srv.HTTPDialer(), DisableCompression: true}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{
		Transport:     tr,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// answer is what a client was told.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// post sends body and returns the answer. header holds pairs.
func post(ctx context.Context, c *http.Client, url string, body []byte, header ...string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", "application/x-protobuf")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := c.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, b}, err
}

// sendHTTP exports n records in protobuf.
func sendHTTP(t testing.TB, c *http.Client, srv *otlptest.Server, n int) answer {
	t.Helper()
	a, err := post(within(t), c, srv.HTTPURL(), protobufOf(t, batch(0, n)))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestRecordsArriveOverHTTP(t *testing.T) {
	compressions := []struct {
		name string
		do   func(testing.TB, []byte) []byte
	}{
		{"", func(_ testing.TB, b []byte) []byte { return b }},
		{"identity", func(_ testing.TB, b []byte) []byte { return b }},
		{"gzip", gzipOf},
		{"zstd", zstandard},
	}
	for _, e := range encodings {
		for _, c := range compressions {
			t.Run(strings.Trim(e.protocol+" "+c.name, " "), func(t *testing.T) {
				srv := newServer(t)
				body := e.encode(t, batch(5, 100))
				wire := c.do(t, body)
				header := []string{"Content-Type", e.contentType + "; charset=utf-8", "X-Token", "t"}
				if c.name != "" {
					header = append(header, "Content-Encoding", c.name)
				}
				a, err := post(within(t), newHTTPClient(t, srv), srv.HTTPEndpoint()+"/v1/logs", wire, header...)
				if err != nil || a.status != http.StatusOK || a.header.Get("Content-Type") != e.contentType {
					t.Fatalf("got %d %v, %v", a.status, a.header, err)
				}
				want := ""
				if e.protocol == "http/json" {
					want = "{}"
				}
				if string(a.body) != want {
					t.Errorf("got the answer %q, want %q", a.body, want)
				}
				records := srv.Records()
				if got := numbers(records); len(got) != 100 || got[0] != 5 || got[99] != 104 {
					t.Errorf("got records %v, want 5 to 104", got)
				}
				if r := records[0]; r.Resource.Attributes["service.name"] != "shop" || r.Scope.Name != "shop/http" || r.Body != "request served" || r.SeverityNumber != 9 {
					t.Errorf("got %+v", r)
				}
				q := srv.Requests()[0]
				if q.Protocol != e.protocol || q.Path != "/v1/logs" || q.Compression != c.name || q.Status != 200 || q.Code != codes.OK ||
					q.Size != len(body) || q.WireSize != len(wire) || q.Records != 100 || q.Fault != "ok" || q.Peer == "" {
					t.Errorf("got %+v", q)
				}
				if q.Header["x-token"][0] != "t" || q.Header[":authority"][0] != strings.TrimPrefix(srv.HTTPEndpoint(), "http://") {
					t.Errorf("got headers %v", q.Header)
				}
			})
		}
	}
}

func TestBothTransportsFillOneStore(t *testing.T) {
	srv := newServer(t, otlptest.WithMessages())
	if code := send(t, newClient(t, srv), 2); code != codes.OK {
		t.Fatal(code)
	}
	if a := sendHTTP(t, newHTTPClient(t, srv), srv, 3); a.status != 200 {
		t.Fatal(a.status)
	}
	counts(t, srv, 5, 2)
	q := srv.Requests()
	if q[0].Protocol != "grpc" || q[0].Status != 0 || q[1].Protocol != "http/protobuf" || q[1].Message == nil {
		t.Errorf("got %+v", q)
	}
}

func TestDiscardCountsJSONToo(t *testing.T) {
	srv := newServer(t, otlptest.WithDiscard())
	a, err := post(within(t), newHTTPClient(t, srv), srv.HTTPURL(), jsonOf(t, batch(0, 7)), "Content-Type", "application/json")
	if err != nil || a.status != 200 || srv.Count() != 7 || len(srv.Records()) != 0 {
		t.Errorf("got %d, %v, %d records counted and %d kept", a.status, err, srv.Count(), len(srv.Records()))
	}
}

func TestFaultsOverHTTP(t *testing.T) {
	date := time.Date(2033, 5, 18, 3, 33, 20, 0, time.UTC)
	for _, tt := range []struct {
		name       string
		fault      otlptest.Fault
		status     int
		retryAfter string
		message    string
		kept       int // of 3
	}{
		{"UNAVAILABLE", otlptest.Status(codes.Unavailable, "busy"), 503, "", "busy", 0},
		{"INVALID_ARGUMENT", otlptest.Status(codes.InvalidArgument, "bad"), 400, "", "bad", 0},
		{"UNAUTHENTICATED", otlptest.Status(codes.Unauthenticated, "who"), 401, "", "who", 0},
		{"PERMISSION_DENIED", otlptest.Status(codes.PermissionDenied, "no"), 403, "", "no", 0},
		{"UNIMPLEMENTED", otlptest.Status(codes.Unimplemented, "what"), 404, "", "what", 0},
		{"INTERNAL", otlptest.Status(codes.Internal, "oh"), 500, "", "oh", 0},
		{"too large", otlptest.TooLarge(), 413, "", "request too large", 0},
		{"too many", otlptest.TooManyOver(2), 413, "", "request with more than 2 records", 0},
		{"not too many", otlptest.TooManyOver(3).Header("Retry-After", "9"), 200, "", "", 3},
		{"RetryInfo", otlptest.StatusRetryInfo(codes.ResourceExhausted, "slow down", 1500*time.Millisecond), 429, "2", "slow down", 0},
		{"an enormous RetryInfo", otlptest.Status(codes.Unavailable, "x").RetryAfter(1e9 * time.Second), 503, "1000000000", "x", 0},
		{"a negative RetryInfo", otlptest.Status(codes.Unavailable, "x").RetryAfter(-3 * time.Second), 503, "-3", "x", 0},
		{"a date", otlptest.Status(codes.Unavailable, "x").RetryAfterDate(date), 503, "Wed, 18 May 2033 03:33:20 GMT", "x", 0},
		{"a success knows no RetryAfter", otlptest.OK().RetryAfter(time.Second), 200, "", "", 3},
		{"poison", otlptest.RejectIf(func(r otlptest.Record) bool { return r.Attributes["n"] == int64(1) }), 400, "", "a record was rejected", 0},
		{"accepted and failed", otlptest.AcceptThenFail(codes.Unavailable, "late"), 503, "", "late", 3},
		{"a delay", otlptest.Delay(time.Millisecond), 200, "", "", 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv := newServer(t)
			srv.Script(tt.fault)
			a := sendHTTP(t, newHTTPClient(t, srv), srv, 3)
			if a.status != tt.status || a.header.Get("Retry-After") != tt.retryAfter {
				t.Errorf("got %d and Retry-After %q, want %d and %q", a.status, a.header.Get("Retry-After"), tt.status, tt.retryAfter)
			}
			st := new(spb.Status)
			if err := proto.Unmarshal(a.body, st); err != nil || a.header.Get("Content-Type") != "application/x-protobuf" {
				t.Fatalf("got %v from %q of type %q", err, a.body, a.header.Get("Content-Type"))
			}
			if st.Message != tt.message {
				t.Errorf("got %q, want %q", st.Message, tt.message)
			}
			q := srv.Requests()[0]
			if q.Status != tt.status || codes.Code(st.Code) != q.Code || srv.Count() != tt.kept {
				t.Errorf("got status %d, code %v in the answer and %v in the request, %d kept; want %d, one code, %d kept",
					q.Status, codes.Code(st.Code), q.Code, srv.Count(), tt.status, tt.kept)
			}
			if a := sendHTTP(t, newHTTPClient(t, srv), srv, 1); a.status != 200 {
				t.Errorf("the next request: got %d, want 200", a.status)
			}
		})
	}
}

func TestRetryInfoIsInTheStatusToo(t *testing.T) {
	srv := newServer(t)
	srv.Script(otlptest.StatusRetryInfo(codes.Unavailable, "", 1500*time.Millisecond))
	st := new(spb.Status)
	if err := proto.Unmarshal(sendHTTP(t, newHTTPClient(t, srv), srv, 1).body, st); err != nil {
		t.Fatal(err)
	}
	info := new(errdetails.RetryInfo)
	if len(st.Details) != 1 || st.Details[0].UnmarshalTo(info) != nil || info.RetryDelay.AsDuration() != 1500*time.Millisecond {
		t.Errorf("got %v", st)
	}
}

func TestAnswersToJSONAreJSON(t *testing.T) {
	srv := newServer(t)
	srv.Script(
		otlptest.PartialSuccess(2, "two \"old\" ones"),
		otlptest.Status(codes.InvalidArgument, "bad\n"),
	)
	c := newHTTPClient(t, srv)
	for _, want := range []struct {
		status int
		body   string
	}{
		{200, `{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"two \"old\" ones"}}`},
		{400, `{"code":3,"message":"bad\n"}`},
	} {
		a, err := post(within(t), c, srv.HTTPURL(), jsonOf(t, batch(0, 3)), "Content-Type", "application/json")
		if err != nil {
			t.Fatal(err)
		}
		if a.status != want.status || string(a.body) != want.body || a.header.Get("Content-Type") != "application/json" {
			t.Errorf("got %d %s of type %q, want %d %s", a.status, a.body, a.header.Get("Content-Type"), want.status, want.body)
		}
		if !json.Valid(a.body) {
			t.Errorf("%s is no JSON", a.body)
		}
	}
	counts(t, srv, 1, 2)
	resp := plogotlp.NewExportResponse()
	if err := resp.UnmarshalJSON([]byte(`{"partialSuccess":{"rejectedLogRecords":"2"}}`)); err != nil || resp.PartialSuccess().RejectedLogRecords() != 2 {
		t.Errorf("the Collector's decoder: got %v, %d", err, resp.PartialSuccess().RejectedLogRecords())
	}
}

func TestPartialSuccessOverHTTP(t *testing.T) {
	srv := newServer(t)
	srv.Script(otlptest.PartialSuccess(-5, "odd"))
	resp := new(collogspb.ExportLogsServiceResponse)
	if err := proto.Unmarshal(sendHTTP(t, newHTTPClient(t, srv), srv, 3).body, resp); err != nil {
		t.Fatal(err)
	}
	if p := resp.PartialSuccess; p.GetRejectedLogRecords() != -5 || p.GetErrorMessage() != "odd" {
		t.Errorf("got %v", p)
	}
}

func TestAnswersOfAnyHTTPStatus(t *testing.T) {
	for _, tt := range []struct {
		fault    otlptest.Fault
		status   int
		kind     string
		body     string
		location string
		kept     int
		code     codes.Code // over gRPC
		name     string
	}{
		{otlptest.HTTPStatus(502, "<html>"), 502, "text/plain; charset=utf-8", "<html>", "", 0, codes.Unavailable, "HTTP 502"},
		{otlptest.HTTPStatus(408, ""), 408, "text/plain; charset=utf-8", "", "", 0, codes.Unknown, "HTTP 408"},
		{otlptest.HTTPStatus(400, "x"), 400, "text/plain; charset=utf-8", "x", "", 0, codes.Internal, "HTTP 400"},
		{otlptest.HTTPStatus(401, "x"), 401, "text/plain; charset=utf-8", "x", "", 0, codes.Unauthenticated, "HTTP 401"},
		{otlptest.HTTPStatus(403, "x"), 403, "text/plain; charset=utf-8", "x", "", 0, codes.PermissionDenied, "HTTP 403"},
		{otlptest.HTTPStatus(404, "x"), 404, "text/plain; charset=utf-8", "x", "", 0, codes.Unimplemented, "HTTP 404"},
		{otlptest.HTTPStatus(200, "garbage").Header("Content-Type", "text/html"), 200, "text/html", "garbage", "", 3, codes.OK, "HTTP 200"},
		{otlptest.HTTPStatus(204, ""), 204, "text/plain; charset=utf-8", "", "", 3, codes.OK, "HTTP 204"},
		{otlptest.Redirect("http://192.0.2.1/"), 307, "text/plain; charset=utf-8", "", "http://192.0.2.1/", 0, codes.Unknown, "HTTP 307"},
		{otlptest.HTTPStatus(301, "").Header("Location", "/x").AfterAccept(), 301, "text/plain; charset=utf-8", "", "/x", 3, codes.Unknown, "accept, HTTP 301"},
	} {
		t.Run(tt.fault.String(), func(t *testing.T) {
			if got := tt.fault.String(); got != tt.name {
				t.Errorf("got the name %q, want %q", got, tt.name)
			}
			srv := newServer(t)
			srv.SetFault(tt.fault)
			a := sendHTTP(t, newHTTPClient(t, srv), srv, 3)
			if a.status != tt.status || string(a.body) != tt.body || a.header.Get("Location") != tt.location || a.header.Get("Content-Type") != tt.kind {
				t.Errorf("got %d %q %v", a.status, a.body, a.header)
			}
			if srv.Count() != tt.kept || srv.Requests()[0].Status != tt.status {
				t.Errorf("got %d kept and %+v", srv.Count(), srv.Requests()[0])
			}
			if code := send(t, newClient(t, srv), 1); code != tt.code {
				t.Errorf("over gRPC: got %v, want %v", code, tt.code)
			}
		})
	}
}

func TestHeadersOfAFaultAreItsOwn(t *testing.T) {
	base := otlptest.HTTPStatus(503, "").Header("Retry-After", "1")
	other := base.Header("Retry-After", "2").Header("Server", "x")
	srv := newServer(t)
	srv.Script(base, other, base)
	c := newHTTPClient(t, srv)
	for _, want := range []string{"1", "2 x", "1"} {
		h := sendHTTP(t, c, srv, 1).header
		if got := strings.TrimSpace(h.Get("Retry-After") + " " + h.Get("Server")); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestRequestsThatAreNotOTLP(t *testing.T) {
	for _, tt := range []struct {
		name, method, path string
		header             []string
		body               []byte
		want               int
		code               codes.Code
	}{
		{"another path", "POST", "/v1/traces", nil, nil, 404, codes.Unimplemented},
		{"the root", "POST", "/", nil, nil, 404, codes.Unimplemented},
		{"another method", "GET", "/v1/logs", nil, nil, 405, codes.Unknown},
		{"another type", "POST", "/v1/logs", []string{"Content-Type", "text/plain"}, nil, 415, codes.Unknown},
		{"no type", "POST", "/v1/logs", []string{"Content-Type", ""}, nil, 415, codes.Unknown},
		{"another encoding", "POST", "/v1/logs", []string{"Content-Encoding", "br"}, nil, 415, codes.Unimplemented},
		{"garbage", "POST", "/v1/logs", nil, []byte("garbage"), 400, codes.InvalidArgument},
		{"garbage in JSON", "POST", "/v1/logs", []string{"Content-Type", "application/json"}, []byte("{"), 400, codes.InvalidArgument},
		{"garbage as gzip", "POST", "/v1/logs", []string{"Content-Encoding", "gzip"}, []byte("garbage"), 400, codes.InvalidArgument},
		{"garbage as zstd", "POST", "/v1/logs", []string{"Content-Encoding", "zstd"}, []byte("garbage"), 400, codes.InvalidArgument},
		{"a gzip bomb", "POST", "/v1/logs", []string{"Content-Encoding", "gzip"}, gzipOf(t, make([]byte, 5<<20)), 413, codes.ResourceExhausted},
		{"a zstd bomb", "POST", "/v1/logs", []string{"Content-Encoding", "zstd"}, zstandard(t, make([]byte, 64<<20)), 413, codes.ResourceExhausted},
		{"more than fits", "POST", "/v1/logs", nil, make([]byte, 4<<20+1), 413, codes.ResourceExhausted},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv := newServer(t)
			req, err := http.NewRequestWithContext(within(t), tt.method, srv.HTTPEndpoint()+tt.path, bytes.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/x-protobuf")
			for i := 0; i < len(tt.header); i += 2 {
				req.Header.Set(tt.header[i], tt.header[i+1])
			}
			resp, err := newHTTPClient(t, srv).Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != tt.want {
				t.Errorf("got %d, want %d", resp.StatusCode, tt.want)
			}
			counts(t, srv, 0, 1)
			if q := srv.Requests()[0]; q.Status != tt.want || q.Code != tt.code || q.Path != tt.path {
				t.Errorf("got %+v, want %d and %v", q, tt.want, tt.code)
			}
		})
	}
}

func TestAStrayRequestMeetsNoFault(t *testing.T) {
	srv := newServer(t)
	srv.Script(otlptest.Status(codes.Unavailable, ""))
	c := newHTTPClient(t, srv)
	if a, err := post(within(t), c, srv.HTTPEndpoint()+"/", nil); err != nil || a.status != 404 {
		t.Errorf("got %d, %v, want 404", a.status, err)
	}
	if a := sendHTTP(t, c, srv, 1); a.status != 503 {
		t.Errorf("got %d, want the fault's 503", a.status)
	}
}

func TestZstdCanBeRefused(t *testing.T) {
	srv := newServer(t, otlptest.WithoutZstd())
	c := newHTTPClient(t, srv)
	for encoding, want := range map[string]int{"zstd": 415, "gzip": 200} {
		body := protobufOf(t, batch(0, 1))
		if encoding == "gzip" {
			body = gzipOf(t, body)
		}
		if a, err := post(within(t), c, srv.HTTPURL(), body, "Content-Encoding", encoding); err != nil || a.status != want {
			t.Errorf("%s: got %d, %v, want %d", encoding, a.status, err, want)
		}
	}
}

func TestAnotherPath(t *testing.T) {
	for path, endpoint := range map[string]string{"/otlp/v1/logs": "/otlp", "/": "/", "/in": "/in"} {
		srv := newServer(t, otlptest.WithHTTPPath(path))
		if got := strings.TrimPrefix(srv.HTTPEndpoint(), "http://"); !strings.HasSuffix(got, endpoint) {
			t.Errorf("got the endpoint %q, want it to end with %q", got, endpoint)
		}
		c := newHTTPClient(t, srv)
		if a := sendHTTP(t, c, srv, 1); a.status != 200 {
			t.Errorf("%s: got %d, want 200", path, a.status)
		}
		if a, err := post(within(t), c, strings.TrimSuffix(srv.HTTPURL(), path)+"/v1/logs", nil); err != nil || a.status != 404 {
			t.Errorf("%s: got %d, %v for /v1/logs, want 404", path, a.status, err)
		}
	}
}

func TestHangOverHTTPEndsWithTheClient(t *testing.T) {
	srv := newServer(t)
	srv.Script(otlptest.Hang())
	c := newHTTPClient(t, srv)
	ctx, cancel := context.WithCancel(within(t))
	done := make(chan error, 1)
	body := protobufOf(t, batch(0, 1))
	go func() {
		_, err := post(ctx, c, srv.HTTPURL(), body)
		done <- err
	}()
	if _, err := srv.WaitRequests(within(t), 1); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	counts(t, srv, 0, 1)
	if q := srv.Requests()[0]; q.Status != 0 || q.Code != codes.DeadlineExceeded {
		t.Errorf("got %+v", q)
	}
}

func TestHangOverHTTPEndsWithTheReceiver(t *testing.T) {
	srv := newServer(t)
	srv.SetFault(otlptest.Hang())
	c := newHTTPClient(t, srv)
	done := make(chan error, 1)
	body := protobufOf(t, batch(0, 1))
	go func() {
		_, err := post(t.Context(), c, srv.HTTPURL(), body)
		done <- err
	}()
	if _, err := srv.WaitRequests(within(t), 1); err != nil {
		t.Fatal(err)
	}
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
	<-done // an error, or an answer that was just in time
	if _, err := post(within(t), c, srv.HTTPURL(), body); err == nil {
		t.Error("the closed receiver answered")
	}
}

func TestResetOverHTTP(t *testing.T) {
	for _, f := range []otlptest.Fault{otlptest.Reset(), otlptest.Reset().AfterAccept()} {
		srv := newServer(t)
		srv.Script(f)
		c := newHTTPClient(t, srv)
		if a, err := post(within(t), c, srv.HTTPURL(), protobufOf(t, batch(0, 2))); err == nil {
			t.Errorf("%v: got %d, want an error", f, a.status)
		}
		if q := srv.Requests()[0]; q.Status != 0 || q.Code != codes.Unavailable {
			t.Errorf("%v: got %+v", f, q)
		}
		if a := sendHTTP(t, c, srv, 1); a.status != 200 {
			t.Errorf("%v: the next: got %d", f, a.status)
		}
	}
}

func TestSlowReadOverHTTP(t *testing.T) {
	srv := newServer(t)
	body := protobufOf(t, batch(0, 100))
	srv.Script(otlptest.SlowRead(len(body) * 10))
	start := time.Now()
	if a := sendHTTP(t, newHTTPClient(t, srv), srv, 100); a.status != 200 {
		t.Errorf("got %d, want 200", a.status)
	}
	if d := time.Since(start); d < 80*time.Millisecond {
		t.Errorf("took %v, want about 100ms", d)
	}
}

func TestSlowAnswerDrips(t *testing.T) {
	srv := newServer(t)
	srv.Script(otlptest.HTTPStatus(503, "0123456789").SlowAnswer(200))
	start := time.Now()
	if a := sendHTTP(t, newHTTPClient(t, srv), srv, 1); a.status != 503 || string(a.body) != "0123456789" {
		t.Errorf("got %d %q", a.status, a.body)
	}
	if d := time.Since(start); d < 45*time.Millisecond {
		t.Errorf("took %v, want 50ms at least", d)
	}
}

func TestHTTPComesBackAtItsAddress(t *testing.T) {
	srv := newServer(t)
	c := newHTTPClient(t, srv)
	url := srv.HTTPURL()
	sendHTTP(t, c, srv, 1)
	if err := srv.Stop(); err != nil {
		t.Fatal(err)
	}
	if a, err := post(within(t), c, url, nil); err == nil {
		t.Errorf("got %d from a stopped receiver, want an error", a.status)
	}
	if err := srv.Restart(); err != nil {
		t.Fatal(err)
	}
	if srv.HTTPURL() != url {
		t.Errorf("got %s, want %s as before", srv.HTTPURL(), url)
	}
	if a := sendHTTP(t, c, srv, 1); a.status != 200 {
		t.Errorf("got %d, want 200", a.status)
	}
	counts(t, srv, 2, 2)
}

func TestHTTP2(t *testing.T) {
	cfg, pool := certificate(t)
	plain, secure := new(http.Protocols), new(http.Protocols)
	plain.SetUnencryptedHTTP2(true)
	secure.SetHTTP2(true)
	for _, tt := range []struct {
		name      string
		opts      []otlptest.Option
		protocols *http.Protocols
	}{
		{"plain", nil, plain},
		{"TLS", []otlptest.Option{otlptest.WithTLS(cfg)}, secure},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv := newServer(t, tt.opts...)
			tr := &http.Transport{Protocols: tt.protocols, TLSClientConfig: &tls.Config{RootCAs: pool}}
			defer tr.CloseIdleConnections()
			c := &http.Client{Transport: tr}
			srv.Script(otlptest.OK(), otlptest.Reset(), otlptest.SlowRead(1<<20), otlptest.Hang())
			if a := sendHTTP(t, c, srv, 1); a.status != 200 {
				t.Errorf("got %d, want 200", a.status)
			}
			if a, err := post(within(t), c, srv.HTTPURL(), protobufOf(t, batch(0, 1))); err == nil {
				t.Errorf("got %d over a connection that was cut", a.status)
			}
			if a := sendHTTP(t, c, srv, 1); a.status != 200 {
				t.Errorf("got %d, want 200", a.status)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			if _, err := post(ctx, c, srv.HTTPURL(), protobufOf(t, batch(0, 1))); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want context.DeadlineExceeded", err)
			}
			counts(t, srv, 2, 4)
		})
	}
}

func TestHTTPInMemoryRunsInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := newServer(t, otlptest.WithInMemory())
		srv.Script(otlptest.Delay(time.Hour))
		c := newHTTPClient(t, srv)
		start := time.Now()
		a, err := post(t.Context(), c, srv.HTTPURL(), protobufOf(t, batch(0, 1)))
		if err != nil || a.status != 200 || time.Since(start) < time.Hour {
			t.Errorf("got %d, %v after %v", a.status, err, time.Since(start))
		}
		c.CloseIdleConnections()
	})
}

func TestRequestsOverHTTPAtOnceConcurrentSafe(t *testing.T) {
	srv := newServer(t, otlptest.WithMaxMessageSize(1<<20))
	const workers, each, n = 4, 10, 20
	errs := make(chan error, workers)
	body := gzipOf(t, protobufOf(t, batch(0, n)))
	c := newHTTPClient(t, srv)
	for range workers {
		go func() {
			var err error
			for range each {
				a, e := post(t.Context(), c, srv.HTTPURL(), body, "Content-Encoding", "gzip")
				if e == nil && a.status != 200 {
					e = fmt.Errorf("status %d", a.status)
				}
				err = errors.Join(err, e)
			}
			errs <- err
		}()
	}
	for range workers {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	counts(t, srv, workers*each*n, workers*each)
}

func TestTheHTTPAddressCanBeChosen(t *testing.T) {
	free := newServer(t)
	address := strings.TrimPrefix(free.HTTPEndpoint(), "http://")
	if _, err := otlptest.New(otlptest.WithHTTPAddress(address)); err == nil {
		t.Error("a port that is taken was taken again")
	}
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	srv := newServer(t, otlptest.WithHTTPAddress(address))
	if got := srv.HTTPEndpoint(); got != "http://"+address {
		t.Errorf("got %s, want http://%s", got, address)
	}
}

func TestBadOptionsOfHTTP(t *testing.T) {
	_, err := otlptest.New(otlptest.WithHTTPAddress(""), otlptest.WithHTTPPath("x"))
	for _, want := range []string{"WithHTTPAddress: the address is empty", `WithHTTPPath: "x"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
	if _, err := otlptest.New(otlptest.WithInMemory(), otlptest.WithHTTPAddress("127.0.0.1:0")); err == nil {
		t.Error("an address and memory at once were accepted")
	}
}
