package mask

import (
	"bytes"
	"math"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/protobuf/proto"
)

const secret = "hunter2-correct-horse-battery"

var redacted = str(MarkerKey)

func TestAppendRecordMasksByKey(t *testing.T) {
	tests := []struct {
		name    string
		in      []*keyValue
		want    []*keyValue // nil: as in.
		redacts uint64
	}{
		{name: "no attributes"},
		{name: "ordinary attributes", in: []*keyValue{attr("user", str("bob")), attr("n", num(-1)), attr("f", double(math.Inf(1))), attr("b", boolean(true)), attr("x", null())}},
		{name: "a string", in: []*keyValue{attr("password", str(secret))}, want: []*keyValue{attr("password", redacted)}, redacts: 1},
		{name: "an empty string", in: []*keyValue{attr("password", str(""))}, want: []*keyValue{attr("password", redacted)}, redacts: 1},
		{name: "a long string", in: []*keyValue{attr("password", str(string(bytes.Repeat([]byte("x"), 20000))))}, want: []*keyValue{attr("password", redacted)}, redacts: 1},
		{name: "bytes", in: []*keyValue{attr("secret", raw(secret))}, want: []*keyValue{attr("secret", redacted)}, redacts: 1},
		{name: "an array as a whole", in: []*keyValue{attr("api_keys", array(str(secret), num(1)))}, want: []*keyValue{attr("api_keys", redacted)}, redacts: 1},
		{name: "an empty array", in: []*keyValue{attr("api_keys", array())}, want: []*keyValue{attr("api_keys", redacted)}, redacts: 1},
		{name: "a map as a whole", in: []*keyValue{attr("credentials", object(attr("user", str(secret)), attr("n", num(1))))}, want: []*keyValue{attr("credentials", redacted)}, redacts: 1},
		{name: "an integer under a name of digits", in: []*keyValue{attr("pin", num(4711))}, want: []*keyValue{attr("pin", redacted)}, redacts: 1},
		{name: "a negative integer under a name of digits", in: []*keyValue{attr("pin", num(-4711))}, want: []*keyValue{attr("pin", redacted)}, redacts: 1},
		{name: "a double under a name of digits", in: []*keyValue{attr("card_number", double(4111111111111111))}, want: []*keyValue{attr("card_number", redacted)}, redacts: 1},
		{name: "numbers under other names", in: []*keyValue{attr("api_key", num(4711)), attr("secret", double(1.5))}},
		{name: "booleans under any name", in: []*keyValue{attr("password", boolean(true)), attr("pin", boolean(false))}},
		{name: "null under any name", in: []*keyValue{attr("password", null()), attr("pin", null())}},
		{name: "no value at all", in: []*keyValue{attr("password", nil)}},
		{name: "no key", in: []*keyValue{attr("", str("x")), {}}},
		{name: "the marker itself", in: []*keyValue{attr("password", redacted)}},
		{
			name: "several among others", in: []*keyValue{attr("a", str("1")), attr("password", str(secret)), attr("b", str("2")), attr("pin", num(1)), attr("c", str("3"))},
			want: []*keyValue{attr("a", str("1")), attr("password", redacted), attr("b", str("2")), attr("pin", redacted), attr("c", str("3"))}, redacts: 2,
		},
		{name: "the same key twice", in: []*keyValue{attr("password", str(secret)), attr("password", str("x"))}, want: []*keyValue{attr("password", redacted), attr("password", redacted)}, redacts: 2},
		{
			name: "in a map", in: []*keyValue{attr("req", object(attr("a", str("1")), attr("password", str(secret)), attr("b", str("2"))))},
			want: []*keyValue{attr("req", object(attr("a", str("1")), attr("password", redacted), attr("b", str("2"))))}, redacts: 1,
		},
		{
			name: "in a map in a map", in: []*keyValue{attr("req", object(attr("headers", object(attr("X-Api-Key", str(secret)))), attr("n", num(1))))},
			want: []*keyValue{attr("req", object(attr("headers", object(attr("X-Api-Key", redacted))), attr("n", num(1))))}, redacts: 1,
		},
		{
			name: "in maps of an array", in: []*keyValue{attr("users", array(object(attr("name", str("a")), attr("pwd", str(secret))), str("x"), object(attr("pwd", str(secret)))))},
			want: []*keyValue{attr("users", array(object(attr("name", str("a")), attr("pwd", redacted)), str("x"), object(attr("pwd", redacted))))}, redacts: 2,
		},
		{
			name: "in maps of arrays of arrays", in: []*keyValue{attr("a", array(array(object(attr("pin", num(1)))), array()))},
			want: []*keyValue{attr("a", array(array(object(attr("pin", redacted))), array()))}, redacts: 1,
		},
		{
			name: "a name over two maps", in: []*keyValue{attr("api", object(attr("host", str("h")), attr("key", str(secret))))},
			want: []*keyValue{attr("api", object(attr("host", str("h")), attr("key", redacted)))}, redacts: 1,
		},
		{
			name: "a name over a map and the maps of an array", in: []*keyValue{attr("cards", array(object(attr("number", num(4111111111111111)))))},
			want: []*keyValue{attr("cards", array(object(attr("number", redacted))))}, redacts: 1,
		},
		{name: "no name over a map that ended", in: []*keyValue{attr("m", object(attr("api", object()), attr("key", str("x")))), attr("key", str("y"))}},
		{name: "no name over a sibling in an array", in: []*keyValue{attr("a", array(object(attr("api", object(attr("x", str("y"))))), object(attr("key", str("x")))))}},
		{
			name: "a map under an exempt description", in: []*keyValue{attr("password_policy", object(attr("min", num(8)), attr("default_password", str(secret))))},
			want: []*keyValue{attr("password_policy", object(attr("min", num(8)), attr("default_password", redacted)))}, redacts: 1,
		},
		{name: "more maps in a row than may be nested", in: []*keyValue{attr("l", array(maps100(str(secret))...))}, want: []*keyValue{attr("l", array(maps100(redacted)...))}, redacts: 100},
		{
			name: "a key longer than 127 bytes", in: []*keyValue{attr("very_"+string(bytes.Repeat([]byte("long_"), 60))+"password", str(secret))},
			want: []*keyValue{attr("very_"+string(bytes.Repeat([]byte("long_"), 60))+"password", redacted)}, redacts: 1,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newForTest(t)
			want := record(tt.in...)
			if tt.want != nil {
				want = record(tt.want...)
			}
			in := encode(t, record(tt.in...))
			before := bytes.Clone(in)
			got := m.AppendRecord(nil, in)
			wantMessage(t, decodeRecord(t, got), want)
			if !bytes.Equal(got, encode(t, want)) {
				t.Errorf("the encoding is not the canonical one: got %x, want %x", got, encode(t, want))
			}
			if !bytes.Equal(in, before) {
				t.Error("the input was changed")
			}
			if m.Masked() != tt.redacts || m.Malformed() != 0 {
				t.Errorf("masked, malformed: got %d, %d, want %d, 0", m.Masked(), m.Malformed(), tt.redacts)
			}
			if again := m.AppendRecord(nil, in); !bytes.Equal(again, got) {
				t.Errorf("from the cache: got %x, want %x", again, got)
			}
			tt.redacts *= 2
			if again := m.AppendRecord(nil, got); !bytes.Equal(again, got) {
				t.Errorf("masking twice: got %x, want %x", again, got)
			}
			if m.Masked() != tt.redacts {
				t.Errorf("masked after the second time: got %d, want %d", m.Masked(), tt.redacts)
			}
		})
	}
}

