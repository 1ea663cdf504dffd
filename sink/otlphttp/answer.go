package otlphttp

import (
	"bytes"
	"compress/gzip"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/logstream-go/logstream/internal/otlp"
)

// Media types of OTLP.
const (
	typeProtobuf = "application/x-protobuf"
	typeJSON     = "application/json"
)

// codeUnimplemented is the code of google.rpc.Status for what a server does not
// do at all.
const codeUnimplemented = 12

// An answer is what came back, with a bound on everything.
type answer struct {
	status    int
	header    http.Header
	mediaType string // in lower case, without parameters
	body      []byte // decompressed, as far as it was read
	whole     bool   // body is all there is
}

// read takes an answer and gives its connection back.
func read(resp *http.Response, most int) *answer {
	a := &answer{status: resp.StatusCode, header: resp.Header}
	a.mediaType, _, _ = mime.ParseMediaType(resp.Header.Get("Content-Type"))
	a.body, a.whole = readBody(resp, most)
	_ = resp.Body.Close() // the status has been read, and it rules
	return a
}

// readBody returns the body, and whether it is whole: it may break off, or have
// more than most bytes before or after decompression. It reads one byte above that
// at most, and stops when the attempt's time is up.
func readBody(resp *http.Response, most int) (body []byte, whole bool) {
	wire := &io.LimitedReader{R: resp.Body, N: int64(most) + 1}
	var r io.Reader = wire
	switch strings.ToLower(resp.Header.Get("Content-Encoding")) {
	case "", "identity":
	case "gzip":
		z, err := gzip.NewReader(wire)
		if err != nil {
			return nil, false
		}
		r = io.LimitReader(z, int64(most)+1)
	default: // nobody has asked for it
		return nil, false
	}
	var buf bytes.Buffer
	_, err := buf.ReadFrom(r)
	body = buf.Bytes()
	return body[:min(len(body), most)], err == nil && len(body) <= most && wire.N > 0
}

// success reads the body of a 2xx. An answer that is not OTLP's is a full
// success: servers differ in what they put there, and the status rules.
func (a *answer) success() otlp.Response {
	if !a.whole {
		return otlp.Response{}
	}
	switch a.mediaType {
	case typeProtobuf:
		r, _ := otlp.ParseResponse(a.body)
		return r
	case typeJSON:
		r, _ := otlp.ParseJSONResponse(a.body)
		return r
	}
	return otlp.Response{}
}

// failure reads the body of any other status: as google.rpc.Status if it is one,
// and as text if not. What is there of it may hold the reason.
func (a *answer) failure() otlp.Status {
	switch a.mediaType {
	case typeProtobuf:
		if st, err := otlp.ParseStatus(a.body); err == nil {
			return st
		}
		return otlp.Status{}
	case typeJSON:
		// Other JSON has neither, and is shown as it is.
		if st, err := otlp.ParseJSONStatus(a.body); err == nil && (st.Message != "" || st.HasRetryInfo) {
			return st
		}
	}
	return otlp.Status{Message: string(a.body)} // shortened once credentials are out
}

// How sure it is that an endpoint has refused the compression of a request.
const (
	none = iota
	possible
	certain
)

// doubt tells whether the compression called name may be the reason of a failure.
func (a *answer) doubt(name string) int {
	if a == nil {
		return none
	}
	switch a.status {
	case http.StatusUnsupportedMediaType, http.StatusNotImplemented:
		return certain
	case http.StatusBadRequest:
		st := a.failure()
		said := strings.ToLower(st.Message)
		if st.Code == codeUnimplemented || strings.Contains(said, "content-encoding") || strings.Contains(said, name) {
			return certain
		}
		return possible
	}
	return none
}
