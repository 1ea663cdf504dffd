package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/slogbridge"
	"github.com/logstream-go/logstream/stream"
)

// refused returns the directory of a stream whose destination has refused a record.
func refused(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "store")
	no := sink.Func(func(context.Context, *sink.Batch) error {
		return &sink.Error{Kind: sink.Invalid, Err: errors.New("no such index")}
	})
	s, err := stream.New(no, stream.WithStorage(dir), stream.WithErrorHandler(func(error) {}))
	if err != nil {
		t.Fatal(err)
	}
	slog.New(slogbridge.NewHandler(s)).Error("too strange", "password", "correct horse")
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestItShowsDeadLetters(t *testing.T) {
	dir := refused(t)
	for verb, want := range map[string]string{
		"inspect": `1 dead letters since`,
		"letters": `primary (first)  "no such index"  "ERROR too strange"`,
	} {
		var out strings.Builder
		if err := run(t.Context(), &out, &out, []string{verb, dir}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), want) || strings.Contains(out.String(), "horse") {
			t.Errorf("%s: got %q, want %q in it", verb, out.String(), want)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.letters"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	info, err := os.Stat(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(files[0], info.Size()-1); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := run(t.Context(), &out, &out, []string{"letters", dir}); !errors.Is(err, errDamaged) {
		t.Errorf("got %v, want damage", err)
	}
}

func TestItSaysThatThereAreNoDeadLetters(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), &out, &out, []string{"letters", filled(t)}); err != nil || out.String() != "no dead letters\n" {
		t.Errorf("got %q and %v, want that there are none", out.String(), err)
	}
}
