package otlp_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"regexp"
	"slices"
	"testing"

	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/protobuf/proto"

	"github.com/logstream-go/logstream/internal/otlp"
)

// checkRoundTrip writes the record that data generates, and has it read by all,
// unless it is so large that the oracles take their time.
func checkRoundTrip(t *testing.T, data []byte) {
	t.Helper()
	record := appendRecord(nil, oneNaN(sanitize((&generator{data}).record())))
	if len(record) <= 50_000 {
		checkToJSON(t, appendRequest(nil, record))
	}
}

// checkToJSONDamaged writes any bytes: it refuses none that Validate accepts,
// and what it writes is JSON.
func checkToJSONDamaged(t *testing.T, record []byte) {
	t.Helper()
	text, err := otlp.AppendJSONRecord([]byte("before"), record)
	if err != nil {
		if string(text) != "before" {
			t.Fatalf("got %.300s beside error %v, want before", text, err)
		}
		if otlp.Validate(record, otlp.MaxDepth) == nil {
			t.Fatalf("got error %v for a record that Validate accepts: %x", err, record)
		}
		return
	}
	text = bytes.TrimPrefix(text, []byte("before"))
	if !json.Valid(text) {
		t.Fatalf("got no JSON: %s", text)
	}
	request := fromJSON(t, inRequest(string(text)))
	if again := fromJSON(t, toJSON(t, request)); !bytes.Equal(again, request) {
		t.Fatalf("got %x, want %x", again, request)
	}
}

// theirOddities is what the Collector or protojson read otherwise than we do:
// names in snake_case, fields of profiles and of entities, half of a surrogate
// pair.
var theirOddities = regexp.MustCompile(`(?i)_|strindex|entityRefs|deprecated|\\u`)

// collectorOddities is what the Collector reads in its own way: null, and a name
// that is empty.
var collectorOddities = regexp.MustCompile(`null|""\s*:`)

// checkFromJSON reads any text: what is accepted is JSON, its encoding is
// canonical, and the two oracles read the same.
func checkFromJSON(t *testing.T, text []byte) {
	t.Helper()
	dst := []byte("before")
	got, err := otlp.AppendRequestFromJSON(dst[:6:6], text)
	if err != nil {
		var at *otlp.JSONError
		if !errors.As(err, &at) || at.Offset < 0 || at.Offset > len(text) || string(got) != "before" {
			t.Fatalf("got %q, %v, want before and a JSONError", got, err)
		}
		if errors.Is(err, otlp.ErrJSON) && json.Valid(text) {
			t.Fatalf("got %v for what the standard library accepts: %q", err, text)
		}
		return
	}
	if !json.Valid(text) {
		t.Fatalf("got no error for what the standard library refuses: %q", text)
	}
	request := bytes.TrimPrefix(got, []byte("before"))
	if len(request) > len(text) {
		t.Fatalf("got %d bytes from a text of %d, want no more", len(request), len(text))
	}
	m := unmarshal(t, request)
	if canonical := marshal(t, m); !bytes.Equal(request, canonical) {
		t.Fatalf("got %x, want the canonical %x from %q", request, canonical, text)
	}
	if again := fromJSON(t, toJSON(t, request)); !bytes.Equal(again, request) {
		t.Fatalf("got %x, want %x when written and read again", again, request)
	}
	if theirOddities.Match(text) {
		return
	}
	if theirs, err := protojsonFromJSON(text); err != nil || !proto.Equal(theirs, m) {
		t.Fatalf("protojson: got %v, %v, want %v from %q", theirs, err, m, text)
	}
	if collectorOddities.Match(text) {
		return
	}
	if theirs, err := collectorFromJSON(text); err == nil && !proto.Equal(fillRequest(theirs), fillRequest(m)) {
		t.Fatalf("the Collector: got %v, want %v from %q", theirs, m, text)
	}
}

