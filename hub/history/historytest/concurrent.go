package historytest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

// concurrently has appenders, folders and readers at work at once. What an
// appender was told is committed is committed, and nothing is lost or double
// in the end. Run with -race.
func concurrently(t *testing.T, open Open) {
	b := vietnam(t, open)
	const agents, batches, each = 4, 24, 5 // a batch is five minutes, a minute a look
	var appending, watching sync.WaitGroup
	done := make(chan struct{})
	errs := make(chan error, 100)
	report := func(err error) {
		if err != nil {
			select {
			case errs <- err:
			default:
			}
		}
	}
	for a := range agents {
		agent := fmt.Sprintf("xa-%d", a)
		appending.Go(func() {
			for i := range batches {
				var obs []wire.Observation
				for k := range each {
					// All agents look at one camera, and each at its own.
					from := b.at(today, 0, i*each+k)
					obs = append(obs, see("shared", from, from+60_000, wire.StatusUp), see("own-"+agent, from, from+60_000, wire.StatusDown))
				}
				batch := b.batch(agent, 1, uint64(i*2*each), obs...)
				report(b.s.Append(b.ctx, []history.Batch{batch}))
				if i%3 == 0 {
					report(b.s.Append(b.ctx, []history.Batch{batch}))
				}
				upto, err := b.s.Committed(b.ctx, agent, 1, 0)
				report(err)
				if upto != batch.Next() {
					report(fmt.Errorf("agent %s: committed up to %d, want %d", agent, upto, batch.Next()))
				}
			}
		})
	}
	watch := func(look func() error) {
		watching.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					report(look())
				}
			}
		})
	}
	for range 2 {
		watch(func() error { _, err := b.s.Fold(b.ctx); return err })
	}
	watch(func() error {
		for d, err := range b.s.Days(b.ctx, history.Query{First: today - 1, Last: today + 1}) {
			if err != nil {
				return err
			}
			if n := d.Timeline.Seconds(); n != 86_400 {
				return fmt.Errorf("a day of %d seconds", n)
			}
			// What is known begins with the day and has no holes.
			if runs := d.Timeline; runs[0].Unknown() || len(runs) > 2 {
				return fmt.Errorf("a ledger day in between: %v", d.Timeline)
			}
		}
		return nil
	})
	watch(func() error {
		_ = b.s.Revision()
		_, err := b.s.Seen(b.ctx)
		for _, oerr := range b.s.Observations(b.ctx, of("shared", 0, always)) {
			err = errors.Join(err, oerr)
		}
		return errors.Join(err, b.s.Append(b.ctx, []history.Batch{{Agent: "xa-0", Aside: &history.Aside{}, Received: b.clock.now()}}))
	})
	watch(func() error {
		_, err := b.s.Hello(b.ctx, []history.Greeting{{Agent: "xa-0", Hello: wire.Hello{Epoch: 1, NextSeq: wire.MaxSeq}, At: b.clock.now()}})
		_, known, nerr := b.s.Newest(b.ctx, "xa-0")
		if err == nil && !known {
			err = errors.New("an epoch that said hello is not known")
		}
		return errors.Join(err, nerr)
	})
	appending.Wait()
	close(done)
	watching.Wait()
	close(errs)
	for err := range errs {
		t.Error(err)
	}
	b.fold()
	if n := len(b.observations("shared", 0, always)); n != agents*batches*each {
		t.Errorf("%d observations of the shared camera, want %d", n, agents*batches*each)
	}
	b.timeline("shared", today, 1, "7200×up 79200×unknown")
	for a := range agents {
		b.timeline(fmt.Sprintf("own-xa-%d", a), today, 1, "7200×down(timeout@connect) 79200×unknown")
	}
}
