package otlp

import (
	"bytes"
	"time"
)

const (
	// MaxDetails is how many details of a Status are looked at. OTLP sends one;
	// the others bound the work that a server can cause.
	MaxDetails = 16
	// MaxRetryDelay is the longest delay that a Status can ask for; a longer
	// one counts as this. No client should wait longer for a server's word.
	MaxRetryDelay = 24 * time.Hour
)

// typeRetryInfo is the message name that ends the type URL of a RetryInfo.
const typeRetryInfo = "google.rpc.RetryInfo"

// Tags of google.rpc.Status, of the google.protobuf.Any in it, of RetryInfo,
// and of the google.protobuf.Duration in that.
const (
	tagCode    = 1<<3 | 0
	tagMessage = 2<<3 | 2
	tagDetail  = 3<<3 | 2

	tagTypeURL = 1<<3 | 2
	tagAny     = 2<<3 | 2

	tagRetryDelay = 1<<3 | 2

	tagSeconds = 1<<3 | 0
	tagNanos   = 2<<3 | 0
)

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
	for i := 0; i < len(b); {
		tag, bits, end := scan(b, i)
		if end < 0 {
			return Status{}, scanError(end)
		}
		i = end
		switch tag {
		case tagCode:
			s.Code = int32(bits)
		case tagMessage:
			message = data(b, bits, end)
		case tagDetail:
			if details++; details > MaxDetails {
				continue
			}
			if delay, ok := retryDelay(data(b, bits, end)); ok {
				s.RetryDelay, s.HasRetryInfo = delay, true
			}
		}
	}
	s.Message = bounded(message)
	return s, nil
}

// retryDelay returns the delay of an Any that holds a RetryInfo. ok is false
// if it holds something else or cannot be read.
func retryDelay(detail []byte) (delay time.Duration, ok bool) {
	var typeURL, info []byte
	for i := 0; i < len(detail); {
		tag, bits, end := scan(detail, i)
		if end < 0 {
			return 0, false
		}
		switch tag {
		case tagTypeURL:
			typeURL = data(detail, bits, end)
		case tagAny:
			info = data(detail, bits, end)
		}
		i = end
	}
	if !isRetryInfo(typeURL) {
		return 0, false
	}
	var d duration
	for i := 0; i < len(info); {
		tag, bits, end := scan(info, i)
		if end < 0 || tag == tagRetryDelay && !d.merge(data(info, bits, end)) {
			return 0, false
		}
		i = end
	}
	return d.bounded(), true
}

// isRetryInfo reports whether the last segment of a type URL names RetryInfo;
// the host before it has no meaning.
func isRetryInfo(typeURL []byte) bool {
	before, ok := bytes.CutSuffix(typeURL, []byte(typeRetryInfo))
	return ok && (len(before) == 0 || before[len(before)-1] == '/')
}

// duration is a google.protobuf.Duration with any values.
type duration struct {
	seconds int64
	nanos   int32
}

// merge reads the fields of msg into d and reports whether it could.
func (d *duration) merge(msg []byte) bool {
	for i := 0; i < len(msg); {
		tag, bits, end := scan(msg, i)
		if end < 0 {
			return false
		}
		switch tag {
		case tagSeconds:
			d.seconds = int64(bits)
		case tagNanos:
			d.nanos = int32(bits)
		}
		i = end
	}
	return true
}

// bounded adds seconds and nanoseconds and bounds the sum to 0 to
// MaxRetryDelay. Nanoseconds, at most two seconds, can bring a sum back into
// the bounds, so seconds are bounded a little further out: far from where the
// product would overflow.
func (d *duration) bounded() time.Duration {
	const most = int64(MaxRetryDelay/time.Second) + 3
	seconds := max(-most, min(d.seconds, most))
	sum := time.Duration(seconds)*time.Second + time.Duration(d.nanos)
	return max(0, min(sum, MaxRetryDelay))
}
