package mask

// Markers stand where something was taken out. They are part of the output
// format: a masked record that is masked again keeps them.
const (
	// MarkerKey replaces a value whose key names a secret.
	MarkerKey = "[REDACTED:key]"

	// MarkerUnsupported replaces a value of a kind that this version does not
	// know, so that it cannot tell whether a secret is in it.
	MarkerUnsupported = "[REDACTED:unsupported]"

	// MarkerMalformed is the body of a record that could not be read, and the
	// value of the attribute "mask.error" of such a resource or scope.
	MarkerMalformed = "[REDACTED:malformed]"
)

// errorKey is the attribute of a resource or scope that could not be read.
const errorKey = "mask.error"

// The encoded AnyValue that holds a marker, behind its length.
const (
	redactedKey         = "\x10\x0a\x0e" + MarkerKey
	redactedUnsupported = "\x18\x0a\x16" + MarkerUnsupported
)
