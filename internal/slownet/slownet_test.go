package slownet

import (
	"io"
	"net"
	"os"
	"testing"

	"github.com/logstream-go/logstream/internal/leak"
)

func TestMain(m *testing.M) { os.Exit(leak.Main(m)) }

// What is sent arrives whole, in pieces, and the trigger calls once, in the middle.
func TestATriggerCallsOnceInTheMiddle(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var trigger Trigger
	l := Listen(inner, &trigger)
	defer l.Close()
	const size = 10 * piece
	sent := make(chan error, 1)
	go func() {
		c, err := net.Dial("tcp", l.Addr().String())
		if err == nil {
			_, err = c.Write(make([]byte, size))
			err = firstOf(err, c.Close())
		}
		sent <- err
	}()
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	read, calls, at := 0, 0, 0
	trigger.Set(size/2, func() { calls, at = calls+1, read })
	for buf := make([]byte, size); ; {
		n, err := c.Read(buf)
		if n > piece {
			t.Errorf("a piece: got %d bytes, want at most %d", n, piece)
		}
		read += n
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	if read != size || calls != 1 || at < size/2-piece || at >= size {
		t.Errorf("got %d bytes, and %d calls, the last after %d, want %d, and one after %d", read, calls, at, size, size/2)
	}
}

func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}
