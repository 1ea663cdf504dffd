package sink_test

import (
	"strings"
	"testing"

	"github.com/logstream-go/logstream/internal/otlp"
	"github.com/logstream-go/logstream/sink"
)

func TestTheTextOfAValueStaysInItsLine(t *testing.T) {
	const evil = "in\r\n2026-11-22 INFO admin logged in\x1b[2K\u202e\u2028"
	const shown = `in\r\n2026-11-22 INFO admin logged in\u001b[2K\u202e\u2028`
	const tag = otlp.TagRecordBody
	dict, dm := otlp.OpenMapValue(nil, tag)
	dict = otlp.AppendString(dict, otlp.TagMapEntry, evil, evil)
	dict, am := otlp.OpenArray(dict, otlp.TagMapEntry, "list")
	dict = otlp.AppendStringValue(dict, otlp.TagArrayElement, evil)
	dict = otlp.CloseArray(dict, am)
	dict = otlp.CloseMapValue(dict, dm)
	for want, body := range map[string][]byte{
		shown: otlp.AppendStringValue(nil, tag, evil),
		"{" + shown + ": " + shown + ", list: [" + shown + "]}": dict,
	} {
		for r := range newBatch(t, body).Records() {
			if got := r.Body().String(); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			if got := string(r.Body().Str()); r.Body().Kind() == sink.KindString && got != evil {
				t.Errorf("Str: got %q, want %q", got, evil)
			}
		}
	}
}

func TestAppendLine(t *testing.T) {
	got := string(sink.AppendLine([]byte("key="), "a\tb\u0085c\x9b"))
	if want := `key=a\tb\u0085c\u009b`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if again := string(sink.AppendLine(nil, got)); again != got {
		t.Errorf("twice: got %q, want %q", again, got)
	}
}

func FuzzAppendLine(f *testing.F) {
	f.Add("a\nb\r\x1b[0m\u2028\u2067")
	f.Fuzz(func(t *testing.T, text string) {
		line := string(sink.AppendLine(nil, text))
		if strings.ContainsAny(line, "\n\r\t\v\f\x00\x1b\x7f\u0085\u009b\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069") {
			t.Errorf("%q: a control character is left in %q", text, line)
		}
		if again := string(sink.AppendLine(nil, line)); again != line {
			t.Errorf("twice: got %q, want %q", again, line)
		}
	})
}
