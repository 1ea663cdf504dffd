package letters

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// Constants of the format; see the package doc.
const (
	magic      = "logsdead"
	version    = 1
	headerSize = 32
	frameMagic = 0x5454454c
	frameSize  = 24
)

const (
	// maxName and maxReason bound what a letter says about itself: more is no letter of ours.
	maxName   = 1 << 10
	maxReason = 1 << 13
)

var (
	errHeader  = errors.New("letters: the header of the file is damaged")
	errVersion = errors.New("letters: written by another version")
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
)

// A Letter is a record that was refused.
type Letter struct {
	Route, Sink, Reason string
	Time                int64 // nanoseconds since 1970
	Request             []byte
}

// appendHeader appends the header of a file.
func appendHeader(dst []byte, salt uint64) []byte {
	from := len(dst)
	dst = append(dst, magic...)
	dst = binary.LittleEndian.AppendUint16(dst, version)
	dst = binary.LittleEndian.AppendUint16(dst, headerSize)
	dst = binary.LittleEndian.AppendUint32(dst, 0)
	dst = binary.LittleEndian.AppendUint64(dst, salt)
	dst = binary.LittleEndian.AppendUint32(dst, 0)
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[from:], castagnoli))
}

// parseHeader returns the salt of a file.
func parseHeader(b []byte) (salt uint64, err error) {
	switch {
	case len(b) < headerSize || string(b[:8]) != magic:
		return 0, errHeader
	case binary.LittleEndian.Uint16(b[8:]) != version:
		return 0, errVersion
	case binary.LittleEndian.Uint32(b[28:]) != crc32.Checksum(b[:28], castagnoli):
		return 0, errHeader
	}
	return binary.LittleEndian.Uint64(b[16:]), nil
}

// appendLetter appends the frame of l.
func appendLetter(dst []byte, salt uint64, l *Letter) []byte {
	at := len(dst)
	dst = append(dst, make([]byte, frameSize)...)
	for _, s := range []string{l.Route, l.Sink, l.Reason} {
		dst = binary.AppendUvarint(dst, uint64(len(s)))
		dst = append(dst, s...)
	}
	dst = append(dst, l.Request...)
	h, content := dst[at:at+frameSize], dst[at+frameSize:]
	binary.LittleEndian.PutUint32(h, frameMagic)
	binary.LittleEndian.PutUint32(h[4:], uint32(len(content)))
	binary.LittleEndian.PutUint64(h[8:], uint64(l.Time))
	binary.LittleEndian.PutUint32(h[16:], crc32.Checksum(content, castagnoli))
	binary.LittleEndian.PutUint32(h[20:], headSum(salt, h))
	return dst
}

// headSum returns the checksum of the head of a frame.
func headSum(salt uint64, h []byte) uint32 {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], salt)
	return crc32.Update(crc32.Checksum(b[:], castagnoli), castagnoli, h[:20])
}

// decode calls each with the letters of a file, the oldest first, and returns how many places
// of it could not be read. What each gets points into b.
func decode(b []byte, each func(Letter)) (damaged int, err error) {
	salt, err := parseHeader(b)
	if err != nil {
		return 1, err
	}
	found := true // no search for the next frame is under way
	for b = b[headerSize:]; len(b) > 0; {
		l, n, ok := decodeOne(b, salt)
		if ok {
			each(l)
			b, found = b[n:], true
			continue
		}
		if found {
			damaged++
			found = false
		}
		if n > 0 { // Its head is whole: what follows is where it says.
			b, found = b[n:], true
			continue
		}
		next := bytes.Index(b[1:], frameMark)
		if next < 0 {
			break
		}
		b = b[1+next:]
	}
	return damaged, nil
}

// frameMark is how a frame begins.
var frameMark = binary.LittleEndian.AppendUint32(nil, frameMagic)

// decodeOne reads the frame at the beginning of b, and returns its size, or 0 if it has no head
// that can be relied on.
func decodeOne(b []byte, salt uint64) (l Letter, n int, ok bool) {
	if len(b) < frameSize || !bytes.HasPrefix(b, frameMark) || binary.LittleEndian.Uint32(b[20:]) != headSum(salt, b) {
		return l, 0, false
	}
	size := uint64(binary.LittleEndian.Uint32(b[4:]))
	if size > uint64(len(b)-frameSize) {
		return l, 0, false
	}
	n = frameSize + int(size)
	content := b[frameSize:n:n]
	if binary.LittleEndian.Uint32(b[16:]) != crc32.Checksum(content, castagnoli) {
		return l, n, false
	}
	l.Time = int64(binary.LittleEndian.Uint64(b[8:]))
	for _, x := range []struct {
		to    *string
		limit uint64
	}{{&l.Route, maxName}, {&l.Sink, maxName}, {&l.Reason, maxReason}} {
		size, k := binary.Uvarint(content)
		if k <= 0 || size > x.limit || size > uint64(len(content)-k) {
			return l, n, false
		}
		*x.to = string(content[k : k+int(size)])
		content = content[k+int(size):]
	}
	l.Request = content
	return l, n, true
}
