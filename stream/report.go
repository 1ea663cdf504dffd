package stream

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/logstream-go/logstream/buffer"
	"github.com/logstream-go/logstream/internal/block"
	"github.com/logstream-go/logstream/internal/otlp"
	"github.com/logstream-go/logstream/internal/report"
)

// WithCrashReport makes what the Go runtime prints when it ends the process, by a panic that
// nobody recovers or a fatal error such as concurrent map writes, the first record of the
// next stream with the storage: FATAL, with exception.type ("panic", "fatal error"),
// exception.message and exception.stacktrace, the resource of the process that crashed,
// and the time of its end. (The reason of a fatal error the runtime prints to the standard error
// alone; then the message says which function raised it.) It is masked as any record, cut at the end to
// [WithMaxRecordSize], and goes to every route whose filter takes it. It is kept until each has
// it, so it may arrive twice, should that process end early too.
//
// It is an option because it changes the program, not only the stream: the runtime writes to
// one file beside the standard error (debug.SetCrashOutput), from New until the process
// ends, after Shutdown too. What the program, or another library, has set before is no
// longer written to, and New cannot know that there was something; whoever sets it later takes
// it away from the stream. And the file holds the report as the runtime writes it, which no
// mask has seen, in a directory that only the user can read.
//
// One stream of a process at a time can have it; for another New returns an error. A
// process that is killed writes no report. Of the processes that crashed without one of
// them delivering, the last 16 are told of. Default: none.
func WithCrashReport() StorageOption {
	return storageFunc(func(d *diskStore) { d.crashes = new(crashReport) })
}

const (
	// maxReports bounds the work of a start after a program has crashed again and
	// again.
	maxReports = 16

	fatalSeverity = 21

	// reportRest is what a record has besides the report, with room to spare, in
	// bytes. The least size of a record is four times that.
	reportRest = 256
)

// A crashReport tells of former processes that crashed, and gets told of this one.
type crashReport struct {
	output *report.Output
	left   []*report.Report
}

// open takes what former processes left, and has the runtime write.
func (c *crashReport) open(d *diskStore) (err error) {
	if c == nil {
		return nil
	}
	if c.left, err = report.Left(d.dir, maxReports); err != nil {
		d.say("report", err)
	}
	c.output, err = report.Start(d.dir, report.Origin{Instance: d.s.instance, Resource: d.s.resource})
	return err
}

// close lets another stream have the crash output.
func (c *crashReport) close() {
	if c != nil {
		c.output.Close()
	}
}

// tell makes a record of each report, and removes the reports when every route, or the
// store, has them.
func (c *crashReport) tell(s *Stream) {
	if c == nil || len(c.left) == 0 {
		return
	}
	var told []*report.Report
	hint := uint32(0)
	for _, r := range c.left {
		origin := s.addOrigin(block.Origin{
			Resource:          s.cfg.mask.AppendResource(nil, r.Origin.Resource),
			ResourceSchemaURL: r.Origin.ResourceSchemaURL,
			Scope:             otlp.AppendScope(nil, OwnScope, Version),
		})
		head := buffer.Header{Time: time.Now().UnixNano(), Origin: origin, Severity: fatalSeverity}
		if s.put(&hint, head, s.cfg.crashRecord(r, head.Time)) != buffer.OK {
			break // the ring is full of reports: the next start has the rest
		}
		s.ownRecords.Add(1)
		if s.keeper != nil {
			s.keeper.own()
		}
		told = append(told, r)
	}
	c.left = nil
	s.group.Go(func() error {
		if err := s.settled(context.Background(), newWaiter(), "report"); err != nil && !errors.Is(err, ErrStored) {
			return nil
		}
		for _, r := range told {
			if err := r.Remove(); err != nil {
				s.diag.say("report", fmt.Errorf("stream: WithCrashReport: %w", err))
			}
		}
		return nil
	})
}

// crashRecord returns the record of a crash.
func (c *config) crashRecord(r *report.Report, now int64) []byte {
	text := strings.ToValidUTF8(string(r.Text), "\uFFFD")
	masked := c.mask.Mask(text) // before anything is cut, or a part of a secret is left
	kind, message := parseCrash(masked)
	short := c.maxRecord / 16
	message = cutText(message, min(maxWords, short))
	first, _, _ := strings.Cut(message, "\n")
	stack := cutText(masked, max(0, c.maxRecord-reportRest-len(message)-len(first)))
	if n := r.Size - int64(len(r.Text)) + int64(len(masked)-len(stack)); n > 0 {
		stack += fmt.Sprintf("\n... %d bytes more", n)
	}
	dst := otlp.AppendTime(nil, uint64(r.Ended.UnixNano()))
	dst = otlp.AppendSeverity(dst, fatalSeverity, levelOf(fatalSeverity).String())
	dst = otlp.AppendStringValue(dst, otlp.TagRecordBody, "the process crashed: "+first)
	dst = otlp.AppendString(dst, otlp.TagRecordAttribute, "exception.type", kind)
	dst = otlp.AppendString(dst, otlp.TagRecordAttribute, "exception.message", message)
	dst = otlp.AppendString(dst, otlp.TagRecordAttribute, "exception.stacktrace", stack)
	dst = otlp.AppendObservedTime(dst, uint64(now))
	return otlp.AppendEventName(dst, eventCrash)
}

// parseCrash returns what the runtime says has happened, before it lists goroutines.
func parseCrash(text string) (kind, message string) {
	head, _, _ := strings.Cut(text, "\ngoroutine ")
	if head == "" || strings.HasPrefix(head, "goroutine ") || strings.HasPrefix(head, "runtime stack:") {
		return "fatal error", raisedIn(text)
	}
	kind, message = "crash", head
	first := len(head) + 1
	for _, k := range []string{"panic", "fatal error"} {
		if at := strings.Index("\n"+head, "\n"+k+": "); at >= 0 && at < first {
			first, kind, message = at, k, head[at+len(k)+2:]
		}
	}
	message, _, _ = strings.Cut(message, "\n\n")
	message, _, _ = strings.Cut(message, "\n[signal ")
	return kind, strings.TrimSpace(message)
}

// raisedIn says where a fatal error came from. The runtime (Go 1.26) prints its reason to the
// standard error before it begins to copy what it prints, so that reports start
// with a goroutine.
func raisedIn(text string) string {
	for line := range strings.Lines(text) {
		args := strings.LastIndexByte(line, '(')
		if args < 0 || line[0] == '\t' {
			continue // no function
		}
		switch name := line[:args]; {
		case strings.ContainsRune(name, ' '):
		case strings.HasPrefix(name, "runtime.") || strings.HasPrefix(name, "internal/runtime/"):
		default:
			return "raised in " + name + "; the standard error has the reason"
		}
	}
	return "the standard error has the reason"
}

// cutText returns the beginning of valid UTF-8, at most n bytes of it, whole lines if it has
// such.
func cutText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	if i := strings.LastIndexByte(s[:n], '\n'); i > n/2 {
		n = i
	}
	return s[:n]
}
