package main

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"time"
)

// values are those of a service's log records, which vary: with five of them a
// record has about 220 bytes.
type values struct {
	users  []string
	routes []string
}

func newValues() *values {
	v := new(values)
	for i := range 997 {
		v.users = append(v.users, fmt.Sprintf("user-%08x@tenant-%d", i*2654435761, i%17))
		v.routes = append(v.routes, fmt.Sprintf("/api/v2/accounts/%d/orders/%d", i*31, i*7))
	}
	return v
}

var methods = [...]string{"GET", "POST", "PUT", "DELETE"}

func (v *values) method(i int) string          { return methods[i&3] }
func (v *values) route(i int) string           { return v.routes[i%len(v.routes)] }
func (v *values) status(i int) int             { return 200 + i%5 }
func (v *values) duration(i int) time.Duration { return time.Duration(i%100_000) * time.Microsecond }
func (v *values) user(i int) string            { return v.users[i%len(v.users)] }

// message and the keys of the attributes.
const (
	message     = "request served"
	keyMethod   = "http.request.method"
	keyRoute    = "url.path"
	keyStatus   = "http.response.status_code"
	keyDuration = "duration"
	keyUser     = "user.id"
)

// A workload logs such records through log/slog.
type workload struct {
	*values
	log *slog.Logger
}

func newWorkload(h slog.Handler) *workload { return &workload{newValues(), slog.New(h)} }

// record logs the i-th record.
func (w *workload) record(i int) {
	w.log.LogAttrs(context.Background(), slog.LevelInfo, message,
		slog.String(keyMethod, w.method(i)),
		slog.String(keyRoute, w.route(i)),
		slog.Int(keyStatus, w.status(i)),
		slog.Duration(keyDuration, w.duration(i)),
		slog.String(keyUser, w.user(i)),
	)
}

// A wide workload logs records with as many attributes as one likes.
type wide struct {
	log   *slog.Logger
	attrs []slog.Attr
}

func newWide(h slog.Handler, attrs int) *wide {
	w := &wide{log: slog.New(h)}
	for i := range attrs {
		w.attrs = append(w.attrs, slog.String("attribute."+strconv.Itoa(i), "value "+strconv.Itoa(i)))
	}
	return w
}

func (w *wide) record(int) {
	w.log.LogAttrs(context.Background(), slog.LevelInfo, message, w.attrs...)
}

// floor is the handler that does nothing: what is left is log/slog.
type floor struct{}

func (floor) Enabled(context.Context, slog.Level) bool  { return true }
func (floor) Handle(context.Context, slog.Record) error { return nil }
func (f floor) WithAttrs([]slog.Attr) slog.Handler      { return f }
func (f floor) WithGroup(string) slog.Handler           { return f }