// maps100 returns a hundred maps with a password.
func maps100(password *value) []*value {
	var all []*value
	for range 100 {
		all = append(all, object(attr("password", password)))
	}
	return all
}

func TestAppendRecordMasksTheBody(t *testing.T) {
	tests := []struct {
		name     string
		in, want *value
	}{
		{"a map", object(attr("msg", str("hi")), attr("password", str(secret))), object(attr("msg", str("hi")), attr("password", redacted))},
		{"an array of maps", array(object(attr("password", str(secret))), num(1)), array(object(attr("password", redacted)), num(1))},
		{"ordinary text passes", str("password is wrong"), str("password is wrong")},
		{"a secret in a text", str("x password=" + secret), str("x password=[REDACTED:key]")},
		{"null passes", null(), null()},
		{"no body", nil, nil},
		{"a map without a parent completes no name", object(attr("key", str("x"))), object(attr("key", str("x")))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in, want := record(attr("a", str("b"))), record(attr("a", str("b")))
			in.Body, want.Body = tt.in, tt.want
			wantMessage(t, newForTest(t).maskRecord(t, in), want)
		})
	}
}

func TestOtherFieldsOfARecordStay(t *testing.T) {
	in := record(attr("password", str(secret)))
	in.DroppedAttributesCount = 1 << 20
	in.SeverityText = "secret"
	in.EventName = "password"
	want := proto.Clone(in).(*logspb.LogRecord)
	want.Attributes = []*keyValue{attr("password", redacted)}
	wantMessage(t, newForTest(t).maskRecord(t, in), want)
}

