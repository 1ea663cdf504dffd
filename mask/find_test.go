package mask

import (
	"testing"

	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
)

// A few secrets with their markers; package internal/detect has the many.
const (
	card     = "4111111111111111"
	cardMark = "[REDACTED:pan]"
	token    = "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"
	tokMark  = "[REDACTED:github]"
)

func TestSecretsAreFoundInEveryPlace(t *testing.T) {
	tests := []struct {
		name     string
		in, want *value
	}{
		{"text", str("paid with " + card + ", thanks"), str("paid with " + cardMark + ", thanks")},
		{"two in a text", str(card + " " + token), str(cardMark + " " + tokMark)},
		{"bytes that are text", raw("x " + token), raw("x " + tokMark)},
		{"bytes that are none", raw("\x00\xff\x80 " + token + "\x00"), raw("\x00\xff\x80 " + tokMark + "\x00")},
		{"an array", array(num(1), str(token)), array(num(1), str(tokMark))},
		{"a map in an array", array(object(attr("a", str(token)))), array(object(attr("a", str(tokMark))))},
		{"an integer", num(4111111111111111), str(cardMark)},
		{"a double", double(4111111111111111), str(cardMark)},
		{"an integer that is no card's", num(4111111111111112), num(4111111111111112)},
		{"a time in microseconds", num(1780000079190000), num(1780000079190000)},
		{"a key", object(attr("user "+token, str("x"))), object(attr("user "+tokMark, str("x")))},
		{"a key and its value", object(attr(token, str(card))), object(attr(tokMark, str(cardMark)))},
		{"JSON in a text", str(`{"a":{"password":"hunter2","b":1}}`), str(`{"a":{"password":"[REDACTED:key]","b":1}}`)},
		{"digits of another script", str("４１１１１１１１１１１１１１１１"), str(cardMark)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newForTest(t)
			in, want := record(attr("x", tt.in), attr("last", num(1))), record(attr("x", tt.want), attr("last", num(1)))
			wantMessage(t, m.maskRecord(t, in), want)
			wantMessage(t, m.maskRecord(t, want), want)
			in.Body, want.Body = tt.in, tt.want
			wantMessage(t, m.maskRecord(t, in), want)
		})
	}
}

func TestSecretsAreFoundInOtherFields(t *testing.T) {
	in, want := record(), record()
	in.SeverityText, want.SeverityText = "E "+token, "E "+tokMark
	in.EventName, want.EventName = card, cardMark
	m := newForTest(t)
	wantMessage(t, m.maskRecord(t, in), want)
	in = &logspb.LogRecord{EventName: card}
	wantMessage(t, m.maskRecord(t, in), &logspb.LogRecord{EventName: cardMark})
}

func TestIdsOfTracesStay(t *testing.T) {
	in := record()
	in.TraceId, in.SpanId = []byte("4111111111111111"), []byte("pw=abcde")
	wantMessage(t, newForTest(t).maskRecord(t, in), in)
}

func TestAKeyMakesAValueSuspicious(t *testing.T) {
	tests := []struct {
		key      string
		in, want *value
	}{
		{"token", str("abcdefghij0123456789abcdef"), redacted},
		{"user_token", str("abcdefghij0123456789abcdef"), redacted},
		{"next_page_token", str("abcdefghij0123456789abcdef"), str("abcdefghij0123456789abcdef")},
		{"token", str("refresh"), str("refresh")},
		{"cache_key", str("orders:4711"), str("orders:4711")},
		{"user", str("abcdefghij0123456789abcdef"), str("abcdefghij0123456789abcdef")},
		{"card", num(6759649826438453), str(cardMark)},
		{"card", str("6759649826438453"), str(cardMark)},
		{"card", num(7), num(7)},
	}
	for _, tt := range tests {
		m := newForTest(t)
		wantMessage(t, m.maskRecord(t, record(attr(tt.key, tt.in))), record(attr(tt.key, tt.want)))
		wantMessage(t, m.maskRecord(t, record(attr("m", object(attr(tt.key, tt.in))))), record(attr("m", object(attr(tt.key, tt.want)))))
	}
}

func TestCleanBodiesAreRemembered(t *testing.T) {
	m := newForTest(t)
	clean, dirty := record(), record()
	clean.Body, dirty.Body = str("token expired: password reset"), str("token expired, password=hunter2")
	for range 3 {
		wantMessage(t, m.maskRecord(t, clean), clean)
		want := record()
		want.Body = str("token expired, password=[REDACTED:key]")
		wantMessage(t, m.maskRecord(t, dirty), want)
	}
	if got := m.bodies.used(); got != 1 {
		t.Errorf("bodies that are remembered: got %d, want 1", got)
	}
}

func TestCounts(t *testing.T) {
	m := newForTest(t)
	m.maskRecord(t, record(attr("a", str(card+" "+card)), attr("password", str("x")), attr("b", num(4111111111111111))))
	m.Mask("pay " + card)
	want := []Count{{"pan", 4}, {"key", 1}}
	got := m.Counts()
	if len(got) != len(want) || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %v, want %v", got, want)
	}
	if m.Masked() != 5 {
		t.Errorf("masked: got %d, want 5", m.Masked())
	}
	if None().Counts() != nil {
		t.Error("None counts")
	}
}
