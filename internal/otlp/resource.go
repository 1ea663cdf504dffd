package otlp

// The functions of this file write the bodies of Resource and
// InstrumentationScope, without the tag and length of the message itself:
// those belong to the request that carries it.

// AppendResourceDropped appends dropped_attributes_count of Resource, after
// the attributes (TagResourceAttribute). 0 is omitted.
func AppendResourceDropped(dst []byte, n uint32) []byte {
	return appendCount(dst, tagResourceDropped, n)
}

// AppendScope appends name and version of an InstrumentationScope; "" is
// omitted. Attributes follow with TagScopeAttribute. Invalid UTF-8 is repaired.
func AppendScope(dst []byte, name, version string) []byte {
	if name != "" {
		dst = AppendStringField(dst, tagScopeName, name)
	}
	if version != "" {
		dst = AppendStringField(dst, tagScopeVersion, version)
	}
	return dst
}

// AppendScopeDropped appends dropped_attributes_count of
// InstrumentationScope, after the attributes. 0 is omitted.
func AppendScopeDropped(dst []byte, n uint32) []byte {
	return appendCount(dst, tagScopeDropped, n)
}
