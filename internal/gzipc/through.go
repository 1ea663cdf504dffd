package gzipc

import "sync"

// maxPooled is the largest scratch buffer that is kept. Default batches stay at 1 MB;
// a rare larger one is left to the garbage collector.
const maxPooled = 4 << 20

// scratches hold requests that are not compressed yet.
var scratches = sync.Pool{New: func() any { return new([]byte) }}

// Through appends, as compress makes it, what request appends to an empty buffer,
// and returns the result. compress appends src, compressed, to dst and keeps
// neither. It may be called concurrently. With an error of either function the
// result is nil.
func Through(
	dst []byte,
	request func(dst []byte) ([]byte, error),
	compress func(dst, src []byte) ([]byte, error),
) ([]byte, error) {
	scratch := scratches.Get().(*[]byte)
	defer func() {
		if cap(*scratch) <= maxPooled {
			scratches.Put(scratch)
		}
	}()
	src, err := request((*scratch)[:0])
	if err != nil {
		return nil, err
	}
	*scratch = src
	out, err := compress(dst, src)
	if err != nil {
		return nil, err
	}
	return out, nil
}
