//go:build linux

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// A usage is what a process holds, or the mean of that over a while.
type usage struct {
	memory      float64 // resident, bytes
	descriptors float64 // open
	goroutines  float64
	disk        float64 // bytes that its directory takes up
}

// usageOf measures a process.
func usageOf(p *process) (u usage, err error) {
	proc := fmt.Sprintf("/proc/%d", p.cmd.Process.Pid)
	statm, err := os.ReadFile(filepath.Join(proc, "statm"))
	if err != nil {
		return u, err
	}
	fields := strings.Fields(string(statm))
	if len(fields) < 2 {
		return u, fmt.Errorf("statm holds %q", statm)
	}
	pages, err := strconv.Atoi(fields[1])
	if err != nil {
		return u, err
	}
	open, err := os.ReadDir(filepath.Join(proc, "fd"))
	if err != nil {
		return u, err
	}
	disk, err := occupied(p.spec.Ring)
	if err != nil {
		return u, err
	}
	return usage{float64(pages * os.Getpagesize()), float64(len(open)), float64(p.board.goroutines()), float64(disk)}, nil
}

// occupied returns how many bytes the files below dir take up, holes aside. A file may
// vanish meanwhile, and dir may not be there yet.
func occupied(dir string) (int64, error) {
	var n int64
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if st, ok := info.Sys().(*syscall.Stat_t); ok && info.Mode().IsRegular() {
			n += st.Blocks * 512 // its unit, whatever the file system's is
		}
		return nil
	})
	return n, err
}

// A mean adds up usages.
type mean struct {
	sum usage
	n   int
}

func (m *mean) add(u usage) {
	m.sum.memory += u.memory
	m.sum.descriptors += u.descriptors
	m.sum.goroutines += u.goroutines
	m.sum.disk += u.disk
	m.n++
}

func (m *mean) value() usage {
	n := float64(max(m.n, 1))
	return usage{m.sum.memory / n, m.sum.descriptors / n, m.sum.goroutines / n, m.sum.disk / n}
}

// within returns an error for each part of u that exceeds that of base by more than the
// factor growth.
func (u usage) within(base usage, growth float64) []error {
	var errs []error
	for _, c := range []struct {
		name      string
		got, base float64
	}{
		{"memory", u.memory, base.memory},
		{"descriptors", u.descriptors, base.descriptors},
		{"goroutines", u.goroutines, base.goroutines},
		{"disk", u.disk, base.disk},
	} {
		if c.got > c.base*growth {
			errs = append(errs, fmt.Errorf("%s: %.1f, which is %.3f times %.1f", c.name, c.got, c.got/c.base, c.base))
		}
	}
	return errs
}

func (u usage) String() string {
	return fmt.Sprintf("%7.1f MB resident, %5.1f descriptors, %5.1f goroutines, %6.1f MB of files", u.memory/1e6, u.descriptors, u.goroutines, u.disk/1e6)
}
