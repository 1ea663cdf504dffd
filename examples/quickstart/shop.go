package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/logstream-go/logstream/sink/otlptest"
)

// A shop is a service that logs as services do: requests, warnings, errors, and,
// by mistake, secrets.
type shop struct {
	log     *slog.Logger
	secrets []string // that stand in the logs; none must arrive
}

func newShop(log *slog.Logger) *shop {
	return &shop{
		log: log,
		secrets: []string{
			"correct-horse-battery-staple", // the password of a login form
			"Bearer 9f86d081884c7d659a2f",  // an Authorization header
			"4242424242424242",             // a card number in its own attribute
			"whsec-60303ae22b998861bce3",   // a key in a map of settings
		},
	}
}

var errDeclined = errors.New("payment provider: card declined")

// serve handles requests in four goroutines at about rate a second in all, until
// the time is up.
func (s *shop) serve(ctx context.Context, d time.Duration, rate int) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	const handlers = 4
	const ticks = 100 // a second
	var wg sync.WaitGroup
	for h := range handlers {
		wg.Go(func() {
			tick := time.NewTicker(time.Second / ticks)
			defer tick.Stop()
			rnd := rand.New(rand.NewPCG(uint64(h), 1))
			for n := 0; ; n++ {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
				for i := range max(1, rate/ticks/handlers) {
					s.request(ctx, rnd, n*ticks+i)
				}
			}
		})
	}
	wg.Wait()
}

// request logs what one request to the shop logs.
func (s *shop) request(ctx context.Context, rnd *rand.Rand, n int) {
	log := s.log.With("request_id", fmt.Sprintf("%08x", rnd.Uint32()))
	took := time.Duration(rnd.IntN(80_000)) * time.Microsecond
	log.DebugContext(ctx, "cache lookup", "key", fmt.Sprintf("cart:%d", rnd.IntN(5000)), "hit", rnd.IntN(3) > 0)
	switch {
	case n%97 == 0:
		log.ErrorContext(ctx, "payment failed", "err", errDeclined, "amount", 49.95,
			slog.Group("payment", "provider", "acme", "card_number", s.secrets[2], "attempt", 2))
	case n%53 == 0:
		log.WarnContext(ctx, "login failed", "user", "alice", "password", s.secrets[0], "remaining_attempts", 2)
	case n%41 == 0:
		log.InfoContext(ctx, "webhook sent",
			"headers", map[string][]string{"Authorization": {s.secrets[1]}, "Content-Type": {"application/json"}},
			"settings", map[string]any{"retries": 3, "api_key": s.secrets[3]})
	}
	log.InfoContext(ctx, "request served",
		slog.Group("http", "method", "GET", "route", "/cart/{id}", "status", 200),
		"duration", took, "bytes", 900+rnd.IntN(5000))
}

// burst logs n records without a pause and returns how long the calls took.
func (s *shop) burst(ctx context.Context, n int) time.Duration {
	log := s.log.With("job", "reindex")
	start := time.Now()
	for i := range n {
		if ctx.Err() != nil {
			break
		}
		log.LogAttrs(ctx, slog.LevelInfo, "product indexed",
			slog.Int("product", i), slog.String("sku", "SKU-000042"), slog.Bool("changed", i%3 == 0))
	}
	return time.Since(start)
}

// leaks returns a line for each secret found anywhere in what arrived.
func (s *shop) leaks(arrived []otlptest.Record) []string {
	var found []string
	for _, secret := range s.secrets {
		for _, r := range arrived {
			if text := fmt.Sprint(r.Body, r.Ordered); strings.Contains(text, secret) {
				found = append(found, text)
				break
			}
		}
	}
	return found
}
