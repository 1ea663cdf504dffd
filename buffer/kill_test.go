//go:build linux || darwin

package buffer

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"unsafe"
)

func init() { child = killedChild }

// writers is how many goroutines of the child put records.
const writers = 8

// mapped returns the words of a file, in memory that outlives the process.
func mapped(path string, words int) ([]uint64, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := f.Truncate(int64(words) * wordSize); err != nil {
		return nil, err
	}
	b, err := syscall.Mmap(int(f.Fd()), 0, words*wordSize, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	return unsafe.Slice((*uint64)(unsafe.Pointer(&b[0])), words), nil
}

var killed = Config{Shards: 4, ShardSize: 64 << 10, MaxRecord: 8 << 10}

// boards are the files of a child: its ring, and how many records of each writer
// were taken.
func boards(dir string) (ring, taken []uint64, err error) {
	if ring, err = mapped(filepath.Join(dir, "ring"), killed.Words()); err == nil {
		taken, err = mapped(filepath.Join(dir, "taken"), writers*cacheLine/wordSize)
	}
	return ring, taken, err
}

// killedChild fills a ring from several goroutines. The writer that claims a shard for
// the n-th time does not come to publish.
func killedChild(dir, n string) error {
	last, err := strconv.Atoi(n)
	if err != nil {
		return err
	}
	mem, taken, err := boards(dir)
	if err != nil {
		return err
	}
	r, err := Over(killed, mem)
	if err != nil {
		return err
	}
	var claims atomic.Int64
	r.hook = func(uint16) {
		if claims.Add(1) == int64(last) {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	var wg sync.WaitGroup
	for g := range writers {
		wg.Go(func() {
			hint := uint32(g)
			for i := uint64(0); ; i++ {
				id := uint64(g)<<32 | i
				size := int(id * 7919 % uint64(killed.MaxRecord))
				for r.Put(&hint, Header{Time: int64(id)}, payload(nil, id, size)) != OK {
				}
				atomic.StoreUint64(&taken[g*cacheLine/wordSize], i+1)
			}
		})
	}
	wg.Wait()
	return nil
}

// A process that ends while it writes leaves every record whose Put returned, whole.
func TestAKillInAPutLosesNothing(t *testing.T) {
	rng := random(t)
	claims, lost := 0, 0
	for range 20 {
		dir := t.TempDir()
		cmd := exec.Command(os.Args[0], childArg, dir, fmt.Sprint(1+rng.IntN(40)))
		cmd.Stderr = os.Stderr
		if err := cmd.Run(); cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("the child ended by itself: %v", err)
		}
		mem, taken, err := boards(dir)
		if err != nil {
			t.Fatal(err)
		}
		claims += Claimed(killed, mem)
		found := map[uint64]bool{}
		if err := Recover(killed, mem, func(f *Frame) {
			id := uint64(f.Time)
			found[id] = true
			if size := int(id * 7919 % uint64(killed.MaxRecord)); !bytes.Equal(f.Data, payload(nil, id, size)) {
				t.Errorf("record %x is torn", id)
			}
		}); err != nil {
			t.Error(err)
		}
		for g := range writers {
			for i := range taken[g*cacheLine/wordSize] {
				if !found[uint64(g)<<32|i] {
					lost++
				}
			}
		}
	}
	if lost > 0 || claims < 20 {
		t.Errorf("20 kills in a Put: %d records lost, %d shards claimed, want 0 and at least 20", lost, claims)
	}
}
