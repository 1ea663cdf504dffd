package oracle

import (
	"log/slog"
	"testing"

	"go.opentelemetry.io/contrib/bridges/otelslog"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/logstream-go/logstream/slogbridge"
)

// The comparison keeps such records back from the SDK. This is why.
func TestTextThatIsNotUTF8CostsTheSDKItsBatch(t *testing.T) {
	official, direct := newServer(t), newServer(t)
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewBatchProcessor(grpcExporter(t, official))))
	ours := newStream(t, newOTLP(t, direct))
	logger := slog.New(slog.NewMultiHandler(
		otelslog.NewHandler("x", otelslog.WithLoggerProvider(provider)), slogbridge.NewHandler(ours)))
	for i := range 10 {
		text := "valid"
		if i == 5 {
			text = "not \xff"
		}
		logger.Info("hello", "text", text)
	}
	shutdown(t, ours)
	if err := provider.Shutdown(t.Context()); err == nil {
		t.Error("the SDK has sent its batch")
	}
	if a, b := official.Count(), direct.Count(); a != 0 || b != 10 {
		t.Errorf("got %d records of the SDK and %d of ours, want 0 and 10", a, b)
	}
}

// The comparison calls the SDK's handler as slog.Logger does. This is why.
func TestAGroupWithoutANameCostsOtelslogItsAttributes(t *testing.T) {
	official, direct := newServer(t), newServer(t)
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewBatchProcessor(grpcExporter(t, official))))
	ours := newStream(t, newOTLP(t, direct))
	for _, h := range []slog.Handler{otelslog.NewHandler("x", otelslog.WithLoggerProvider(provider)), slogbridge.NewHandler(ours)} {
		slog.New(h.WithGroup("")).Info("hello", "a", 1)
	}
	shutdown(t, ours)
	shutdown(t, provider)
	if a := official.Records()[0].Attributes; len(a) != 0 {
		t.Errorf("got attributes %v of the SDK: strike %q off the list", a, unnamedRule)
	}
	if a := direct.Records()[0].Attributes; len(a) != 1 || a["a"] != int64(1) {
		t.Errorf("got attributes %v, want a=1", a)
	}
}
