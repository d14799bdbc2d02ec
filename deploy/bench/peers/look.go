package peers

import (
	"context"
	"sync"

	"github.com/phukin/phukin/agent/probe"
)

// atOnce is how many probes run at a time: few, for encoders must keep their
// pace on a small machine.
const atOnce = 4

// tries is how often a stream is looked at until it is as expected: encoders
// that start, and a machine that is busy, give others than the camera's own
// faults. What is really wrong is wrong every time.
const tries = 3

// Look probes a running server in every way of the table and tells what was
// found, in the order of the table. Streams that share an encoder are asked
// for one after the other: GStreamer answers 503 to whoever asks while a
// stream is being prepared for somebody else.
func Look(ctx context.Context, s Server, r *Running, tell func(Case, probe.Result)) {
	type found struct {
		c   Case
		res probe.Result
	}
	var all []*found
	streams := map[string][]*found{}
	for _, c := range Cases() {
		if c.Server == s {
			f := &found{c: c}
			all = append(all, f)
			streams[c.port+c.path] = append(streams[c.port+c.path], f)
		}
	}
	sessions := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	for _, fs := range streams {
		wg.Go(func() {
			for _, f := range fs {
				sessions <- struct{}{}
				f.res = probe.Probe(ctx, f.c.Target(r))
				for n := 1; n < tries && f.c.Differs(&f.res) != nil; n++ {
					f.res = probe.Probe(ctx, f.c.Target(r))
				}
				<-sessions
			}
		})
	}
	wg.Wait()
	for _, f := range all {
		tell(f.c, f.res)
	}
}
