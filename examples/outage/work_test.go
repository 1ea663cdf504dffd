package main

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

// A stalling handler counts records, and the first one takes half a second.
type stalling struct {
	slog.Handler
	n int
}

func (*stalling) Enabled(context.Context, slog.Level) bool { return true }

func (h *stalling) Handle(context.Context, slog.Record) error {
	if h.n++; h.n == 1 {
		<-time.After(500 * time.Millisecond)
	}
	return nil
}

func TestTheRateHoldsOnABusyMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		h := &stalling{Handler: slog.DiscardHandler}
		work(ctx, slog.New(h), 1000)
		if h.n < 980 || h.n > 1000 {
			t.Errorf("got %d records in a second, want 1000", h.n)
		}
	})
}
