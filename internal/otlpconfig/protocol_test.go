package otlpconfig

import "testing"

func TestProtocol(t *testing.T) {
	for _, tt := range []struct {
		env  vars
		want Protocol
	}{
		{vars{}, ""},
		{vars{"PROTOCOL": "grpc"}, GRPC},
		{vars{"PROTOCOL": "HTTP/Protobuf"}, HTTPProtobuf},
		{vars{"PROTOCOL": "grpc", "LOGS_PROTOCOL": "http/json"}, HTTPJSON},
		{vars{"PROTOCOL": "http/json", "LOGS_PROTOCOL": ""}, HTTPJSON},
		{vars{"PROTOCOL": "thrift", "LOGS_PROTOCOL": "grpc"}, GRPC},
	} {
		setenv(t, vars{"PROTOCOL": "", "LOGS_PROTOCOL": ""})
		setenv(t, tt.env)
		if got, err := LookupProtocol(); got != tt.want || err != nil {
			t.Errorf("%v: got %q, %v; want %q", tt.env, got, err, tt.want)
		}
	}
	setenv(t, vars{"LOGS_PROTOCOL": "thrift"})
	_, err := LookupProtocol()
	wantError(t, err, "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", `"thrift"`, "http/protobuf")
}
