package stream

import (
	"context"
	"time"
)

// panicTimeout bounds the flush of a program that panics: whoever restarts it must
// not be kept waiting.
const panicTimeout = 5 * time.Second

// FlushOnPanic flushes the stream when the goroutine panics, for 5 s at most, and
// lets the panic go on. Defer it where a panic would end the program, such as at
// the top of main and of goroutines:
//
//	defer s.FlushOnPanic()
//
// With [WithStorage], what could not be flushed is stored, and the stream is shut down.
// Without a panic it does nothing. What the runtime prints, and with it [WithCrashReport], has
// the whole stack; it says "repanicked" in its first line.
func (s *Stream) FlushOnPanic() {
	v := recover()
	if v == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), panicTimeout)
	defer cancel()
	if err := s.Flush(ctx); err != nil && s.store != nil {
		_ = s.Shutdown(ctx) // stores the rest; there is nobody to tell
	}
	panic(v) //nolint:forbidigo // it is the program's own panic, which goes on
}
