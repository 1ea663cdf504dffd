package otlp_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/logstream-go/logstream/internal/otlp"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// The OpenTelemetry SDK is the oracle for which duplicate wins and for what
// counts as dropped.

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
		v := r.Int64()
		return attributePair{attribute.Int64(key, v), keyValue(key, intValue(v))}
	}
	var sdk []attribute.KeyValue
	var pb []*commonpb.KeyValue
	for range r.IntN(40) {
		p := randomPair(r, depth-1)
		sdk, pb = append(sdk, p.sdk), append(pb, p.pb)
	}
	return attributePair{attribute.Map(key, sdk...), keyValue(key, mapValue(pb...))}
}

func TestDuplicatesAndLimitsAreTheSDKs(t *testing.T) {
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 3))
		limit := r.IntN(40) - 1
		p := &rewriter{}
		var pb []*commonpb.KeyValue
		for range r.IntN(60) {
			pair := randomPair(r, 2)
			p.attributes, pb = append(p.attributes, pair.sdk), append(pb, pair.pb)
		}
		provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(p), sdklog.WithAttributeCountLimit(limit))
		provider.Logger("test").Emit(t.Context(), log.Record{})

		got, _ := limited(t, &logspb.LogRecord{Attributes: pb}, otlp.Limits{MaxAttributes: limit})
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

// plain turns a value into maps and integers: the SDK sorts the keys of maps.
func plain(v *commonpb.AnyValue) any {
	m := v.GetKvlistValue()
	if m == nil {
		return v.GetIntValue()
	}
	out := map[string]any{}
	for _, kv := range m.Values {
		out[kv.Key] = plain(kv.Value)
	}
	return out
}

func plainSDK(v attribute.Value) any {
	if v.Type() != attribute.MAP {
		return v.AsInt64()
	}
	out := map[string]any{}
	for _, kv := range v.AsMap() {
		out[string(kv.Key)] = plainSDK(kv.Value)
	}
	return out
}
