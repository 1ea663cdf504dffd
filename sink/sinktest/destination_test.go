package sinktest

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/logstream-go/logstream/internal/leak"
	"github.com/logstream-go/logstream/sink"
)

func TestMain(m *testing.M) { os.Exit(leak.Main(m)) }

// A destination keeps messages in memory and fails on command.
type destination struct {
	mu    sync.Mutex // guards the following
	got   []string
	hangs bool
	fails []sink.Kind // of requests to come
	down  bool
}

var errAway = errors.New("the destination is away")

// enter returns what becomes of a request before anything is accepted.
func (d *destination) enter(ctx context.Context) error {
	d.mu.Lock()
	hangs, fails, down := d.hangs, d.fails, d.down
	d.hangs, d.fails = false, nil
	d.mu.Unlock()
	switch {
	case down:
		return errAway
	case hangs:
		<-ctx.Done()
		return ctx.Err()
	case len(fails) > 0:
		return &sink.Error{Err: errors.New("as told"), Kind: fails[0]}
	}
	return ctx.Err()
}

// messages returns the messages of a batch, as text of their own.
func messages(b *sink.Batch) []string {
	var out []string
	for r := range b.Records() {
		out = append(out, string(r.Body().Str()))
	}
	return out
}

func (d *destination) add(messages ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.got = append(d.got, messages...)
}

func (d *destination) received() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.got)
}

// harness returns a harness for k, which exports to d.
func (d *destination) harness(k sink.Sink) Harness {
	return Harness{
		Sink:     k,
		Received: d.received,
		Hang: func() {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.hangs = true
		},
		Fail: func(kind sink.Kind) bool {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.fails = append(d.fails, kind)
			return true
		},
		Down: func() {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.down = true
		},
	}
}

// A model is a sink as it should be, whose methods tests replace.
type model struct {
	d *destination

	export func(ctx context.Context, b *sink.Batch) error // before anything else, if not nil
	after  func(ctx context.Context, b *sink.Batch, err error) error
	stop   func(ctx context.Context) error
	limits sink.Limits

	mu     sync.Mutex // guards the following
	closed bool
}

var errShut = errors.New("shut down")

// errOwn says that a replaced method has done all of the work.
var errOwn = errors.New("done")

func (m *model) Export(ctx context.Context, b *sink.Batch) error {
	m.mu.Lock()
	closed := m.closed
	m.mu.Unlock()
	if closed {
		return errShut
	}
	if m.export != nil {
		if err := m.export(ctx, b); err == errOwn {
			return nil
		} else if err != nil {
			return err
		}
	}
	err := m.send(ctx, b)
	if m.after != nil {
		err = m.after(ctx, b, err)
	}
	return err
}

// send delivers b by way of a payload.
func (m *model) send(ctx context.Context, b *sink.Batch) error {
	p, err := b.Payload("model", func(dst []byte) ([]byte, error) { return b.AppendRequest(dst), nil })
	if err != nil {
		return err
	}
	defer p.Release()
	if err := m.d.enter(ctx); err != nil {
		return err
	}
	m.d.add(messages(b)...)
	return nil
}

func (m *model) Limits() sink.Limits { return m.limits }

func (m *model) Shutdown(ctx context.Context) error {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	if m.stop != nil {
		return m.stop(ctx)
	}
	return nil
}
