package otlptest

import (
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
)

func TestScriptGoesFirstThenTheStandingFaultThenHealth(t *testing.T) {
	busy, down, hung := TooLarge(), Status(codes.Unavailable, "down"), Hang()
	tests := map[string]struct {
		script   []Fault
		standing []Fault
		at       []int // seconds at which requests arrive
		want     []Fault
	}{
		"nothing": {nil, nil, []int{0, 1}, []Fault{OK(), OK()}},
		"one each, in order": {
			[]Fault{busy, OK(), down}, nil, []int{0, 0, 0, 0}, []Fault{busy, OK(), down, OK()},
		},
		"the standing fault after the script": {
			[]Fault{busy}, []Fault{down}, []int{0, 0, 9999}, []Fault{busy, down, down},
		},
		"the last standing fault": {
			nil, []Fault{busy, down}, []int{0, 0}, []Fault{down, down},
		},
		"Times": {
			[]Fault{busy.Times(2), down}, []Fault{hung.Times(2)}, []int{0, 0, 0, 0, 0, 0}, []Fault{busy, busy, down, hung, hung, OK()},
		},
		"no times": {
			[]Fault{busy.Times(0), down, busy.Times(-3)}, []Fault{hung.Times(0)}, []int{0, 0}, []Fault{down, OK()},
		},
		"For, from the first request on": {
			[]Fault{busy.For(5 * time.Second), down}, nil, []int{100, 100, 104, 105, 105}, []Fault{busy, busy, busy, down, OK()},
		},
		"For in a row": {
			[]Fault{busy.For(2 * time.Second), down.For(2 * time.Second)}, nil, []int{0, 1, 2, 3, 4}, []Fault{busy, busy, down, down, OK()},
		},
		"For on a standing fault": {
			nil, []Fault{busy.For(2 * time.Second)}, []int{7, 8, 9, 7}, []Fault{busy, busy, OK(), OK()},
		},
		"For nothing": {
			[]Fault{busy.For(0), busy.For(-time.Second), down}, []Fault{hung.For(0)}, []int{0, 0}, []Fault{down, OK()},
		},
		"For with Times ends with the time": {
			[]Fault{busy.For(2 * time.Second).Times(3)}, nil, []int{0, 1, 2}, []Fault{busy, busy, OK()},
		},
		"For with Times ends with the number": {
			[]Fault{busy.Times(2).For(2 * time.Second)}, nil, []int{0, 1, 1}, []Fault{busy, busy, OK()},
		},
	}
	start := time.Now()
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var s script
			for _, f := range tt.standing {
				s.stand(f)
			}
			s.push(tt.script)
			var got, want []string
			for i, at := range tt.at {
				got = append(got, s.take(start.Add(time.Duration(at)*time.Second)).String())
				want = append(want, tt.want[i].String())
			}
			if !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestScriptCanBeExtendedAndCleared(t *testing.T) {
	var s script
	now := time.Now()
	s.push([]Fault{TooLarge()})
	s.push([]Fault{Hang(), Hang()})
	s.stand(Reset())
	for _, want := range []string{"status ResourceExhausted", "hang"} {
		if got := s.take(now).String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	s.clear()
	if got := s.take(now).String(); got != "ok" {
		t.Errorf("after clear: got %q, want ok", got)
	}
}

func TestFaultMethodsDoNotChangeTheirReceiver(t *testing.T) {
	f := Status(codes.Aborted, "x")
	f.AfterAccept()
	f.After(time.Hour)
	f.Times(5)
	f.For(time.Hour)
	if f.store || f.delay != 0 || f.times != 0 || f.window != 0 {
		t.Errorf("got %+v, want it unchanged", f)
	}
}
