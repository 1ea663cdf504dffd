package otlp_test

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/logstream-go/logstream/internal/otlp"
)

func TestVarintsEqualProtowire(t *testing.T) {
	values := []uint64{0, math.MaxUint32, math.MaxInt64, math.MaxUint64}
	for shift := range 64 {
		values = append(values, 1<<shift-1, 1<<shift, 1<<shift+1)
	}
	for _, v := range values {
		got, want := otlp.AppendVarint(nil, v), protowire.AppendVarint(nil, v)
		if !bytes.Equal(got, want) {
			t.Errorf("AppendVarint(%d): got %x, want %x", v, got, want)
		}
		if got := otlp.SizeVarint(v); got != len(want) {
			t.Errorf("SizeVarint(%d): got %d, want %d", v, got, len(want))
		}
	}
}

// edges are the lengths around which a length takes one more byte.
func edges() []int {
	return []int{0, 1, 126, 127, 128, 129, 16382, 16383, 16384, 16385, 1<<21 - 1, 1 << 21}
}

func TestFieldsEqualProtowire(t *testing.T) {
	for _, n := range edges() {
		text := strings.Repeat("x", n)
		want := protowire.AppendString(protowire.AppendTag(nil, 5, protowire.BytesType), text)
		for name, got := range map[string][]byte{
			"AppendBytesField":  otlp.AppendBytesField(nil, otlp.TagRecordBody, []byte(text)),
			"AppendStringField": otlp.AppendStringField(nil, otlp.TagRecordBody, text),
			"AppendHeader":      append(otlp.AppendHeader(nil, otlp.TagRecordBody, n), text...),
		} {
			if !bytes.Equal(got, want) {
				t.Errorf("%s of %d bytes: got %s, want %s", name, n, brief(got), brief(want))
			}
		}
		if got := otlp.SizeField(n); got != len(want) {
			t.Errorf("SizeField(%d): got %d, want %d", n, got, len(want))
		}
	}
}

func TestOpenMessagesNestLikeBrackets(t *testing.T) {
	for _, n := range edges() {
		text := strings.Repeat("x", n)
		got, outer := otlp.Open([]byte("before"), otlp.TagRecordBody)
		got, inner := otlp.Open(got, otlp.TagKeyValueValue)
		got = append(got, text...)
		got = otlp.Close(got, inner)
		got = append(got, "between"...)
		got = otlp.Close(got, outer)
		got = append(got, "after"...)

		content := protowire.AppendString(protowire.AppendTag(nil, 2, protowire.BytesType), text)
		content = append(content, "between"...)
		want := protowire.AppendTag([]byte("before"), 5, protowire.BytesType)
		want = append(protowire.AppendBytes(want, content), "after"...)
		if !bytes.Equal(got, want) {
			t.Errorf("content of %d bytes: got %s, want %s", n, brief(got), brief(want))
		}
	}
}

func TestAppendKeepsWhatStandsInDst(t *testing.T) {
	id, span := [16]byte(traceID), [8]byte(spanID)
	want := appendTypical(nil, &id, &span)
	for room := range len(want) + 1 {
		dst := make([]byte, 3, 3+room)
		copy(dst, "abc")
		got := appendTypical(dst, &id, &span)
		if string(got[:3]) != "abc" || !bytes.Equal(got[3:], want) {
			t.Fatalf("room for %d bytes: got %s, want abc and %s", room, brief(got), brief(want))
		}
	}
}
