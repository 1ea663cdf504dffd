// Package lint holds the rules of this repository that no linter knows, as
// tests: who may import whom, what a program links, where the choke point of
// masking is, and what every file and every doc comment looks like.
//
// Run them with
//
//	go test ./internal/lint
//
// They read the whole tree, nested modules included, and need the standard
// library and the go command only. A finding is a file, a line and the rule; the
// reason stands beside the rule. To add a package, give it a row in the import
// table first.
package lint
