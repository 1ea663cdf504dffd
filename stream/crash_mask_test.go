//go:build linux || darwin

package stream

import (
	"strings"
	"testing"
	"time"

	"github.com/logstream-go/logstream/buffer"
	"github.com/logstream-go/logstream/internal/otlp"
)

// secretRecord is a record that no masker has seen.
func secretRecord() []byte {
	return otlp.AppendString(encode(infoSeverity, "x"), otlp.TagRecordAttribute, "password", "correct-horse-battery")
}

// putMasked puts secretRecord into the ring of the keeper as the keeper alone does: as
// masked.
func (p *producer) putMasked() {
	k := p.src.s.keeper.(*crashKeeper)
	k.ring.Put(&p.hint, buffer.Header{Time: time.Now().UnixNano(), Origin: p.src.origin, Severity: infoSeverity, Flags: flagMasked}, secretRecord())
	k.counts[p.hint%uint32(len(k.counts))].Add(1)
}

// With a crash ring a record is masked by the call that logs it, and that is all: what
// stands in the ring as masked goes to the sink as it is.
func TestWithACrashRingARecordIsMaskedOnce(t *testing.T) {
	var d decoder
	k := recorder{answer: d.answer}
	s := newStream(t, &k, smallCrash(crashDir(t))...)
	p := newProducer(s)
	p.src.Put(&p.hint, Meta{Severity: infoSeverity, Observed: time.Now().UnixNano()}, secretRecord())
	p.putMasked()
	flush(t, s)
	var got []string
	for _, r := range d.records {
		got = append(got, r.Attributes[0].Value.GetStringValue())
	}
	if len(got) != 2 || got[0] != "[REDACTED:key]" || got[1] != "correct-horse-battery" {
		t.Errorf("got %q, want the first masked by Put, and the second as it was in the ring", got)
	}
}

// Nobody else can say that a record is masked: no flag of a bridge does, with a crash ring
// or without, and none of a former process.
func TestNobodyElseSaysThatARecordIsMasked(t *testing.T) {
	for name, opts := range map[string][]Option{
		"no crash ring": nil, "a crash ring": smallCrash(crashDir(t)), "a ring that is not masked": smallCrash(crashDir(t), Unmasked),
	} {
		var d decoder
		k := recorder{answer: d.answer}
		s := newStream(t, &k, opts...)
		p := newProducer(s)
		for flags := range 256 {
			p.src.Put(&p.hint, Meta{Severity: infoSeverity, Flags: uint8(flags), Observed: time.Now().UnixNano()}, secretRecord())
		}
		flush(t, s)
		if len(d.records) != 256 {
			t.Errorf("%s: got %d records, want 256", name, len(d.records))
		}
		for _, r := range d.records {
			if got := r.Attributes[0].Value.GetStringValue(); got != "[REDACTED:key]" {
				t.Fatalf("%s: got %q", name, got)
			}
		}
	}
}

// What a former process called masked is masked again, since its rules may have been
// others; what it said of itself is still that.
func TestWhatAFormerProcessCalledMaskedIsMaskedAgain(t *testing.T) {
	dir := crashDir(t)
	out := newHung()
	s := newStream(t, out, append(smallCrash(dir), WithHeartbeat(time.Hour))...)
	p := newProducer(s)
	p.put(infoSeverity, "first")
	eventually(t, "an export", func() bool { return s.Stats().Routes[0].Held.InFlight > 0 })
	for range 50 {
		p.putMasked()
	}
	later := die(t, dir)
	close(out.release)

	var d decoder
	next := &recorder{answer: d.answer}
	newStream(t, next, smallCrash(later)...)
	eventually(t, "the records of the former process", func() bool { return len(next.received()) >= 52 })
	masked, own := 0, 0
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range d.records {
		for _, kv := range r.Attributes {
			if strings.Contains(kv.Value.GetStringValue(), "horse") {
				t.Fatalf("a secret of the former process is left: %v", r)
			}
			switch kv.Key {
			case "password":
				masked++
			case attrBeat:
				own++
			}
		}
	}
	if masked != 50 || own != 1 {
		t.Errorf("got %d records that were masked again and %d of the stream, want 50 and 1", masked, own)
	}
}
