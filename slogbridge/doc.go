// Package slogbridge connects log/slog to a stream: its [Handler] turns each
// record into an OTLP LogRecord and puts it into a [stream.Stream].
//
//	s, err := stream.New(sink)
//	if err != nil {
//		log.Fatal(err)
//	}
//	defer s.Shutdown(context.Background())
//	slog.SetDefault(slog.New(slogbridge.NewHandler(s)))
//
// # What a caller can rely on
//
// A log call takes no lock, does no I/O, and allocates nothing for records of
// scalar and string attributes. It does not block unless the stream was made with
// [stream.Block], it never panics, and it never returns an error: what becomes of
// the record is in the stream's Stats. When it returns, every value in the record
// is settled; the program may change what it logged.
//
// # Records
//
// The time of the record becomes its time, the message its body, and the context's
// span its trace id, span id and flags. The level plus 9 is the severity number,
// held to the range from 1 to 24; DEBUG, INFO, WARN, ERROR and FATAL (see
// [LevelFatal]) are the severity texts, and other levels have the text of
// [slog.Level.String], such as INFO+2. The observed time is that of the record if
// it was taken in this process, and otherwise now.
//
// # Attributes
//
// Groups become maps. Groups without attributes are left out, those without a name
// are inlined, and of equal keys the last one wins. An attribute without a key has
// the key "!EMPTYKEY".
//
// A value is encoded by the first rule that fits: LogValuer, error, text marshaler,
// JSON marshaler, Stringer, and then by its kind, with maps, slices, structs (by
// their json tags) and pointers to any depth up to 64. A type with a method
// Redacted() string, as [net/url.URL], shows that text. Durations are integers of
// nanoseconds, times are text in RFC 3339, named strings and numbers keep their
// value, nil is null. Text that is not UTF-8 becomes bytes. A panic in a value's
// method becomes the value "!PANIC: ...", an error of a marshaler "!ERROR: ...".
//
// # Errors
//
// An attribute that is an error keeps its key and its place. In addition the record
// gets the attributes exception.type and exception.message at its top level, of its
// own first error or else of the first one in the innermost WithAttrs that has one,
// unless it has such attributes already.
//
// # Size
//
// A record larger than the stream takes is cut, not lost: its largest values are
// shortened and end with "...[cut]".
package slogbridge
