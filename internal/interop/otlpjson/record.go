package otlpjson

// Data is one line of a file: a LogsData.
type Data struct {
	ResourceLogs []ResourceLogs `json:"resourceLogs"`
}

// ResourceLogs holds the records of one resource.
type ResourceLogs struct {
	Resource  Resource    `json:"resource"`
	ScopeLogs []ScopeLogs `json:"scopeLogs"`
	SchemaURL string      `json:"schemaUrl"`
}

// A Resource says which service the records come from.
type Resource struct {
	Attributes             []KeyValue `json:"attributes"`
	DroppedAttributesCount uint32     `json:"droppedAttributesCount"`
}

// ScopeLogs holds the records of one scope.
type ScopeLogs struct {
	Scope      Scope    `json:"scope"`
	LogRecords []Record `json:"logRecords"`
	SchemaURL  string   `json:"schemaUrl"`
}

// A Scope is an InstrumentationScope.
type Scope struct {
	Name                   string     `json:"name"`
	Version                string     `json:"version"`
	Attributes             []KeyValue `json:"attributes"`
	DroppedAttributesCount uint32     `json:"droppedAttributesCount"`
}

// A Record is a LogRecord. Body is nil if the record has none, which is not the
// same as a body that is null.
type Record struct {
	TimeUnixNano           uint64     `json:"timeUnixNano,string"`
	ObservedTimeUnixNano   uint64     `json:"observedTimeUnixNano,string"`
	SeverityNumber         int        `json:"severityNumber"`
	SeverityText           string     `json:"severityText"`
	Body                   *Value     `json:"body"`
	Attributes             []KeyValue `json:"attributes"`
	DroppedAttributesCount uint32     `json:"droppedAttributesCount"`
	Flags                  uint32     `json:"flags"`
	TraceID                string     `json:"traceId"`
	SpanID                 string     `json:"spanId"`
	EventName              string     `json:"eventName"`
}

// check reports values that are malformed although they are well-formed JSON.
func (d *Data) check() error {
	for i := range d.ResourceLogs {
		rl := &d.ResourceLogs[i]
		if err := checkAll(rl.Resource.Attributes); err != nil {
			return err
		}
		for j := range rl.ScopeLogs {
			sl := &rl.ScopeLogs[j]
			if err := checkAll(sl.Scope.Attributes); err != nil {
				return err
			}
			for k := range sl.LogRecords {
				r := &sl.LogRecords[k]
				if err := checkAll(r.Attributes); err != nil {
					return err
				}
				if r.Body == nil {
					continue
				}
				if err := r.Body.check(); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
