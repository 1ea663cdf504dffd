package otlp

import "unicode/utf8"

// MaxDepth is how deep arrays and maps may be nested: the value of an
// attribute, or the body, is at depth 1. It is OTLP's default limit.
const MaxDepth = 64

// Validate reports whether every receiver can decode record, a LogRecord: all
// lengths to full depth, known fields of their own wire type, strings of valid
// UTF-8, and arrays and maps nested at most maxDepth deep. maxDepth is 0 to
// MaxDepth; larger or negative values count as MaxDepth.
func Validate(record []byte, maxDepth int) error {
	if maxDepth < 0 || maxDepth > MaxDepth {
		maxDepth = MaxDepth
	}
	for len(record) > 0 {
		f, rest, err := Next(record)
		if err != nil {
			return err
		}
		record = rest
		if err := validateRecordField(f, maxDepth); err != nil {
			return err
		}
	}
	return nil
}

func validateRecordField(f Field, depth int) error {
	var want WireType
	switch f.Num {
	case numTime, numObservedTime:
		want = Fixed64
	case numSeverity, numDropped:
		want = Varint
	case numFlags:
		want = Fixed32
	case numTraceID, numSpanID:
		want = Bytes
	case numSeverityText, numEventName:
		return validateString(f)
	case numBody:
		return validateValue(f, depth)
	case numAttribute:
		return validateKeyValue(f, depth)
	default:
		return nil
	}
	if f.Type != want {
		return ErrWireType
	}
	return nil
}

func validateString(f Field) error {
	if f.Type != Bytes {
		return ErrWireType
	}
	if !utf8.Valid(f.Data) {
		return ErrUTF8
	}
	return nil
}

func validateKeyValue(f Field, depth int) error {
	if f.Type != Bytes {
		return ErrWireType
	}
	for msg := f.Data; len(msg) > 0; {
		g, rest, err := Next(msg)
		if err != nil {
			return err
		}
		msg = rest
		switch g.Num {
		case numKey:
			err = validateString(g)
		case numValue:
			err = validateValue(g, depth)
		case numKeyStrindex:
			err = requireType(g, Varint)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// validateValue checks an AnyValue below which depth levels of arrays and maps
// are left. The recursion ends with them.
func validateValue(f Field, depth int) error {
	if f.Type != Bytes {
		return ErrWireType
	}
	for msg := f.Data; len(msg) > 0; {
		g, rest, err := Next(msg)
		if err != nil {
			return err
		}
		msg = rest
		kind, ok := valueKind(g.Num, g.Type)
		switch {
		case !ok && g.Num <= numStrindex:
			return ErrWireType
		case kind == KindString:
			err = validateString(g)
		case kind == KindArray, kind == KindMap:
			if depth == 0 {
				return ErrDepth
			}
			err = validateList(g.Data, kind, depth-1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func validateList(msg []byte, kind ValueKind, depth int) error {
	for len(msg) > 0 {
		f, rest, err := Next(msg)
		if err != nil {
			return err
		}
		msg = rest
		if f.Num != numListValues {
			continue
		}
		if kind == KindArray {
			err = validateValue(f, depth)
		} else {
			err = validateKeyValue(f, depth)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func requireType(f Field, want WireType) error {
	if f.Type != want {
		return ErrWireType
	}
	return nil
}
