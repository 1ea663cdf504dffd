package stream

import (
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"

	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/protobuf/proto"
)

// resourceOf returns the attributes of the resource that the options make.
func resourceOf(t *testing.T, attrs ...slog.Attr) map[string]string {
	t.Helper()
	s := newStream(t, new(recorder), WithResource(attrs...))
	var res resourcepb.Resource
	if err := proto.Unmarshal(s.resource, &res); err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for _, kv := range res.Attributes {
		if _, ok := got[kv.Key]; ok {
			t.Errorf("key %q stands twice", kv.Key)
		}
		got[kv.Key] = kv.Value.GetStringValue()
	}
	return got
}

func clearEnv(t *testing.T) {
	t.Helper()
	for _, name := range []string{"OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT", "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"} {
		t.Setenv(name, "")
	}
}

func TestTheResourceSaysWhoLogs(t *testing.T) {
	clearEnv(t)
	got := resourceOf(t)
	if v := got["service.name"]; !strings.HasPrefix(v, "unknown_service:") {
		t.Errorf("service.name is %q", v)
	}
	if v := got["service.instance.id"]; !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(v) {
		t.Errorf("service.instance.id %q is not a random UUID", v)
	}
	host, err := os.Hostname()
	if err == nil && got["host.name"] != host {
		t.Errorf("host.name is %q, want %q", got["host.name"], host)
	}
	if got["telemetry.sdk.name"] != "logstream" || got["telemetry.sdk.language"] != "go" || got["telemetry.sdk.version"] != Version {
		t.Errorf("got %v", got)
	}
}

func TestOptionsWinOverTheEnvironment(t *testing.T) {
	clearEnv(t)
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", " service.name = from-attributes ,region=eu%2Cwest,, team=blue")
	if got := resourceOf(t); got["service.name"] != "from-attributes" || got["region"] != "eu,west" || got["team"] != "blue" {
		t.Errorf("got %v", got)
	}
	t.Setenv("OTEL_SERVICE_NAME", "from-name")
	if got := resourceOf(t); got["service.name"] != "from-name" {
		t.Errorf("got %v", got)
	}
	if got := resourceOf(t, slog.String("service.name", "from-option")); got["service.name"] != "from-option" {
		t.Errorf("got %v", got)
	}
}

func TestTheResourceIsMasked(t *testing.T) {
	clearEnv(t)
	if got := resourceOf(t, slog.String("db.password", "hunter2")); got["db.password"] != "[REDACTED:key]" {
		t.Errorf("got %v", got)
	}
}

func TestABadEnvironmentIsAnError(t *testing.T) {
	for _, tt := range []struct{ name, value, want string }{
		{"OTEL_RESOURCE_ATTRIBUTES", "a=1,b", "OTEL_RESOURCE_ATTRIBUTES: pair 2 is not key=value"},
		{"OTEL_RESOURCE_ATTRIBUTES", "=1", "pair 1"},
		{"OTEL_RESOURCE_ATTRIBUTES", "a=%zz", "pair 1"},
		{"OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "many", `OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT="many" is not a number from 0`},
		{"OTEL_ATTRIBUTE_COUNT_LIMIT", "-1", `OTEL_ATTRIBUTE_COUNT_LIMIT="-1"`},
		{"OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", "1e3", `OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT="1e3" is not a number from 1`},
		{"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "0", `OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT="0" is not a number from 1`},
		{"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "-1", `OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT="-1"`},
		{"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "99999999999999999999", `OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT="99999999999999999999"`},
	} {
		clearEnv(t)
		t.Setenv(tt.name, tt.value)
		if _, err := New(new(recorder)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s=%s: got %v, want %q", tt.name, tt.value, err, tt.want)
		}
		t.Setenv(tt.name, "")
	}
}
