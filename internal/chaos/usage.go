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

// A usage is what a process holds.
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
	var disk int64
	for _, dir := range []string{p.spec.Ring, p.spec.Store} {
		n, err := occupied(dir)
		if err != nil {
			return u, err
		}
		disk += n
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

// A span is the least and the mean of usages. A leak raises the least; the mean depends
// on what else the machine is doing as well.
type span struct {
	least, sum usage
	n          int
}

func (s *span) add(u usage) {
	if s.n == 0 {
		s.least = u
	}
	s.n++
	for _, c := range [][3]*float64{
		{&s.least.memory, &s.sum.memory, &u.memory},
		{&s.least.descriptors, &s.sum.descriptors, &u.descriptors},
		{&s.least.goroutines, &s.sum.goroutines, &u.goroutines},
		{&s.least.disk, &s.sum.disk, &u.disk},
	} {
		*c[0] = min(*c[0], *c[2])
		*c[1] += *c[2]
	}
}

func (s *span) mean() usage {
	n := float64(max(s.n, 1))
	return usage{s.sum.memory / n, s.sum.descriptors / n, s.sum.goroutines / n, s.sum.disk / n}
}

// connections is how many descriptors and goroutines more than a factor allows do not
// count: connections are made anew after each fault, and a few more or less of them are a
// tenth of all that there are. A leak comes to more in a few cycles.
const connections = 5

// within returns an error for each part of u that exceeds that of base by more than the
// factor growth, and connections.
func (u usage) within(base usage, growth float64) []error {
	var errs []error
	for _, c := range []struct {
		name             string
		got, base, slack float64
	}{
		{"memory", u.memory, base.memory, 0},
		{"descriptors", u.descriptors, base.descriptors, connections},
		{"goroutines", u.goroutines, base.goroutines, connections},
		{"disk", u.disk, base.disk, 0},
	} {
		if c.got > c.base*growth+c.slack {
			errs = append(errs, fmt.Errorf("%s: %.1f, which is %.3f times %.1f", c.name, c.got, c.got/c.base, c.base))
		}
	}
	return errs
}

func (u usage) String() string {
	return fmt.Sprintf("%7.1f MB resident, %5.1f descriptors, %5.1f goroutines, %6.1f MB of files", u.memory/1e6, u.descriptors, u.goroutines, u.disk/1e6)
}
