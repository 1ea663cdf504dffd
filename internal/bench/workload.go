package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// A workload logs records as a service does: five attributes whose values vary,
// about 220 bytes encoded.
type workload struct {
	ctx    context.Context
	log    *slog.Logger
	users  []string
	routes []string
}

func newWorkload(log *slog.Logger) *workload {
	w := &workload{ctx: context.Background(), log: log}
	for i := range 997 {
		w.users = append(w.users, fmt.Sprintf("user-%08x@tenant-%d", i*2654435761, i%17))
		w.routes = append(w.routes, fmt.Sprintf("/api/v2/accounts/%d/orders/%d", i*31, i*7))
	}
	return w
}

var methods = [...]string{"GET", "POST", "PUT", "DELETE"}

// record logs the i-th record.
func (w *workload) record(i int) {
	w.log.LogAttrs(w.ctx, slog.LevelInfo, "request served",
		slog.String("http.request.method", methods[i&3]),
		slog.String("url.path", w.routes[i%len(w.routes)]),
		slog.Int("http.response.status_code", 200+i%5),
		slog.Duration("duration", time.Duration(i%100_000)*time.Microsecond),
		slog.String("user.id", w.users[i%len(w.users)]),
	)
}

// floor is the handler that does nothing: what is left is log/slog.
type floor struct{}

func (floor) Enabled(context.Context, slog.Level) bool  { return true }
func (floor) Handle(context.Context, slog.Record) error { return nil }
func (f floor) WithAttrs([]slog.Attr) slog.Handler      { return f }
func (f floor) WithGroup(string) slog.Handler           { return f }
