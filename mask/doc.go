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
// has to change in any other. There is no decoded form in between.
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
// booleans and null never. A map and a key inside it can form a name together,
// so that api{key} is masked as api_key is.
//
// What is not under such a key passes: this package does not look for secrets
// inside texts.
//
// # Fail closed
//
// Whatever cannot be read for certain does not leave the process: a malformed
// record is replaced by one with the body MarkerMalformed, fields and kinds of
// value that OTLP did not define when this was written are taken out, and a
// panic counts as malformed.
//
// # Cost
//
// The verdicts on keys are remembered in a table of fixed size, so a clean
// record costs little more than its copy. Hostile records cost time linear in
// their size.
package mask
