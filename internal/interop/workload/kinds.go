package workload

// A kind is one of the ways in which an attribute can be.
type kind struct {
	name string
	make maker
}

// kinds are all of them. A record takes some in turn and some at random, so that
// each occurs about equally often and in all combinations.
var kinds = []kind{
	{"ASCII string", asciiString},
	{"Unicode string", unicodeString},
	{"empty string", emptyString},
	{"long string", longString},
	{"string of 120 to 135 bytes", edgeString},
	{"string that is not UTF-8", invalidString},
	{"integer", anyInt},
	{"integer at a bound", edgeInt},
	{"unsigned integer", smallUint},
	{"unsigned integer above the signed range", bigUint},
	{"number of another size", sizedNumber},
	{"floating-point number", anyDouble},
	{"floating-point number at a bound", edgeDouble},
	{"bool", boolean},
	{"duration", duration},
	{"time", instant},
	{"bytes", bytesValue},
	{"nil", nothing},
	{"error", failure},
	{"named type", named},
	{"type with a text form", printed},
	{"network address", network},
	{"JSON document", document},
	{"slice", slice},
	{"map", dictionary},
	{"struct", structure},
	{"pointer", pointer},
	{"complex number, function, channel", opaque},
	{"map of 40 levels", deepMap},
	{"slice of 30 levels", deepArray},
	{"group", group},
	{"empty group", emptyGroup},
	{"inline group", inlineGroup},
	{"empty attribute", emptyAttr},
	{"attribute without a key", noKey},
	{"odd key", oddKey},
	{"error in a group", groupedFailure},
	{"misbehaving type", misbehaving},
	{"lazy value", lazyValue},
	{"lazy error", lazyFailure},
	{"lazy value further down", lazyInside},
	{"key twice in a group", twins},
	{"secret", masked},
}
