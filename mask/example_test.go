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

// Texts that go elsewhere can be masked too.
func ExampleMasker_Mask() {
	m, err := mask.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Mask("dial postgres://app:hunter2@db:5432/shop: connection refused"))
	fmt.Println(m.Mask("paid with 4111 1111 1111 1111, token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"))
	// Output:
	// dial postgres://app:[REDACTED:url-userinfo]@db:5432/shop: connection refused
	// paid with [REDACTED:pan], token [REDACTED:jwt]
}

// What is masked, and how, can be chosen: part of a card number, the hash of a user,
// a number of one's own.
func ExampleNew_actions() {
	m, err := mask.New(
		mask.WithDetector(mask.PAN, mask.Partial(6, 4)),
		mask.WithDetector(mask.Email, mask.Hash),
		mask.WithHashKey("2026a", []byte("from a vault, not from the code")),
		mask.WithPattern("staff", `\bE\d{7}\b`, mask.Redact),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Mask("E1234567 sold to bob@example.com on 4111 1111 1111 1111"))
	// Output:
	// [REDACTED:staff] sold to [HASH:email:2026a:fc42f5b61cd64e60f1455c6be93c448c] on 411111******1111
}

// Explain tells what would be masked, and never shows it.
func ExampleMasker_Any() {
	type payment struct {
		Card     string `mask:"last4"`
		Note     string
		Password string
	}
	m, err := mask.New(mask.WithTag("last4", mask.Partial(0, 4)))
	if err != nil {
		panic(err)
	}
	fmt.Println(m.Any(payment{"4111 1111 1111 1111", "stored in postgres://bob:hunter2@db/pay", "x"}))
	// Output:
	// map[Card:************1111 Note:stored in postgres://bob:[REDACTED:url-userinfo]@db/pay Password:[REDACTED:key]]
}

func ExampleMasker_Explain() {
	m, err := mask.New(mask.WithProfile(mask.GDPR))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range m.Explain("login of bob@example.com with password=hunter2") {
		fmt.Println(f.Detector, f.Start, f.End, f.Action)
	}
	// Output:
	// email 9 24 redact
	// key 39 46 redact
}

// A Secret can be part of anything that is logged.
func ExampleSecret() {
	config := struct {
		User     string
		Password mask.Secret[string]
	}{"app", mask.NewSecret("hunter2")}
	fmt.Printf("%+v %d\n", config, len(config.Password.Reveal()))
	// Output:
	// {User:app Password:[REDACTED]} 7
}

func ExampleNew_problems() {
	_, err := mask.New(mask.WithKeys(""), mask.WithAllowKeys("42"), mask.WithDetector(mask.PAN, mask.Partial(8, 4)), mask.WithPattern("any", ".*", mask.Redact))
	fmt.Println(err)
	// Output:
	// mask: WithDetector(pan): partial(8,4) shows more than the first 6 and last 4 characters
	// mask: WithPattern("any"): ".*" spells out no text that is in every match
	// mask: WithKeys: "" has no letter
	// mask: WithAllowKeys: "42" has no letter
}
