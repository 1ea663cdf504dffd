package stream

import (
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/logstream-go/logstream/mask"
)

// quiet is how long a subject is not reported again.
const quiet = 10 * time.Second

// A diag passes the stream's own troubles to the error handler: not through the
// logger that the stream serves, not often, and never in the way of a record. The
// handler runs in one goroutine of its own.
type diag struct {
	handler func(error)
	mask    *mask.Masker // of what is said
	queue   chan error
	done    chan struct{} // closed when the goroutine has ended

	mu       sync.Mutex // guards the following
	subjects map[string]*subject
	closed   bool
}

// A subject is what is reported at most once in a while.
type subject struct {
	last time.Time
	open bool // reported, and not resolved since
}

func newDiag(handler func(error), m *mask.Masker) *diag {
	if handler == nil {
		handler = func(err error) { fmt.Fprintln(os.Stderr, err) }
	}
	d := &diag{
		handler:  handler,
		mask:     m,
		queue:    make(chan error, 16),
		done:     make(chan struct{}),
		subjects: make(map[string]*subject),
	}
	go d.run()
	return d
}

// run calls the handler until close.
func (d *diag) run() {
	defer close(d.done)
	for err := range d.queue {
		d.call(err)
	}
}

// call survives a handler that panics.
func (d *diag) call(err error) {
	defer func() { _ = recover() }()
	d.handler(d.shown(err))
}

// A maskedError is an error in whose words something was masked: errors of the
// network quote URLs, and destinations what they like. The error itself is behind
// Unwrap.
type maskedError struct {
	text string
	err  error
}

func (e *maskedError) Error() string { return e.text }
func (e *maskedError) Unwrap() error { return e.err }

// shown returns err as it may be said.
func (d *diag) shown(err error) error {
	text := err.Error()
	if masked := d.mask.Mask(text); masked != text {
		return &maskedError{masked, err}
	}
	return err
}

// report says err, unless something on the same subject was said just now.
// Subjects are few: a route's name and a word.
func (d *diag) report(name string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.readyLocked(name) {
		d.sayLocked(name, err)
	}
}

// ready reports whether nothing on the subject was said just now.
func (d *diag) ready(name string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.readyLocked(name)
}

func (d *diag) readyLocked(name string) bool {
	s := d.subjects[name]
	return s == nil || time.Since(s.last) >= quiet
}

// say says err in any case.
func (d *diag) say(name string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sayLocked(name, err)
}

func (d *diag) sayLocked(name string, err error) {
	d.subjects[name] = &subject{last: time.Now(), open: true}
	d.sendLocked(err)
}

// resolved says err if a report on the subject is open.
func (d *diag) resolved(name string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := d.subjects[name]; s != nil && s.open {
		s.open = false
		d.sendLocked(err)
	}
}

// records says n in words: "1 record", "2 records".
func records(n int) string {
	if n == 1 {
		return "1 record"
	}
	return strconv.Itoa(n) + " records"
}

// sendLocked drops err when the handler is too slow for what there is to say.
func (d *diag) sendLocked(err error) {
	if d.closed {
		return
	}
	select {
	case d.queue <- err:
	default:
	}
}

// close ends the goroutine once it has said what was reported. It does not wait:
// a handler may hang.
func (d *diag) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed {
		d.closed = true
		close(d.queue)
	}
}
