package mask

import (
	"bytes"

	"github.com/logstream-go/logstream/internal/keyname"
)

// A map may hold one attribute as two entries, its name and its value:
//
//	{"name": "DB_PASSWORD", "value": "hunter2"}
//
// Variables of a container, headers, tags and parameters come like this. The value is
// masked as if its name were its key.

// pairValue is the key of the value, in any case, and pairNames are those of the name.
const pairValue = "value"

var pairNames = [...]string{"name", "key"}

// pair is what the names in a map say of the values in it.
type pair struct {
	says keyname.Verdict
	name []byte // That which makes a value suspicious.
}

// maxPairName is how much of the end of a name is put before a suspicious value. It
// bounds the time that many values take in a map with one long name.
const maxPairName = 128

// paired returns the key that the value v of key is decided by, and the verdict on
// that: those given, unless the siblings l tell the name of what v is the value of.
func (w *walker) paired(key []byte, says keyname.Verdict, v box, l *siblings) ([]byte, keyname.Verdict) {
	if !bytes.EqualFold(key, []byte(pairValue)) {
		return key, says
	}
	if l.pair == nil {
		l.pair = new(pair)
		w.each(l, func(kv box) { w.addName(l.pair, kv) })
	}
	scalar := v.start == v.end || w.msg[v.start] != tagArray && w.msg[v.start] != tagMap
	if l.pair.says&keyname.Suspicious != 0 && scalar {
		key = l.pair.name
	}
	return key, says.Or(l.pair.says)
}

// addName enters what the entry kv says, if it is a name.
func (w *walker) addName(p *pair, kv box) {
	var key, name []byte
	for pos := kv.start; pos < kv.end; {
		tag, in := w.keyValueField(pos)
		switch pos = in.end; {
		case in.end > kv.end:
			return
		case tag == tagKey:
			key = w.msg[in.start:in.end]
		case tag == tagValue && in.start < in.end && w.msg[in.start] == tagString:
			from, to := span(w.msg, in.start+1)
			if to != in.end {
				return
			}
			name = w.msg[from:to]
		}
	}
	if len(name) == 0 || !isPairName(key) {
		return
	}
	// The name may be changed too. Masked again, the value has to stay as it is.
	shown := w.becomes(name, key)
	says := w.m.judge(shown, 0)
	if !bytes.Equal(shown, name) {
		says = says.Or(w.m.judge(name, 0))
	}
	if says&keyname.Suspicious != 0 {
		p.name = shown[max(0, len(shown)-maxPairName):]
	}
	p.says = p.says.Or(says &^ (masksKey | reservedKey))
}

// isPairName reports whether key is one of pairNames, in any case.
func isPairName(key []byte) bool {
	for _, n := range pairNames {
		if bytes.EqualFold(key, []byte(n)) {
			return true
		}
	}
	return false
}

// becomes returns what text makes of the text under key, unless the key masks it as a
// whole.
func (w *walker) becomes(text, key []byte) []byte {
	if len(text) > maxSuspect || w.verdict(key)&keyname.Suspicious == 0 {
		key = nil
	}
	if key == nil && w.m.clean(text) {
		return text
	}
	out, _ := w.m.settle(text, key, short)
	return out
}
