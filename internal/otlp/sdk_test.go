package otlp_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"

	"github.com/logstream-go/logstream/internal/otlp"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// The OpenTelemetry SDK is the oracle for which duplicate wins, for what counts
// as dropped, and for where a long value is cut.

// rewriter is a Processor that gives each record its attributes in one call
// and keeps what became of them.
type rewriter struct {
	attributes []attribute.KeyValue
	result     sdklog.Record
}

func (p *rewriter) OnEmit(_ context.Context, r *sdklog.Record) error {
	r.SetAttributes(p.attributes...)
	p.result = r.Clone()
	return nil
}
func (*rewriter) Enabled(context.Context, sdklog.EnabledParameters) bool { return true }
func (*rewriter) Shutdown(context.Context) error                         { return nil }
func (*rewriter) ForceFlush(context.Context) error                       { return nil }

// attributePair is one attribute in both worlds.
type attributePair struct {
	sdk attribute.KeyValue
	pb  *commonpb.KeyValue
}

// randomPair has one of few keys, so that duplicates are frequent.
func randomPair(r *rand.Rand, depth int) attributePair {
	key := fmt.Sprint("key", r.IntN(30))
	if depth == 0 || r.IntN(3) > 0 {
		sdk, pb := randomScalar(r)
		return attributePair{attribute.KeyValue{Key: attribute.Key(key), Value: sdk}, keyValue(key, pb)}
	}
	if r.IntN(3) == 0 {
		sdk, pb := randomArray(r, depth)
		return attributePair{attribute.KeyValue{Key: attribute.Key(key), Value: sdk}, keyValue(key, pb)}
	}
	var sdk []attribute.KeyValue
	var pb []*commonpb.KeyValue
	for range r.IntN(40) {
		p := randomPair(r, depth-1)
		sdk, pb = append(sdk, p.sdk), append(pb, p.pb)
	}
	return attributePair{attribute.Map(key, sdk...), keyValue(key, mapValue(pb...))}
}

// randomText has characters of every size, and none at all.
func randomText(r *rand.Rand) string {
	units := []rune("ab~éß世\uFFFD\U0001F600")
	text := make([]rune, r.IntN(30))
	for i := range text {
		text[i] = units[r.IntN(len(units))]
	}
	return string(text)
}

// randomScalar is no array and no map.
func randomScalar(r *rand.Rand) (attribute.Value, *commonpb.AnyValue) {
	switch v, text := r.Int64(), randomText(r); r.IntN(4) {
	case 0:
		return attribute.Int64Value(v), intValue(v)
	case 1:
		return attribute.ByteSliceValue([]byte(text)), bytesValue([]byte(text))
	default:
		return attribute.StringValue(text), stringValue(text)
	}
}

// randomArray is of strings alone, for which the SDK has a kind of its own, or
// of all kinds.
func randomArray(r *rand.Rand, depth int) (attribute.Value, *commonpb.AnyValue) {
	var pb []*commonpb.AnyValue
	if r.IntN(2) == 0 {
		var sdk []string
		for range r.IntN(6) {
			text := randomText(r)
			sdk, pb = append(sdk, text), append(pb, stringValue(text))
		}
		return attribute.StringSliceValue(sdk), arrayValue(pb...)
	}
	var sdk []attribute.Value
	for range r.IntN(6) {
		p := randomPair(r, depth-1)
		sdk, pb = append(sdk, p.sdk.Value), append(pb, p.pb.Value)
	}
	return attribute.SliceValue(sdk...), arrayValue(pb...)
}

func TestDuplicatesAndLimitsAreTheSDKs(t *testing.T) {
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 3))
		limit, length := r.IntN(40)-1, r.IntN(40)-9
		if length <= 0 {
			length = -1 // To the SDK 0 is a limit.
		}
		p := &rewriter{}
		var pb []*commonpb.KeyValue
		for range r.IntN(60) {
			pair := randomPair(r, 2)
			p.attributes, pb = append(p.attributes, pair.sdk), append(pb, pair.pb)
		}
		provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(p), sdklog.WithAttributeCountLimit(limit), sdklog.WithAttributeValueLengthLimit(length))
		provider.Logger("test").Emit(t.Context(), log.Record{})

		got, _ := limited(t, &logspb.LogRecord{Attributes: pb}, otlp.Limits{MaxAttributes: limit, MaxValueLength: length})
		if int(got.DroppedAttributesCount) != p.result.DroppedAttributes() {
			t.Errorf("seed %d: got %d dropped, want %d", seed, got.DroppedAttributesCount, p.result.DroppedAttributes())
		}
		i := 0
		p.result.WalkAttributes(func(kv attribute.KeyValue) bool {
			if i >= len(got.Attributes) {
				t.Errorf("seed %d: got %d attributes, want also %s", seed, i, kv.Key)
				return false
			}
			if g := got.Attributes[i]; g.Key != string(kv.Key) || !reflect.DeepEqual(plain(g.Value), plainSDK(kv.Value)) {
				t.Errorf("seed %d, attribute %d: got %v, want %v", seed, i, g, kv)
			}
			i++
			return true
		})
		if i != len(got.Attributes) {
			t.Errorf("seed %d: got %d attributes, want %d", seed, len(got.Attributes), i)
		}
	}
}

// plain turns a value into maps, lists and scalars: the SDK sorts the keys of
// maps.
func plain(v *commonpb.AnyValue) any {
	switch x := v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		return x.StringValue
	case *commonpb.AnyValue_BytesValue:
		return x.BytesValue
	case *commonpb.AnyValue_ArrayValue:
		out := []any{}
		for _, e := range x.ArrayValue.Values {
			out = append(out, plain(e))
		}
		return out
	case *commonpb.AnyValue_KvlistValue:
		out := map[string]any{}
		for _, kv := range x.KvlistValue.Values {
			out[kv.Key] = plain(kv.Value)
		}
		return out
	}
	return v.GetIntValue()
}

func plainSDK(v attribute.Value) any {
	switch v.Type() {
	case attribute.STRING:
		return v.AsString()
	case attribute.BYTESLICE:
		return v.AsByteSlice()
	case attribute.STRINGSLICE:
		out := []any{}
		for _, s := range v.AsStringSlice() {
			out = append(out, s)
		}
		return out
	case attribute.SLICE:
		out := []any{}
		for _, e := range v.AsSlice() {
			out = append(out, plainSDK(e))
		}
		return out
	case attribute.MAP:
		out := map[string]any{}
		for _, kv := range v.AsMap() {
			out[string(kv.Key)] = plainSDK(kv.Value)
		}
		return out
	}
	return v.AsInt64()
}
