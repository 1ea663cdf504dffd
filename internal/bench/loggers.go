package main

import (
	"io"
	"log/slog"
	"os"
	"time"

	phuslu "github.com/phuslu/log"
	"github.com/rs/zerolog"
	"github.com/rs/zerolog/diode"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// The loggers of the field write lines of JSON into nothing: they have no
// destination but a stream of bytes, and are as far as it here in the way that their
// documentation recommends for speed. What a line costs to ship comes on top.

// uncounted ends a logger whose lines nobody counts.
func uncounted(done func() error) func() (end, error) {
	return func() (end, error) { return end{Delivered: -1}, done() }
}

func openJSON(target) (contender, error) {
	return slogs(slog.NewJSONHandler(io.Discard, nil), uncounted(func() error { return nil })), nil
}

// openFile opens slog's JSONHandler on a file, the endpoint, for an agent to tail. It writes each
// line at once, as slog does: what an agent finds in the file survives the program.
func openFile(t target) (contender, error) {
	f, err := os.OpenFile(t.endpoint, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return contender{}, err
	}
	return slogs(slog.NewJSONHandler(f, nil), uncounted(f.Close)), nil
}

// openZap opens zap with a buffered writer.
func openZap(target) (contender, error) {
	out := &zapcore.BufferedWriteSyncer{WS: zapcore.AddSync(io.Discard)}
	log := zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), out, zap.InfoLevel))
	v := newValues()
	return contender{
		log: func(i int) {
			log.Info(message,
				zap.String(keyMethod, v.method(i)),
				zap.String(keyRoute, v.route(i)),
				zap.Int(keyStatus, v.status(i)),
				zap.Duration(keyDuration, v.duration(i)),
				zap.String(keyUser, v.user(i)))
		},
		finish: uncounted(out.Stop),
	}, nil
}

// openZerolog opens zerolog with its lock-free ring.
func openZerolog(target) (contender, error) {
	out := diode.NewWriter(io.Discard, 1<<14, 10*time.Millisecond, func(int) {})
	log := zerolog.New(out).With().Timestamp().Logger()
	v := newValues()
	return contender{
		log: func(i int) {
			log.Info().
				Str(keyMethod, v.method(i)).
				Str(keyRoute, v.route(i)).
				Int(keyStatus, v.status(i)).
				Dur(keyDuration, v.duration(i)).
				Str(keyUser, v.user(i)).
				Msg(message)
		},
		finish: uncounted(out.Close),
	}, nil
}

// openPhuslu opens phuslu/log with its asynchronous writer.
func openPhuslu(target) (contender, error) {
	out := &phuslu.AsyncWriter{ChannelSize: 1 << 14, Writer: phuslu.IOWriter{Writer: io.Discard}}
	log := phuslu.Logger{Level: phuslu.InfoLevel, Writer: out}
	v := newValues()
	return contender{
		log: func(i int) {
			log.Info().
				Str(keyMethod, v.method(i)).
				Str(keyRoute, v.route(i)).
				Int(keyStatus, v.status(i)).
				Dur(keyDuration, v.duration(i)).
				Str(keyUser, v.user(i)).
				Msg(message)
		},
		finish: uncounted(out.Close),
	}, nil
}
