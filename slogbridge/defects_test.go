package slogbridge

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math"
	"net"
	"net/url"
	"reflect"
	"testing"
	"time"
)

type (
	env  string
	uuid [16]byte
)

// token keeps itself out of JSON, and so out of logs.
type token struct{ Value string }

func (token) MarshalJSON() ([]byte, error) { return []byte(`"***"`), nil }

// TestWhatOtherBridgesLose logs what slogtest does not ask for and bridges are
// known to lose or to mangle.
func TestWhatOtherBridgesLose(t *testing.T) {
	e1, e2 := errors.New("first"), io.ErrUnexpectedEOF
	const stringError = "*errors.errorString"
	emptyGroup := valuer{slog.GroupValue()}
	address, err := url.Parse("https://u:pw@example.com/")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		log  func(*slog.Logger)
		want fields
	}{
		{
			"an error keeps its key",
			func(l *slog.Logger) { l.Info("m", "err", e1) },
			fields{"err": "first", "exception.type": stringError, "exception.message": "first"},
		},
		{
			"a second error does not replace the first",
			func(l *slog.Logger) { l.Info("m", "err", e1, "cause", e2) },
			fields{"err": "first", "cause": "unexpected EOF", "exception.type": stringError, "exception.message": "first"},
		},
		{
			"an error of With stays when the record has one, which is the exception",
			func(l *slog.Logger) { l.With("base_err", e1).Info("m", "err", e2) },
			fields{"base_err": "first", "err": "unexpected EOF", "exception.type": stringError, "exception.message": "unexpected EOF"},
		},
		{
			"an error of With is the exception when the record has none",
			func(l *slog.Logger) { l.With("base_err", e1).Info("m", "a", 1) },
			fields{"base_err": "first", "a": int64(1), "exception.type": stringError, "exception.message": "first"},
		},
		{
			"an error stays in its group",
			func(l *slog.Logger) { l.WithGroup("g").Info("m", "err", e1) },
			fields{"g": fields{"err": "first"}, "exception.type": stringError, "exception.message": "first"},
		},
		{
			"a LogValuer that is an error is an error",
			func(l *slog.Logger) { l.Info("m", "err", valuer{e1}) },
			fields{"err": "first", "exception.type": stringError, "exception.message": "first"},
		},
		{
			"exception attributes of the user win",
			func(l *slog.Logger) {
				l.With("exception.type", "mine").Info("m", "err", e1, "exception.message", "my words")
			},
			fields{"err": "first", "exception.type": "mine", "exception.message": "my words"},
		},
		{
			"a LogValuer without key that is a group is inlined",
			func(l *slog.Logger) { l.Info("m", "", valuer{slog.GroupValue(slog.Int("a", 1), slog.Int("b", 2))}) },
			fields{"a": int64(1), "b": int64(2)},
		},
		{
			"a LogValuer that is an empty group is left out",
			func(l *slog.Logger) { l.Info("m", "G", emptyGroup, "a", 1) },
			fields{"a": int64(1)},
		},
		{
			"a group of WithGroup that only holds one is left out, too",
			func(l *slog.Logger) { l.WithGroup("G").Info("m", "H", emptyGroup) },
			fields{},
		},
		{
			"WithGroup without a name changes nothing",
			func(l *slog.Logger) {
				slog.New(l.Handler().WithGroup("").WithAttrs([]slog.Attr{slog.Int("a", 1)})).Info("m", "b", 2)
			},
			fields{"a": int64(1), "b": int64(2)},
		},
		{
			"the last of equal keys wins",
			func(l *slog.Logger) { l.With("k", 1, "k", 2).Info("m", "k", 3, "k", 4) },
			fields{"k": int64(4)},
		},
		{
			"a group of the name of an attribute is the last of equal keys",
			func(l *slog.Logger) { l.With("g", 1).WithGroup("g").Info("m", "a", 2) },
			fields{"g": fields{"a": int64(2)}},
		},
		{
			"an attribute keeps its value when such a group is empty",
			func(l *slog.Logger) { l.With("g", 1).WithGroup("g").Info("m") },
			fields{"g": int64(1)},
		},

		{"a named string is its value", func(l *slog.Logger) { l.Info("m", "k", env("prod")) }, fields{"k": "prod"}},
		{"a month is its name", func(l *slog.Logger) { l.Info("m", "k", time.March) }, fields{"k": "March"}},
		{"a level is its name", func(l *slog.Logger) { l.Info("m", "k", slog.LevelWarn) }, fields{"k": "WARN"}},
		{
			"a UUID is text", func(l *slog.Logger) { l.Info("m", "k", uuid{15: 1}) },
			fields{"k": "00000000-0000-0000-0000-000000000001"},
		},
		{"an IP address is text", func(l *slog.Logger) { l.Info("m", "k", net.IPv4(127, 0, 0, 1)) }, fields{"k": "127.0.0.1"}},
		{
			"raw JSON is a map", func(l *slog.Logger) { l.Info("m", "k", json.RawMessage(`{"a":[1]}`)) },
			fields{"k": fields{"a": []any{int64(1)}}},
		},
		{
			"a large unsigned integer keeps its digits", func(l *slog.Logger) { l.Info("m", "k", uint64(math.MaxUint64)) },
			fields{"k": "18446744073709551615"},
		},
		{
			"a time keeps its zone", func(l *slog.Logger) { l.Info("m", "k", time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("", -3600))) },
			fields{"k": "2026-01-02T03:04:05.000000006-01:00"},
		},
		{"the zero time is the zero time", func(l *slog.Logger) { l.Info("m", "k", time.Time{}) }, fields{"k": "0001-01-01T00:00:00Z"}},
		{"a type that hides itself from JSON is hidden", func(l *slog.Logger) { l.Info("m", "k", token{"s3cret"}) }, fields{"k": "***"}},
		{"also inside", func(l *slog.Logger) { l.Info("m", "k", struct{ T token }{token{"s3cret"}}) }, fields{"k": fields{"T": "***"}}},
		{"a URL is text without password", func(l *slog.Logger) { l.Info("m", "k", address) }, fields{"k": "https://u:xxxxx@example.com/"}},
		{"text that is not UTF-8 keeps its bytes", func(l *slog.Logger) { l.Info("m", "k", "a\xff") }, fields{"k": []byte("a\xff")}},
		{"a panic is visible", func(l *slog.Logger) { l.Info("m", "k", panicky{}) }, fields{"k": "!PANIC: no value"}},
		{"a panic of a nil pointer is nil", func(l *slog.Logger) { l.Info("m", "k", (*url.URL)(nil)) }, fields{"k": nil}},
		{"many attributes are cut and counted", func(l *slog.Logger) { l.Info("m", many(130)...) }, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWire(t)
			test.log(w.logger())
			r := w.one(t)
			if test.want == nil {
				if got := len(r.Attributes) + int(r.DroppedAttributesCount); got != 130 || r.DroppedAttributesCount != 2 {
					t.Errorf("got %d attributes of which %d were dropped, want 130 and 2", got, r.DroppedAttributesCount)
				}
				return
			}
			if got := r.attrs(); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

type panicky struct{}

func (panicky) LogValue() slog.Value { panic("no value") }

// many returns n attributes with different keys.
func many(n int) []any {
	var args []any
	for i := range n {
		args = append(args, slog.Int("k"+string(rune('a'+i/26))+string(rune('a'+i%26)), i))
	}
	return args
}

func TestSeverityStaysInRange(t *testing.T) {
	for _, test := range []struct {
		level  slog.Level
		number int32
		text   string
	}{
		{slog.LevelDebug, 5, "DEBUG"},
		{slog.LevelInfo, 9, "INFO"},
		{slog.LevelWarn, 13, "WARN"},
		{slog.LevelError, 17, "ERROR"},
		{LevelFatal, 21, "FATAL"},
		{slog.LevelInfo + 2, 11, "INFO+2"},
		{LevelFatal + 1, 22, "ERROR+5"},
		{slog.LevelDebug - 4, 1, "DEBUG-4"},
		{slog.LevelError + 7, 24, "ERROR+7"},
		{slog.LevelDebug - 5, 1, "DEBUG-5"},
		{slog.LevelError + 8, 24, "ERROR+8"},
		{-20, 1, "DEBUG-16"},
		{20, 24, "ERROR+12"},
		{math.MinInt32, 1, "DEBUG-2147483644"},
		{math.MaxInt32, 24, "ERROR+2147483639"},
	} {
		t.Run(test.text, func(t *testing.T) {
			w := newWire(t)
			w.logger(WithLevel(slog.Level(math.MinInt32))).Log(t.Context(), test.level, "m")
			r := w.one(t)
			if got := int32(r.SeverityNumber); got != test.number || r.SeverityText != test.text {
				t.Errorf("got %d %s, want %d %s", got, r.SeverityText, test.number, test.text)
			}
		})
	}
}
