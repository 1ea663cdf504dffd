package otlptest

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
)

// decodeJSON reads an ExportLogsServiceRequest in OTLP/JSON. protojson would be
// wrong for it: OTLP has hex where protojson has base64, and forbids the names
// of enums and of fields in snake case, which protojson accepts.
//
// It ignores fields that it does not know, as OTLP demands of receivers, and is
// strict in all else, so that an encoder's error shows: names are compared with
// their case, no name may repeat, text must be valid UTF-8, and nothing may
// follow the message.
func decodeJSON(body []byte) (*collogspb.ExportLogsServiceRequest, error) {
	if !utf8.Valid(body) {
		return nil, errors.New("OTLP/JSON: the text is not valid UTF-8")
	}
	r := jsonReader{d: json.NewDecoder(bytes.NewReader(body))}
	r.d.UseNumber()
	req := new(collogspb.ExportLogsServiceRequest)
	err := r.message(fields{
		"resourceLogs": func() error {
			return list(&r, &req.ResourceLogs, r.resourceLogs)
		},
	})
	if err == nil {
		if _, end := r.d.Token(); !errors.Is(end, io.EOF) {
			err = errors.New("something follows the message")
		}
	}
	if err != nil {
		return nil, fmt.Errorf("OTLP/JSON: %w", err)
	}
	return req, nil
}

// maxJSONDepth is how deep messages may lie in each other: the same bound as
// that of the protobuf decoder.
const maxJSONDepth = 10_000

// errDepth is not told where it was: the way there is long.
var errDepth = errors.New("nested too deeply")

// jsonReader reads one JSON text from its beginning to its end.
type jsonReader struct {
	d     *json.Decoder
	depth int
}

// fields says how the values of a message's fields are read, by their names.
type fields map[string]func() error

// message reads an object. null stands for a message without fields, as in all
// of proto3's JSON.
func (r *jsonReader) message(known fields) error {
	t, err := r.d.Token()
	if err != nil || t == nil {
		return err
	}
	if t != json.Delim('{') {
		return fmt.Errorf("got %v, want an object", t)
	}
	if r.depth++; r.depth > maxJSONDepth {
		return errDepth
	}
	seen := make(map[string]bool, len(known))
	for r.d.More() {
		t, err := r.d.Token()
		if err != nil {
			return err
		}
		name, _ := t.(string) // the decoder accepts nothing else here
		if seen[name] {
			return fmt.Errorf("%q stands twice in an object", name)
		}
		seen[name] = true
		read, ok := known[name]
		if !ok {
			read = r.skip
		}
		if err := read(); err != nil {
			return within(name, err)
		}
	}
	r.depth--
	_, err = r.d.Token()
	return err
}

// within says that err happened in the field or element called name.
func within(name string, err error) error {
	if errors.Is(err, errDepth) {
		return err
	}
	return fmt.Errorf("%s: %w", name, err)
}

// skip reads a value of any kind.
func (r *jsonReader) skip() error {
	var raw json.RawMessage
	return r.d.Decode(&raw)
}

// list reads an array into dst, each element with read. null is an empty one.
func list[T any](r *jsonReader, dst *[]T, read func() (T, error)) error {
	t, err := r.d.Token()
	if err != nil || t == nil {
		return err
	}
	if t != json.Delim('[') {
		return fmt.Errorf("got %v, want an array", t)
	}
	for r.d.More() {
		v, err := read()
		if err != nil {
			return within(strconv.Itoa(len(*dst)), err)
		}
		*dst = append(*dst, v)
	}
	_, err = r.d.Token()
	return err
}

func (r *jsonReader) resourceLogs() (*logspb.ResourceLogs, error) {
	m := new(logspb.ResourceLogs)
	return m, r.message(fields{
		"resource": func() error {
			m.Resource = new(resourcepb.Resource)
			return r.message(fields{
				"attributes":             func() error { return list(r, &m.Resource.Attributes, r.keyValue) },
				"droppedAttributesCount": func() error { return r.uint32(&m.Resource.DroppedAttributesCount) },
			})
		},
		"scopeLogs": func() error { return list(r, &m.ScopeLogs, r.scopeLogs) },
		"schemaUrl": func() error { return r.text(&m.SchemaUrl) },
	})
}

