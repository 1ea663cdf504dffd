// Package control makes the control characters of texts visible, so that a text
// cannot end a line of a log, write over it, or turn its direction (CWE-117).
//
// Control characters are C0 with DEL, C1, the separators of lines and paragraphs,
// and the marks and embeddings by which Unicode turns the direction of text (its
// property Bidi_Control). Bytes that are no UTF-8 count as well: a terminal may take
// them for C1.
package control
