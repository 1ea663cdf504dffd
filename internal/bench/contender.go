package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/logstream-go/logstream/stream"
)

// A contender is a way from a log call to an endpoint.
type contender struct {
	log     func(i int)  // logs the i-th record
	handler slog.Handler // nil for loggers that are not slog's

	// flush waits until what was logged is delivered; nil if there is nothing to
	// wait for.
	flush func(context.Context) error

	// finish flushes, and ends the contender.
	finish func() (end, error)
}

// An end tells what has become of the records.
type end struct {
	Delivered int // -1 if nobody counts
	Dropped   int
	Requests  int
	Wire      int64 // bytes written to connections
}

// A target is where records go.
type target struct {
	endpoint string // "" is an exporter that does nothing
	gzip     bool
	queue    int           // records that the SDK has room for, so that it loses none
	wire     *atomic.Int64 // counts what is written to connections
}

// target returns the job's. A burst has to fit into the SDK's queue as a whole, of a
// steady flow what comes in four seconds; its default is 2,048, which loses records at the
// rates measured here. More room than needed would cost it memory.
func (j job) target() target {
	t := target{j.Endpoint, j.Gzip, sdkQueue, new(atomic.Int64)}
	switch {
	case j.Endpoint == "":
		t.queue = stream.DefaultQueueSize / 256 // as large as ours is
	case j.Rate > 0:
		t.queue = max(t.queue, 4*j.Rate, j.Warm)
	default:
		t.queue = max(t.queue, j.Records, j.Warm)
	}
	return t
}

// sdkQueue is the SDK's default.
const sdkQueue = 2048

// Contenders by name. Without an endpoint exporters do nothing. With one, nobody may
// lose a record: our callers wait for room, and the SDK, which cannot wait, has room
// for all.
var contenders = map[string]func(target) (contender, error){
	"floor":     openFloor,
	"logstream": openLogstream,
	"otelslog":  openOtel,
	"slog JSON": openJSON,
	"file":      openFile,
	"zap":       openZap,
	"zerolog":   openZerolog,
	"phuslu":    openPhuslu,

	"unmasked":     withoutMask,
	"keys only":    byKeys,
	"linger 0":     withoutLinger,
	waiting:        withWaitingCallers,
	"OTLP/HTTP":    overHTTP,
	"zstd":         withZstd,
	"hung sink":    withHungSink,
	"crash ring":   withCrashRing,
	"second route": withSecondRoute,
}

// waiting is the contender whose callers wait for room.
const waiting = "waiting callers"

// rivals are those of the hot path, in the order of its table.
var rivals = []string{"floor", "logstream", "phuslu", "zerolog", "slog JSON", "zap", "otelslog"}

// finishIn bounds the flush.
const finishIn = time.Minute

func open(name string, t target) (contender, error) {
	o, ok := contenders[name]
	if !ok {
		return contender{}, fmt.Errorf("bench: no contender %q", name)
	}
	return o(t)
}

// slogs returns the contender with a handler of slog's.
func slogs(h slog.Handler, finish func() (end, error)) contender {
	return contender{log: newWorkload(h).record, handler: h, finish: finish}
}

func openFloor(target) (contender, error) {
	return slogs(floor{}, func() (end, error) { return end{Delivered: -1}, nil }), nil
}