func (r *jsonReader) scopeLogs() (*logspb.ScopeLogs, error) {
	m := new(logspb.ScopeLogs)
	return m, r.message(fields{
		"scope": func() error {
			m.Scope = new(commonpb.InstrumentationScope)
			return r.message(fields{
				"name":                   func() error { return r.text(&m.Scope.Name) },
				"version":                func() error { return r.text(&m.Scope.Version) },
				"attributes":             func() error { return list(r, &m.Scope.Attributes, r.keyValue) },
				"droppedAttributesCount": func() error { return r.uint32(&m.Scope.DroppedAttributesCount) },
			})
		},
		"logRecords": func() error { return list(r, &m.LogRecords, r.logRecord) },
		"schemaUrl":  func() error { return r.text(&m.SchemaUrl) },
	})
}

func (r *jsonReader) logRecord() (*logspb.LogRecord, error) {
	m := new(logspb.LogRecord)
	return m, r.message(fields{
		"timeUnixNano":         func() error { return r.uint64(&m.TimeUnixNano) },
		"observedTimeUnixNano": func() error { return r.uint64(&m.ObservedTimeUnixNano) },
		"severityNumber": func() error {
			n, err := r.enum()
			m.SeverityNumber = logspb.SeverityNumber(n)
			return err
		},
		"severityText": func() error { return r.text(&m.SeverityText) },
		"body": func() (err error) {
			m.Body, err = r.anyValue()
			return err
		},
		"attributes":             func() error { return list(r, &m.Attributes, r.keyValue) },
		"droppedAttributesCount": func() error { return r.uint32(&m.DroppedAttributesCount) },
		"flags":                  func() error { return r.uint32(&m.Flags) },
		"traceId":                func() error { return r.hex(&m.TraceId) },
		"spanId":                 func() error { return r.hex(&m.SpanId) },
		"eventName":              func() error { return r.text(&m.EventName) },
	})
}

func (r *jsonReader) keyValue() (*commonpb.KeyValue, error) {
	m := new(commonpb.KeyValue)
	return m, r.message(fields{
		"key": func() error { return r.text(&m.Key) },
		"value": func() (err error) {
			m.Value, err = r.anyValue()
			return err
		},
	})
}

// anyValue reads an AnyValue, of whose fields at most one may be there.
func (r *jsonReader) anyValue() (*commonpb.AnyValue, error) {
	m := new(commonpb.AnyValue)
	one := func(read func() error) func() error {
		return func() error {
			if m.Value != nil {
				return errors.New("a value of two kinds")
			}
			return read()
		}
	}
	return m, r.message(fields{
		"stringValue": one(func() error {
			v := new(commonpb.AnyValue_StringValue)
			m.Value = v
			return r.text(&v.StringValue)
		}),
		"boolValue": one(func() error {
			v := new(commonpb.AnyValue_BoolValue)
			m.Value = v
			return r.bool(&v.BoolValue)
		}),
		"intValue": one(func() error {
			v := new(commonpb.AnyValue_IntValue)
			m.Value = v
			return r.int64(&v.IntValue)
		}),
		"doubleValue": one(func() error {
			v := new(commonpb.AnyValue_DoubleValue)
			m.Value = v
			return r.double(&v.DoubleValue)
		}),
		"bytesValue": one(func() error {
			v := new(commonpb.AnyValue_BytesValue)
			m.Value = v
			return r.base64(&v.BytesValue)
		}),
		"arrayValue": one(func() error {
			a := new(commonpb.ArrayValue)
			m.Value = &commonpb.AnyValue_ArrayValue{ArrayValue: a}
			return r.message(fields{"values": func() error { return list(r, &a.Values, r.anyValue) }})
		}),
		"kvlistValue": one(func() error {
			a := new(commonpb.KeyValueList)
			m.Value = &commonpb.AnyValue_KvlistValue{KvlistValue: a}
			return r.message(fields{"values": func() error { return list(r, &a.Values, r.keyValue) }})
		}),
	})
}

