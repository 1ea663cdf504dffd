//go:build (linux || darwin) && race

package stream

// cuttable returns the options of a stream with a crash ring in dir, and what makes its memory
// fail for the caller. No file is cut off here: the race detector carries atomic operations out in
// C, where a fault cannot become a panic, and ends the process.
func cuttable(dir string) ([]Option, func(size int64) error) {
	var k *crashKeeper
	opts := append(smallCrash(dir), optionFunc(func(c *config) { k = c.keeper.(*crashKeeper) }))
	return opts, func(int64) error {
		k.guard(func() { panic("a fault") })
		return nil
	}
}
