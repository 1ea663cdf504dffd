package otlptest

import (
	"fmt"
	"time"

	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// message is one ExportLogsServiceRequest that was read completely.
type message struct {
	body    []byte // the encoded request; belongs to the transport and is valid while it is handled
	count   int    // how many records it holds
	records []Record
	decoded *collogspb.ExportLogsServiceRequest // nil when only counted
}

// parse decodes body, or only counts its records when decode is false.
func parse(body []byte, decode bool, at time.Time) (*message, error) {
	if !decode {
		n, err := countRecords(body)
		if err != nil {
			return nil, err
		}
		return &message{body: body, count: n}, nil
	}
	return parseWith(decodeProtobuf, body, at)
}

// A decodeFunc decodes the body of a request.
type decodeFunc func(body []byte) (*collogspb.ExportLogsServiceRequest, error)

func decodeProtobuf(body []byte) (*collogspb.ExportLogsServiceRequest, error) {
	req := new(collogspb.ExportLogsServiceRequest)
	return req, proto.Unmarshal(body, req)
}

// parseWith decodes body with decode.
func parseWith(decode decodeFunc, body []byte, at time.Time) (*message, error) {
	req, err := decode(body)
	if err != nil {
		return nil, err
	}
	records := recordsOf(req, at)
	return &message{body: body, count: len(records), records: records, decoded: req}, nil
}

// The path to a log record: field numbers of
// ExportLogsServiceRequest.resource_logs, ResourceLogs.scope_logs and
// ScopeLogs.log_records. They are part of OTLP and do not change.
var recordPath = [...]protowire.Number{1, 2, 2}

// countRecords counts the records of an encoded request. It steps over the
// records without looking into them.
func countRecords(body []byte) (int, error) { return countAt(body, recordPath[:]) }

func countAt(msg []byte, path []protowire.Number) (int, error) {
	total := 0
	for len(msg) > 0 {
		num, typ, n := protowire.ConsumeTag(msg)
		if n < 0 {
			return 0, fmt.Errorf("otlptest: %w", protowire.ParseError(n))
		}
		msg = msg[n:]
		if num != path[0] || typ != protowire.BytesType { // an unknown field, also to the generated decoder
			n = protowire.ConsumeFieldValue(num, typ, msg)
			if n < 0 {
				return 0, fmt.Errorf("otlptest: %w", protowire.ParseError(n))
			}
			msg = msg[n:]
			continue
		}
		inner, n := protowire.ConsumeBytes(msg)
		if n < 0 {
			return 0, fmt.Errorf("otlptest: %w", protowire.ParseError(n))
		}
		msg = msg[n:]
		if len(path) == 1 {
			total++
			continue
		}
		sub, err := countAt(inner, path[1:])
		if err != nil {
			return 0, err
		}
		total += sub
	}
	return total, nil
}
