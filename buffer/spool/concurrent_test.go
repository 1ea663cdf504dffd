package spool

import (
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
)

func TestSpoolConcurrentSafe(t *testing.T) {
	const blocks, cursors = 30, 3
	s, _, err := Open(filepath.Join(t.TempDir(), "spool"), WithSync(SyncEvery(minInterval)), WithMaxBytes(minBytes))
	if err != nil {
		t.Fatal(err)
	}
	var all []*Cursor
	for i := range cursors {
		all = append(all, mustCursor(t, s, fmt.Sprint(i)))
	}
	var wg sync.WaitGroup
	var writers atomic.Int32
	writers.Store(2)
	for w := range 2 {
		wg.Go(func() {
			defer writers.Add(-1)
			for i := range blocks {
				b := testBlock(Class(i%Classes), 10, 30_000*w, uint64(i))
				span, err := s.Append(b)
				if err != nil {
					t.Errorf("Append: got %v, want nil", err)
					return
				}
				if i%10 == 0 {
					if err := s.Commit(span); err != nil {
						t.Errorf("Commit: got %v, want nil", err)
					}
				}
			}
		})
	}
	for _, c := range all {
		wg.Go(func() {
			var got Block
			for {
				last := writers.Load() == 0
				any := false
				for class := range Class(Classes) {
					ok, err := c.Next(class, &got)
					if err != nil {
						t.Errorf("Next: got %v, want nil", err)
						return
					}
					if ok {
						any = true
						if err := c.Advance(class, got.First+uint64(got.Records)); err != nil {
							t.Errorf("Advance: got %v, want nil", err)
						}
					}
				}
				s.Stats()
				c.Stats()
				if last && !any {
					return
				}
			}
		})
	}
	wg.Wait()
	for _, c := range all {
		checkSum(t, s, c)
		for class, st := range c.Stats() {
			if st.Held != 0 || st.Damaged != 0 || st.Settled+st.Shed != 2*10*blocks/Classes {
				t.Errorf("%v: got %+v, want all settled or shed", Class(class), st)
			}
		}
	}
	mustClose(t, s)
}

func TestReadersOfAnEarlierProcessConcurrentSafe(t *testing.T) {
	m := newMemFS()
	cfg := smallSegments(t, WithSync(SyncEvery(minInterval)))
	s, _ := openMem(t, m, cfg)
	want := fill(t, s, Info, 30)
	m, s2, _ := reopenMem(t, m, cfg)
	mustClose(t, s)
	var wg sync.WaitGroup
	var all []*Cursor
	for i := range 4 {
		all = append(all, mustCursor(t, s2, fmt.Sprint(i)))
	}
	for i, c := range all {
		wg.Go(func() {
			for _, w := range want {
				var got Block
				if ok, err := c.Next(Info, &got); !ok || err != nil {
					t.Errorf("Next: got %v, %v, want true, nil", ok, err)
					return
				}
				checkBlock(t, &got, w)
				if err := c.Advance(Info, got.First+10); err != nil {
					t.Errorf("Advance: got %v, want nil", err)
				}
				if i == 0 {
					if err := s2.Sync(); err != nil {
						t.Errorf("Sync: got %v, want nil", err)
					}
				}
			}
		})
	}
	wg.Wait()
	mustClose(t, s2)
	for name := range m.files {
		if _, _, ok := parseSegmentName(name); ok {
			t.Errorf("%s is left", name)
		}
	}
}
