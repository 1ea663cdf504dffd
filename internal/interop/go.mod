module github.com/logstream-go/logstream/internal/interop

go 1.26.0

replace github.com/logstream-go/logstream => ../..

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	go.opentelemetry.io/otel v1.47.0 // indirect
	go.opentelemetry.io/otel/trace v1.47.0 // indirect
)