// scalar reads a value that is no object and no array; nil is null.
func (r *jsonReader) scalar(want string) (any, error) {
	t, err := r.d.Token()
	if err != nil {
		return nil, err
	}
	if d, ok := t.(json.Delim); ok {
		return nil, fmt.Errorf("got %v, want %s", d, want)
	}
	return t, nil
}

func (r *jsonReader) text(dst *string) error {
	t, err := r.scalar("text")
	if err != nil || t == nil {
		return err
	}
	s, ok := t.(string)
	if !ok {
		return fmt.Errorf("got %v, want text", t)
	}
	*dst = s
	return nil
}

func (r *jsonReader) bool(dst *bool) error {
	t, err := r.scalar("a bool")
	if err != nil || t == nil {
		return err
	}
	b, ok := t.(bool)
	if !ok {
		return fmt.Errorf("got %v, want a bool", t)
	}
	*dst = b
	return nil
}

// number reads a number or one in quotation marks. A number without a fraction
// is all that OTLP has besides doubles.
func (r *jsonReader) number() (string, error) {
	t, err := r.scalar("a number")
	if err != nil || t == nil {
		return "0", err
	}
	switch t := t.(type) {
	case json.Number:
		return t.String(), nil
	case string:
		return t, nil
	}
	return "", fmt.Errorf("got %v, want a number", t)
}

func (r *jsonReader) uint64(dst *uint64) error {
	s, err := r.number()
	if err == nil {
		*dst, err = strconv.ParseUint(s, 10, 64)
	}
	return err
}

func (r *jsonReader) uint32(dst *uint32) error {
	s, err := r.number()
	if err != nil {
		return err
	}
	n, err := strconv.ParseUint(s, 10, 32)
	*dst = uint32(n)
	return err
}

func (r *jsonReader) int64(dst *int64) error {
	s, err := r.number()
	if err == nil {
		*dst, err = strconv.ParseInt(s, 10, 64)
	}
	return err
}

// enum reads the number of an enum. OTLP forbids the names.
func (r *jsonReader) enum() (int32, error) {
	t, err := r.scalar("the number of an enum")
	if err != nil || t == nil {
		return 0, err
	}
	s, ok := t.(json.Number)
	if !ok {
		return 0, fmt.Errorf("got %q, want the number of an enum", t)
	}
	n, err := strconv.ParseInt(s.String(), 10, 32)
	return int32(n), err
}

// double reads a double, for which JSON has three names.
func (r *jsonReader) double(dst *float64) error {
	s, err := r.number()
	if err != nil {
		return err
	}
	switch s {
	case "NaN":
		*dst = math.NaN()
	case "Infinity":
		*dst = math.Inf(1)
	case "-Infinity":
		*dst = math.Inf(-1)
	default:
		if strings.Trim(s, "0123456789+-.eE") != "" {
			return fmt.Errorf("got %q, want a number", s) // ParseFloat knows more spellings
		}
		*dst, err = strconv.ParseFloat(s, 64)
	}
	return err
}

// hex reads the bytes of an id.
func (r *jsonReader) hex(dst *[]byte) error {
	var s string
	if err := r.text(&s); err != nil || s == "" {
		return err
	}
	b, err := hex.DecodeString(s)
	*dst = b
	return err
}

// base64 reads bytes in any of the four forms of base64 that proto3's JSON
// accepts.
func (r *jsonReader) base64(dst *[]byte) error {
	var s string
	if err := r.text(&s); err != nil {
		return err
	}
	enc := base64.RawStdEncoding
	if strings.ContainsAny(s, "-_") {
		enc = base64.RawURLEncoding
	}
	b, err := enc.DecodeString(strings.TrimRight(s, "="))
	*dst = b
	return err
}