// jsonSamples are texts that are worth mutating.
func jsonSamples(t testing.TB) [][]byte {
	all := [][]byte{
		[]byte(`{}`),
		[]byte(`{"resourceLogs":[{"schemaUrl":"u","x":[1,{"y":"z"}],"resource":{"droppedAttributesCount":2}}]}`),
		inRequest(`{"timeUnixNano":1.5e1,"severityNumber":9,"body":{"doubleValue":"-Infinity"},"traceId":"5B8EFFF798038103D269B633813FC60C"}`),
		inRequest(`{"attributes":[{"value":{"intValue":-5},"key":"k"},{"key":null}],"eventName":"\u00e9\ud83d\ude00\n","body":null}`),
		inRequest(`{"body":{"bytesValue":"__79_A"},"flags":"1","spanId":"ee","severityText":"s","severityText":"s"}`),
	}
	for _, record := range smallSamples(t) {
		if text, err := otlp.AppendJSONRecord(nil, record); err == nil && len(text) < 300 {
			all = append(all, inRequest(string(text)))
		}
	}
	return append(all, toJSON(t, marshal(t, specExample())), toJSON(t, marshal(t, requestOf(fullRecord()))))
}

func FuzzJSONRoundTrip(f *testing.F) {
	for seed := range uint64(40) {
		f.Add(randomBytes(seed, int(seed)*16))
	}
	for _, b := range smallSamples(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		checkRoundTrip(t, data)
		checkToJSONDamaged(t, data)
	})
}

func FuzzJSONDecode(f *testing.F) {
	for _, text := range jsonSamples(f) {
		f.Add(text)
	}
	f.Fuzz(checkFromJSON)
}

// TestRandomJSONWholeAndDamaged does in every test run, with fixed seeds, what
// the fuzz targets do for longer.
func TestRandomJSONWholeAndDamaged(t *testing.T) {
	texts := jsonSamples(t)
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 3))
		data := randomBytes(seed, 1+r.IntN(500))
		record := appendRecord(nil, (&generator{data}).record())
		if len(record) > 50_000 {
			continue
		}
		checkRoundTrip(t, data)
		checkToJSONDamaged(t, damage(r, record))
		for range 20 {
			text := texts[r.IntN(len(texts))]
			checkFromJSON(t, damage(r, text))
			checkFromJSON(t, swapToken(r, text))
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// tokens are pieces of JSON that a mutation of bytes seldom makes.
var tokens = []string{`{`, `}`, `[`, `]`, `,`, `:`, `"`, `null`, `true`, `0`, `-1`, `1e5`, `"1"`, `"NaN"`, `""`, `\`, `\n`, `{}`, `[]`, `"key":`, `"body":{`, `"x":{},`, ` `, `é`, "\x00"}

// swapToken puts one of tokens into text, or in place of some of its bytes.
func swapToken(r *rand.Rand, text []byte) []byte {
	at := r.IntN(len(text))
	end := min(len(text), at+r.IntN(3))
	return slices.Concat(text[:at], []byte(tokens[r.IntN(len(tokens))]), text[end:])
}

// A comparison that is passed over for its oddities proves nothing: most of the
// seeds have none.
func TestTheOraclesOfJSONAreAsked(t *testing.T) {
	want := &collogspb.ExportLogsServiceRequest{}
	if got, err := protojsonFromJSON(inRequest(`{"eventName":"e"}`)); err != nil || proto.Equal(got, want) {
		t.Errorf("protojson: got %v, %v, want a record", got, err)
	}
	if got, err := collectorFromJSON(inRequest(`{"eventName":"e"}`)); err != nil || proto.Equal(got, want) {
		t.Errorf("the Collector: got %v, %v, want a record", got, err)
	}
	accepted, compared := 0, 0
	for _, text := range jsonSamples(t) {
		if _, err := otlp.AppendRequestFromJSON(nil, text); err != nil {
			continue
		}
		accepted++
		if !theirOddities.Match(text) && !collectorOddities.Match(text) {
			compared++
		}
	}
	if accepted < 50 || compared < accepted/2 {
		t.Errorf("got %d texts of which %d are compared, want 50 and half", accepted, compared)
	}
}
