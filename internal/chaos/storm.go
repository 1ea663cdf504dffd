//go:build linux

package main

import (
	"cmp"
	"context"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/logstream-go/logstream/sink/otlptest"
)

// A storm makes a receiver misbehave.
type storm struct {
	server *otlptest.Server
	rng    *rand.Rand

	longest int // milliseconds that a fault lasts; 0: usualLongest
	cuts    int // how often connections were cut, each of which may have cost answers
}

// usualLongest is how long a fault lasts where nothing else is said, in milliseconds.
const usualLongest = 500

// usual is how the receiver behaves between faults: it refuses poison.
func (s *storm) usual() {
	s.server.ClearFault()
	s.server.SetFault(otlptest.RejectIf(isPoison))
}

// blow sends one fault after the other until ctx ends.
func (s *storm) blow(ctx context.Context) error {
	s.usual()
	for pause(ctx, s.between(20, 300)) {
		if err := s.fault(ctx, s.rng.IntN(faults)); err != nil {
			return err
		}
		s.usual()
	}
	return nil
}

func (s *storm) between(least, most int) time.Duration {
	return time.Duration(least+s.rng.IntN(most-least)) * time.Millisecond
}

// faults is how many kinds of faults there are.
const faults = 13

// fault makes a fault of a kind and lasts as long as it.
func (s *storm) fault(ctx context.Context, kind int) error {
	window := s.between(50, cmp.Or(s.longest, usualLongest))
	var f otlptest.Fault
	switch kind {
	case 0: // nobody listens
		s.cuts++
		if err := s.server.Stop(); err != nil {
			return err
		}
		pause(ctx, window)
		return s.server.Restart()
	case 1:
		f = otlptest.Status(codes.Unavailable, "down")
	case 2: // 429 with Retry-After, over HTTP in whole seconds
		f = otlptest.StatusRetryInfo(codes.ResourceExhausted, "slow down", s.between(20, 200)).Times(2)
	case 3: // 413
		f = otlptest.TooManyOver(1 + s.rng.IntN(100))
	case 4:
		f = otlptest.PartialSuccess(int64(1+s.rng.IntN(5)), "some are bad").Times(3)
	case 5:
		s.cuts++
		f = otlptest.Reset().Times(4)
	case 6:
		s.cuts++
		f = otlptest.Reset().AfterAccept().Times(2)
	case 7:
		f = otlptest.Hang().Times(3)
	case 8:
		f = otlptest.SlowRead(100_000).Times(2)
	case 9:
		f = otlptest.Delay(s.between(10, 200))
	case 10: // about the client, not the data
		f = otlptest.Status(codes.Unauthenticated, "who are you")
	case 11:
		f = otlptest.AcceptThenFail(codes.Unavailable, "taken, and not said").Times(2)
	case 12:
		f = otlptest.Status(codes.Aborted, "once more").Times(3)
	}
	s.server.Script(f.For(window))
	pause(ctx, window)
	return nil
}

// pause waits for d, and reports whether ctx has not ended.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
