//go:build !amd64 || purego

package detect

// look returns the traits of a text of 4 to maxLook bytes.
func look(text []byte) traits { return lookByWords(text) }
