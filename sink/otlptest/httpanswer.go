package otlptest

import (
	"encoding/json"
	"mime"
	"strconv"

	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"
)

// The content types of OTLP/HTTP, of answers too.
const (
	typeProtobuf = "application/x-protobuf"
	typeJSON     = "application/json"
	typeText     = "text/plain; charset=utf-8"
)

// contentType returns the media type that a header names, without parameters.
func contentType(header string) string {
	t, _, err := mime.ParseMediaType(header)
	if err != nil {
		return header
	}
	return t
}

// httpStatus returns the status of a over HTTP.
func (a answer) httpStatus() int {
	if a.http != nil && a.http.status != 0 {
		return a.http.status
	}
	return httpOfCode(a.code, a.hasRetry)
}

// overHTTP returns a as status, content type and body of an answer. As OTLP
// says, the body is a message in the encoding of the request: an
// ExportLogsServiceResponse, or a google.rpc.Status in case of an error.
func (a answer) overHTTP(asJSON bool) (status int, kind string, body []byte) {
	if a.http != nil && a.http.status != 0 {
		return a.http.status, typeText, []byte(a.http.body)
	}
	status, kind = a.httpStatus(), typeProtobuf
	if asJSON {
		kind = typeJSON
	}
	switch {
	case a.code != codes.OK && asJSON:
		body, _ = json.Marshal(jsonStatus{int32(a.code), a.message}) // text and a number: it cannot fail
	case a.code != codes.OK:
		body = a.statusMessage()
	case asJSON:
		var r jsonResponse
		if a.partial {
			r.PartialSuccess = &jsonPartial{strconv.FormatInt(a.rejected, 10), a.message}
		}
		body, _ = json.Marshal(r)
	default:
		resp := new(collogspb.ExportLogsServiceResponse)
		if a.partial {
			resp.PartialSuccess = &collogspb.ExportLogsPartialSuccess{RejectedLogRecords: a.rejected, ErrorMessage: a.message}
		}
		body, _ = proto.Marshal(resp) // fails for text that is not UTF-8: an empty body then
	}
	return status, kind, body
}

// statusMessage returns a as an encoded google.rpc.Status.
func (a answer) statusMessage() []byte {
	st := &spb.Status{Code: int32(a.code), Message: a.message}
	if a.hasRetry {
		info, err := anypb.New(&errdetails.RetryInfo{RetryDelay: durationpb.New(a.retryAfter)})
		if err == nil {
			st.Details = append(st.Details, info)
		}
	}
	b, _ := proto.Marshal(st)
	return b
}

// jsonStatus is a google.rpc.Status in OTLP/JSON, without details.
type jsonStatus struct {
	Code    int32  `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
}

// jsonResponse is an ExportLogsServiceResponse in OTLP/JSON.
type jsonResponse struct {
	PartialSuccess *jsonPartial `json:"partialSuccess,omitempty"`
}

// jsonPartial is a partial success. A 64-bit integer is text in proto3's JSON.
type jsonPartial struct {
	Rejected string `json:"rejectedLogRecords"`
	Message  string `json:"errorMessage,omitempty"`
}
