package otlp

import (
	"encoding/base64"
	"encoding/hex"
	"math"
	"strconv"
)

// AppendJSONRecord appends record, a LogRecord, as the JSON object that
// OTLP/JSON defines: names in lowerCamelCase, ids in hexadecimal, 64-bit
// integers as decimal strings, enums as integers, bytes in base64, and NaN and
// the infinities by their names. It allocates nothing while dst has room.
//
// It reads as ParseRecord does and refuses what receivers would: a record that
// passes Validate is written, any other is ErrTruncated, ErrOverflow,
// ErrWireType, ErrFieldNumber, ErrUTF8, ErrID or ErrDepth, and dst is returned
// as it was. Fields of later versions of OTLP are left out.
func AppendJSONRecord(dst, record []byte) ([]byte, error) {
	at := len(dst)
	dst, err := appendJSONRecord(dst, record, MaxDepth)
	if err != nil {
		return dst[:at], err
	}
	return dst, nil
}

// The functions below append one message as an object. depth is how many levels
// of arrays and maps it may hold. After an error what they return is cut off.

func appendJSONRecord(dst, msg []byte, depth int) ([]byte, error) {
	r, body, err := parseRecord(msg)
	if err != nil {
		return dst, err
	}
	dst = append(dst, '{')
	if r.Time != 0 {
		dst = appendJSONUint64(appendJSONName(dst, `"timeUnixNano":`), r.Time)
	}
	if r.ObservedTime != 0 {
		dst = appendJSONUint64(appendJSONName(dst, `"observedTimeUnixNano":`), r.ObservedTime)
	}
	if r.SeverityNumber != 0 {
		dst = strconv.AppendInt(appendJSONName(dst, `"severityNumber":`), int64(r.SeverityNumber), 10)
	}
	if dst, err = appendJSONString(dst, `"severityText":`, r.SeverityText); err != nil {
		return dst, err
	}
	if body != nil {
		if dst, err = appendJSONValue(appendJSONName(dst, `"body":`), body, depth); err != nil {
			return dst, err
		}
	}
	if dst, err = appendJSONList(dst, `"attributes":[`, msg, TagRecordAttribute, depth, appendJSONKeyValue); err != nil {
		return dst, err
	}
	dst = appendJSONCount(dst, `"droppedAttributesCount":`, r.DroppedAttributes)
	dst = appendJSONCount(dst, `"flags":`, r.Flags)
	if dst, err = appendJSONID(dst, `"traceId":"`, r.TraceID, 16); err != nil {
		return dst, err
	}
	if dst, err = appendJSONID(dst, `"spanId":"`, r.SpanID, 8); err != nil {
		return dst, err
	}
	if dst, err = appendJSONString(dst, `"eventName":`, r.EventName); err != nil {
		return dst, err
	}
	return append(dst, '}'), nil
}

func appendJSONKeyValue(dst, msg []byte, depth int) ([]byte, error) {
	key, value, err := splitKeyValue(msg)
	if err != nil {
		return dst, err
	}
	if dst, err = appendJSONString(append(dst, '{'), `"key":`, key); err != nil {
		return dst, err
	}
	if value != nil {
		if dst, err = appendJSONValue(appendJSONName(dst, `"value":`), value, depth); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

func appendJSONValue(dst, msg []byte, depth int) ([]byte, error) {
	v, err := ParseValue(msg)
	if err != nil {
		return dst, err
	}
	switch v.kind {
	case KindString:
		if dst, err = appendJSONText(append(dst, `{"stringValue":`...), v.data); err != nil {
			return dst, err
		}
	case KindBool:
		dst = strconv.AppendBool(append(dst, `{"boolValue":`...), v.bits != 0)
	case KindInt:
		dst = strconv.AppendInt(append(dst, `{"intValue":"`...), int64(v.bits), 10)
		dst = append(dst, '"')
	case KindDouble:
		dst = appendJSONDouble(append(dst, `{"doubleValue":`...), math.Float64frombits(v.bits))
	case KindBytes:
		dst = base64.StdEncoding.AppendEncode(append(dst, `{"bytesValue":"`...), v.data)
		dst = append(dst, '"')
	case KindArray, KindMap:
		if depth == 0 {
			return dst, ErrDepth
		}
		head, tag, item := `{"arrayValue":{`, TagArrayElement, appendJSONValue
		if v.kind == KindMap {
			head, tag, item = `{"kvlistValue":{`, TagMapEntry, appendJSONKeyValue
		}
		if dst, err = appendJSONList(append(dst, head...), `"values":[`, v.data, tag, depth-1, item); err != nil {
			return dst, err
		}
		dst = append(dst, '}')
	default:
		dst = append(dst, '{')
	}
	return append(dst, '}'), nil
}

// appendJSONList appends the fields tag of msg as a member whose value is an
// array, or nothing if there are none. head is its name and the bracket.
func appendJSONList(dst []byte, head string, msg []byte, tag byte, depth int, item func(dst, msg []byte, depth int) ([]byte, error)) ([]byte, error) {
	isOpen := false
	for i := 0; i < len(msg); {
		got, bits, end := scan(msg, i)
		if end < 0 {
			return dst, scanError(end)
		}
		i = end
		if got != uint32(tag) {
			continue
		}
		if isOpen {
			dst = append(dst, ',')
		} else {
			dst = appendJSONName(dst, head)
			isOpen = true
		}
		var err error
		if dst, err = item(dst, data(msg, bits, end), depth); err != nil {
			return dst, err
		}
	}
	if isOpen {
		dst = append(dst, ']')
	}
	return dst, nil
}

// appendJSONName appends the name of a member, given with its quotes and colon,
// and the comma before it unless it is the first of its object.
func appendJSONName(dst []byte, name string) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	return append(dst, name...)
}

// appendJSONString appends a member of type string. "" is omitted.
func appendJSONString(dst []byte, name string, text []byte) ([]byte, error) {
	if len(text) == 0 {
		return dst, nil
	}
	return appendJSONText(appendJSONName(dst, name), text)
}

// appendJSONCount appends a member of type uint32. 0 is omitted.
func appendJSONCount(dst []byte, name string, n uint32) []byte {
	if n == 0 {
		return dst
	}
	return strconv.AppendUint(appendJSONName(dst, name), uint64(n), 10)
}

// appendJSONID appends an id of n bytes as a member; an empty one is none.
func appendJSONID(dst []byte, name string, id []byte, n int) ([]byte, error) {
	if err := validateID(id, n); err != nil || len(id) == 0 {
		return dst, err
	}
	return append(hex.AppendEncode(appendJSONName(dst, name), id), '"'), nil
}

// appendJSONUint64 appends v as a string: numbers of JavaScript are exact to 53
// bits.
func appendJSONUint64(dst []byte, v uint64) []byte {
	return append(strconv.AppendUint(append(dst, '"'), v, 10), '"')
}

// appendJSONDouble appends v in the fewest digits that read as v again. Very
// large and small numbers have an exponent, as those of JavaScript do.
func appendJSONDouble(dst []byte, v float64) []byte {
	switch abs := math.Abs(v); {
	case v != v:
		return append(dst, `"NaN"`...)
	case v > math.MaxFloat64:
		return append(dst, `"Infinity"`...)
	case v < -math.MaxFloat64:
		return append(dst, `"-Infinity"`...)
	case abs != 0 && abs < 1e-6 || abs >= 1e21:
		return strconv.AppendFloat(dst, v, 'e', -1, 64)
	}
	return strconv.AppendFloat(dst, v, 'f', -1, 64)
}
