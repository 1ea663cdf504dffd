package otlp

import "math"

// jsonMessage says how an object of OTLP/JSON becomes a message. The tables are
// the schema: names, tags and types of the fields in ascending order.
type jsonMessage struct {
	fields  []jsonField
	isOneof bool // At most one field is set, and it is written even if zero.
}

type jsonField struct {
	name    string
	tag     byte
	kind    jsonKind
	message messageID // Of jsonSingle and jsonRepeated.
}

// jsonKind is the type of a field.
type jsonKind uint8

const (
	jsonString jsonKind = iota
	jsonBool
	jsonEnum
	jsonInt64
	jsonUint32
	jsonFixed32
	jsonFixed64
	jsonDouble
	jsonBytes
	jsonID8
	jsonID16
	jsonSingle   // A message.
	jsonRepeated // An array of messages.
)

// messageID is a position in jsonMessages: the tables refer to each other in a
// circle, which variables cannot.
type messageID uint8

const (
	msgRequest messageID = iota
	msgResourceLogs
	msgScopeLogs
	msgResource
	msgScope
	msgRecord
	msgKeyValue
	msgValue
	msgArray
	msgMap
)

var jsonMessages = [...]jsonMessage{
	msgRequest: {fields: []jsonField{
		{"resourceLogs", TagRequestResourceLogs, jsonRepeated, msgResourceLogs},
	}},
	msgResourceLogs: {fields: []jsonField{
		{"resource", TagResourceLogsResource, jsonSingle, msgResource},
		{"scopeLogs", TagResourceLogsScopeLogs, jsonRepeated, msgScopeLogs},
		{"schemaUrl", TagResourceLogsSchemaURL, jsonString, 0},
	}},
	msgScopeLogs: {fields: []jsonField{
		{"scope", TagScopeLogsScope, jsonSingle, msgScope},
		{"logRecords", TagScopeLogsRecord, jsonRepeated, msgRecord},
		{"schemaUrl", TagScopeLogsSchemaURL, jsonString, 0},
	}},
	msgResource: {fields: []jsonField{
		{"attributes", TagResourceAttribute, jsonRepeated, msgKeyValue},
		{"droppedAttributesCount", tagResourceDropped, jsonUint32, 0},
	}},
	msgScope: {fields: []jsonField{
		{"name", tagScopeName, jsonString, 0},
		{"version", tagScopeVersion, jsonString, 0},
		{"attributes", TagScopeAttribute, jsonRepeated, msgKeyValue},
		{"droppedAttributesCount", tagScopeDropped, jsonUint32, 0},
	}},
	msgRecord: {fields: []jsonField{
		{"timeUnixNano", tagTime, jsonFixed64, 0},
		{"severityNumber", tagSeverity, jsonEnum, 0},
		{"severityText", tagSeverityText, jsonString, 0},
		{"body", TagRecordBody, jsonSingle, msgValue},
		{"attributes", TagRecordAttribute, jsonRepeated, msgKeyValue},
		{"droppedAttributesCount", tagDropped, jsonUint32, 0},
		{"flags", tagFlags, jsonFixed32, 0},
		{"traceId", tagTraceID, jsonID16, 0},
		{"spanId", tagSpanID, jsonID8, 0},
		{"observedTimeUnixNano", tagObservedTime, jsonFixed64, 0},
		{"eventName", tagEventName, jsonString, 0},
	}},
	msgKeyValue: {fields: []jsonField{
		{"key", tagKey, jsonString, 0},
		{"value", TagKeyValueValue, jsonSingle, msgValue},
	}},
	msgValue: {isOneof: true, fields: []jsonField{
		{"stringValue", tagString, jsonString, 0},
		{"boolValue", tagBool, jsonBool, 0},
		{"intValue", tagInt, jsonInt64, 0},
		{"doubleValue", tagDouble, jsonDouble, 0},
		{"arrayValue", tagArray, jsonSingle, msgArray},
		{"kvlistValue", tagMap, jsonSingle, msgMap},
		{"bytesValue", tagBytes, jsonBytes, 0},
	}},
	msgArray: {fields: []jsonField{
		{"values", TagArrayElement, jsonRepeated, msgValue},
	}},
	msgMap: {fields: []jsonField{
		{"values", TagMapEntry, jsonRepeated, msgKeyValue},
	}},
}

