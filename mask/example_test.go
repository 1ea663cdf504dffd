package mask_test

import (
	"bytes"
	"fmt"

	"github.com/logstream-go/logstream/internal/otlp"
	"github.com/logstream-go/logstream/mask"
)

// A password does not leave the process; its key and everything else does.
func ExampleMasker_AppendRecord() {
	m, err := mask.New(mask.WithKeys("tenant_ref"))
	if err != nil {
		fmt.Println(err)
		return
	}
	var record []byte
	record = otlp.AppendString(record, otlp.TagRecordAttribute, "user", "bob")
	record = otlp.AppendString(record, otlp.TagRecordAttribute, "db_password", "hunter2")
	record = otlp.AppendString(record, otlp.TagRecordAttribute, "tenantRef", "t-4711")

	masked := m.AppendRecord(nil, record)
	fmt.Println(bytes.Contains(masked, []byte("bob")), bytes.Contains(masked, []byte("hunter2")))
	fmt.Println(m.Masked(), "values masked")
	// Output:
	// true false
	// 2 values masked
}

func ExampleNew_problems() {
	_, err := mask.New(mask.WithKeys(""), mask.WithAllowKeys("42"))
	fmt.Println(err)
	// Output:
	// mask: WithKeys: "" has no letter
	// mask: WithAllowKeys: "42" has no letter
}
