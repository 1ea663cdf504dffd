package otlp

// AppendTime appends time_unix_nano, field 1 of LogRecord: nanoseconds since
// 1970 in UTC. 0 means unknown and is omitted.
func AppendTime(dst []byte, unixNano uint64) []byte {
	if unixNano == 0 {
		return dst
	}
	return appendFixed64(dst, tagTime, unixNano)
}

// AppendSeverity appends severity_number and severity_text, fields 2 and 3 of
// LogRecord. OTLP defines the numbers 1 to 24; 0 and "" are omitted. Invalid
// UTF-8 in text is repaired.
func AppendSeverity(dst []byte, number uint8, text string) []byte {
	if number != 0 {
		dst = append(dst, tagSeverity)
		dst = AppendVarint(dst, uint64(number))
	}
	if text == "" {
		return dst
	}
	return AppendStringField(dst, tagSeverityText, text)
}

// AppendDroppedAttributes appends dropped_attributes_count, field 7 of
// LogRecord. 0 is omitted.
func AppendDroppedAttributes(dst []byte, n uint32) []byte {
	return appendCount(dst, tagDropped, n)
}

// AppendTrace appends flags, trace_id and span_id, fields 8 to 10 of
// LogRecord. flags are the W3C trace flags; 0 is omitted. An id that is nil or
// all zero is invalid and omitted, and a span id is written only beside a
// trace id, without which it names nothing.
func AppendTrace(dst []byte, flags uint8, traceID *[16]byte, spanID *[8]byte) []byte {
	if flags != 0 {
		dst = append(dst, tagFlags, flags, 0, 0, 0)
	}
	if traceID == nil || *traceID == ([16]byte{}) {
		return dst
	}
	dst = append(append(dst, tagTraceID, byte(len(traceID))), traceID[:]...)
	if spanID == nil || *spanID == ([8]byte{}) {
		return dst
	}
	return append(append(dst, tagSpanID, byte(len(spanID))), spanID[:]...)
}

// AppendObservedTime appends observed_time_unix_nano, field 11 of LogRecord:
// nanoseconds since 1970 in UTC. 0 means unknown and is omitted.
func AppendObservedTime(dst []byte, unixNano uint64) []byte {
	if unixNano == 0 {
		return dst
	}
	return appendFixed64(dst, tagObservedTime, unixNano)
}

// AppendEventName appends event_name, field 12 of LogRecord; a record that has
// one is an event. "" is omitted. Invalid UTF-8 is repaired.
func AppendEventName(dst []byte, name string) []byte {
	if name == "" {
		return dst
	}
	return AppendStringField(dst, tagEventName, name)
}

// appendFixed64 appends tag and v in one step: the compiler makes one store of
// the eight bytes.
func appendFixed64(dst []byte, tag byte, v uint64) []byte {
	return append(dst, tag, byte(v), byte(v>>8), byte(v>>16), byte(v>>24),
		byte(v>>32), byte(v>>40), byte(v>>48), byte(v>>56))
}

// appendCount appends a uint32 field; 0 is omitted.
func appendCount(dst []byte, tag byte, n uint32) []byte {
	if n == 0 {
		return dst
	}
	return AppendVarint(append(dst, tag), uint64(n))
}
