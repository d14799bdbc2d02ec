package main

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/phukin/phukin/hub/wire"
)

// evidence is what is compared with each other at the end of a world.
type evidence struct {
	journal  []journalled
	history  []record
	setAside []record
	spooled  []record
	gaps     []gap           // declared to the hub, or on their way in a spool
	damaged  map[id]bool     // records that were destroyed on purpose
	overflow map[string]bool // agents whose disk was too full to keep all
}

// journalled is a record that a spool took, in which run of its
// agent and of its device's clock.
type journalled struct {
	record
	run  int
	boot uint64
}

// finding is what the checker counts.
type finding struct {
	Journalled, History, SetAside, Spooled, Declared int
	Marked                                           int // in the history with the device's own clock, or a wrong one
	Lost, Duplicated                                 int
	Displaced                                        int      // by the hub's clock, and not when they were seen
	Needless                                         int      // marked, though that boot had the hub's clock
	Problems                                         []string // the first ones of them, in words
}

// maxProblems bounds what is told in words.
const maxProblems = 20

func (f *finding) problem(format string, args ...any) {
	if len(f.Problems) < maxProblems {
		f.Problems = append(f.Problems, fmt.Sprintf(format, args...))
	}
}

// displaced is how far from when it was seen a record may lie by the hub's
// clock, in milliseconds: half the longest round trip of a line that is ill, and
// what the agent takes for no error (agent/clock).
const displaced = 1000

// check holds the evidence against the promise: every record that a spool took
// is in the history exactly once, or still in the spool, or in a declared gap.
//
//	lost        it is nowhere; or in a gap alone although nothing was done to it
//	duplicated  it is in the history twice, or with other contents; or the history
//	            has a record that no spool can have taken
//
// An agent that is killed between the spool and its journal leaves records that
// the journal lacks. So those may be, but only at the end of a run.
func check(e *evidence) finding {
	var f finding
	count, content, times := map[id]int{}, map[id]string{}, map[id]record{}
	for _, r := range e.history {
		f.History++
		if times[r.id] = r; r.Clock != wire.ClockHub {
			f.Marked++
		}
		note(&f, r, count, content)
	}
	for _, r := range e.setAside {
		f.SetAside++
		note(&f, r, count, content)
	}
	spooled := map[id]bool{}
	for _, r := range e.spooled {
		spooled[r.id] = true
		if c := content[r.id]; c != "" && c != r.Content {
			f.Duplicated++
			f.problem("duplicated: %s is in the history and the spool with different contents", r.id)
		}
		content[r.id] = r.Content
	}
	taken := map[id]bool{}
	for i := range e.journal {
		j := &e.journal[i]
		f.Journalled++
		if taken[j.id] {
			f.Duplicated++
			f.problem("duplicated: %s was given to two records", j.id)
		}
		taken[j.id] = true
		if c := content[j.id]; c != "" && c != j.Content {
			f.Duplicated++
			f.problem("duplicated: %s is not what the spool took under this number", j.id)
		}
		if h, ok := times[j.id]; ok && h.Clock == wire.ClockHub && max(abs(h.From-j.From), abs(h.To-j.To)) > displaced {
			f.Displaced++
			f.problem("displaced: %s of camera %s (run %d) was seen from %d to %d; the history has it %+d and %+d ms from there", j.id, j.Camera, j.run, j.From, j.To, h.From-j.From, h.To-j.To)
		}
		declared := e.declared(j.id)
		switch {
		case count[j.id] > 0:
		case spooled[j.id]:
			f.Spooled++
		case declared == "":
			f.Lost++
			f.problem("lost: %s of camera %s (run %d) is nowhere; destroyed on purpose: %t", j.id, j.Camera, j.run, e.damaged[j.id])
		case e.damaged[j.id], e.overflow[j.Agent]:
			f.Declared++
		default:
			f.Lost++
			f.problem("lost: %s of camera %s (run %d) was declared %s, and nothing was done to it", j.id, j.Camera, j.run, declared)
		}
	}
	strangers(&f, e, taken)
	needless(&f, e, times)
	return f
}

// needless finds records with a clock that is not the hub's although others of
// the same boot are by it: what a device knew once it must know later.
func needless(f *finding, e *evidence, times map[id]record) {
	type boot struct {
		agent string
		name  uint64
	}
	knew := map[boot]bool{}
	for i := range e.journal {
		if h, ok := times[e.journal[i].id]; ok && h.Clock == wire.ClockHub {
			knew[boot{h.Agent, e.journal[i].boot}] = true
		}
	}
	for i := range e.journal {
		j := &e.journal[i]
		if h, ok := times[j.id]; ok && h.Clock != wire.ClockHub && knew[boot{j.Agent, j.boot}] {
			f.Needless++
			f.problem("needless: %s of camera %s (run %d) is marked %s, and the hub's clock was known in that boot", j.id, j.Camera, j.run, h.Clock)
		}
	}
}

func abs(n int64) int64 { return max(n, -n) }

// note counts a record that the hub has.
func note(f *finding, r record, count map[id]int, content map[id]string) {
	if count[r.id]++; count[r.id] > 1 {
		f.Duplicated++
		f.problem("duplicated: %s is at the hub %d times", r.id, count[r.id])
	}
	if r.Content != "" {
		content[r.id] = r.Content
	}
}

// declared gives the reason of a gap that holds the number, or nothing.
func (e *evidence) declared(i id) string {
	for _, g := range e.gaps {
		if g.Agent == i.Agent && g.Epoch == i.Epoch && g.From <= i.Seq && i.Seq < g.Next {
			return cmp.Or(g.Why, "lost")
		}
	}
	return ""
}

// strangers finds records of the history that no journal has, in the middle of
// a run.
func strangers(f *finding, e *evidence, taken map[id]bool) {
	type stream struct {
		agent string
		epoch uint64
	}
	bySeq := map[stream][]*journalled{}
	for i := range e.journal {
		j := &e.journal[i]
		s := stream{j.Agent, j.Epoch}
		bySeq[s] = append(bySeq[s], j)
	}
	for _, js := range bySeq {
		slices.SortFunc(js, func(a, b *journalled) int { return cmp.Compare(a.Seq, b.Seq) })
	}
	for _, r := range slices.Concat(e.history, e.setAside) {
		if taken[r.id] {
			continue
		}
		js := bySeq[stream{r.Agent, r.Epoch}]
		i, _ := slices.BinarySearchFunc(js, r.Seq, func(j *journalled, seq uint64) int { return cmp.Compare(j.Seq, seq) })
		if i > 0 && i < len(js) && js[i-1].run == js[i].run {
			f.Duplicated++
			f.problem("duplicated: %s is at the hub, and no spool took it (run %d)", r.id, js[i].run)
		}
	}
}
