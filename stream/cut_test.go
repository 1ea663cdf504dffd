//go:build (linux || darwin) && !race

package stream

import (
	"os"
	"path/filepath"
)

// cuttable returns the options of a stream with a crash ring in dir, and what cuts its file off.
func cuttable(dir string) ([]Option, func(size int64) error) {
	return smallCrash(dir), func(size int64) error {
		files, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil {
			return err
		}
		return os.Truncate(files[0], size)
	}
}
