package otlp_test

import (
	"fmt"

	"github.com/logstream-go/logstream/internal/otlp"
)

// A record is written in field order and read as a view of its bytes.
func Example() {
	const now = 1700000000123456789
	var b []byte
	b = otlp.AppendTime(b, now)
	b = otlp.AppendSeverity(b, 9, "INFO")
	b = otlp.AppendStringValue(b, otlp.TagRecordBody, "request done")
	b = otlp.AppendString(b, otlp.TagRecordAttribute, "method", "GET")
	b, m := otlp.OpenMap(b, otlp.TagRecordAttribute, "http")
	b = otlp.AppendInt(b, otlp.TagMapEntry, "status", 200)
	b = otlp.CloseMap(b, m)
	b = otlp.AppendObservedTime(b, now)

	r, err := otlp.ParseRecord(b)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s %s\n", r.SeverityText, r.Body.Str())
	for kv, err := range r.Attributes() {
		if err != nil {
			fmt.Println(err)
			return
		}
		switch kv.Value.Kind() {
		case otlp.KindString:
			fmt.Printf("%s=%s\n", kv.Key, kv.Value.Str())
		case otlp.KindMap:
			for entry := range kv.Value.Entries() {
				fmt.Printf("%s.%s=%d\n", kv.Key, entry.Key, entry.Value.Int())
			}
		}
	}
	// Output:
	// INFO request done
	// method=GET
	// http.status=200
}

// What does not fit is cut or counted; the record itself is never lost.
func ExampleAppendLimited() {
	var b []byte
	b = otlp.AppendInt(b, otlp.TagRecordAttribute, "try", 1)
	b = otlp.AppendInt(b, otlp.TagRecordAttribute, "try", 2)
	b = otlp.AppendInt(b, otlp.TagRecordAttribute, "code", 503)
	b = otlp.AppendInt(b, otlp.TagRecordAttribute, "extra", 0)

	b = otlp.AppendLimited(nil, b, otlp.Limits{MaxBytes: 64 << 10, MaxAttributes: 2})
	r, err := otlp.ParseRecord(b)
	if err != nil {
		fmt.Println(err)
		return
	}
	for kv := range r.Attributes() {
		fmt.Printf("%s=%d\n", kv.Key, kv.Value.Int())
	}
	fmt.Println("dropped:", r.DroppedAttributes)
	// Output:
	// try=2
	// code=503
	// dropped: 1
}
