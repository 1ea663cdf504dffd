package otlp

// Tags of the fields that hold a message, for the tag argument of the Append
// and Open functions. A tag is the field number and the wire type in one
// byte: number<<3 | type. They are part of the wire format.
const (
	TagRecordBody      byte = 5<<3 | 2 // LogRecord.body, an AnyValue.
	TagRecordAttribute byte = 6<<3 | 2 // LogRecord.attributes, a KeyValue.

	TagResourceAttribute byte = 1<<3 | 2 // Resource.attributes, a KeyValue.
	TagScopeAttribute    byte = 3<<3 | 2 // InstrumentationScope.attributes, a KeyValue.

	TagKeyValueValue byte = 2<<3 | 2 // KeyValue.value, an AnyValue.
	TagArrayElement  byte = 1<<3 | 2 // ArrayValue.values, an AnyValue.
	TagMapEntry      byte = 1<<3 | 2 // KeyValueList.values, a KeyValue.

	TagRequestResourceLogs   byte = 1<<3 | 2 // ExportLogsServiceRequest.resource_logs.
	TagResourceLogsResource  byte = 1<<3 | 2 // ResourceLogs.resource.
	TagResourceLogsScopeLogs byte = 2<<3 | 2 // ResourceLogs.scope_logs.
	TagResourceLogsSchemaURL byte = 3<<3 | 2 // ResourceLogs.schema_url, a string.
	TagScopeLogsScope        byte = 1<<3 | 2 // ScopeLogs.scope.
	TagScopeLogsRecord       byte = 2<<3 | 2 // ScopeLogs.log_records.
	TagScopeLogsSchemaURL    byte = 3<<3 | 2 // ScopeLogs.schema_url, a string.
)

// Tags of the other fields. They have no type: they are bytes where they are
// written and uint32 where they are read.
const (
	tagTime         = 1<<3 | 1
	tagSeverity     = 2<<3 | 0
	tagSeverityText = 3<<3 | 2
	tagDropped      = 7<<3 | 0
	tagFlags        = 8<<3 | 5
	tagTraceID      = 9<<3 | 2
	tagSpanID       = 10<<3 | 2
	tagObservedTime = 11<<3 | 1
	tagEventName    = 12<<3 | 2

	tagKey         = 1<<3 | 2 // KeyValue.key.
	tagKeyStrindex = 3<<3 | 0 // KeyValue.key_strindex: profiles only, ignored.

	tagString = 1<<3 | 2 // The members of AnyValue.
	tagBool   = 2<<3 | 0
	tagInt    = 3<<3 | 0
	tagDouble = 4<<3 | 1
	tagArray  = 5<<3 | 2
	tagMap    = 6<<3 | 2
	tagBytes  = 7<<3 | 2
	// string_value_strindex: profiles only, reads as null.
	tagStrindex = 8<<3 | 0

	tagResourceDropped = 2<<3 | 0
	tagScopeName       = 1<<3 | 2
	tagScopeVersion    = 2<<3 | 2
	tagScopeDropped    = 4<<3 | 0
)

// The last field number of each message that Validate checks, and the one that
// LogRecord reserves.
const (
	numEventName   = 12
	numReserved    = 4
	numKeyStrindex = 3
	numStrindex    = 8
	numListValues  = 1
)
