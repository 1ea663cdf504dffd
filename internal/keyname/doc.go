// Package keyname decides by its name whether a key holds a secret: the keys of
// attributes and maps, and those that are found inside texts.
package keyname
