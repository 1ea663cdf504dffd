package otlpconfig

import (
	"fmt"
	"strings"
)

// Protocol is a transport of OTLP with its encoding.
type Protocol string

// The protocols that OTLP knows.
const (
	GRPC         Protocol = "grpc"
	HTTPProtobuf Protocol = "http/protobuf"
	HTTPJSON     Protocol = "http/json"
)

// LookupProtocol returns what OTEL_EXPORTER_OTLP_LOGS_PROTOCOL, or else
// OTEL_EXPORTER_OTLP_PROTOCOL, says, in any case; "" is not set. It is not part of
// Load: a program that names a transport has chosen it.
func LookupProtocol() (Protocol, error) {
	s := lookup("PROTOCOL")
	switch p := Protocol(strings.ToLower(s.Value)); p {
	case "", GRPC, HTTPProtobuf, HTTPJSON:
		return p, nil
	}
	return "", fmt.Errorf("%s: %q is not a known protocol; there are %s, %s and %s", s.From, s.Value, GRPC, HTTPProtobuf, HTTPJSON)
}
