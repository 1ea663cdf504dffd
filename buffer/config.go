package buffer

import (
	"errors"
	"fmt"
	"math/bits"
)

// A Config gives the size of a ring. No field has a default; Reserved and Urgent
// may be 0.
type Config struct {
	// Shards is the number of shards, a power of two from 1 to 256. About one for
	// each CPU keeps producers out of each other's way.
	Shards int

	// ShardSize is the room in a shard in bytes, headers included, a power of two
	// from 4 KiB to 256 MiB. All shards together may have 1 GiB.
	ShardSize int

	// MaxRecord is the largest record that Put takes, in bytes, from 1 to a
	// quarter of ShardSize.
	MaxRecord int

	// Reserved is the severity from which a record may use the last quarter of a
	// shard. At 0 nothing is reserved.
	Reserved uint8

	// Urgent is the severity from which a record wakes a consumer that sleeps on
	// a timer. At 0 none does.
	Urgent uint8

	// Held says that Drain keeps in the ring what it passed on, until the consumer
	// calls Release. So a record is never out of the ring before it is in the place
	// that it goes to, which counts where the ring outlives its process.
	Held bool
}

const (
	maxShards    = 256
	minShardSize = 4 << 10

	// maxShardSize keeps the number of frames in a shard below 2^24, what head
	// can count: the smallest frame has 32 bytes, so there are at most 2^23.
	maxShardSize = 256 << 20

	// maxRingSize fits into the address space of a 32-bit machine.
	maxRingSize = 1 << 30
)

// Words returns the memory of a ring in words of 64 bits. It requires that New takes
// c.
func (c *Config) Words() int { return c.Shards * int(shardWords(c)) }

// Validate returns every problem of c, joined: what New says of it.
func (c *Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("buffer: "+format, args...))
	}
	shardsOK := powerOfTwo(c.Shards, 1, maxShards)
	if !shardsOK {
		bad("Shards is %d, want a power of two from 1 to %d", c.Shards, maxShards)
	}
	sizeOK := powerOfTwo(c.ShardSize, minShardSize, maxShardSize)
	if !sizeOK {
		bad("ShardSize is %d, want a power of two from %d to %d", c.ShardSize, minShardSize, maxShardSize)
	}
	if shardsOK && sizeOK && uint64(c.Shards)*uint64(c.ShardSize) > maxRingSize {
		bad("Shards times ShardSize is %d times %d, want at most %d together", c.Shards, c.ShardSize, maxRingSize)
	}
	switch {
	case c.MaxRecord < 1:
		bad("MaxRecord is %d, want at least 1", c.MaxRecord)
	case sizeOK && c.MaxRecord > c.ShardSize/4:
		bad("MaxRecord is %d, want at most %d, a quarter of ShardSize", c.MaxRecord, c.ShardSize/4)
	}
	return errors.Join(errs...)
}

func powerOfTwo(n, low, high int) bool {
	return low <= n && n <= high && bits.OnesCount(uint(n)) == 1
}
