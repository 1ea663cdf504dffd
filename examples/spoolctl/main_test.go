package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/logstream-go/logstream/buffer/spool"
)

// filled returns a directory with 300 records, 100 of which a route has passed.
func filled(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "spool")
	s, _, err := spool.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Cursor("primary")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		b := &spool.Block{Class: spool.Info, Records: 10, Meta: []byte("meta"), Data: fmt.Appendf(nil, "data %d", i)}
		if _, err := s.Append(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Advance(spool.Info, 100); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestItShowsWhatIsThere(t *testing.T) {
	dir := filled(t)
	for _, verb := range []string{"inspect", "verify"} {
		var out, progress strings.Builder
		if err := run(t.Context(), &out, &progress, []string{verb, dir}); err != nil {
			t.Fatalf("%s: %v", verb, err)
		}
		text := strings.Join(strings.Fields(out.String()), " ")
		for _, want := range []string{"info 1 0.0 30 0 0 to 300", "primary info 100 100 0 0 0 200"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: got %q, want %q in it", verb, text, want)
			}
		}
		if got := strings.Contains(text, "every record can be read"); got != (verb == "verify") {
			t.Errorf("%s: got %q", verb, text)
		}
	}
}

func TestItFindsDamage(t *testing.T) {
	dir := filled(t)
	files, err := filepath.Glob(filepath.Join(dir, "*.seg"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	content, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	content[strings.Index(string(content), "data 7")] = 'x'
	if err := os.WriteFile(files[0], content, 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	err = run(t.Context(), &out, &out, []string{"verify", dir})
	if !errors.Is(err, errDamaged) || !strings.Contains(err.Error(), "10 records") {
		t.Errorf("got %v, want 10 records damaged", err)
	}
	if !strings.Contains(out.String(), "checksum") || !strings.Contains(out.String(), filepath.Base(files[0])) {
		t.Errorf("got %q, want the file and its checksum in it", out.String())
	}
}

func TestItSaysHowFarItIs(t *testing.T) {
	var out strings.Builder
	m := meter{out: &out, total: 8 << 20, said: time.Now()}
	m.add(1 << 20)
	if out.String() != "" {
		t.Errorf("got %q within the first second, want nothing", out.String())
	}
	m.said = m.said.Add(-time.Minute)
	m.add(1 << 20)
	if got, want := out.String(), "2 of 8 MiB, 25 %\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWrongUseIsAnError(t *testing.T) {
	for _, args := range [][]string{nil, {"inspect"}, {"remove", "."}, {"verify", filepath.Join(t.TempDir(), "none")}, {"letters", filepath.Join(t.TempDir(), "none")}} {
		var out strings.Builder
		if err := run(t.Context(), &out, &out, args); err == nil || errors.Is(err, errDamaged) {
			t.Errorf("%q: got %v, want an error that is not damage", args, err)
		}
	}
}

func TestItFindsAMissingFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	s, _, err := spool.Open(dir, spool.WithMaxBytes(64<<20))
	if err != nil {
		t.Fatal(err)
	}
	data := make([]byte, 1<<20)
	for range 30 {
		if _, err := s.Append(&spool.Block{Class: spool.Info, Records: 10, Data: data}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.seg"))
	if err != nil || len(files) < 4 {
		t.Fatal(files, err)
	}
	var out strings.Builder
	if err := run(t.Context(), &out, &out, []string{"verify", dir}); err != nil {
		t.Fatal(err)
	}
	for _, name := range files[1:3] {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	out.Reset()
	err = run(t.Context(), &out, &out, []string{"inspect", dir})
	if !errors.Is(err, errDamaged) || !strings.Contains(err.Error(), "2 files are missing") {
		t.Errorf("got %v, want 2 missing files", err)
	}
	if want := "before " + filepath.Base(files[3]) + ": 2 files are missing, with info "; !strings.Contains(out.String(), want) {
		t.Errorf("got %q, want %q in it", out.String(), want)
	}
}

func TestAFileThatWasNeverMadeIsNotMissing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	s, _, err := spool.Open(dir, spool.WithMaxBytes(64<<20))
	if err != nil {
		t.Fatal(err)
	}
	block := func() error {
		_, err := s.Append(&spool.Block{Class: spool.Info, Records: 10, Data: make([]byte, 1<<20)})
		return err
	}
	if err := block(); err != nil {
		t.Fatal(err)
	}
	inTheWay := filepath.Join(dir, "v1-info-0000000000000001.seg") // as a disk without room for a file
	if err := os.Mkdir(inTheWay, 0o700); err != nil {
		t.Fatal(err)
	}
	failed := 0
	for range 10 {
		if block() != nil {
			failed++
		}
	}
	if failed != 1 {
		t.Fatalf("%d blocks were not written, want 1", failed)
	}
	if err := errors.Join(os.Remove(inTheWay), s.Close()); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := run(t.Context(), &out, &out, []string{"verify", dir}); err != nil {
		t.Errorf("%v: %s", err, out.String())
	}
}

func TestFilesThatAProgramRemovesMeanwhileAreNotMissing(t *testing.T) {
	s := survey{dir: t.TempDir(), meter: meter{out: io.Discard}}
	segment := func(number, from uint64) spool.Report {
		return spool.Report{Name: "a segment", Segment: &spool.SegmentReport{
			Class: spool.Info, Number: number, Records: spool.Span{Class: spool.Info, From: from, To: from + 10},
		}}
	}
	s.add(segment(1, 10)) // gone by now, as those that follow it
	s.add(segment(4, 40))
	if s.gone > 0 || s.lost > 0 {
		t.Errorf("%d files are missing with %d records, want none", s.gone, s.lost)
	}
}
