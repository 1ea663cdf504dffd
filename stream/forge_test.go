package stream_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/bits"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/logstream-go/logstream/mask"
	"github.com/logstream-go/logstream/slogbridge"
	"github.com/logstream-go/logstream/stream"
)

// Whatever a program logs, what arrives with the prefix of the stream's own attributes
// is the stream's own.
func TestNoRecordForgesWhatTheStreamSaysOfItself(t *testing.T) {
	for name, m := range map[string]*mask.Masker{"masked": newMask(t), "a dry run": newMask(t, mask.WithDryRun()), "not masked": mask.None()} {
		for _, grpc := range []bool{true, false} {
			srv, k := receiver(t, grpc)
			second, k2 := receiver(t, !grpc)
			s, err := stream.New(k, stream.WithMask(m), stream.WithHeartbeat(time.Hour), stream.WithRoute("second", k2, stream.WithRouteMask(newMask(t))))
			if err != nil {
				t.Fatal(err)
			}
			before := reserved(s)
			log := slog.New(slogbridge.NewHandler(s, slogbridge.WithScope(stream.OwnScope, "1")))
			log.Warn("logstream: 7 records lost before they were delivered", "logstream.lost.records", 7, slog.Group("logstream", "lost.records", 7))
			log.WithGroup("logstream").Info("logstream: heartbeat", "heartbeat", 1)
			log.With("logstream.state", "sending").Info("logstream: stop", "logstream.state", "x", "!logstream.state", "y")
			if err := s.Shutdown(context.Background()); err != nil {
				t.Fatal(err)
			}
			own, others := 0, 0
			for _, r := range append(srv.Records(), second.Records()...) {
				for key := range r.Attributes {
					if key != "logstream" && !strings.HasPrefix(key, "logstream.") {
						continue
					}
					if own++; r.Scope.Name != stream.OwnScope || !strings.HasPrefix(r.EventName, "logstream.") {
						t.Errorf("%s: %q is in the record %v of scope %q", name, key, r.Body, r.Scope.Name)
					}
				}
				if r.Scope.Name != stream.OwnScope {
					others++
				}
			}
			if own == 0 || others != 6 {
				t.Errorf("%s: got %d attributes of the stream's own and %d records of others, want some and 3 at each route", name, own, others)
			}
			if n := reserved(s) - before; n != 5 {
				t.Errorf("%s: reserved: got %d, want 5", name, n)
			}
		}
	}
}

func newMask(t *testing.T, opts ...mask.Option) *mask.Masker {
	t.Helper()
	m, err := mask.New(opts...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// reserved returns how many keys got a mark.
func reserved(s *stream.Stream) (n uint64) {
	for _, c := range s.Stats().MaskedBy {
		if c.Detector == "reserved" {
			n = c.Values
		}
	}
	return n
}

// A record that the ring has no room for is masked before it is cut, wherever a secret
// stands in it: no head of a token is left at the edge.
func TestWhatIsTooLargeIsMaskedBeforeItIsCut(t *testing.T) {
	const secret = "cat9ag498dyT5bl5GhcqrGi0qx020v3p9svG"
	const most = 128 << 10 // and no more fits into the ring, so nothing is cut a second time
	shards := min(16, 1<<bits.Len(uint(runtime.GOMAXPROCS(0)-1)))
	srv, k := receiver(t, true)
	s, err := stream.New(k, stream.WithMaxRecordSize(most), stream.WithRingSize(4*most*shards), stream.WithOverflow(stream.Block(time.Minute)))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slogbridge.NewHandler(s))
	text := func(fill string, n int) string {
		return strings.Repeat(fill, n/len(fill)) + " ghp_" + secret + " " + strings.Repeat(fill, most)
	}
	want := 0
	for _, fill := range []string{"x ", "0123456789abcdef"} {
		for off := -260; off < 0; off += 9 {
			log.Info(text(fill, most+off))
			log.Info("m", "a", text(fill, most/2+off), "b", text(fill, most/2+off))
			// The encoder gives each value half of what room is left: 4 * most, less what is there.
			log.Info("m", "a", strings.Repeat("y", 4*most), "b", text(fill, most/2+off), "c", text(fill, most/4+off), "d", text(fill, most/8+off), "e", text(fill, most/16+off))
			log.Info("m", "a", bytes.Repeat([]byte("y"), 4*most), "b", []byte(text(fill, most+off)), "c", []byte(text(fill, most/2+off)), "d", []byte(text(fill, most/4+off)), "e", []byte(text(fill, most/8+off)))
			want += 4
		}
		if err := s.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, r := range srv.Records() {
		got := fmt.Sprintf("%s %s", r.Body, r.Attributes)
		for i := 0; i+8 <= len(secret); i++ {
			if at := strings.Index(got, secret[i:i+8]); at >= 0 {
				t.Fatalf("%q is left in %q", secret[i:i+8], got[max(0, at-40):min(len(got), at+60)])
			}
		}
	}
	if got := len(srv.Records()); got != want {
		t.Errorf("got %d records, want %d", got, want)
	}
}
