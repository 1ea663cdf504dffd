//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// dirSyncs says that a directory can be fsynced, and must be for its names to last.
const dirSyncs = true

// lockDir takes the lock of a directory. The kernel gives it back when the process
// ends, however it ends; the process id in a file would not.
func lockDir(root *os.Root, _ string) (*os.File, error) {
	f, err := root.OpenFile(lockName, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return f, nil
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = ErrLocked
	}
	return nil, errors.Join(err, f.Close())
}

// checkOwner returns an error if others than the user of this process may use the
// directory.
func checkOwner(dir string, info fs.FileInfo) error {
	if m := info.Mode().Perm(); m&0o077 != 0 {
		return fmt.Errorf("spool: %s has mode %#o, want 0700: it will hold log records", dir, m)
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Uid != uint32(os.Geteuid()) {
		return fmt.Errorf("spool: %s belongs to user %d, want %d, who runs this process", dir, st.Uid, os.Geteuid())
	}
	return nil
}
