package otlp_test

import (
	"encoding/json"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	statuspb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/logstream-go/logstream/internal/otlp"
)

func TestResponsesInJSON(t *testing.T) {
	long := strings.Repeat("é", otlp.MaxMessage)
	for _, c := range []struct {
		name, text string
		want       otlp.Response
	}{
		{"full success", `{}`, otlp.Response{}},
		{"empty partial success", `{"partialSuccess":{}}`, otlp.Response{}},
		{"null", ` {"partialSuccess":null} `, otlp.Response{}},
		{"null inside", `{"partialSuccess":{"rejectedLogRecords":null,"errorMessage":null}}`, otlp.Response{}},
		{"warning", `{"partialSuccess":{"errorMessage":"slow down"}}`, otlp.Response{Message: "slow down"}},
		{"a number in a string", `{"partialSuccess":{"rejectedLogRecords":"3","errorMessage":"too old"}}`, otlp.Response{Rejected: 3, Message: "too old"}},
		{"a number", `{"partialSuccess":{"rejectedLogRecords":3}}`, otlp.Response{Rejected: 3}},
		{"a number with an exponent", `{"partialSuccess":{"rejectedLogRecords":1.2e1}}`, otlp.Response{Rejected: 12}},
		{"negative count is passed on", `{"partialSuccess":{"rejectedLogRecords":"-1"}}`, otlp.Response{Rejected: -1}},
		{"largest count is passed on", `{"partialSuccess":{"rejectedLogRecords":"9223372036854775807"}}`, otlp.Response{Rejected: math.MaxInt64}},
		{"unknown fields", `{"x":[{"y":1}],"partialSuccess":{"z":{"rejectedLogRecords":9},"rejectedLogRecords":1},"w":2}`, otlp.Response{Rejected: 1}},
		{"names in snake_case are unknown", `{"partial_success":{"rejected_log_records":1}}`, otlp.Response{}},
		{"long message is cut at a character", `{"partialSuccess":{"errorMessage":"x` + long + `"}}`, otlp.Response{Message: "x" + long[:otlp.MaxMessage-2]}},
		{"escapes", `{"partialSuccess":{"errorMessage":"\u00e9\n\ud83d\ude00"}}`, otlp.Response{Message: "é\n\U0001F600"}},
		{"invalid UTF-8 does not hide the count", "{\"partialSuccess\":{\"rejectedLogRecords\":2,\"errorMessage\":\"a\xffb\"}}", otlp.Response{Rejected: 2, Message: "a\uFFFDb"}},
		{"half a surrogate pair", `{"partialSuccess":{"errorMessage":"\ud800"}}`, otlp.Response{Message: "\uFFFD"}},
	} {
		got, err := otlp.ParseJSONResponse([]byte(c.text))
		if err != nil || got != c.want {
			t.Errorf("%s: got %.100v, %v, want %.100v, nil", c.name, got, err, c.want)
		}
	}
}

func TestStatusesInJSON(t *testing.T) {
	const retry = `{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"%"}`
	with := func(delay string) string { return `{"details":[` + strings.Replace(retry, "%", delay, 1) + `]}` }
	info := func(d time.Duration) otlp.Status { return otlp.Status{RetryDelay: d, HasRetryInfo: true} }
	for _, c := range []struct {
		name, text string
		want       otlp.Status
	}{
		{"empty", `{}`, otlp.Status{}},
		{"code and message", `{"code":8,"message":"quota"}`, otlp.Status{Code: 8, Message: "quota"}},
		{"negative code in a string", `{"code":"-5"}`, otlp.Status{Code: -5}},
		{"null", `{"code":null,"message":null,"details":null}`, otlp.Status{}},
		{"retry info", with("3s"), info(3 * time.Second)},
		{"with a fraction", with("1.000000005s"), info(time.Second + 5)},
		{"negative", with("-3s"), info(0)},
		{"just too long", with("86400.000000001s"), info(otlp.MaxRetryDelay)},
		{"ten thousand years", with("315576000000s"), info(otlp.MaxRetryDelay)},
		{"beyond a float", with("1e999s"), info(otlp.MaxRetryDelay)},
		{"the type behind the delay", `{"details":[{"retryDelay":"2s","@type":"google.rpc.RetryInfo"}]}`, info(2 * time.Second)},
		{"without a delay", `{"details":[{"@type":"/google.rpc.RetryInfo"}]}`, info(0)},
		{"the last one wins", `{"details":[` + strings.Replace(retry, "%", "1s", 1) + `,` + strings.Replace(retry, "%", "2s", 1) + `]}`, info(2 * time.Second)},
		{"no unit", with("3"), otlp.Status{}},
		{"another unit", with("3m"), otlp.Status{}},
		{"nothing but a unit", with("s"), otlp.Status{}},
		{"infinite", with("infs"), otlp.Status{}},
		{"hexadecimal", with("0x1s"), otlp.Status{}},
		{"another type", `{"code":3,"details":[{"@type":"x/google.rpc.DebugInfo","retryDelay":"3s"}]}`, otlp.Status{Code: 3}},
		{"a type of another package", `{"details":[{"@type":"x/evil.google.rpc.RetryInfo","retryDelay":"3s"}]}`, otlp.Status{}},
		{"details of a wrong type", `{"details":"none","code":3}`, otlp.Status{Code: 3}},
		{"a detail of a wrong type", `{"details":[1,[{}],{"@type":7,"retryDelay":7}],"code":3}`, otlp.Status{Code: 3}},
		{"after too many others", `{"details":[` + strings.Repeat(`{},`, otlp.MaxDetails) + strings.Replace(retry, "%", "1s", 1) + `]}`, otlp.Status{}},
		{"invalid UTF-8", "{\"message\":\"a\xffb\",\"code\":3}", otlp.Status{Code: 3, Message: "a\uFFFDb"}},
	} {
		got, err := otlp.ParseJSONStatus([]byte(c.text))
		if err != nil || got != c.want {
			t.Errorf("%s: got %+v, %v, want %+v, nil", c.name, got, err, c.want)
		}
	}
}

