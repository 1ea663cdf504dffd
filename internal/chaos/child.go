//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/sink/otlpgrpc"
	"github.com/logstream-go/logstream/sink/otlphttp"
	"github.com/logstream-go/logstream/slogbridge"
	"github.com/logstream-go/logstream/stream"
)

// childArg is the first argument of a program that logs.
const childArg = "child"

// attempt bounds one attempt of an export. It is short, so that a receiver that
// hangs is noticed within a run, and long for a machine that is busy.
const attempt = 2 * time.Second

// A spec says how a program logs. It is passed on the command line.
type spec struct {
	Process int
	Dir     string // of the board
	Ring    string // directory of the crash ring; empty: none
	Store   string // directory of the storage; empty: none
	Full    bool   // the storage is on a file system that is smaller than the storage may be
	Rate    int    // records a second
	Queue   int    // bytes
	Batch   int    // bytes
	Letters int    // bytes of dead letters; 0: the default
	Linger  time.Duration
	Wait    bool          // callers wait for room
	End     time.Duration // for Shutdown
	Routes  []destination
}

// A destination is an endpoint and how to speak to it.
type destination struct {
	Name     string // the first one is the primary route, whatever its name
	HTTP     bool
	Endpoint string
}

// A report is what a program that was not killed says in the end.
type report struct {
	Stats  stream.Stats
	Stored bool   // the rest is in the storage
	Error  string // of Shutdown, if it is another
	Full   string // how the file system was made small, and how often the stream said so
}

// childMain logs until its standard input ends, and reports.
func childMain(arg string) error {
	var c spec
	if err := json.Unmarshal([]byte(arg), &c); err != nil {
		return err
	}
	b, err := openBoard(c.Dir, c.Process)
	if err != nil {
		return err
	}
	var r report
	if c.Full {
		if r.Full, err = shrink(c.Store); err != nil {
			return err
		}
	}
	var complaints atomic.Int64
	s, err := c.open(func(err error) {
		if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EFBIG) {
			complaints.Add(1)
		}
	})
	if err != nil {
		return err
	}
	log := slog.New(slogbridge.NewHandler(s, slogbridge.WithLevel(slog.LevelDebug)))
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	var wg sync.WaitGroup
	for g := range producers {
		wg.Go(func() { c.produce(ctx, log, b, g, func() bool { return c.calm(s.Stats()) }) })
	}
	wg.Wait()
	ctx, cancel = context.WithTimeout(context.Background(), c.End)
	defer cancel()
	if err := s.Shutdown(ctx); errors.Is(err, stream.ErrStored) {
		r.Stored = true
	} else if err != nil {
		r.Error = err.Error()
	}
	r.Stats = s.Stats()
	if c.Full {
		r.Full += fmt.Sprintf(", which the stream told %d times", complaints.Load())
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

// calm reports whether no backlog is left: nothing in the storage, and elsewhere what
// half a second brings.
func (c spec) calm(st stream.Stats) bool {
	for _, r := range st.Routes {
		if r.Held.Spool > 0 || r.Held.Total() > uint64(c.Rate/2) {
			return false
		}
	}
	return true
}

// produce logs at an eighth of the rate, and notes each call that has returned. The
// first of the producers rests when it is asked to and calm.
func (c spec) produce(ctx context.Context, log *slog.Logger, b *board, g int, calm func() bool) {
	const ticks = 100
	tick := time.NewTicker(time.Second / ticks)
	defer tick.Stop()
	// What a tick cannot have in whole records, the next ones make good.
	start := time.Now()
	for i := 0; ; {
		due := int(time.Since(start).Seconds() * float64(c.Rate) / producers)
		for n := 0; i < due && n < c.Rate/producers; n++ {
			i++
			id{c.Process, g, i}.log(log)
			b.took(g, i)
		}
		if g == 0 {
			b.setGoroutines(runtime.NumGoroutine())
			b.rest(calm, debug.FreeOSMemory)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// open makes the stream, with a handler of its troubles.
func (c spec) open(told func(error)) (*stream.Stream, error) {
	overflow := stream.DropOldest
	if c.Wait {
		overflow = stream.Block(time.Minute)
	}
	opts := []stream.Option{
		stream.WithQueueSize(c.Queue), stream.WithRingSize(1 << 20), stream.WithBatchBytes(c.Batch), stream.WithLinger(c.Linger),
		stream.WithRetry(10*time.Millisecond, 200*time.Millisecond), stream.WithOverflow(overflow),
		stream.WithResource(slog.Int("chaos.process", c.Process)), stream.WithErrorHandler(told),
	}
	if c.Ring != "" {
		opts = append(opts, stream.WithCrashRing(c.Ring, stream.OnDisk))
	}
	if c.Letters > 0 {
		opts = append(opts, stream.WithDeadLetters(c.Letters))
	}
	if c.Store != "" {
		opts = append(opts, stream.WithStorage(c.Store, stream.WithStorageBytes(64<<20)))
	}
	var primary sink.Sink
	for i, d := range c.Routes {
		k, err := d.open()
		if err != nil {
			return nil, err
		}
		if i == 0 {
			primary = k
			continue
		}
		opts = append(opts, stream.WithRoute(d.Name, k))
	}
	if primary == nil {
		return nil, fmt.Errorf("no destination in %+v", c)
	}
	return stream.New(primary, opts...)
}

func (d destination) open() (sink.Sink, error) {
	if d.HTTP {
		return otlphttp.New(otlphttp.WithEndpoint(d.Endpoint), otlphttp.WithTimeout(attempt))
	}
	return otlpgrpc.New(otlpgrpc.WithEndpointURL(d.Endpoint), otlpgrpc.WithTimeout(attempt))
}
