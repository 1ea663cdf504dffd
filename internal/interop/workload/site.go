package workload

import (
	"context"
	"log/slog"
	"reflect"
	"runtime"

	"github.com/logstream-go/logstream/internal/interop/otlpjson"
)

// A site is a place in the source that a record comes from.
type site struct {
	pc       uintptr
	function string
	file     string
	line     int
}

// entries returns what WithSource adds for the site.
func (s site) entries() []otlpjson.KeyValue {
	return []otlpjson.KeyValue{
		entry("code.function.name", str(s.function)),
		entry("code.file.path", str(s.file)),
		entry("code.line.number", num(int64(s.line))),
	}
}

// viaHandle is the site of records that a handler is called with directly.
var viaHandle = func() site {
	pcs := make([]uintptr, 1)
	runtime.Callers(1, pcs)
	f, _ := runtime.CallersFrames(pcs).Next()
	return site{pcs[0], f.Function, f.File, f.Line}
}()

// viaLogger is the site of records that go through a slog.Logger: the call in
// logAttrs, which is on the line after the function's first.
var viaLogger = func() site {
	pc := reflect.ValueOf(logAttrs).Pointer()
	f := runtime.FuncForPC(pc)
	file, line := f.FileLine(pc)
	return site{0, f.Name(), file, line + 1}
}()

// logAttrs logs; the line of its call is what a source location has to name.
//
//go:noinline
func logAttrs(ctx context.Context, l *slog.Logger, level slog.Level, message string, attrs []slog.Attr) {
	l.LogAttrs(ctx, level, message, attrs...)
}
