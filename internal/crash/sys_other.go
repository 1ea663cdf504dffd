//go:build !linux && !darwin

package crash

import (
	"errors"
	"os"
)

// Supported says that this system can map files.
const Supported = false

func mapFile(*os.File, int) ([]byte, error)      { return nil, errors.ErrUnsupported }
func unmap([]byte) error                         { return errors.ErrUnsupported }
func lock(*os.File) error                        { return errors.ErrUnsupported }
func allocate(*os.File, int64) error             { return errors.ErrUnsupported }
func release(*os.File, int64) error              { return errors.ErrUnsupported }
func fileSystem(string) (kind, error)            { return disk, errors.ErrUnsupported }
func ours(os.FileInfo) bool                      { return false }
func openNoFollow(name string) (*os.File, error) { return nil, errors.ErrUnsupported }
