// Package mask takes secrets out of log records before they leave the process.
//
//	m, err := mask.New()
//	if err != nil {
//		return err
//	}
//	masked = m.AppendRecord(masked[:0], record)
//
// A Masker works on the encoding of an OTLP LogRecord. It goes through the
// bytes once, copies a record in which nothing matches, and rewrites only what
// has to change in any other. There is no decoded form in between. Texts outside
// of records go through Mask.
//
// # Keys
//
// A value is redacted for its key: password, api_key, Authorization and some
// sixty more names of secrets, and those of WithKeys. Keys are compared by
// words: "dbPassword", "DB_PASSWORD" and "http.request.header.x-api-key" match,
// "tokenizer", "bypass" and "secretary" do not. Only names that no ordinary
// word ends with are also found glued to the end of one: "pgpassword". A key
// that only describes a secret does not match: "password_changed_at",
// "secret_name", "has_password".
//
// Keys are looked at everywhere: attributes of records, resources and scopes,
// a body that is a map, and maps inside maps and arrays at any depth. Under
// the key of a secret strings, bytes, arrays and maps are redacted as a whole;
// numbers only where the name denotes digits (password, pin, card_number),
// booleans and null never. The keys of maps and a key inside them can form a name
// together, so that api{key} is masked as api_key is, and so can two entries of a map: in
// {"name": "DB_PASSWORD", "value": "x"}, and with "key" for "name", the value is masked.
// In an array an element that is a flag, as "--db-password", is the key of the next one.
//
// The profile Strict knows weak names besides: token, key, salt, hash and their like at
// the end of a key, where the value is one word. In texts they do not count.
//
// # Detectors
//
// Whatever its key, each text is looked through for what gives a secret away by its
// form: card and account numbers, private keys, tokens of some hundred services,
// passwords in URLs and connection strings, headers, and keys with their values in
// JSON, command lines and prose. The list is that of type Detector. Profiles add
// personal data and more: GDPR, PCI, Strict. Texts are the body, attributes, bytes,
// names of keys, severity texts, names of events and scopes, and whole numbers that
// may be a card's. A card's number that is split over the elements of an array is found
// as well. Trace and span ids and times are never touched. Keys that masking makes equal
// get numbers: [REDACTED:email], [REDACTED:email]#2.
//
// Findings that overlap become one, from the first byte of one to the last of the
// other, on which the strongest action is taken: Drop, Redact, Hash, Partial, Keep.
//
// # Types
//
// A Secret holds a value that nothing prints. A field with a struct tag `mask:"redact"`,
// or any other, is masked, in the way that WithTag says, one with `mask:"drop"` left out,
// and WithType masks all values of a type; package slogbridge does this when a record is
// made, since types are gone afterwards. A struct with such a field is logged by its
// fields even if it has a method String, Error, MarshalText or MarshalJSON, which would
// show the field; LogValue and Redacted were written for logs and are asked. What another
// value's method makes of it, such as an error that wraps it, is a text like any other.
//
// # What it cannot do
//
// Any other secret that is split over values, or over records, one that is compressed,
// encrypted or encoded in ways that no profile decodes is not found, nor is a password
// in prose without a word before it. Hashes are pseudonyms: who has the key can test
// guesses.
//
// # Fail closed
//
// Whatever cannot be read for certain does not leave the process: a malformed
// record is replaced by one with the body MarkerMalformed, fields and kinds of
// value that OTLP did not define when this was written are taken out, what is beyond
// the limits is replaced by MarkerLimit, and a panic counts as malformed.
//
// # Markers
//
// A masked record that is masked again stays as it is: markers are fixed points.
// They have the forms [REDACTED:name], [REDACTED:name:ab*cd], 411111******1111 and
// [HASH:name:key:sum], with the name of the detector, and "key" for what was masked for
// its key.
//
// # Cost
//
// The verdicts on keys, and bodies that are clean, are remembered in tables of fixed
// size. Values are looked at in one pass that asks a bitmap for the places where a
// secret may be; most have none. Nothing is allocated for a clean record. Hostile
// records cost time linear in their size.
package mask
