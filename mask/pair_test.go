package mask

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

func TestAValueIsMaskedForItsNameBesideIt(t *testing.T) {
	tests := []struct {
		name     string
		opts     []Option
		in, want []*keyValue // want nil: as in.
	}{
		{
			name: "a variable of a container",
			in:   []*keyValue{attr("Name", str("DB_PASSWORD")), attr("Value", str(secret))},
			want: []*keyValue{attr("Name", str("DB_PASSWORD")), attr("Value", redacted)},
		},
		{
			name: "a key", in: []*keyValue{attr("key", str("password")), attr("value", str("x"))},
			want: []*keyValue{attr("key", str("password")), attr("value", redacted)},
		},
		{
			name: "the value first", in: []*keyValue{attr("VALUE", str("x")), attr("a", num(1)), attr("KEY", str("x-api-key"))},
			want: []*keyValue{attr("VALUE", redacted), attr("a", num(1)), attr("KEY", str("x-api-key"))},
		},
		{
			name: "two names", in: []*keyValue{attr("name", str("password")), attr("value", str("x")), attr("key", str("user"))},
			want: []*keyValue{attr("name", str("password")), attr("value", redacted), attr("key", str("user"))},
		},
		{
			name: "two values", in: []*keyValue{attr("value", str("x")), attr("Value", str("y")), attr("name", str("pwd"))},
			want: []*keyValue{attr("value", redacted), attr("Value", redacted), attr("name", str("pwd"))},
		},
		{
			name: "a number where the name denotes digits", in: []*keyValue{attr("name", str("pin")), attr("value", num(4711))},
			want: []*keyValue{attr("name", str("pin")), attr("value", redacted)},
		},
		{name: "a number under another name", in: []*keyValue{attr("name", str("api_key")), attr("value", num(4711))}},
		{name: "a boolean", in: []*keyValue{attr("name", str("password")), attr("value", boolean(true))}},
		{name: "null", in: []*keyValue{attr("name", str("password")), attr("value", null())}},
		{
			name: "a list", in: []*keyValue{attr("name", str("Authorization")), attr("value", array(str("Bearer x")))},
			want: []*keyValue{attr("name", str("Authorization")), attr("value", redacted)},
		},
		{name: "an ordinary name", in: []*keyValue{attr("name", str("HOME")), attr("value", str("/root"))}},
		{name: "a description of a secret", in: []*keyValue{attr("name", str("password_policy")), attr("value", str("long"))}},
		{name: "a name that is no text", in: []*keyValue{attr("name", raw("password")), attr("value", str("x"))}},
		{name: "no value", in: []*keyValue{attr("name", str("password")), attr("values", str("x")), attr("count", str("x"))}},
		{name: "no name", in: []*keyValue{attr("title", str("password")), attr("value", str("x"))}},
		{name: "a name further out", in: []*keyValue{attr("name", str("password")), attr("m", object(attr("value", str("x"))))}},
		{name: "a name further in", in: []*keyValue{attr("m", object(attr("name", str("password")))), attr("value", str("x"))}},
		{
			name: "pairs in a value", in: []*keyValue{attr("name", str("env")), attr("value", array(object(attr("key", str("pwd")), attr("value", str("x")))))},
			want: []*keyValue{attr("name", str("env")), attr("value", array(object(attr("key", str("pwd")), attr("value", redacted))))},
		},
		{
			name: "a suspicious name", in: []*keyValue{attr("name", str("NPM_TOKEN")), attr("value", str("x8Kd93Jf02Lq7Zp4Vb6N"))},
			want: []*keyValue{attr("name", str("NPM_TOKEN")), attr("value", redacted)},
		},
		{name: "a suspicious name before an ordinary value", in: []*keyValue{attr("name", str("NPM_TOKEN")), attr("value", str("missing"))}},
		{
			name: "a weak name", opts: []Option{WithProfile(Strict)}, in: []*keyValue{attr("name", str("SALT")), attr("value", str("abcdef"))},
			want: []*keyValue{attr("name", str("SALT")), attr("value", redacted)},
		},
		{
			name: "a name in which something is masked", in: []*keyValue{attr("name", str(token+" password")), attr("value", str("x"))},
			want: []*keyValue{attr("name", str("[REDACTED:github] password")), attr("value", redacted)},
		},
		{
			name: "a name that is masked itself", opts: []Option{WithKeys("name")}, in: []*keyValue{attr("name", str("password")), attr("value", str("x"))},
			want: []*keyValue{attr("name", redacted), attr("value", redacted)},
		},
		{
			name: "a name that escaping makes another", opts: []Option{WithEscapedControls()}, in: []*keyValue{attr("name", str("a \refresh_token")), attr("value", str("x"))},
			want: []*keyValue{attr("name", str(`a \refresh_token`)), attr("value", redacted)},
		},
		{name: "a key that is exempt", opts: []Option{WithAllowKeys("password")}, in: []*keyValue{attr("name", str("Password")), attr("value", str("x"))}},
		{name: "a key that is kept", opts: []Option{WithKeyAction(Keep, "password")}, in: []*keyValue{attr("name", str("Password")), attr("value", str("x"))}},
		{
			name: "a key that is dropped", opts: []Option{WithKeyAction(Drop, "tenant_ref")}, in: []*keyValue{attr("value", str("x")), attr("name", str("tenant_ref"))},
			want: []*keyValue{attr("name", str("tenant_ref"))},
		},
		{
			name: "a key that is hashed", opts: []Option{WithHashKey("k", hmacKey), WithKeyAction(Hash, "user")}, in: []*keyValue{attr("value", str("bob")), attr("name", str("user"))},
			want: []*keyValue{attr("value", str("[HASH:key:k:"+hashOf("key", "bob")+"]")), attr("name", str("user"))},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newForTest(t, tt.opts...)
			if tt.want == nil {
				tt.want = tt.in
			}
			for place, around := range map[string]func(...*keyValue) *keyValue{
				"a map":            func(kvs ...*keyValue) *keyValue { return attr("env", object(kvs...)) },
				"a list of maps":   func(kvs ...*keyValue) *keyValue { return attr("env", array(object(kvs...), object(kvs...))) },
				"a map in a value": func(kvs ...*keyValue) *keyValue { return attr("value", object(attr("x", object(kvs...)))) },
			} {
				out := m.AppendRecord(nil, encode(t, record(around(tt.in...))))
				wantMessage(t, decodeRecord(t, out), record(around(tt.want...)))
				if again := m.AppendRecord(nil, out); !bytes.Equal(again, out) {
					t.Errorf("%s, masking twice: got %q, want %q", place, again, out)
				}
			}
		})
	}
}

