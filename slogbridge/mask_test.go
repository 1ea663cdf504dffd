package slogbridge

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/logstream-go/logstream/mask"
	"github.com/logstream-go/logstream/stream"
)

type (
	userID  string
	pinCode int
	badErr  struct{ text string }
	login   struct {
		User   userID
		Pin    pinCode `json:"code"`
		Token  string  `mask:"redact"`
		Gone   string  `mask:"-"`
		Other  string  `mask:"anything" json:"other"`
		Secret mask.Secret[string]
		login2 `mask:"redact"`
		Short  *string `mask:"last4"`
		Nil    *string `mask:"last4"`
		Kept   int
	}
	login2 struct{ Inner string }
)

func (e badErr) Error() string { return e.text }

func TestTypesTagsAndSecretsAreMasked(t *testing.T) {
	m, err := mask.New(mask.WithType[userID](mask.Hash), mask.WithType[pinCode](mask.Redact), mask.WithType[badErr](mask.Redact),
		mask.WithHashKey("k", []byte("0123456789abcdef")), mask.WithTag("last4", mask.Partial(0, 4)))
	if err != nil {
		t.Fatal(err)
	}
	const canary = "canary-canary"
	short := "canary-canary-1234"
	l := login{User: canary, Pin: 12345678, Token: canary, Gone: canary, Other: canary, Secret: mask.NewSecret(canary), login2: login2{canary}, Short: &short, Kept: 7}
	id := userID(canary)
	w := newWire(t, stream.WithMask(m), stream.WithResource(slog.Any("owner", userID(canary))))
	w.logger().With("with", id).LogAttrs(t.Context(), slog.LevelInfo, "x", slog.Any("a", l), slog.Any("b", []*login{&l}), slog.Any("c", map[string]any{"id": id, "p": &id}), slog.Any("err", badErr{canary}),
		slog.Any("other", errors.New("plain error")), slog.Any("s", mask.NewSecret(canary)), slog.Group("g", slog.Any("id", id)), slog.Any("none", (*userID)(nil)))
	got := fmt.Sprint(w.one(t).LogRecord)
	if strings.Contains(got, "canary") || strings.Contains(got, "12345678") {
		t.Errorf("something is left: %s", got)
	}
	for text, n := range map[string]int{"[HASH:type:k:": 6, "[REDACTED:type]": 3, "[REDACTED:tag]": 8, "[REDACTED:tag:*1234]": 2, "plain error": 2, "[REDACTED]": 1, "Gone": 0} {
		if c := strings.Count(got, text); c != n {
			t.Errorf("%q: got %d times, want %d: %s", text, c, n, got)
		}
	}
}

func TestKeysOfMapsAreMaskedForTheirType(t *testing.T) {
	m, err := mask.New(mask.WithType[userID](mask.Hash), mask.WithType[pinCode](mask.Redact), mask.WithHashKey("k", []byte("0123456789abcdef")))
	if err != nil {
		t.Fatal(err)
	}
	type pair struct {
		n  int
		id userID
	}
	type tagged struct {
		name string `mask:"redact"`
	}
	w := newWire(t, stream.WithMask(m))
	w.logger().Info("x", "users", map[userID]string{"canary-1": "a", "canary-2": "b"}, "pins", map[pinCode]string{12345678: "c", 12345679: "d"},
		"any", map[any]int{userID("canary-3"): 1, "plain": 2, nil: 3}, "pairs", map[pair]int{{1, "canary-4"}: 1}, "lists", map[[2]userID]int{{"x", "canary-5"}: 1},
		"tagged", map[tagged]int{{"canary-6"}: 1})
	got := fmt.Sprint(w.one(t).LogRecord)
	if strings.Contains(got, "canary") || strings.Contains(got, "1234567") {
		t.Errorf("something is left: %s", got)
	}
	for text, n := range map[string]int{"[HASH:type:k:": 5, `"[REDACTED:type]"`: 1, `"[REDACTED:type]#2"`: 1, `"[REDACTED:tag]"`: 1, `"plain"`: 1, `"null"`: 1} {
		if c := strings.Count(got, text); c != n {
			t.Errorf("%q: got %d times, want %d: %s", text, c, n, got)
		}
	}
}

// An error is its message in two places: as the attribute, and as that of the exception.
func TestAnErrorUnderTheKeyOfASecretIsNotToldByTheException(t *testing.T) {
	m, err := mask.New(mask.WithKeyAction(mask.Drop, "gone"), mask.WithKeyAction(mask.Keep, "kept"))
	if err != nil {
		t.Fatal(err)
	}
	canary := errors.New("canary-canary is no number")
	for _, tt := range []struct {
		name string
		log  func(*slog.Logger)
		want string
	}{
		{"an attribute", func(l *slog.Logger) { l.Info("x", "pin", canary) }, mask.MarkerKey},
		{"two of them", func(l *slog.Logger) { l.Info("x", "password", "y", "pin", canary, "err", io.EOF) }, mask.MarkerKey},
		{"dropped", func(l *slog.Logger) { l.Info("x", "gone", canary) }, mask.MarkerKey},
		{"in a group", func(l *slog.Logger) { l.WithGroup("api").Info("x", "key", canary) }, mask.MarkerKey},
		{"in a group with such a name", func(l *slog.Logger) { l.Info("x", slog.Group("secret", "err", canary)) }, mask.MarkerKey},
		{"with it", func(l *slog.Logger) { l.With("pin", canary).Info("x") }, mask.MarkerKey},
		{"long", func(l *slog.Logger) { l.Info("x", "pin", errors.New(strings.Repeat("canary ", 4<<10))) }, mask.MarkerKey},
		{"many", func(l *slog.Logger) {
			for range 100 {
				l = l.With("password", "y")
			}
			l.Info("x", "pin", canary)
		}, mask.MarkerKey},
		{"kept", func(l *slog.Logger) { l.Info("x", "kept", io.EOF, "password", "y") }, "EOF"},
		{"another key", func(l *slog.Logger) { l.Info("x", "password", "y", "err", io.EOF) }, "EOF"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWire(t, stream.WithMask(m))
			tt.log(w.logger())
			got := fmt.Sprint(w.one(t).LogRecord)
			if strings.Contains(got, "canary") {
				t.Errorf("it is left: %.300s", got)
			}
			if _, message, _ := strings.Cut(got, "exception.message"); !strings.Contains(message, tt.want) {
				t.Errorf("got %.300s, want %s", message, tt.want)
			}
		})
	}
}
