// Package workload makes log records of every kind of attribute, and says what
// an OTLP receiver must see for each of them.
//
// A record is a pure function of a seed and its number: the same number gives
// the same record when it is logged and, later, when it is compared. Nothing but
// two clock readings has to be kept for each.
//
// # The model
//
// The expected form is written down beside each value, by hand and from the rules
// that the module under test documents, at the place where the value is made.
// There is no general conversion from Go values to OTLP in here: it would be a
// second encoder, with a second set of misunderstandings. What is modelled in
// code is only what slog defines: how attributes of a logger, its open groups and
// those of a record combine.
package workload
