package otlptest

import (
	"time"

	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/grpc/codes"
)

// Request is one export request as it arrived, answered well or not. Its map
// and message are shared by every caller and must not be changed.
type Request struct {
	ReceivedAt time.Time // when it had been read, or had failed to be read
	Peer       string    // the client's network address
	Protocol   string    // "grpc", "http/protobuf" or "http/json", as OTEL_EXPORTER_OTLP_PROTOCOL names them
	Path       string    // of the URL, as it was sent; "" for gRPC

	Header      map[string][]string // what the client sent, keys in lower case; for gRPC the metadata, authority and user agent, for HTTP the headers and the host as ":authority"
	Compression string              // the encoding the client named ("gzip"); "" without

	Records  int // log records in it, kept or not; 0 when it was not read or not decoded
	Size     int // bytes of the encoded message, uncompressed; 0 when it was not read
	WireSize int // bytes of the message as sent, compressed if so, without the framing of gRPC and HTTP/2; 0 when it was not read

	Fault  string     // the fault it met, as Fault.String says; "ok" without
	Code   codes.Code // the answer decided on; for Hang DeadlineExceeded and for Reset Unavailable, as the client sees them; over HTTP the code that the answer stands for
	Status int        // the HTTP status decided on; 0 for gRPC, Hang and Reset

	Message *collogspb.ExportLogsServiceRequest // decoded, with WithMessages only
}

// Stats is the sum of what a Server received since New or Server.Reset.
type Stats struct {
	Requests  int64 // requests, answered well or not
	Records   int64 // records kept (with WithDiscard: counted); what Count returns
	Refused   int64 // records that arrived in decoded requests and were not kept
	Bytes     int64 // sum of Request.Size
	WireBytes int64 // sum of Request.WireSize
}
