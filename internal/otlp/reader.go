package otlp

import "iter"

// KeyValue is a view of a key and its value.
type KeyValue struct {
	Key   []byte
	Value Value
}

// ParseKeyValue reads the content of a KeyValue.
func ParseKeyValue(msg []byte) (KeyValue, error) {
	key, value, err := splitKeyValue(msg)
	if err != nil {
		return KeyValue{}, err
	}
	v, err := ParseValue(value)
	if err != nil {
		return KeyValue{}, err
	}
	return KeyValue{key, v}, nil
}

// splitKeyValue returns the key and the AnyValue of a KeyValue. value is nil if
// there is none.
func splitKeyValue(msg []byte) (key, value []byte, err error) {
	for i := 0; i < len(msg); {
		tag, bits, end := scan(msg, i)
		if end < 0 {
			return nil, nil, scanError(end)
		}
		switch tag {
		case tagKey:
			key = data(msg, bits, end)
		case uint32(TagKeyValueValue):
			value = data(msg, bits, end)
		}
		i = end
	}
	return key, value, nil
}

// Record is a view of a LogRecord.
type Record struct {
	Time              uint64 // Nanoseconds since 1970; 0: unknown.
	ObservedTime      uint64 // Nanoseconds since 1970; 0: unknown.
	SeverityNumber    int32  // 1 to 24 by the specification; others are passed on.
	SeverityText      []byte
	Body              Value
	DroppedAttributes uint32
	Flags             uint32 // The low 8 bits are the W3C trace flags.
	TraceID           []byte // 16 bytes when it is an id; other lengths are passed on.
	SpanID            []byte // 8 bytes when it is an id; other lengths are passed on.
	EventName         []byte

	raw []byte
}

// ParseRecord reads the content of a LogRecord. Attributes are checked when
// they are walked.
func ParseRecord(msg []byte) (Record, error) {
	r, body, err := parseRecord(msg)
	if err != nil {
		return Record{}, err
	}
	if r.Body, err = ParseValue(body); err != nil {
		return Record{}, err
	}
	return r, nil
}

// parseRecord reads the fields of a LogRecord up to its end or its damage, and
// leaves the body, nil if there is none, to the caller.
func parseRecord(msg []byte) (r Record, body []byte, err error) {
	r.raw = msg
	for i := 0; i < len(msg); {
		tag, bits, end := scan(msg, i)
		if end < 0 {
			return r, body, scanError(end)
		}
		switch tag {
		case tagTime:
			r.Time = bits
		case tagSeverity:
			r.SeverityNumber = int32(bits)
		case tagSeverityText:
			r.SeverityText = data(msg, bits, end)
		case uint32(TagRecordBody):
			body = data(msg, bits, end)
		case tagDropped:
			r.DroppedAttributes = uint32(bits)
		case tagFlags:
			r.Flags = uint32(bits)
		case tagTraceID:
			r.TraceID = data(msg, bits, end)
		case tagSpanID:
			r.SpanID = data(msg, bits, end)
		case tagObservedTime:
			r.ObservedTime = bits
		case tagEventName:
			r.EventName = data(msg, bits, end)
		}
		i = end
	}
	return r, body, nil
}

// Attributes yields the attributes in order, duplicate keys included. An error
// is yielded once, with a zero KeyValue, and ends the walk.
func (r Record) Attributes() iter.Seq2[KeyValue, error] {
	raw := r.raw
	return func(yield func(KeyValue, error) bool) {
		walkKeyValues(raw, TagRecordAttribute, yield)
	}
}

// walkKeyValues yields each field tag of msg as a KeyValue.
func walkKeyValues(msg []byte, tag byte, yield func(KeyValue, error) bool) {
	for i := 0; i < len(msg); {
		got, bits, end := scan(msg, i)
		if end < 0 {
			yield(KeyValue{}, scanError(end))
			return
		}
		i = end
		if got != uint32(tag) {
			continue
		}
		kv, err := ParseKeyValue(data(msg, bits, end))
		if !yield(kv, err) || err != nil {
			return
		}
	}
}
