package mask

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

const (
	// minHashKey is the length of the shortest key of a hash, in bytes. PCI DSS
	// 3.5.1.1 asks for 128 bits.
	minHashKey = 16
	// maxKeyID is the length of the longest name of such a key.
	maxKeyID = 32
	// hashSize is how much of a hash is shown, in bytes: 128 bits, by which no two
	// values of all that are ever logged are likely to meet.
	hashSize = 16
)

// hashKey is a key of Hash with its name.
type hashKey struct {
	id  string
	key []byte
}

// appendHash appends the marker of value, found by the detector with name. What is
// hashed begins with the name and its length, so that equal values of different
// kinds have different hashes.
func (k *hashKey) appendHash(dst []byte, name string, value []byte) []byte {
	mac := hmac.New(sha256.New, k.key)
	var size [8]byte
	binary.BigEndian.PutUint64(size[:], uint64(len(name)))
	mac.Write(size[:])
	mac.Write([]byte(name))
	mac.Write(normal(name, value))
	dst = append(dst, hashPrefix...)
	dst = append(dst, name...)
	dst = append(dst, ':')
	dst = append(dst, k.id...)
	dst = append(dst, ':')
	dst = hex.AppendEncode(dst, mac.Sum(nil)[:hashSize])
	return append(dst, ']')
}

// hashPrefix begins the markers of Hash.
const hashPrefix = "[HASH:"

// isHash reports whether value is a marker of one of keys, for what name found.
func isHash(keys []hashKey, name string, value []byte) bool {
	rest, ok := strings.CutPrefix(string(value), hashPrefix+name+":")
	if !ok {
		return false
	}
	id, sum, _ := strings.Cut(rest, ":")
	if len(sum) != 2*hashSize+1 || sum[2*hashSize] != ']' || strings.Trim(sum[:2*hashSize], "0123456789abcdef") != "" {
		return false
	}
	for i := range keys {
		if keys[i].id == id {
			return true
		}
	}
	return false
}

// normal returns the form of value in which it is hashed, so that the ways to
// write a value do not matter: numbers without what groups them, IBANs in capitals,
// the domain of an e-mail address in small letters.
func normal(name string, value []byte) []byte {
	if bytes.ContainsFunc(value, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return value // Digits of other scripts, and what is no digit.
	}
	switch name {
	case PAN.String(), SSN.String(), Phone.String():
		return keepOnly(value, func(c byte) bool { return '0' <= c && c <= '9' })
	case IBAN.String():
		return []byte(strings.ToUpper(string(keepOnly(value, func(c byte) bool { return c != ' ' && c != '-' }))))
	case Email.String():
		local, domain, _ := strings.Cut(string(value), "@")
		return []byte(local + "@" + strings.ToLower(domain))
	}
	return value
}

// keepOnly returns the bytes of value that are wanted.
func keepOnly(value []byte, want func(byte) bool) []byte {
	out := make([]byte, 0, len(value))
	for _, c := range value {
		if want(c) {
			out = append(out, c)
		}
	}
	return out
}
