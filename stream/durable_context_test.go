package stream_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/slogbridge"
	"github.com/logstream-go/logstream/stream"
)

// A request that was cancelled is logged as durably as any other.
func TestACancelledContextChangesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	down := sink.Func(func(context.Context, *sink.Batch) error { return errors.New("down") })
	s, err := stream.New(down, stream.WithStorage(dir), stream.WithDurable(slog.LevelError, time.Minute), stream.WithErrorHandler(func(error) {}))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	log := slog.New(slogbridge.NewHandler(s))
	log.InfoContext(ctx, "not durable")
	log.ErrorContext(ctx, "durable")
	if st := s.Stats().Durable; st.Stored != 1 || st.InVain != 0 || st.Syncs != 1 {
		t.Errorf("got %v, want one stored with one sync", st)
	}
	if err := s.Shutdown(ctx); !errors.Is(err, stream.ErrStored) {
		t.Errorf("Shutdown: got %v, want ErrStored", err)
	}
}
