package spool

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// dirSyncs is false: NTFS keeps names in its journal, and a directory cannot be
// flushed.
const dirSyncs = false

// errSharing is ERROR_SHARING_VIOLATION.
const errSharing = syscall.Errno(32)

// lockDir takes the lock of a directory: a handle that shares with nobody. Windows
// closes it when the process ends, however it ends.
func lockDir(_ *os.Root, dir string) (*os.File, error) {
	name := filepath.Join(dir, lockName)
	p, err := syscall.UTF16PtrFromString(name)
	if err != nil {
		return nil, err
	}
	h, err := syscall.CreateFile(p, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil,
		syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, errSharing) {
		return nil, ErrLocked
	}
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(h), name), nil
}

// checkOwner trusts the access list that the directory inherits: the bits of
// Go's file mode say nothing about it.
func checkOwner(string, fs.FileInfo) error { return nil }
