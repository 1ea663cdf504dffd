package otlphttp

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	collogpb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/protobuf/proto"

	"github.com/logstream-go/logstream/internal/slownet"
	"github.com/logstream-go/logstream/sink/sinktest"
)

func TestABodyHoldsItsPayloadUntilItIsClosed(t *testing.T) {
	b := some(t, 3)
	p, err := format{}.encode(b.Batch)
	if err != nil {
		t.Fatal(err)
	}
	want := string(p.Bytes())
	first, second := newBody(p), newBody(p)
	p.Release()
	got, err := io.ReadAll(first)
	if err != nil || string(got) != want {
		t.Errorf("got %d bytes and %v, want %d", len(got), err, len(want))
	}
	if got := b.Leases(); got != 2 {
		t.Errorf("got %d references, want those of two bodies", got)
	}
	for range 2 {
		_ = first.Close()
	}
	if n, err := first.Read(make([]byte, 1)); n != 0 || err != errBodyClosed {
		t.Errorf("after Close: got %d, %v", n, err)
	}
	if got := b.Leases(); got != 1 {
		t.Errorf("got %d references, want that of the second body", got)
	}
	_ = second.Close()
	if got := b.Leases(); got != 0 {
		t.Errorf("got %d references, want none", got)
	}
}

// scribble takes buffers out of the pool of payloads and writes over all of
// their memory, as a batch to come would.
func scribble(t *testing.T) {
	t.Helper()
	for range 4 {
		b := some(t, 1)
		p, err := b.Payload("scribble", func(dst []byte) ([]byte, error) {
			dst = dst[:cap(dst)]
			for i := range dst {
				dst[i] = '!'
			}
			return dst, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		defer b.Release()
		defer p.Release()
	}
}

// A cancelled export returns while net/http still reads its request. The buffer
// must not serve another batch before it is closed: whatever arrives, in whole or
// in part, is what was logged. This version of net/http mostly waits for its reader;
// its documentation promises that for none.
func TestBuffersAreNotReusedWhileTheyAreRead(t *testing.T) {
	const n, size, exports = 500, 1000, 100 // 1 MB a request
	filling := make([]string, n)
	for i := range filling {
		random := make([]byte, size)
		for k := range random {
			random[k] = byte(rand.Uint32())
		}
		filling[i] = hex.EncodeToString(random)
	}
	for _, proto := range []string{"HTTP/1.1", "HTTP/2"} {
		t.Run(proto, func(t *testing.T) {
			var mu sync.Mutex // a cancelled request can overlap the next one
			var whole, torn int
			h := func(_ http.ResponseWriter, r *http.Request) {
				b, err := io.ReadAll(r.Body)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					whole++
				}
				if bytes.Contains(b, []byte("!!!!")) || err == nil && !intact(b, n) {
					torn++
				}
			}
			var progress slownet.Trigger
			srv := httptest.NewUnstartedServer(http.HandlerFunc(h))
			srv.Listener = slownet.Listen(srv.Listener, &progress)
			srv.Config.ErrorLog = quiet
			opts := []Option{WithCompression(NoCompression)}
			if proto == "HTTP/2" {
				srv.EnableHTTP2 = true
				srv.StartTLS()
				opts = append(opts, WithTLSClientConfig(srv.Client().Transport.(*http.Transport).TLSClientConfig))
			} else {
				srv.Start()
			}
			t.Cleanup(srv.Close)
			s := to(t, srv, opts...)

			cancelled := 0
			for i := range exports {
				b := sinktest.Texts(t, n, func(k int) string { return fmt.Sprintf("export %d %s export %d", i, filling[k], i) })
				ctx, cancel := context.WithCancel(t.Context())
				if i%10 != 9 { // now and then one goes through
					progress.Set(rand.IntN(b.Size()), cancel)
				}
				err := s.Export(ctx, b.Batch)
				progress.Set(0, nil)
				cancel()
				if err != nil {
					cancelled++
				}
				b.Release()
				scribble(t)
			}
			mu.Lock()
			defer mu.Unlock()
			t.Logf("%d of %d cancelled, %d arrived whole", cancelled, exports, whole)
			if torn > 0 {
				t.Errorf("%d requests arrived with foreign bytes in them", torn)
			}
			if cancelled < exports/2 || whole < exports/20 {
				t.Errorf("%d cancelled and %d whole of %d: that proves little", cancelled, whole, exports)
			}
		})
	}
}

// intact reports whether all n records of a request are of the same export, to
// their ends.
func intact(b []byte, n int) bool {
	m := new(collogpb.ExportLogsServiceRequest)
	if proto.Unmarshal(b, m) != nil {
		return false
	}
	all := texts(m)
	if len(all) != n {
		return false
	}
	id := strings.Join(strings.Fields(all[0])[:2], " ")
	for _, text := range all {
		if !strings.HasPrefix(text, id+" ") || !strings.HasSuffix(text, " "+id) || strings.Contains(text, "!") {
			return false
		}
	}
	return true
}