func TestDamagedAnswersInJSONAreErrors(t *testing.T) {
	for _, text := range []string{
		``, `null`, `[]`, `1`, `"x"`, `{`, `{}x`, `{{{{`, `<html>`, `{"partialSuccess":[]}`, `{"partialSuccess":{"rejectedLogRecords":1e300}}`,
		`{"partialSuccess":{"rejectedLogRecords":1.5}}`, `{"partialSuccess":{"rejectedLogRecords":true}}`, `{"partialSuccess":{"errorMessage":1}}`,
		`{"partialSuccess":{"rejectedLogRecords":1}`, `{"x":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`,
	} {
		if got, err := otlp.ParseJSONResponse([]byte(text)); err == nil || got != (otlp.Response{}) {
			t.Errorf("ParseJSONResponse of %.50s: got %v and error %v, want nothing and an error", text, got, err)
		}
	}
	for _, text := range []string{``, `null`, `[]`, `{"code":1.5}`, `{"code":4294967296}`, `{"message":{}}`, `{"code":3`, `{"details":[{"@type":"x"}`} {
		if got, err := otlp.ParseJSONStatus([]byte(text)); err == nil || got != (otlp.Status{}) {
			t.Errorf("ParseJSONStatus of %.50s: got %v and error %v, want nothing and an error", text, got, err)
		}
	}
}

// oddDuration is what protojson takes for a Duration although JSON has no such number.
var oddDuration = regexp.MustCompile(`"[-+]?(\.|\+|0\d)|\.s"`)

// checkJSONAnswers reads text as either answer: errors leave nothing, messages and
// delays keep their bounds, and what protojson accepts is read alike.
func checkJSONAnswers(t *testing.T, text []byte) {
	t.Helper()
	r, err := otlp.ParseJSONResponse(text)
	if err != nil && r != (otlp.Response{}) || len(r.Message) > otlp.MaxMessage || !utf8.ValidString(r.Message) {
		t.Fatalf("got %v, %v", r, err)
	}
	plain := json.Valid(text) && !theirOddities.Match(text) // protojson takes 0e for a number
	var theirs collogspb.ExportLogsServiceResponse
	if plain && (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(text, &theirs) == nil {
		want := otlp.Response{Rejected: theirs.GetPartialSuccess().GetRejectedLogRecords(), Message: theirs.GetPartialSuccess().GetErrorMessage()}
		if err != nil || len(want.Message) <= otlp.MaxMessage && r != want {
			t.Fatalf("%s: got %v, %v, want %v", text, r, err, want)
		}
	}
	s, err := otlp.ParseJSONStatus(text)
	if err != nil && s != (otlp.Status{}) || len(s.Message) > otlp.MaxMessage || !utf8.ValidString(s.Message) {
		t.Fatalf("got %+v, %v", s, err)
	}
	if s.RetryDelay < 0 || s.RetryDelay > otlp.MaxRetryDelay || s.RetryDelay != 0 && !s.HasRetryInfo {
		t.Fatalf("got %+v, want a delay in bounds", s)
	}
	var status statuspb.Status
	if plain && (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(text, &status) == nil {
		if err != nil || s.Code != status.Code || len(status.Message) <= otlp.MaxMessage && s.Message != status.Message {
			t.Fatalf("%s: got %+v, %v, want %v", text, s, err, &status)
		}
		if !strings.Contains(string(text), "null") && !oddDuration.Match(text) {
			checkRetryInfo(t, s, status.Details)
		}
	}
}

func FuzzJSONAnswers(f *testing.F) {
	for _, status := range []*statuspb.Status{
		{Code: 14, Message: "m", Details: []*anypb.Any{detail(f, retryInfo(1, 2))}},
		{Code: 8, Details: []*anypb.Any{detail(f, retryInfo(-1, -2)), detail(f, retryInfo(100_000, 0))}},
	} {
		text, err := protojson.Marshal(status)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	for _, text := range []string{
		`{"partialSuccess":{"rejectedLogRecords":"3","errorMessage":"too old"}}`, `{"partialSuccess":null,"x":[{}]}`,
		`{"partialSuccess":{"rejectedLogRecords":-1e2}}`, `{"code":3,"details":[{"retryDelay":"3.5s","@type":"google.rpc.RetryInfo"}]}`, `<html>`, `{"":{"":0e}}`,
		`{"details":[{"@type":"google.rpc.RetryInfo","retryDelay":".s"}]}`, `{"details":[{"@type":"google.rpc.RetryInfo","retryDelay":"+01.s"}]}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(checkJSONAnswers)
}
