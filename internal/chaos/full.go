//go:build linux

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// fullSize is the size of the file system of a run whose disk fills up, in bytes. The
// storage may have more.
const fullSize = 2 << 20

// shrink makes dir a file system that fills up, and says how. Where a mount is not
// permitted, no file grows beyond a size instead, which fails with another error.
func shrink(dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	err := syscall.Mount("", "/", "", syscall.MS_PRIVATE|syscall.MS_REC, "")
	if err == nil {
		err = syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m,mode=0700")
	}
	if err == nil {
		return "ENOSPC on a file system of 2 MiB", nil
	}
	signal.Ignore(syscall.SIGXFSZ)
	const limit = fullSize / 4
	return "EFBIG at 512 KiB, since mounting fails: " + err.Error(),
		syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: limit})
}

// mounts is what a program needs to mount a file system that nobody else sees. Not
// everybody may start one so.
var mounts = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
