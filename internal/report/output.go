package report

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"
)

// output is where this process's runtime writes to: there is one in a process.
var output struct {
	mu    sync.Mutex // guards the following
	owned bool       // an Output is there that is not closed
	path  string     // of the file; it outlives the Output
}

// errOwned says that there is an output already.
var errOwned = errors.New("another stream of this process has the crash output")

// An Output is a file that the runtime writes to when the process crashes.
type Output struct{}

// Start makes a file in dir and has the runtime write to it, in addition to the standard error
// (debug.SetCrashOutput). It ends what the program, or anyone else, has set before: the
// runtime has one such file, and does not tell whether there is one. A process has one Output
// at a time.
func Start(dir string, o Origin) (*Output, error) {
	output.mu.Lock()
	defer output.mu.Unlock()
	if output.owned {
		return nil, errOwned
	}
	if len(o.Instance)+len(o.Resource)+len(o.ResourceSchemaURL) > maxOrigin {
		o = Origin{Instance: o.Instance[:min(len(o.Instance), 1<<10)]}
	}
	var random [8]byte
	rand.Read(random[:])
	path := filepath.Join(dir, prefix+hex.EncodeToString(random[:])+suffix)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	defer func() { _ = f.Close() }() // the runtime has a descriptor of its own
	err = lock(f)
	if err == nil {
		_, err = f.Write(encode(o, time.Now()))
	}
	if err == nil {
		err = debug.SetCrashOutput(f, debug.CrashOptions{})
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("report: %w", err), os.Remove(path))
	}
	if output.path != "" {
		_ = os.Remove(output.path) // of an Output that was closed: nothing was, or will be, written to it
	}
	output.owned, output.path = true, path
	return &Output{}, nil
}

// Close lets another Output be made. Until then the runtime goes on writing to the file: a program
// that panics mostly shuts its stream down before the runtime writes.
func (*Output) Close() {
	output.mu.Lock()
	defer output.mu.Unlock()
	output.owned = false
}
