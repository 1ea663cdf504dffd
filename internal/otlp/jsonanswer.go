package otlp

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// ParseJSONResponse reads an ExportLogsServiceResponse in OTLP/JSON. {} is full
// success. Fields that are not known are passed over. Text that is not UTF-8 is
// repaired: it must not hide the number. Every error is a *JSONError.
func ParseJSONResponse(text []byte) (Response, error) {
	r := jsonReader{text: withoutInvalid(text)}
	var out Response
	for isFirst := r.enter('{'); r.more(isFirst, '}'); isFirst = false {
		isPartial := string(r.name()) == "partialSuccess"
		if !isPartial {
			r.skip(maxSkip)
		} else if !r.literal("null") {
			r.partialSuccess(&out)
		}
	}
	if err := r.finish(); err != nil {
		return Response{}, err
	}
	return out, nil
}

// partialSuccess reads an ExportLogsPartialSuccess.
func (r *jsonReader) partialSuccess(out *Response) {
	for isFirst := r.enter('{'); r.more(isFirst, '}'); isFirst = false {
		name := string(r.name())
		switch {
		case r.literal("null"):
		case name == "rejectedLogRecords":
			out.Rejected = r.int(math.MaxInt64)
		case name == "errorMessage":
			out.Message = bounded(r.string())
		default:
			r.skip(maxSkip)
		}
	}
}

// ParseJSONStatus reads a google.rpc.Status in the JSON mapping of protobuf, and the
// last RetryInfo among its first MaxDetails details, as ParseStatus does. Every
// error is a *JSONError.
func ParseJSONStatus(text []byte) (Status, error) {
	r := jsonReader{text: withoutInvalid(text)}
	var s Status
	for isFirst := r.enter('{'); r.more(isFirst, '}'); isFirst = false {
		name := string(r.name())
		switch {
		case r.literal("null"):
		case name == "code":
			s.Code = int32(r.int(math.MaxInt32))
		case name == "message":
			s.Message = bounded(r.string())
		case name == "details" && r.peek() == '[':
			r.details(&s)
		default:
			r.skip(maxSkip)
		}
	}
	if err := r.finish(); err != nil {
		return Status{}, err
	}
	return s, nil
}

// details reads the details of a Status.
func (r *jsonReader) details(s *Status) {
	n := 0
	for isFirst := r.enter('['); r.more(isFirst, ']'); isFirst = false {
		if n++; n > MaxDetails || r.peek() != '{' {
			r.skip(maxSkip)
			continue
		}
		if delay, ok := r.retryInfo(); ok {
			s.RetryDelay, s.HasRetryInfo = delay, true
		}
	}
}

// retryInfo passes over an Any and returns the delay of the RetryInfo that it holds.
// ok is false if it holds something else or cannot be read.
func (r *jsonReader) retryInfo() (delay time.Duration, ok bool) {
	named, readable := false, true
	for isFirst := r.enter('{'); r.more(isFirst, '}'); isFirst = false {
		name := string(r.name())
		switch {
		case name == "@type" && r.peek() == '"':
			named = isRetryInfo(r.string())
		case name == "retryDelay" && r.peek() == '"':
			delay, readable = parseJSONDuration(string(r.string()))
		default:
			r.skip(maxSkip)
		}
	}
	return delay, named && readable
}

// parseJSONDuration reads a google.protobuf.Duration, such as "1.5s", and bounds it
// to 0 to MaxRetryDelay.
func parseJSONDuration(text string) (time.Duration, bool) {
	number, ok := strings.CutSuffix(text, "s")
	if !ok || numberLen([]byte(number)) != len(number) || number == "" {
		return 0, false
	}
	seconds, _ := strconv.ParseFloat(number, 64) // Infinite if it is out of range.
	seconds = max(0, min(seconds, MaxRetryDelay.Seconds()))
	return time.Duration(math.Round(seconds * float64(time.Second))), true
}
