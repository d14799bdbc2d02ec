package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/phukin/phukin/hub/wire"
)

// result is what a world came to.
type result struct {
	plot plot
	seed uint64
	tally
	finding
	comparison
	Took     time.Duration
	Waiting  uint64 // records that had not gone after a quiet time
	Problems []string
}

// failed says whether the promise was broken.
func (r *result) failed() bool {
	return r.Lost+r.Duplicated+r.Displaced+r.Needless+r.Wrong+r.Missing+r.Ledger > 0 || len(r.Problems) > 0
}

// drainPatience bounds the quiet time at the end of a world.
const drainPatience = 40 * time.Second

// runWorld builds a world, breaks it, lets it come to rest, and holds what it
// has against the truth.
func runWorld(ctx context.Context, p plot, seed uint64, dir string) (r *result, err error) {
	began := time.Now()
	w, err := build(ctx, p, seed, dir)
	if err != nil {
		return nil, err
	}
	defer w.close()
	if err := w.play(ctx); err != nil {
		return nil, err
	}
	r = &result{plot: p, seed: seed}
	if r.Waiting, err = w.drain(ctx); err != nil {
		return nil, err
	}
	if p.Sabotage != "" {
		if err := sabotage(w, p.Sabotage); err != nil {
			return nil, err
		}
	}
	r.Problems = w.problem
	if r.Waiting > 0 {
		r.Problems = append(r.Problems, fmt.Sprintf("%d records still wait after %v of quiet", r.Waiting, drainPatience))
	}
	if err := w.judge(r); err != nil {
		return nil, err
	}
	r.tally, r.Took = w.tally, time.Since(began)
	return r, nil
}

// drain mends everything and waits until what the agents had is at the hub; then
// it ends all of them in order. It gives how many records did not arrive.
func (w *world) drain(ctx context.Context) (waiting uint64, err error) {
	for _, e := range w.events {
		if err := e.do(); err != nil {
			return 0, err
		}
	}
	w.events = nil
	for _, l := range w.net.lines {
		if err := l.mend(); err != nil {
			return 0, err
		}
	}
	// Whoever pauses after failures would make this wait: all begin anew, the
	// hub first.
	all := w.seats()
	for _, s := range all {
		if s == w.broker {
			continue
		}
		if err := s.stop(); err != nil {
			w.problem = append(w.problem, err.Error())
		}
		s.back = time.Now().Add(time.Hour)
	}
	for _, s := range all {
		s.back = time.Time{}
		end := time.Now().Add(patience)
		for ; !s.alive() && time.Now().Before(end); err = w.turn(ctx) {
			if err != nil {
				return 0, err
			}
		}
		if !s.alive() {
			w.problem = append(w.problem, s.name+" does not start again")
		}
	}
	w.quiet = time.Now()
	for end := w.quiet.Add(drainPatience); ; {
		if waiting, err = w.waiting(ctx); err != nil || waiting == 0 || time.Now().After(end) {
			break
		}
		if err = w.turn(ctx); err != nil {
			break
		}
	}
	if err != nil {
		return 0, err
	}
	for _, s := range slices.Backward(all) {
		if s == w.broker {
			s.kill(0)
		} else if err := s.stop(); err != nil {
			w.problem = append(w.problem, err.Error())
		}
	}
	return waiting, nil
}

// waiting asks the agents how many records they have that are older than this
// run of theirs.
func (w *world) waiting(ctx context.Context) (n uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, st := range w.agents {
		if !st.alive() {
			n++
			continue
		}
		var a agentAnswer
		if err := st.p.ask(ctx, agentCommand{Ask: true}, &a); err != nil {
			return 0, fmt.Errorf("ask agent %s: %w", st.code, err)
		}
		switch {
		case a.Spooled > a.Taken:
			n += a.Spooled - a.Taken
		case a.Taken == 0 || a.Spooled == a.Taken: // nothing has gone yet
			n++
		}
	}
	return n, nil
}