// maxJSONFields is the number of fields of the largest message, LogRecord.
const maxJSONFields = 11

// find returns the position of the field called name, or -1. It looks at hint
// first: writers mostly keep to the order of the fields.
func (m *jsonMessage) find(name []byte, hint int) int {
	for i := range m.fields {
		if i += hint; i >= len(m.fields) {
			i -= len(m.fields)
		}
		if string(name) == m.fields[i].name {
			return i
		}
	}
	return -1
}

// message reads an object as a message and appends its content.
func (r *jsonReader) message(id messageID) {
	if !r.enter('{') {
		return
	}
	m := &jsonMessages[id]
	var spans [maxJSONFields]struct{ from, to int } // Of the fields in dst.
	start, seen, isSorted := len(r.dst), uint(0), true
	at := -1
	for isFirst := true; r.more(isFirst, '}'); isFirst = false {
		i := m.find(r.name(), at+1)
		if i < 0 {
			r.skip(maxSkip)
			continue
		}
		if at = i; r.literal("null") {
			continue // A field that is null is not set.
		}
		if seen&(1<<i) != 0 || m.isOneof && seen != 0 {
			r.fail(ErrJSONTwice)
			return
		}
		isSorted = isSorted && seen>>i == 0
		seen |= 1 << i
		spans[i].from = len(r.dst)
		r.field(&m.fields[i], m.isOneof)
		spans[i].to = len(r.dst)
	}
	if isSorted {
		return
	}
	end := len(r.dst)
	for _, s := range spans {
		r.dst = append(r.dst, r.dst[s.from:s.to]...)
	}
	copy(r.dst[start:], r.dst[end:])
	r.dst = r.dst[:end]
}

// field reads the value of f and appends it, unless it is zero and has no
// presence.
func (r *jsonReader) field(f *jsonField, hasPresence bool) {
	var n uint64
	switch f.kind {
	case jsonString:
		r.textField(f.tag, hasPresence)
		return
	case jsonBytes:
		r.bytesField(f.tag)
		return
	case jsonID8:
		r.idField(f.tag, 8)
		return
	case jsonID16:
		r.idField(f.tag, 16)
		return
	case jsonSingle:
		r.messageField(f)
		return
	case jsonRepeated:
		if r.enter('[') {
			for isFirst := true; r.more(isFirst, ']'); isFirst = false {
				r.messageField(f)
			}
		}
		return
	case jsonBool:
		n = uint64(bit(r.bool()))
	case jsonEnum:
		// OTLP/JSON knows numbers only, no names and so no strings.
		if r.peek() == '"' {
			r.fail(ErrJSONValue)
			return
		}
		n = uint64(r.int(math.MaxInt32))
	case jsonInt64:
		n = uint64(r.int(math.MaxInt64))
	case jsonUint32, jsonFixed32:
		n = r.uint(math.MaxUint32)
	case jsonFixed64:
		n = r.uint(math.MaxUint64)
	case jsonDouble:
		n = math.Float64bits(r.double())
	}
	if n != 0 || hasPresence {
		r.dst = appendBits(r.dst, f.tag, n)
	}
}

// appendBits appends a field that is no bytes, of the wire type that tag says.
func appendBits(dst []byte, tag byte, n uint64) []byte {
	switch WireType(tag & 7) {
	case Fixed64:
		return appendFixed64(dst, tag, n)
	case Fixed32:
		return append(dst, tag, byte(n), byte(n>>8), byte(n>>16), byte(n>>24))
	}
	return AppendVarint(append(dst, tag), n)
}
