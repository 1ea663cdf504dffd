package deps
import (
 _ "go.opentelemetry.io/otel/trace"
 _ "go.opentelemetry.io/otel/sdk/log"
 _ "go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
 _ "go.opentelemetry.io/proto/otlp/collector/logs/v1"
 _ "google.golang.org/grpc"
 _ "google.golang.org/genproto/googleapis/rpc/errdetails"
 _ "google.golang.org/protobuf/proto"
 _ "github.com/klauspost/compress/gzip"
 _ "golang.org/x/sync/errgroup"
 _ "golang.org/x/sync/semaphore"
 _ "golang.org/x/sys/cpu"
 _ "go.opentelemetry.io/collector/pdata/plog/plogotlp"
)
