package buffer_test

import (
	"fmt"
	"sync"
	"time"

	"github.com/logstream-go/logstream/buffer"
)

// Several producers and one consumer, which lets records gather for a moment
// before it drains them, unless one is urgent.
func Example() {
	const linger = 10 * time.Millisecond
	ring, err := buffer.New(buffer.Config{
		Shards:    2,
		ShardSize: 64 << 10,
		MaxRecord: 16 << 10,
		Reserved:  13, // WARN and above have a quarter of each shard to themselves
		Urgent:    17, // ERROR and above are drained at once
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	var producers sync.WaitGroup
	for i, text := range []string{"one", "two", "three"} {
		producers.Go(func() {
			hint := uint32(i)
			h := buffer.Header{Time: int64(i), Severity: 9}
			if res := ring.Put(&hint, h, []byte(text)); res != buffer.OK {
				fmt.Println("dropped:", res)
			}
		})
	}
	producers.Wait()
	ring.Close() // Put is refused from now on; what is in the ring stays

	timer := time.NewTimer(linger)
	defer timer.Stop()
	for !ring.Finished() {
		ring.Drain(func(f *buffer.Frame) bool {
			fmt.Printf("%s at %d\n", f.Data, f.Time)
			return true
		})
		timer.Reset(linger)
		if ring.Sleep(true) {
			select {
			case <-ring.Wake():
			case <-timer.C:
			}
			ring.Awake()
		}
	}
	var hint uint32
	fmt.Println(ring.Put(&hint, buffer.Header{Time: 3, Severity: 9}, []byte("four")))
	// Unordered output:
	// one at 0
	// two at 1
	// three at 2
	// closed
}

// A producer that prefers to wait where the ring is full.
func ExampleRing_Room() {
	ring, err := buffer.New(buffer.Config{Shards: 1, ShardSize: 4 << 10, MaxRecord: 1 << 10})
	if err != nil {
		fmt.Println(err)
		return
	}
	record := make([]byte, 1000)
	var hint uint32
	for ring.Put(&hint, buffer.Header{}, record) == buffer.OK {
	}

	var producer sync.WaitGroup
	producer.Go(func() {
		var hint uint32
		for {
			room := ring.Room()
			if res := ring.Put(&hint, buffer.Header{}, record); res != buffer.Full {
				fmt.Println("put:", res)
				return
			}
			<-room
		}
	})
	ring.Drain(func(*buffer.Frame) bool { return true })
	producer.Wait()
	ring.Drain(func(f *buffer.Frame) bool {
		fmt.Println("drained:", len(f.Data), "bytes")
		return true
	})
	// Output:
	// put: ok
	// drained: 1000 bytes
}

func ExampleNew_badConfig() {
	_, err := buffer.New(buffer.Config{Shards: 3, ShardSize: 4 << 10, MaxRecord: 4 << 10})
	fmt.Println(err)
	// Output:
	// buffer: Shards is 3, want a power of two from 1 to 256
	// buffer: MaxRecord is 4096, want at most 1024, a quarter of ShardSize
}
