package otelexporter

import "github.com/logstream-go/logstream/sink"

// An Option changes what [New] makes. Of two that set the same, the later one
// wins.
type Option interface{ apply(*config) }

type option func(*config)

func (f option) apply(c *config) { f(c) }

// config is what the options say.
type config struct {
	classifier func(error) *sink.Error
}

// WithClassifier sets a function that says what an error of the exporter means,
// with what the exporter knows: its kind, how long to wait, which records failed. It
// returns nil for errors that it leaves to the rules of [New]; nil in the field Err
// stands for the error itself. It is called by one Export at a time, and never with
// nil. Default: nil, the rules alone.
func WithClassifier(f func(error) *sink.Error) Option {
	return option(func(c *config) { c.classifier = f })
}
