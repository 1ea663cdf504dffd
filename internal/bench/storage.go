package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/logstream-go/logstream/buffer"
	"github.com/logstream-go/logstream/buffer/spool"
)

// recordSize is that of an encoded record with five or six attributes.
const recordSize = 218

// storage measures what lies between the log call and the network: the ring alone,
// and the spool.
func storage(_ context.Context, r *report, sz size) error {
	ns := series{}
	for range sz.rounds {
		put, err := ringCost(sz.calls)
		if err != nil {
			return err
		}
		ns.add("ring", put)
		for name, policy := range spoolPolicies {
			appended, err := spoolCost(policy, sz.calls)
			if err != nil {
				return err
			}
			ns.add(name, appended)
		}
	}
	r.title("Buffers alone, ns of processor time per record of %d bytes", recordSize)
	r.table([]string{"", "ns"}, [][]string{
		{"ring: put and drained", ns.of("ring").cell(0)},
		{"spool: appended in blocks of 256 KiB, never synced", ns.of("never").cell(0)},
		{"the same, synced every second", ns.of("every second").cell(0)},
		{"the same, synced with every block", ns.of("always").cell(0)},
	})
	return nil
}

// ringCost returns the ns of a record that is put into a ring and drained, by one
// goroutine, so that nothing but the ring is measured.
func ringCost(n int) (float64, error) {
	ring, err := buffer.New(buffer.Config{Shards: 2, ShardSize: 512 << 10, MaxRecord: 64 << 10, Reserved: 13, Urgent: 17})
	if err != nil {
		return 0, err
	}
	record := make([]byte, recordSize)
	var hint uint32
	start := cpuTime()
	for i := range n {
		if ring.Put(&hint, buffer.Header{Time: int64(i), Severity: 9}, record) != buffer.OK {
			return 0, fmt.Errorf("the ring refuses record %d", i)
		}
		if i%1000 == 999 {
			ring.Drain(func(*buffer.Frame) bool { return true })
		}
	}
	return float64((cpuTime() - start).Nanoseconds()) / float64(n), nil
}

var spoolPolicies = map[string]spool.SyncPolicy{
	"never":        spool.SyncNever(),
	"every second": spool.SyncEvery(time.Second),
	"always":       spool.SyncAlways(),
}

// spoolCost returns the ns of a record that is appended to a spool in a block.
func spoolCost(policy spool.SyncPolicy, n int) (ns float64, err error) {
	dir, err := os.MkdirTemp("", "logstream-bench")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	s, _, err := spool.Open(filepath.Join(dir, "spool"), spool.WithSync(policy))
	if err != nil {
		return 0, err
	}
	defer func() { err = firstOf(err, s.Close()) }()
	const records = 256 << 10 / recordSize
	b := spool.Block{
		Class: spool.Info, Records: records, Meta: make([]byte, 32*records), Data: make([]byte, recordSize*records),
		Origins: []spool.Origin{{ID: 1, Blob: []byte("resource")}},
	}
	start := cpuTime()
	for done := 0; done < n; done += records {
		if _, err := s.Append(&b); err != nil {
			return 0, err
		}
	}
	return float64((cpuTime() - start).Nanoseconds()) / float64(n), nil
}
