package attrs

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/logstream-go/logstream/internal/otlp"
)

// Attributes that OpenTelemetry's conventions define for an error.
const (
	keyExceptionType    = "exception.type"
	keyExceptionMessage = "exception.message"
)

// maxMessage bounds the texts of an exception in bytes. The attribute that holds the error
// has it in full.
const maxMessage = 16 << 10

// An Exception is what OpenTelemetry's conventions want to know of an error.
type Exception struct {
	Found   bool
	Type    string
	Message string
}

// failed returns the message of err, and keeps it as the exception of the record
// if it is the first.
func (e *Encoder) failed(err error) string {
	message := err.Error
	if r, ok := err.(redacted); ok {
		message = r.Redacted
	}
	msg := text(message)
	if !e.Exception.Found {
		e.Exception = Exception{
			Found:   true,
			Type:    Shorten(text(func() string { return errorType(err) }), maxMessage),
			Message: Shorten(msg, maxMessage),
		}
	}
	return msg
}

// hides reports whether the message of err must not be seen, since a field of err has the
// tag mask. Then err is an exception without a message, and its value tells its fields.
func (e *Encoder) hides(err error) bool {
	t := reflect.TypeOf(err)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if _, ok := err.(redacted); ok || t.Kind() != reflect.Struct || !planOf(t).tagged {
		return false
	}
	if !e.Exception.Found {
		e.Exception = Exception{Found: true, Type: Shorten(text(func() string { return errorType(err) }), maxMessage)}
	}
	return true
}

// AppendException appends the attributes of x as field tag of the message around
// them, except those whose key is among the attributes in dst[start:]: what the
// user set wins.
func (x Exception) AppendException(dst []byte, tag byte, start int) []byte {
	set := dst[start:]
	if x.Type != "" && !HasKey(set, keyExceptionType) {
		dst = otlp.AppendString(dst, tag, keyExceptionType, x.Type)
	}
	if x.Message != "" && !HasKey(set, keyExceptionMessage) {
		dst = otlp.AppendString(dst, tag, keyExceptionMessage, x.Message)
	}
	return dst
}

// errorType names the type of err as the OpenTelemetry SDK does: what it says of
// itself in ErrorType, or else its Go type, which for the wrappers of fmt.Errorf
// is that of the error inside.
func errorType(err error) string {
	if t, ok := err.(interface{ ErrorType() string }); ok {
		if s := t.ErrorType(); s != "" {
			return s
		}
	}
	for reflect.TypeOf(err) == fmtWrapper {
		inner := errors.Unwrap(err)
		if inner == nil {
			break
		}
		err = inner
	}
	t := reflect.TypeOf(err)
	if t.PkgPath() != "" && t.Name() != "" {
		return t.PkgPath() + "." + t.Name()
	}
	return t.String()
}

var fmtWrapper = reflect.TypeOf(fmt.Errorf("%w", errors.ErrUnsupported))
