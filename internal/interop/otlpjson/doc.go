// Package otlpjson reads the files that the Collector's file exporter writes:
// OTLP/JSON, one LogsData a line. It is written from the format's specification
// on top of encoding/json alone and shares no code with the module under test.
//
// Reading is strict. A field that is not known here, text that is not UTF-8, a
// value with two kinds or a number that is written as no sender should write it
// is an error and not skipped over.
package otlpjson
