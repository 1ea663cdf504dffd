package otlp_test

import (
	"encoding/binary"
	"math"
	"strings"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
)

// generator turns any bytes into a record, so that a fuzzer can search among
// records instead of among encodings. When the bytes end, everything is zero.
type generator struct{ data []byte }

func (g *generator) byte() byte {
	if len(g.data) == 0 {
		return 0
	}
	b := g.data[0]
	g.data = g.data[1:]
	return b
}

// uint64 favours small numbers, as most fields do.
func (g *generator) uint64() uint64 {
	size := g.byte()
	if size < 200 {
		return uint64(size)
	}
	var b [8]byte
	g.data = g.data[copy(b[:], g.data):]
	return binary.LittleEndian.Uint64(b[:]) >> (size % 64)
}

// text takes some bytes as they are, also invalid UTF-8, and repeats them to
// reach lengths that a fuzzer seldom would.
func (g *generator) text() string {
	n := min(int(g.byte()%64), len(g.data))
	s := string(g.data[:n])
	g.data = g.data[n:]
	switch times := g.byte(); {
	case times > 250:
		return strings.Repeat(s, 1000)
	case times > 220:
		return strings.Repeat(s, int(times)-218)
	}
	return s
}

func (g *generator) value(depth int) *commonpb.AnyValue {
	kind := g.byte() % 9
	if depth == 0 {
		kind %= 7
	}
	switch kind {
	case 0, 1:
		return stringValue(g.text())
	case 2:
		return boolValue(g.byte()%2 == 1)
	case 3:
		return intValue(int64(g.uint64()))
	case 4:
		return doubleValue(math.Float64frombits(g.uint64()))
	case 5:
		return bytesValue([]byte(g.text()))
	case 6:
		return &commonpb.AnyValue{}
	case 7:
		var elems []*commonpb.AnyValue
		for range g.byte() % 20 {
			elems = append(elems, g.value(depth-1))
		}
		return arrayValue(elems...)
	default:
		return mapValue(g.keyValues(depth - 1)...)
	}
}

func (g *generator) keyValues(depth int) []*commonpb.KeyValue {
	var kvs []*commonpb.KeyValue
	for range g.byte() % 40 {
		if len(g.data) == 0 {
			break
		}
		kvs = append(kvs, keyValue(g.text(), g.value(depth)))
	}
	return kvs
}

// record makes a record as our encoder can write it.
func (g *generator) record() *logspb.LogRecord {
	r := &logspb.LogRecord{
		TimeUnixNano:           g.uint64(),
		SeverityNumber:         logspb.SeverityNumber(g.byte()),
		SeverityText:           g.text(),
		DroppedAttributesCount: uint32(g.uint64()),
		Flags:                  uint32(g.byte()),
		ObservedTimeUnixNano:   g.uint64(),
		EventName:              g.text(),
	}
	if ids := g.byte(); ids%2 == 1 {
		r.TraceId = traceID
		if ids%4 == 3 {
			r.SpanId = spanID
		}
	}
	if g.byte()%8 > 0 {
		r.Body = g.value(6)
	}
	r.Attributes = g.keyValues(5)
	return r
}
