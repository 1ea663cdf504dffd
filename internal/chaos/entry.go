//go:build linux

package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/logstream-go/logstream/sink/otlptest"
)

// An id names a record: the i-th of a producer of a process, from 1.
type id struct{ process, producer, i int }

// Every poisonEvery-th record of a producer is one that the receivers refuse.
const poisonEvery = 997

func (n id) poison() bool { return n.i%poisonEvery == 0 }

// text is the body of the record: one that shows when a byte of it is wrong.
func (n id) text() string {
	return fmt.Sprintf("%d/%d/%d/%s", n.process, n.producer, n.i, strings.Repeat(string(rune('a'+n.i%26)), n.i%200))
}

// level is that of a service in trouble: most is DEBUG and INFO.
func (n id) level() slog.Level {
	switch {
	case n.i%100 == 0:
		return slog.LevelError
	case n.i%50 == 0:
		return slog.LevelWarn
	case n.i%3 == 0:
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// log hands the record to a logger.
func (n id) log(l *slog.Logger) {
	l.LogAttrs(context.Background(), n.level(), n.text(), slog.Int("producer", n.producer), slog.Int("i", n.i), slog.Bool("poison", n.poison()))
}

// read returns the id of a record that arrived, or an error if anything in it is not
// as it was logged.
func read(r *otlptest.Record) (id, error) {
	var n id
	body, _ := r.Body.(string)
	if _, err := fmt.Sscanf(body, "%d/%d/%d/", &n.process, &n.producer, &n.i); err != nil {
		return n, fmt.Errorf("nobody logs %.60q", body)
	}
	switch {
	case body != n.text():
		return n, fmt.Errorf("altered: body %.60q of %v", body, n)
	case len(r.Ordered) != 3, r.Attributes["producer"] != int64(n.producer), r.Attributes["i"] != int64(n.i), r.Attributes["poison"] != n.poison():
		return n, fmt.Errorf("altered: attributes %v of %v", r.Ordered, n)
	case r.SeverityText != n.level().String():
		return n, fmt.Errorf("altered: level %v of %v", r.SeverityText, n)
	case r.Resource.Attributes["chaos.process"] != int64(n.process):
		return n, fmt.Errorf("altered: resource %v of %v", r.Resource.Attributes, n)
	}
	return n, nil
}

// isPoison reports whether a receiver is to refuse a record.
func isPoison(r otlptest.Record) bool { return r.Attributes["poison"] == true }
