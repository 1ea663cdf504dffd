// Package otlp writes and reads the protobuf encoding of OTLP log records,
// and of the messages around them, byte by byte.
//
// A record is encoded once, in the goroutine that logs, and stays bytes until
// a receiver decodes it:
//
//	b = otlp.AppendTime(b, now)
//	b = otlp.AppendSeverity(b, 9, "INFO")
//	b = otlp.AppendStringValue(b, otlp.TagRecordBody, "request done")
//	b = otlp.AppendString(b, otlp.TagRecordAttribute, "method", "GET")
//	b, m := otlp.OpenMap(b, otlp.TagRecordAttribute, "http")
//	b = otlp.AppendInt(b, otlp.TagMapEntry, "status", 200)
//	b = otlp.CloseMap(b, m)
//	b = otlp.AppendObservedTime(b, now)
//
// # Encoding
//
// Every Append function adds to dst and returns the longer slice, as the
// builtin append does; none allocates while dst has room. The bytes are those
// that a deterministic proto.Marshal writes, as long as the caller keeps the
// field order 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12: minimal varints and no
// zero-valued scalar fields. Members of AnyValue have presence, so an empty
// string, 0 and false are written there.
//
// One attribute, a KeyValue in field 6 of the record, is four headers and two
// texts. The three outer lengths count what follows them:
//
//	32 0f     attributes: 15 bytes
//	0a 06     . key: 6 bytes
//	  "method"
//	12 05     . value, an AnyValue: 5 bytes
//	0a 03     . . string_value: 3 bytes
//	  "GET"
//
// A length takes one byte up to 127, so most records need no other. The
// functions that know their whole content compute the lengths first; Open and
// Close reserve one byte a length and move the content only if it grew larger.
//
//	field                    number  type      written by
//	time_unix_nano           1       fixed64   AppendTime
//	severity_number          2       varint    AppendSeverity
//	severity_text            3       string    AppendSeverity
//	body                     5       AnyValue  Append...Value with TagRecordBody
//	attributes               6       KeyValue  AppendString ... with TagRecordAttribute
//	dropped_attributes_count 7       varint    AppendDroppedAttributes
//	flags                    8       fixed32   AppendTrace
//	trace_id                 9       bytes     AppendTrace
//	span_id                  10      bytes     AppendTrace
//	observed_time_unix_nano  11      fixed64   AppendObservedTime
//	event_name               12      string    AppendEventName
//
// The format is that of OTLP and stable. Spools and crash rings hold these
// bytes, so what this package writes must stay readable: a golden file keeps
// it.
//
// A string that is not valid UTF-8 would make a receiver refuse the whole
// request. As a value it becomes bytes_value, which keeps every byte; as a
// key, name or text each run of invalid bytes becomes one U+FFFD.
//
// # Reading
//
// The reader takes bytes that nobody has checked. It never panics and never
// allocates, it checks every length against the message around it, and what
// it returns are views into the input: they live as long as the input does
// and must not be written to.
//
// It reads as proto.Unmarshal does: unknown fields, and known fields of a
// foreign wire type, are skipped; of a scalar or a oneof that occurs twice
// the last one counts. Three differences are deliberate. An embedded message
// that occurs twice (a body, the value of a key, an array or map inside one
// AnyValue) is not merged with the earlier one: the last one counts alone.
// Groups, which proto3 does not have, are errors. And the reader does not
// look at the UTF-8 of strings nor below what is asked for: [Validate] does
// both.
//
// # JSON
//
// [AppendJSONRecord] and [AppendJSONRequest] write OTLP/JSON straight from the
// encoded bytes, in the order of the Collector, whose text is the same byte for
// byte (but that it writes an empty body, value, resource or scope where there
// is none). [AppendRequestFromJSON] reads OTLP/JSON from anywhere into the encoding
// above, so that a record is the same bytes however it came:
//
//	0a 03 47 45 54          {"stringValue":"GET"}
//	18 c8 01                {"intValue":"200"}
//	2a 04 0a 02 10 01       {"arrayValue":{"values":[{"boolValue":true}]}}
//	(nothing)               {}
//
// Neither direction allocates while dst has room, apart from an error of the
// reader.
//
// # Limits
//
// [AppendLimited] holds an encoded record to a size, a number of attributes, a
// length of their values and unique keys. It is the last step before a record
// is stored or sent, and it never gives up a record.
//
// # Concurrency
//
// All functions may be called concurrently. The package holds no state but a
// pool of working memory.
package otlp
