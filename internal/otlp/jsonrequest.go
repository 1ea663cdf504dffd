package otlp

// AppendJSONRequest appends request, an ExportLogsServiceRequest or LogsData,
// as the JSON object that OTLP/JSON defines, in the order of its parts. Its
// records are written, and refused, as AppendJSONRecord does; one that is
// refused refuses the request, and dst is returned as it was. A canonical
// request, such as this module makes, comes back from AppendRequestFromJSON as
// the same bytes, apart from the bits of a NaN.
//
// What logs of this module never have is left out: references to entities, and
// the string indexes of profiles.
func AppendJSONRequest(dst, request []byte) ([]byte, error) {
	at := len(dst)
	dst, err := appendJSONList(append(dst, '{'), `"resourceLogs":[`, request, TagRequestResourceLogs, MaxDepth, appendJSONResourceLogs)
	if err != nil {
		return dst[:at], err
	}
	return append(dst, '}'), nil
}

// appendJSONResourceLogs appends a ResourceLogs.
func appendJSONResourceLogs(dst, msg []byte, depth int) ([]byte, error) {
	resource, schema, err := splitLogs(msg)
	if err != nil {
		return dst, err
	}
	dst = append(dst, '{')
	if resource != nil {
		if dst, err = appendJSONResource(append(dst, `"resource":`...), resource, depth); err != nil {
			return dst, err
		}
	}
	if dst, err = appendJSONList(dst, `"scopeLogs":[`, msg, TagResourceLogsScopeLogs, depth, appendJSONScopeLogs); err != nil {
		return dst, err
	}
	if dst, err = appendJSONString(dst, `"schemaUrl":`, schema); err != nil {
		return dst, err
	}
	return append(dst, '}'), nil
}

// appendJSONScopeLogs appends a ScopeLogs.
func appendJSONScopeLogs(dst, msg []byte, depth int) ([]byte, error) {
	scope, schema, err := splitLogs(msg)
	if err != nil {
		return dst, err
	}
	dst = append(dst, '{')
	if scope != nil {
		if dst, err = appendJSONScope(append(dst, `"scope":`...), scope, depth); err != nil {
			return dst, err
		}
	}
	if dst, err = appendJSONList(dst, `"logRecords":[`, msg, TagScopeLogsRecord, depth, appendJSONRecord); err != nil {
		return dst, err
	}
	if dst, err = appendJSONString(dst, `"schemaUrl":`, schema); err != nil {
		return dst, err
	}
	return append(dst, '}'), nil
}

// splitLogs returns the resource or scope of a ResourceLogs or ScopeLogs, nil
// if there is none, and its schema URL. The two number their fields alike.
func splitLogs(msg []byte) (head, schema []byte, err error) {
	for i := 0; i < len(msg); {
		tag, bits, end := scan(msg, i)
		if end < 0 {
			return nil, nil, scanError(end)
		}
		switch tag {
		case uint32(TagResourceLogsResource):
			head = data(msg, bits, end)
		case uint32(TagResourceLogsSchemaURL):
			schema = data(msg, bits, end)
		}
		i = end
	}
	return head, schema, nil
}

// appendJSONResource appends a Resource.
func appendJSONResource(dst, msg []byte, depth int) ([]byte, error) {
	dropped := uint32(0)
	for i := 0; i < len(msg); {
		tag, bits, end := scan(msg, i)
		if end < 0 {
			return dst, scanError(end)
		}
		if tag == uint32(tagResourceDropped) {
			dropped = uint32(bits)
		}
		i = end
	}
	dst, err := appendJSONList(append(dst, '{'), `"attributes":[`, msg, TagResourceAttribute, depth, appendJSONKeyValue)
	if err != nil {
		return dst, err
	}
	return append(appendJSONCount(dst, `"droppedAttributesCount":`, dropped), '}'), nil
}

// appendJSONScope appends an InstrumentationScope.
func appendJSONScope(dst, msg []byte, depth int) ([]byte, error) {
	var name, version []byte
	dropped := uint32(0)
	for i := 0; i < len(msg); {
		tag, bits, end := scan(msg, i)
		if end < 0 {
			return dst, scanError(end)
		}
		switch tag {
		case uint32(tagScopeName):
			name = data(msg, bits, end)
		case uint32(tagScopeVersion):
			version = data(msg, bits, end)
		case uint32(tagScopeDropped):
			dropped = uint32(bits)
		}
		i = end
	}
	dst, err := appendJSONString(append(dst, '{'), `"name":`, name)
	if err != nil {
		return dst, err
	}
	if dst, err = appendJSONString(dst, `"version":`, version); err != nil {
		return dst, err
	}
	if dst, err = appendJSONList(dst, `"attributes":[`, msg, TagScopeAttribute, depth, appendJSONKeyValue); err != nil {
		return dst, err
	}
	return append(appendJSONCount(dst, `"droppedAttributesCount":`, dropped), '}'), nil
}
