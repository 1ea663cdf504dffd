package mask

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/protobuf/proto"
)

func TestWhatIsBehindASecretsFlagIsMasked(t *testing.T) {
	const key = MarkerKey
	strict := []Option{WithProfile(Strict)}
	tests := []struct {
		name string
		opts []Option
		in   []any
		want []any // nil: as in.
	}{
		{"two dashes", nil, []any{"app", "--password", "hunter2secret", "run"}, []any{"app", "--password", key, "run"}},
		{"one dash", nil, []any{"-password", "x"}, []any{"-password", key}},
		{"a longer name", nil, []any{"--db-password", "x", "--dbPassword", "y", "--db.pwd", "z"}, []any{"--db-password", key, "--dbPassword", key, "--db.pwd", key}},
		{"bytes", nil, []any{[]byte("--password"), []byte("hunter2secret")}, []any{[]byte("--password"), key}},
		{"a number where the name denotes digits", nil, []any{"--pin", 4711}, []any{"--pin", key}},
		{"a number under another name", nil, []any{"--api-key", 4711}, nil},
		{"a list", nil, []any{"--password", []any{"x"}}, []any{"--password", key}},
		{"an empty text", nil, []any{"--password", ""}, []any{"--password", key}},
		{"a flag behind it", nil, []any{"--password", "--verbose", "x"}, nil},
		{"a secret's flag behind it", nil, []any{"--password", "--api-key", "x"}, []any{"--password", "--api-key", key}},
		{"a flag with a value behind it", nil, []any{"--password", "--api-key=hunter2secret"}, []any{"--password", "--api-key=[REDACTED:key]"}},
		{"the end of flags behind it", nil, []any{"--password", "--", "x"}, nil},
		{"a negative number behind it", nil, []any{"--password", "-4711"}, []any{"--password", key}},
		{"a token with a dash behind it", nil, []any{"--password", "-" + token}, []any{"--password", key}},
		{"a private key behind it", nil, []any{"--private-key", "-----BEGIN PRIVATE KEY-----\n" + strings.Repeat("MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n", 3) + "-----END PRIVATE KEY-----"}, []any{"--private-key", key}},
		{"the value in one element", nil, []any{"--password=hunter2secret", "x"}, []any{"--password=[REDACTED:key]", "x"}},
		{"an ordinary flag", nil, []any{"--user", "bob", "-p", "8080", "--password-file", "/run/x", "--max-tokens", "4096"}, nil},
		{"no flag", nil, []any{"password", "x", "- password", "y", "-- password", "z", "---password", "a", "--password,", "b", "-", "--", "c"}, nil},
		{"a token", nil, []any{"--token", "hunter2secret"}, []any{"--token", "[REDACTED:flag]"}},
		{"a key that may be one", nil, []any{"--key", "server.pem", "--key", "x8Kd93Jf02Lq7Zp4Vb6N"}, []any{"--key", "server.pem", "--key", key}},
		{"a weak name", strict, []any{"--salt", "abcdef", "--salt", "abc"}, []any{"--salt", key, "--salt", "abc"}},
		{"a card's number in groups", nil, []any{"--card-number", "4111", "1111", "1111", "1111"}, []any{"--card-number", key, panMarker, panMarker, panMarker}},
		{"a card's number in groups under a weak name", strict, []any{"--key", "4111", "1111", "1111", "1111"}, []any{"--key", key, panMarker, panMarker, panMarker}},
		{"a card's number in groups under a name that may be one", nil, []any{"--card", "4111", "1111", "1111", "1111"}, []any{"--card", panMarker, panMarker, panMarker, panMarker}},
		{"arguments in an array", nil, []any{[]any{"--password", "x"}, []any{"y", "--password"}, "z"}, []any{[]any{"--password", key}, []any{"y", "--password"}, "z"}},
		{"a flag that is masked", nil, []any{"--" + token + "-password", "x"}, []any{"--[REDACTED:github]", "x"}},
		{"a key that is exempt", []Option{WithAllowKeys("password")}, []any{"--password", "x"}, nil},
		{"a key that is dropped", []Option{WithKeyAction(Drop, "tenant")}, []any{"--tenant", "x"}, []any{"--tenant", key}},
		{"a key that is hashed", []Option{WithHashKey("k", hmacKey), WithKeyAction(Hash, "user")}, []any{"--user", "bob"}, []any{"--user", "[HASH:key:k:" + hashOf("key", "bob") + "]"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newForTest(t, tt.opts...)
			if tt.want == nil {
				tt.want = tt.in
			}
			args := func(list []any) []*keyValue {
				return []*keyValue{attr("process.command_args", array(elements(list...)...)), attr("n", num(1))}
			}
			out := m.AppendRecord(nil, encode(t, record(args(tt.in)...)))
			wantMessage(t, decodeRecord(t, out), record(args(tt.want)...))
			if again := m.AppendRecord(nil, out); !bytes.Equal(again, out) {
				t.Errorf("masking twice: got %q, want %q", again, out)
			}
			resource := new(resourcepb.Resource)
			if err := proto.Unmarshal(m.AppendResource(nil, encode(t, &resourcepb.Resource{Attributes: args(tt.in)})), resource); err != nil {
				t.Fatal(err)
			}
			wantMessage(t, resource, &resourcepb.Resource{Attributes: args(tt.want)})
			if got, want := fmt.Sprint(m.Any(tt.in)), fmt.Sprint(tt.want); got != want {
				t.Errorf("Any: got %v, want %v", got, want)
			}
		})
	}
}
