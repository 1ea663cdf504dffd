package main

import (
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

// Every contender that counts must deliver the records that it is measured with.
func TestContendersDeliver(t *testing.T) {
	to, err := newReceiver(false)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = to.close() }()
	for name := range contenders {
		if name == "OTLP/HTTP" || name == "loser" {
			continue // the receiver speaks gRPC, and the loser is made to lose
		}
		for _, endpoint := range []string{"", to.endpoint} {
			switch name {
			case "zstd":
				endpoint = to.endpoint
			case "file":
				endpoint = filepath.Join(t.TempDir(), "a.log")
			}
			c, err := open(name, target{endpoint, true, sdkQueue, new(atomic.Int64)})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for i := range 100 {
				c.log(i)
			}
			e, err := c.finish()
			if err != nil || e.Delivered != 100 && e.Delivered != -1 || e.Dropped != 0 {
				t.Errorf("%s to %q: got %+v and %v, want 100 records", name, endpoint, e, err)
			}
		}
	}
}

func TestThereIsNoOtherContender(t *testing.T) {
	if _, err := open("nobody", target{}); err == nil {
		t.Error("got no error")
	}
}

func TestTheReceiverTellsTheAgeOfRecords(t *testing.T) {
	to, err := newReceiver(true)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = to.close() }()
	start := time.Now()
	for _, name := range []string{"logstream", "otelslog"} {
		var wire atomic.Int64
		c, err := open(name, target{to.endpoint, true, sdkQueue, &wire})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 50 {
			c.log(i)
		}
		if e, err := c.finish(); err != nil || e.Wire == 0 || e.Wire != wire.Load() {
			t.Errorf("%s: got %+v and %v, want the bytes on the wire", name, e, err)
		}
	}
	got, err := to.reset()
	ages := got.ages
	if err != nil || got.records != 100 || len(ages) != 100 || ages[0] <= 0 || ages[99] > time.Since(start) || !slices.IsSorted(ages) {
		t.Errorf("got %v and %v, want 100 ages", ages, err)
	}
	if got, _ := to.reset(); got.records != 0 || got.ages != nil {
		t.Errorf("got %+v after the reset, want nothing", got)
	}
}

func TestTheReceiverRefusesWhatItCannotRead(t *testing.T) {
	if err := eachRecord([]byte{0x0a, 0x05, 0x01}, func([]byte) error { return nil }); err == nil {
		t.Error("got no error for a torn request")
	}
}
