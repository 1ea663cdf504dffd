package buffer

import (
	"math/bits"
	"strings"
	"testing"
)

func TestNewNamesEveryBadFieldOfTheConfig(t *testing.T) {
	ok := Config{Shards: 2, ShardSize: 1 << 19, MaxRecord: 1 << 16}
	for _, test := range []struct {
		name string
		edit func(*Config)
		want []string
	}{
		{"a good config has no error", func(c *Config) {}, nil},
		{"the smallest is good", func(c *Config) { *c = Config{Shards: 1, ShardSize: 4096, MaxRecord: 1} }, nil},
		{"a record may be a quarter of a shard", func(c *Config) { c.MaxRecord = 1 << 17 }, nil},
		{
			"no shard", func(c *Config) { c.Shards = 0 },
			[]string{"buffer: Shards is 0, want a power of two from 1 to 256"},
		},
		{
			"negative shards", func(c *Config) { c.Shards = -4 },
			[]string{"buffer: Shards is -4, want a power of two from 1 to 256"},
		},
		{
			"three shards", func(c *Config) { c.Shards = 3 },
			[]string{"buffer: Shards is 3, want a power of two from 1 to 256"},
		},
		{
			"512 shards", func(c *Config) { c.Shards = 512 },
			[]string{"buffer: Shards is 512, want a power of two from 1 to 256"},
		},
		{
			"a shard of no power of two", func(c *Config) { c.ShardSize = 5000; c.MaxRecord = 1 },
			[]string{"buffer: ShardSize is 5000, want a power of two from 4096 to 268435456"},
		},
		{
			"a small shard", func(c *Config) { c.ShardSize = 2048 },
			[]string{"buffer: ShardSize is 2048, want a power of two from 4096 to 268435456"},
		},
		{
			"a huge shard", func(c *Config) { c.ShardSize = 1 << 29 },
			[]string{"buffer: ShardSize is 536870912, want a power of two from 4096 to 268435456"},
		},
		{
			"more than 1 GiB together", func(c *Config) { c.Shards = 8; c.ShardSize = 1 << 28 },
			[]string{"buffer: Shards times ShardSize is 8 times 268435456, want at most 1073741824 together"},
		},
		{
			"256 large shards, more than an int of 32 bits", func(c *Config) { c.Shards = 256; c.ShardSize = 1 << 28 },
			[]string{"buffer: Shards times ShardSize is 256 times 268435456, want at most 1073741824 together"},
		},
		{
			"no room for a record", func(c *Config) { c.MaxRecord = 0 },
			[]string{"buffer: MaxRecord is 0, want at least 1"},
		},
		{
			"a record over a quarter of a shard", func(c *Config) { c.MaxRecord = 1<<17 + 1 },
			[]string{"buffer: MaxRecord is 131073, want at most 131072, a quarter of ShardSize"},
		},
		{
			"everything is wrong", func(c *Config) { *c = Config{} },
			[]string{
				"buffer: Shards is 0, want a power of two from 1 to 256",
				"buffer: ShardSize is 0, want a power of two from 4096 to 268435456",
				"buffer: MaxRecord is 0, want at least 1",
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := ok
			test.edit(&c)
			err := c.Validate()
			if got, want := errorText(err), strings.Join(test.want, "\n"); got != want {
				t.Errorf("validate:\ngot  %s\nwant %s", got, want)
			}
			if err == nil {
				return
			}
			if r, got := New(c); r != nil || errorText(got) != err.Error() {
				t.Errorf("New: got %v, %v, want nil and the same error", r, got)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// The proof needs that a full shard has fewer frames than head can count, and that
// the circle divides the range of positions.
func TestTheLargestShardStaysBelowWhatAHeadCounts(t *testing.T) {
	if got, most := maxShardSize/words/frameWords(0), uint64(countMask); got > most {
		t.Errorf("frames in the largest shard: got %d, want at most %d", got, most)
	}
	if got := uint64(posMask+1) % (maxShardSize / words); got != 0 {
		t.Errorf("positions modulo the largest circle: got %d, want 0", got)
	}
	if got := bits.Len64(posMask<<posShift | ownedBit); got != countShift {
		t.Errorf("bits below the count: got %d, want %d", got, countShift)
	}
}
