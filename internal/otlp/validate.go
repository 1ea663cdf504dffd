package otlp

import "unicode/utf8"

// MaxDepth is how deep arrays and maps may be nested: the value of an
// attribute, or the body, is at depth 1. It is OTLP's default limit.
//
// Each level of a map is three messages on the wire, and the protobuf decoders
// of C++ and Java give up after 100 by default: 30 maps inside each other reach
// every receiver, 64 only those written in Go and their like.
const MaxDepth = 64

// Validate reports whether receivers can decode record, a LogRecord: all
// lengths to full depth, known fields of their own wire type, strings of valid
// UTF-8, ids of 16 and 8 bytes, and arrays and maps nested at most maxDepth deep. maxDepth is 0 to
// MaxDepth; a larger or negative one counts as MaxDepth.
//
// It is stricter than ParseRecord and proto.Unmarshal: a foreign wire type or
// an id of another length makes the OpenTelemetry Collector refuse the whole
// request.
func Validate(record []byte, maxDepth int) error {
	if maxDepth < 0 || maxDepth > MaxDepth {
		maxDepth = MaxDepth
	}
	for i := 0; i < len(record); {
		tag, bits, end := scan(record, i)
		if end < 0 {
			return scanError(end)
		}
		i = end
		var err error
		switch tag {
		case tagTime, tagSeverity, tagDropped, tagFlags, tagObservedTime:
		case tagTraceID:
			err = validateID(data(record, bits, end), 16)
		case tagSpanID:
			err = validateID(data(record, bits, end), 8)
		case tagSeverityText, tagEventName:
			err = validateString(data(record, bits, end))
		case uint32(TagRecordBody):
			err = validateValue(data(record, bits, end), maxDepth)
		case uint32(TagRecordAttribute):
			err = validateKeyValue(data(record, bits, end), maxDepth)
		default:
			err = validateUnknown(tag, numEventName)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// validateKeyValue checks a KeyValue whose value may hold depth levels of
// arrays and maps.
func validateKeyValue(msg []byte, depth int) error {
	for i := 0; i < len(msg); {
		tag, bits, end := scan(msg, i)
		if end < 0 {
			return scanError(end)
		}
		i = end
		var err error
		switch tag {
		case tagKey:
			err = validateString(data(msg, bits, end))
		case uint32(TagKeyValueValue):
			err = validateValue(data(msg, bits, end), depth)
		case tagKeyStrindex:
		default:
			err = validateUnknown(tag, numKeyStrindex)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// validateValue checks an AnyValue that may hold depth levels of arrays and
// maps. The recursion ends with them.
func validateValue(msg []byte, depth int) error {
	for i := 0; i < len(msg); {
		tag, bits, end := scan(msg, i)
		if end < 0 {
			return scanError(end)
		}
		i = end
		var err error
		switch tag {
		case tagBool, tagInt, tagDouble, tagBytes, tagStrindex:
		case tagString:
			err = validateString(data(msg, bits, end))
		case tagArray, tagMap:
			if depth == 0 {
				return ErrDepth
			}
			err = validateList(data(msg, bits, end), tag == tagMap, depth-1)
		default:
			err = validateUnknown(tag, numStrindex)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// validateList checks an ArrayValue, or the KeyValueList of a map. Both have
// one field, number 1.
func validateList(msg []byte, isMap bool, depth int) error {
	for i := 0; i < len(msg); {
		tag, bits, end := scan(msg, i)
		if end < 0 {
			return scanError(end)
		}
		i = end
		var err error
		switch {
		case tag != uint32(TagArrayElement):
			err = validateUnknown(tag, numListValues)
		case isMap:
			err = validateKeyValue(data(msg, bits, end), depth)
		default:
			err = validateValue(data(msg, bits, end), depth)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// validateUnknown refuses what is not unknown: a tag that is none of the
// message's although its number is at most last. The messages number their
// fields from 1 without a gap, but for the reserved 4 of LogRecord.
func validateUnknown(tag uint32, last uint32) error {
	num := tag >> 3
	if num > last || last == numEventName && num == numReserved {
		return nil
	}
	return ErrWireType
}

// validateID checks an id of n bytes; an empty one is none.
func validateID(id []byte, n int) error {
	if len(id) != 0 && len(id) != n {
		return ErrID
	}
	return nil
}

// validateString checks a string field.
func validateString(s []byte) error {
	if !utf8.Valid(s) {
		return ErrUTF8
	}
	return nil
}
