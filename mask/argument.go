package mask

import (
	"bytes"

	"github.com/logstream-go/logstream/internal/keyname"
)

// An array may be the arguments of a command, as process.command_args is, in which a
// flag and its value are two elements:
//
//	["--user", "bob", "--password", "hunter2"]
//
// What stands behind a flag is masked as if the flag's name were its key, unless it is
// a flag itself.

// maxFlag is the length of the longest text that is taken for a flag.
const maxFlag = 128

// argument is what an element that is a flag says of the next.
type argument struct {
	flag []byte
	says keyname.Verdict
}

// behind returns what flag, the element before v or nil, says of v, and v itself if it
// is such a flag.
func (w *walker) behind(v box, flag *argument) (now argument, next *argument) {
	if flag != nil {
		now = *flag
	}
	if v.end-v.start < 2 || w.msg[v.start] != tagString && w.msg[v.start] != tagBytes {
		return now, nil
	}
	from, to := span(w.msg[:v.end], v.start+1)
	if to != v.end || from == to || w.msg[from] != '-' {
		return now, nil
	}
	text := w.msg[from:to]
	if now.flag != nil {
		if !w.staysFlag(text) {
			return now, nil
		}
		now = argument{}
	}
	if name := flagName(text); name != nil && len(w.m.withoutMarkers(name)) == len(name) {
		if says := w.m.judge(name, 0) &^ (masksKey | reservedKey); says&(keyname.MasksText|keyname.Suspicious|keyname.Weak) != 0 {
			next = &argument{text, says}
		}
	}
	return now, next
}

// staysFlag reports whether text is a flag, and still one when it was masked: else it
// would be the value of the flag before it the next time.
func (w *walker) staysFlag(text []byte) bool {
	if !isFlag(text) {
		return false
	}
	if w.m.clean(text) {
		return true
	}
	out, _ := w.m.settle(text, nil, short)
	return isFlag(out)
}

// isFlag reports whether text begins as a flag does, with or without a value.
func isFlag(text []byte) bool {
	return len(text) > 1 && text[0] == '-' && (text[1] == '-' || isLetter(text[1]))
}

// flagName returns the name of the flag that text is, and nil if it is something else.
func flagName(text []byte) []byte {
	if !isFlag(text) || len(text) > maxFlag {
		return nil
	}
	name := text[1:]
	if name[0] == '-' {
		name = name[1:]
	}
	if len(name) == 0 || !isLetter(name[0]) || len(bytes.Trim(name, flagChars)) > 0 {
		return nil
	}
	return name
}

// flagChars are what the names of flags are made of.
const flagChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