func TestAppendResource(t *testing.T) {
	in := &resourcepb.Resource{
		Attributes:             []*keyValue{attr("service.name", str("shop")), attr("db", object(attr("password", str(secret))))},
		DroppedAttributesCount: 3,
		EntityRefs:             []*commonpb.EntityRef{{Type: "service", IdKeys: []string{"service.name"}}},
	}
	want := proto.Clone(in).(*resourcepb.Resource)
	want.Attributes[1] = attr("db", object(attr("password", redacted)))
	m := newForTest(t)
	got := new(resourcepb.Resource)
	if err := proto.Unmarshal(m.AppendResource(nil, encode(t, in)), got); err != nil {
		t.Fatal(err)
	}
	wantMessage(t, got, want)
	if m.Masked() != 1 {
		t.Errorf("masked: got %d, want 1", m.Masked())
	}
}

func TestAppendScope(t *testing.T) {
	in := &commonpb.InstrumentationScope{
		Name:                   "secret",
		Version:                "v1",
		Attributes:             []*keyValue{attr("a", str("b")), attr("api_key", str(secret))},
		DroppedAttributesCount: 3,
	}
	want := proto.Clone(in).(*commonpb.InstrumentationScope)
	want.Attributes[1] = attr("api_key", redacted)
	got := new(commonpb.InstrumentationScope)
	if err := proto.Unmarshal(newForTest(t).AppendScope(nil, encode(t, in)), got); err != nil {
		t.Fatal(err)
	}
	wantMessage(t, got, want)
}

// TestOrdinaryOriginsAreCopied uses the attributes that resource detectors set:
// over-masking them would make all records of a process useless.
func TestOrdinaryOriginsAreCopied(t *testing.T) {
	var all []*keyValue
	for _, key := range []string{
		"service.name", "service.namespace", "service.version", "service.instance.id",
		"deployment.environment.name", "telemetry.sdk.name", "telemetry.sdk.language",
		"host.name", "host.id", "host.arch", "os.type", "process.pid", "process.executable.path",
		"process.command_args", "process.owner", "process.runtime.version", "container.id",
		"container.image.name", "k8s.cluster.name", "k8s.namespace.name", "k8s.pod.name", "k8s.pod.uid",
		"k8s.node.name", "k8s.secret.name", "cloud.provider", "cloud.account.id", "cloud.region",
		"cloud.resource_id", "aws.ecs.task.arn", "aws.log.group.names", "faas.name", "faas.instance",
	} {
		all = append(all, attr(key, str("value")), attr(key, array(str("value"), num(1))))
	}
	m := newForTest(t)
	resource := encode(t, &resourcepb.Resource{Attributes: all})
	if got := m.AppendResource(nil, resource); !bytes.Equal(got, resource) {
		t.Errorf("resource: got %x, want %x", got, resource)
	}
	scope := encode(t, &commonpb.InstrumentationScope{Name: "shop", Attributes: all})
	if got := m.AppendScope(nil, scope); !bytes.Equal(got, scope) {
		t.Errorf("scope: got %x, want %x", got, scope)
	}
}

func TestNoneChangesNothing(t *testing.T) {
	m := None()
	for _, in := range [][]byte{nil, encode(t, record(attr("password", str(secret)))), []byte("no record")} {
		for name, out := range map[string][]byte{
			"record": m.AppendRecord([]byte("x"), in), "resource": m.AppendResource([]byte("x"), in), "scope": m.AppendScope([]byte("x"), in),
		} {
			if want := "x" + string(in); string(out) != want {
				t.Errorf("%s: got %q, want %q", name, out, want)
			}
		}
	}
	if m.Masked() != 0 || m.Malformed() != 0 {
		t.Errorf("masked, malformed: got %d, %d, want 0, 0", m.Masked(), m.Malformed())
	}
}
