package mask

import (
	"runtime/debug"
	"syscall"
	"testing"

	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
)

// TestARecordInLostMemoryIsClosed masks a record of which the second page
// cannot be read, as happens to a mapped file that was cut.
func TestARecordInLostMemoryIsClosed(t *testing.T) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	page := syscall.Getpagesize()
	pages, err := syscall.Mmap(-1, 0, 2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := syscall.Munmap(pages); err != nil {
			t.Error(err)
		}
	}()
	in := pages[page-9:][:100]
	copy(in, fixed64Field(1, 7))
	if err := syscall.Mprotect(pages[page:], syscall.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	m := newForTest(t)
	got := m.AppendRecord([]byte("dst"), in)
	wantMessage(t, decodeRecord(t, got[3:]), &logspb.LogRecord{TimeUnixNano: 7, Body: str(MarkerMalformed)})
	if string(got[:3]) != "dst" || m.Malformed() != 1 {
		t.Errorf("dst, malformed: got %q, %d, want dst, 1", got[:3], m.Malformed())
	}
}
