package sinktest

import (
	"runtime"
	"strings"
	"time"
)

// goroutines returns the stacks of all goroutines, by their headings up to the
// state: "goroutine 7".
func goroutines() map[string]string {
	buf := make([]byte, 1<<20)
	for {
		n := runtime.Stack(buf, true)
		if n < len(buf) {
			buf = buf[:n]
			break
		}
		buf = make([]byte, 2*len(buf))
	}
	out := make(map[string]string)
	for stack := range strings.SplitSeq(string(buf), "\n\n") {
		id, _, _ := strings.Cut(stack, " [")
		out[id] = stack
	}
	return out
}

// leaked returns the stacks of goroutines that are not among before, once the
// time is up, or "" as soon as there are none. Those of package testing do not
// count.
func leaked(before map[string]string, within time.Duration) string {
	late := time.NewTimer(within)
	defer late.Stop()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for {
		var left []string
		for id, stack := range goroutines() {
			if _, old := before[id]; !old && !strings.Contains(stack, "created by testing.") {
				left = append(left, stack)
			}
		}
		if len(left) == 0 {
			return ""
		}
		select {
		case <-look.C:
		case <-late.C:
			return strings.Join(left, "\n\n")
		}
	}
}