// judge collects what everybody has, and compares.
func (w *world) judge(r *result) error {
	truth, err := readTruth(w.truthFile())
	if err != nil {
		return err
	}
	h, err := readHistory(w.database())
	if err != nil {
		return err
	}
	ledger, err := readLedger(w.database())
	if err != nil {
		return err
	}
	e := evidence{history: h.records, setAside: h.setAside, gaps: h.gaps, damaged: map[id]bool{}, overflow: map[string]bool{}}
	diaries := map[string][]entry{}
	for _, st := range w.agents {
		entries, err := readJournal(st.journal())
		if err != nil {
			return err
		}
		diaries[st.code] = entries
		for _, n := range entries {
			if n.Taken != nil {
				e.journal = append(e.journal, journalled{record{id{st.code, n.Taken.Epoch, n.Taken.Seq}, n.Taken.Observed}, n.Run, n.Taken.Boot})
			}
		}
		records, gaps, err := readSpool(st.code, st.spool())
		if err != nil {
			return fmt.Errorf("spool of agent %s: %w", st.code, err)
		}
		e.spooled = append(e.spooled, records...)
		e.gaps = append(e.gaps, gaps...)
		maps.Copy(e.damaged, st.damaged)
		e.overflow[st.code] = w.Overflow || len(st.full) > 0
	}
	r.finding = check(&e)
	seen, counted := map[string][]record{}, map[string][]record{}
	for _, o := range h.records {
		if o.Clock == wire.ClockHub {
			seen[o.Camera] = append(seen[o.Camera], o)
		}
		if o.Clock != wire.ClockWrong {
			counted[o.Camera] = append(counted[o.Camera], o)
		}
	}
	for _, st := range w.agents {
		for _, code := range st.cameras {
			c := watched{
				camera: code, truth: truth[code], seen: seen[code], counted: counted[code], ledger: ledger[code],
				alive: st.lives(diaries[st.code]), excused: w.excused(st, code, diaries[st.code], &e),
			}
			o := compare(&c, w.rhythm())
			if o.Ledger = compareLedger(&c); o.Ledger > 0 {
				o.Problems = append(o.Problems, fmt.Sprintf("ledger of %s: %d seconds are not what the observations say", code, o.Ledger))
			}
			r.add(o)
		}
	}
	r.Problems = slices.Concat(r.Problems, r.finding.Problems, r.comparison.Problems)
	return nil
}

// lives gives the runs of an agent.
func (s *station) lives(diary []entry) []life {
	var all []life
	for _, n := range diary {
		switch {
		case n.Began != 0:
			l := life{span{n.Began, n.Began}, true}
			if at, ok := s.ends[n.Run]; ok {
				l.To = at
			}
			all = append(all, l)
		case n.Ended != 0 && len(all) > 0:
			all[len(all)-1] = life{span{all[len(all)-1].From, n.Ended}, false}
		}
	}
	return all
}

// excused gives the times of which the history need not know a camera's status.
func (w *world) excused(st *station, camera string, diary []entry, e *evidence) []span {
	var spans []span
	known := map[id]bool{}
	for _, r := range e.history {
		if r.Agent == st.code && r.Clock == wire.ClockHub {
			known[r.id] = true
		}
	}
	margin := slack.Milliseconds()
	for _, n := range diary {
		switch {
		case n.Idle[1] != 0 && n.URL == st.order.url(camera):
			spans = append(spans, span{n.Idle[0] - margin, n.Idle[1] + margin})
		case n.Taken != nil && n.Taken.Camera == camera && !known[id{st.code, n.Taken.Epoch, n.Taken.Seq}]:
			// check has said whether it may be missing.
			spans = append(spans, span{n.Taken.From - margin, n.Taken.To + margin})
		}
	}
	// Of a full disk nothing is promised but that it is not held against
	// anybody: what waited in memory is gone with a kill.
	for _, f := range st.full {
		to := f.To
		if to == 0 {
			to = f.From + (5 * time.Second).Milliseconds()
		}
		for _, at := range st.ends {
			if f.From <= at && at <= to+2*margin {
				spans = append(spans, span{f.From - w.rhythm().open().Milliseconds(), at})
			}
		}
	}
	return spans
}

var errPromise = errors.New("the promise is broken")
