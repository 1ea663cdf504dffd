package otlp

import "math"

// The functions of this file write the parts of a record that is written anew
// by AppendLimited, from a view of the old one.

// appendScalar appends v, which is no array or map, as field tag.
func appendScalar(dst []byte, tag byte, v Value) []byte {
	switch v.kind {
	case KindString:
		dst = AppendHeader(dst, tag, SizeField(len(v.data)))
		return AppendBytesField(dst, tagString, v.data)
	case KindBytes:
		return AppendBytesValue(dst, tag, v.data)
	case KindBool:
		return AppendBoolValue(dst, tag, v.bits != 0)
	case KindInt:
		return AppendIntValue(dst, tag, int64(v.bits))
	case KindDouble:
		return AppendDoubleValue(dst, tag, math.Float64frombits(v.bits))
	}
	return AppendNullValue(dst, tag)
}

// appendHead appends the fields of r before the body, the text cut to level.
func appendHead(dst []byte, r *Record, level int) []byte {
	dst = AppendTime(dst, r.Time)
	if r.SeverityNumber != 0 {
		dst = AppendVarint(append(dst, tagSeverity), uint64(r.SeverityNumber))
	}
	return appendText(dst, tagSeverityText, r.SeverityText, level)
}

// appendTail appends the fields of r behind the attributes, of which dropped
// more were dropped, the event name cut to level. An id of a wrong length is
// no id and is left out.
func appendTail(dst []byte, r *Record, dropped, level int) []byte {
	n := min(uint64(r.DroppedAttributes)+uint64(dropped), math.MaxUint32)
	dst = AppendDroppedAttributes(dst, uint32(n))
	if r.Flags != 0 {
		f := r.Flags
		dst = append(dst, tagFlags, byte(f), byte(f>>8), byte(f>>16), byte(f>>24))
	}
	if len(r.TraceID) == 16 {
		dst = AppendBytesField(dst, tagTraceID, r.TraceID)
	}
	if len(r.SpanID) == 8 {
		dst = AppendBytesField(dst, tagSpanID, r.SpanID)
	}
	dst = AppendObservedTime(dst, r.ObservedTime)
	return appendText(dst, tagEventName, r.EventName, level)
}

// appendMarked appends text and CutMark as field tag.
func appendMarked(dst []byte, tag byte, text []byte) []byte {
	dst = append(AppendHeader(dst, tag, len(text)+len(CutMark)), text...)
	return append(dst, CutMark...)
}

// appendText appends a string field, cut to level bytes. "" is omitted.
func appendText(dst []byte, tag byte, text []byte, level int) []byte {
	switch {
	case len(text) == 0:
		return dst
	case len(text) <= level:
		return AppendBytesField(dst, tag, text)
	}
	return appendMarked(dst, tag, text[:cutAt(text, level-len(CutMark))])
}
