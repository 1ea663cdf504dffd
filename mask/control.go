package mask

import (
	"github.com/logstream-go/logstream/internal/control"
	"github.com/logstream-go/logstream/internal/detect"
)

// WithEscapedControls makes the control characters of texts visible: line feeds,
// carriage returns, escape sequences of terminals, and what turns the direction of text
// become \n, \r, \u001b and the like, so that a destination that shows records as
// lines cannot be made to show lines that nobody logged (CWE-117). It does so in bodies,
// values, names, and keys at any depth, here always as \u000a. Line feeds and tabs stay
// in the values of exception.stacktrace and code.stacktrace, and bytes stay bytes.
// Backslashes stay as they are. What is found in a text is masked before and after; the
// counters do not count it.
//
// It is meant for the mask of a route whose destination needs it (stream.WithRouteMask): OTLP itself carries
// such characters safely, and package sink's texts for lines never have them.
// Default: off.
func WithEscapedControls() Option {
	return optionFunc(func(c *config) { c.controls = escaper{} })
}

// form is how control characters are written.
type form uint8

const (
	short  = form(control.Short)
	long   = form(control.Long)
	lines  = form(control.Lines)
	noForm = lines + 1 // As they are: it is no text.
)

// controls finds control characters and makes them visible. It is an interface so that a
// program without WithEscapedControls does not link what that needs.
type controls interface {
	matcher // By it a text with a control character is not clean. It is the last pattern.
	in(text []byte) bool
	escape(text []byte, f form) []byte

	// blank returns what a key and its long form have in common.
	blank(key []byte) []byte
}

// escaper implements controls.
type escaper struct{}

func (escaper) in(text []byte) bool { return control.Index(text) >= 0 }

func (escaper) escape(text []byte, f form) []byte {
	return control.Append(nil, text, control.Form(f))
}

func (escaper) blank(key []byte) []byte { return control.Blank(key) }

func (escaper) find(dst []detect.Finding, text []byte, id detect.ID) []detect.Finding {
	if i := control.Index(text); i >= 0 {
		dst = append(dst, detect.Finding{Start: i, End: i + 1, ID: id})
	}
	return dst
}

// isStack reports whether key is one whose value has lines: OpenTelemetry's names of
// stack traces.
func isStack(key []byte) bool {
	return string(key) == "exception.stacktrace" || string(key) == "code.stacktrace"
}
