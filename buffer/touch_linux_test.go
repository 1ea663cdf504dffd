package buffer

import (
	"syscall"
	"testing"
	"unsafe"
)

func TestTheFirstQuarterOfAShardIsInMemory(t *testing.T) {
	const size = 8 << 20
	r, err := New(Config{Shards: 2, ShardSize: size, MaxRecord: 1 << 10})
	if err != nil {
		t.Fatal(err)
	}
	page := syscall.Getpagesize()
	want := size/4/page - 1 // a page may begin before the shard
	for i := range r.shards {
		start := (uintptr(unsafe.Pointer(unsafe.SliceData(r.shards[i].mem))) + uintptr(page) - 1) &^ uintptr(page-1)
		vec := make([]byte, want)
		if _, _, errno := syscall.Syscall(syscall.SYS_MINCORE, start, uintptr(want*page), uintptr(unsafe.Pointer(unsafe.SliceData(vec)))); errno != 0 {
			t.Fatal(errno)
		}
		in := 0
		for _, v := range vec {
			in += int(v & 1)
		}
		if in < want {
			t.Errorf("shard %d: %d pages are in memory, want %d", i, in, want)
		}
	}
}
