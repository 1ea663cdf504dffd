package otlp

import (
	"bytes"
	"math"
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds of what a server's answer may say. Whatever it sends, the decoders
// allocate at most one message and look at a bounded number of details.
const (
	// MaxMessage is the most bytes kept of a server's message; a longer one is
	// cut at a character.
	MaxMessage = 4 << 10
	// MaxDetails is how many details of a Status are looked at; OTLP sends one.
	MaxDetails = 16
	// MaxRetryDelay is the longest delay that a Status can ask for; longer ones
	// count as this.
	MaxRetryDelay = 24 * time.Hour
)

// typeRetryInfo is the message name that ends the type URL of a RetryInfo.
const typeRetryInfo = "google.rpc.RetryInfo"

// Field numbers of the answers.
const (
	numPartialSuccess = 1 // ExportLogsServiceResponse

	numRejected     = 1 // ExportLogsPartialSuccess
	numErrorMessage = 2

	numCode    = 1 // google.rpc.Status
	numMessage = 2
	numDetails = 3

	numTypeURL  = 1 // google.protobuf.Any
	numAnyValue = 2

	numRetryDelay = 1 // google.rpc.RetryInfo

	numSeconds = 1 // google.protobuf.Duration
	numNanos   = 2
)

// Response is what an ExportLogsServiceResponse says: 0 and "" is full
// success, 0 with a message is a warning.
type Response struct {
	// Rejected is the number of records that the server refused, as it sent
	// it: it can be negative or larger than the request. The caller bounds it.
	Rejected int64
	// Message is the server's explanation: valid UTF-8, at most MaxMessage
	// bytes.
	Message string
}

// ParseResponse reads an ExportLogsServiceResponse. An empty one is full
// success.
func ParseResponse(b []byte) (Response, error) {
	var r Response
	var message []byte
	for len(b) > 0 {
		f, rest, err := Next(b)
		if err != nil {
			return Response{}, err
		}
		b = rest
		if f.Num != numPartialSuccess || f.Type != Bytes {
			continue
		}
		for p := f.Data; len(p) > 0; {
			g, rest, err := Next(p)
			if err != nil {
				return Response{}, err
			}
			p = rest
			switch {
			case g.Num == numRejected && g.Type == Varint:
				r.Rejected = int64(g.Bits)
			case g.Num == numErrorMessage && g.Type == Bytes:
				message = g.Data
			}
		}
	}
	r.Message = bounded(message)
	return r, nil
}

// Status is what a google.rpc.Status says.
type Status struct {
	Code    int32
	Message string // Valid UTF-8, at most MaxMessage bytes.
	// RetryDelay is 0 to MaxRetryDelay: negative delays count as 0.
	RetryDelay time.Duration
	// HasRetryInfo tells a RetryInfo with delay 0 from none at all.
	HasRetryInfo bool
}

// ParseStatus reads a google.rpc.Status and the last RetryInfo among its first
// MaxDetails details. Other details, and details that cannot be read, are
// passed over: they must not hide the code.
func ParseStatus(b []byte) (Status, error) {
	var s Status
	var message []byte
	details := 0
	for len(b) > 0 {
		f, rest, err := Next(b)
		if err != nil {
			return Status{}, err
		}
		b = rest
		switch {
		case f.Num == numCode && f.Type == Varint:
			s.Code = int32(f.Bits)
		case f.Num == numMessage && f.Type == Bytes:
			message = f.Data
		case f.Num == numDetails && f.Type == Bytes && details < MaxDetails:
			details++
			if delay, ok := retryDelay(f.Data); ok {
				s.RetryDelay, s.HasRetryInfo = delay, true
			}
		}
	}
	s.Message = bounded(message)
	return s, nil
}

// retryDelay reads an Any that holds a RetryInfo.
func retryDelay(detail []byte) (time.Duration, bool) {
	var typeURL, value []byte
	for len(detail) > 0 {
		f, rest, err := Next(detail)
		if err != nil {
			return 0, false
		}
		detail = rest
		switch {
		case f.Num == numTypeURL && f.Type == Bytes:
			typeURL = f.Data
		case f.Num == numAnyValue && f.Type == Bytes:
			value = f.Data
		}
	}
	if !isRetryInfo(typeURL) {
		return 0, false
	}
	var seconds, nanos int64
	for len(value) > 0 {
		f, rest, err := Next(value)
		if err != nil {
			return 0, false
		}
		value = rest
		if f.Num != numRetryDelay || f.Type != Bytes {
			continue
		}
		for d := f.Data; len(d) > 0; {
			g, rest, err := Next(d)
			if err != nil {
				return 0, false
			}
			d = rest
			switch {
			case g.Num == numSeconds && g.Type == Varint:
				seconds = int64(g.Bits)
			case g.Num == numNanos && g.Type == Varint:
				nanos = int64(int32(g.Bits))
			}
		}
	}
	return delay(seconds, nanos), true
}

// isRetryInfo reports whether the last segment of a type URL names RetryInfo;
// the host before it has no meaning.
func isRetryInfo(typeURL []byte) bool {
	before, ok := bytes.CutSuffix(typeURL, []byte(typeRetryInfo))
	return ok && (len(before) == 0 || before[len(before)-1] == '/')
}

// delay adds seconds and nanoseconds, which may have any value, and bounds the
// sum to 0 to MaxRetryDelay.
func delay(seconds, nanos int64) time.Duration {
	// nanos is an int32: at most about two seconds, so the bounds on seconds
	// keep the product far from overflow.
	const most = int64(MaxRetryDelay/time.Second) + math.MaxInt32/int64(time.Second) + 1
	seconds = max(-most, min(seconds, most))
	d := time.Duration(seconds)*time.Second + time.Duration(nanos)
	return max(0, min(d, MaxRetryDelay))
}

// bounded returns the first MaxMessage bytes of b as valid UTF-8.
func bounded(b []byte) string {
	if len(b) > MaxMessage {
		b = b[:cutAt(b, MaxMessage)]
	}
	if utf8.Valid(b) {
		return string(b)
	}
	// A replacement is three bytes and can stand for one, so cut once more.
	s := strings.ToValidUTF8(string(b), replacement)
	if len(s) > MaxMessage {
		s = s[:cutAt(s, MaxMessage)]
	}
	return s
}

// cutAt returns the largest i <= n, at most three less, at which s can be cut
// without splitting a character. n is less than len(s).
func cutAt[T string | []byte](s T, n int) int {
	for i := n; i > max(0, n-utf8.UTFMax); i-- {
		if utf8.RuneStart(s[i]) {
			return i
		}
	}
	return n
}