func TestAnyMasksPairsOfNameAndValue(t *testing.T) {
	type envVar struct {
		Name, Value string
	}
	in := []any{[]envVar{{"HOME", "/root"}, {"DB_PASSWORD", "hunter2secret"}}, map[string]any{"key": "password", "value": "x"}, &envVar{"PGPASSWORD", "x"}}
	want := []any{
		[]any{map[string]any{"Name": "HOME", "Value": "/root"}, map[string]any{"Name": "DB_PASSWORD", "Value": MarkerKey}},
		map[string]any{"key": "password", "value": MarkerKey},
		map[string]any{"Name": "PGPASSWORD", "Value": MarkerKey},
	}
	if got := newForTest(t).Any(in); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAPairInAnUnusualEncoding(t *testing.T) {
	name := field(1, field(1, "name"), field(2, field(1, "password")))
	tests := []struct{ name, in string }{
		{"the value before its key", name + field(1, field(2, field(1, secret)), field(1, "value"))},
		{"the name's value before its key", field(1, field(2, field(1, "password")), field(1, "name")) + field(1, field(1, "value"), field(2, field(1, secret)))},
		{"an unknown field between", name + varintField(13, 1) + field(1, field(1, "value"), field(2, field(1, secret)))},
		{"a tag in two bytes", "\x8a\x00" + name[1:] + field(1, field(1, "value"), field(2, field(1, secret)))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newForTest(t)
			out := m.AppendRecord(nil, []byte(field(5, field(6, tt.in))))
			wantNoPiece(t, out, secret, tt.name)
			if m.Masked() == 0 || m.Malformed() != 0 {
				t.Errorf("masked, malformed: got %d, %d, want 1, 0", m.Masked(), m.Malformed())
			}
		})
	}
}

func TestManyPairsTakeLinearTime(t *testing.T) {
	entry := func(key, v string) string { return field(1, field(1, key), field(2, field(1, v))) }
	values := strings.Repeat(entry("value", "x"), 1<<15)
	for name, in := range map[string]string{
		"many values": entry("name", "password") + values,
		"many names":  strings.Repeat(entry("key", "my token"), 1<<15) + entry("value", "x"),
		"a long name": entry("name", strings.Repeat("x_", 1<<17)+"token") + values,
	} {
		m := newForTest(t)
		if m.AppendRecord(nil, []byte(field(5, inMaps(60, in)))); m.Malformed() != 0 {
			t.Errorf("%s: malformed", name)
		}
	}
}
