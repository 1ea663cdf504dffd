package spool

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/logstream-go/logstream/internal/cputime"
)

// benchBlock returns a block of 256 KiB: records of 200 bytes, with a slot of 32.
func benchBlock() *Block {
	const records = 256 << 10 / 232
	b := testBlock(Info, 1, 0, 1)
	b.Records, b.Meta, b.Data = records, make([]byte, 32*records), make([]byte, 200*records)
	for i := range b.Data {
		b.Data[i] = byte(i * i >> 3)
	}
	return b
}

// BenchmarkAppend stores blocks of 256 KiB, settles them, and has them removed.
func BenchmarkAppend(b *testing.B) {
	for _, p := range []struct {
		name string
		sync SyncPolicy
	}{{"never", SyncNever()}, {"every_1s", SyncEvery(time.Second)}, {"always", SyncAlways()}} {
		b.Run("sync="+p.name, func(b *testing.B) {
			s, _, err := Open(filepath.Join(b.TempDir(), "spool"), WithSync(p.sync), WithMaxBytes(256<<20))
			if err != nil {
				b.Fatal(err)
			}
			c := mustCursor(b, s, "a")
			blk := benchBlock()
			b.SetBytes(int64(len(blk.Meta) + len(blk.Data)))
			b.ReportAllocs()
			start, n := cputime.Used(), 0
			for b.Loop() {
				span := mustAppend(b, s, blk)
				if err := c.Advance(Info, span.To); err != nil {
					b.Fatal(err)
				}
				n++
			}
			b.ReportMetric(float64(cputime.Used()-start)/float64(n*blk.Records), "cpu-ns/record")
			mustClose(b, s)
		})
	}
}

// BenchmarkNext reads blocks of 256 KiB back, from the page cache.
func BenchmarkNext(b *testing.B) {
	s, _, err := Open(filepath.Join(b.TempDir(), "spool"), WithSync(SyncNever()))
	if err != nil {
		b.Fatal(err)
	}
	c := mustCursor(b, s, "a")
	blk := benchBlock()
	for range 64 {
		mustAppend(b, s, blk)
	}
	b.SetBytes(int64(len(blk.Meta) + len(blk.Data)))
	b.ReportAllocs()
	var got Block
	start, n := cputime.Used(), 0
	for b.Loop() {
		ok, err := c.Next(Info, &got)
		if err != nil {
			b.Fatal(err)
		}
		if !ok {
			if err := c.Seek(Info, 0); err != nil {
				b.Fatal(err)
			}
			continue
		}
		n++
	}
	b.ReportMetric(float64(cputime.Used()-start)/float64(n*blk.Records), "cpu-ns/record")
	mustClose(b, s)
}

// BenchmarkAdvance writes a place down.
func BenchmarkAdvance(b *testing.B) {
	s, _, err := Open(filepath.Join(b.TempDir(), "spool"), WithSync(SyncNever()), WithMaxBytes(1<<40))
	if err != nil {
		b.Fatal(err)
	}
	c := mustCursor(b, s, "a")
	other := mustCursor(b, s, "holds")
	_ = other
	mustAppend(b, s, &Block{Class: Info, Records: MaxRecords})
	b.ReportAllocs()
	n := uint64(0)
	for b.Loop() {
		if n == MaxRecords {
			b.StopTimer()
			mustAppend(b, s, &Block{Class: Info, Records: MaxRecords})
			b.StartTimer()
		}
		n++
		if err := c.Advance(Info, min(n, s.Stats().Classes[Info].End)); err != nil {
			b.Fatal(err)
		}
	}
	mustClose(b, s)
}
