package main

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"time"
)

// pour logs the job's records and waits until all are delivered.
func (j job) pour() (r result, err error) {
	if j.Procs > 0 {
		runtime.GOMAXPROCS(j.Procs)
	}
	if j.Locked {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
	}
	k, err := open(j.Contender, j.target())
	if err != nil {
		return r, err
	}
	log := k.log
	if j.Attrs > 0 {
		log = newWide(k.handler, j.Attrs).record
	}
	if err := k.warmUp(log, j.Warm); err != nil {
		return r, err
	}
	var calls []time.Duration
	if j.Rate > 0 {
		calls = make([]time.Duration, 0, j.Records)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start, cpu, caller := time.Now(), cpuTime(), threadTime()
	if j.Rate == 0 {
		j.burst(log)
	} else {
		calls = j.steady(log, calls)
	}
	r.Logging, r.Caller = time.Since(start), threadTime()-caller
	r.end, err = k.finish()
	r.CPU, r.Wall = cpuTime()-cpu, time.Since(start)
	runtime.ReadMemStats(&after)
	r.Allocs, r.Bytes = after.Mallocs-before.Mallocs, after.TotalAlloc-before.TotalAlloc
	r.Peak = peakMemory()
	if r.Delivered >= 0 {
		r.Delivered = max(0, r.Delivered-j.Warm)
	}
	r.Requests = r.Requests * j.Records / (j.Records + j.Warm) // those before were as many a record
	if len(calls) > 0 {
		slices.Sort(calls)
		r.Median, r.P999, r.Worst = quantile(calls, 0.5), quantile(calls, 0.999), calls[len(calls)-1]
	}
	return r, err
}

// warmUp logs n records and waits until they are delivered.
func (k contender) warmUp(log func(int), n int) error {
	if n == 0 {
		return nil
	}
	for i := range n {
		log(i)
	}
	if k.flush == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), finishIn)
	defer cancel()
	return k.flush(ctx)
}

// burst logs as fast as it goes, from as many goroutines as there are processors,
// if the job says how many.
func (j job) burst(log func(int)) {
	if j.Procs <= 1 {
		for i := range j.Records {
			log(i)
		}
		return
	}
	var wg sync.WaitGroup
	for p := range j.Procs {
		wg.Go(func() {
			for i := p; i < j.Records; i += j.Procs {
				log(i)
			}
		})
	}
	wg.Wait()
}

// steady logs at the rate, a portion at a time, and appends to calls how long a call
// took: each, or on average over a portion. To wake a sleeping process costs a virtual machine as
// much as many records do, and is nobody's merit; so the portions are as large as the
// question allows.
func (j job) steady(log func(int), calls []time.Duration) []time.Duration {
	portion := j.Portion
	if portion == 0 {
		portion = max(1, j.Rate/20)
	}
	p := newPacer(time.Duration(portion)*time.Second/time.Duration(j.Rate), j.Each || j.Busy)
	defer p.stop()
	for i := 0; i < j.Records; {
		p.wait()
		n := min(portion, j.Records-i)
		start := time.Now()
		for range n {
			log(i)
			i++
			if j.Each {
				end := time.Now()
				calls = append(calls, end.Sub(start))
				start = end
			}
		}
		if !j.Each {
			calls = append(calls, time.Since(start)/time.Duration(n))
		}
	}
	return calls
}

// quantile returns the value below which the fraction q of v lies; v is sorted.
func quantile[T any](v []T, q float64) T {
	return v[min(len(v)-1, int(q*float64(len(v))))]
}
