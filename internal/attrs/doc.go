// Package attrs turns slog attributes into OTLP attributes, as bytes.
//
//	e := attrs.Encoder{Level: attrs.Level{Tag: otlp.TagRecordAttribute}}
//	e.Reset(limit, 0)
//	for _, a := range list {
//		dst = e.Append(dst, a)
//	}
//
// # Values
//
// What a value becomes is settled here and now, because it may change as soon as
// the log call returns. The first rule that fits decides:
//
//   - A [slog.LogValuer], at any depth, is asked for its value, up to 100 times
//     in a row.
//   - nil, and a nil pointer, map, slice, function or channel, is null.
//   - [time.Time] is RFC 3339 text with nanoseconds, [time.Duration] an integer
//     of nanoseconds, [json.Number] a number.
//   - A type with the method Redacted() string is that text; so a [net/url.URL]
//     never shows its password. A [net/url.Userinfo] shows the name only.
//   - An error is its message.
//   - An [encoding.TextMarshaler] is its text.
//   - A [json.Marshaler] is what its JSON says: a map, an array, a scalar. JSON
//     that does not parse is a string.
//   - A [fmt.Stringer] is its string.
//   - Booleans, integers, floating point numbers and strings of any name keep
//     their value. An unsigned integer above 1<<63-1 is a decimal string, a complex
//     number a string.
//   - []byte and arrays of bytes are bytes, but for [16]byte, which is the text
//     of a UUID.
//   - Other slices and arrays are arrays.
//   - Maps are maps, their keys turned into text and sorted.
//   - Structs are maps of their exported fields, with the names, omissions and
//     embedding that json tags ask for.
//     A field with the tag mask:"redact", or any other value of that tag, is
//     "[REDACTED:tag]" or what [Encoder.Types] says; one with mask:"drop" or mask:"-" is
//     left out. A struct with such a field, its own or one of a struct embedded in it,
//     is a map whatever methods it has but LogValue and Redacted, since a text would
//     show the field: an error too, which then adds no message to the record.
//   - Pointers and interfaces are what they point to.
//   - Functions, channels and unsafe pointers are the names of their types.
//
// A method counts whether it has a value or a pointer receiver.
//
// # Attributes
//
// Attributes follow slog: the zero Attr is left out, a group without attributes
// as well, and the attributes of a group without a name join those around it. Any
// other attribute without a key gets the key "!EMPTYKEY", since OTLP takes no
// empty one.
//
// # Bounds
//
// User code runs under recover: in place of a value stands "!PANIC: " and why, or
// "!ERROR: " and the error that a marshaler returned. Nesting ends at depth 64
// with "...[too deep]", a cycle with "...[cycle]". A record holds at most
// [MaxElements] nested values, and its size in bytes is bounded by
// [Encoder.Reset]; what is beyond is marked "...[cut]".
package attrs
