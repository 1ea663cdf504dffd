package spool

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// survey returns what Survey says, a text for each block.
func survey(t *testing.T, s *Spool) []string {
	t.Helper()
	var got []string
	if err := s.Survey(func(b BlockInfo) error {
		got = append(got, fmt.Sprintf("%v %s", b.Records, b.Meta))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestASurveyNamesEveryBlockInOrder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	print := Fingerprint{1, 2, 3}
	s, _, err := Open(dir, WithMaxBytes(1<<20), WithFingerprint(print))
	if err != nil {
		t.Fatal(err)
	}
	var want [Classes][]string
	for i := range 30 {
		b := &Block{
			Class: Class(i % Classes), Records: i + 1, Meta: fmt.Appendf(nil, "meta %d", i), Data: make([]byte, 5000),
			Origins: []Origin{{ID: uint32(i % 2), Blob: []byte("origin")}},
		}
		span, err := s.Append(b)
		if err != nil {
			t.Fatal(err)
		}
		want[b.Class] = append(want[b.Class], fmt.Sprintf("%v %s", span, b.Meta))
	}
	all := slices.Concat(want[0], want[1], want[2])
	if got := survey(t, s); !slices.Equal(got, all) {
		t.Errorf("got %q, want %q", got, all)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s, _, err = Open(dir, WithMaxBytes(1<<20))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got := survey(t, s); !slices.Equal(got, all) {
		t.Errorf("after a restart: got %q, want %q", got, all)
	}
	stop := errors.New("stop")
	n := 0
	err = s.Survey(func(b BlockInfo) error {
		if n++; b.Fingerprint != print {
			t.Errorf("got fingerprint %v, want %v", b.Fingerprint, print)
		}
		return stop
	})
	if !errors.Is(err, stop) || n != 1 {
		t.Errorf("got %v after %d calls, want %v after the first", err, n, stop)
	}
}

func TestASurveyLeavesOutWhatCannotBeFound(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	s, _, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := s.Append(&Block{Class: Info, Records: 1, Meta: []byte("m"), Data: []byte("some data")}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, segmentName(Info, 0))
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	content[segmentHeader+align(frameHeader+10)] ^= 1 // the header of the second block
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	s, _, err = Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got, want := survey(t, s), []string{"info 0-0 m", "info 2-2 m"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
