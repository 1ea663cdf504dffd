package stream

import "reflect"

// TypeMask returns what the stream's Masker says of Go types; see
// [mask.Masker.TypeMask]. Nil says that no type is masked.
func (src *Source) TypeMask() func(v reflect.Value, tag string) (text string, masked bool) {
	return src.s.cfg.mask.TypeMask()
}
