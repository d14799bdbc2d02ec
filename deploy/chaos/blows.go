package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// blow is something that can be done to a world.
type blow string

// The blows.
const (
	killAgent  blow = "kill agent"
	killBroker blow = "kill broker"
	killHub    blow = "kill hub"
	hubAway    blow = "hub away" // for so long that spools fill
	makeIll    blow = "line"
	fillDisk   blow = "disk full"
	tearTail   blow = "torn tail"
	flipBits   blow = "flipped bits"
	cutPower   blow = "power cut"
	stepClock  blow = "clock"
	reboot     blow = "reboot"
)

// strike draws a blow and does it. The draw depends on the seed alone; whom it
// meets in which state does not.
func (w *world) strike() error {
	total := 0
	names := slices.Sorted(maps.Keys(w.Blows))
	for _, b := range names {
		total += w.Blows[b]
	}
	n := w.dice.IntN(total)
	for _, b := range names {
		if n -= w.Blows[b]; n < 0 {
			if err := w.hit(b); err != nil {
				return fmt.Errorf("%s: %w", b, err)
			}
			return nil
		}
	}
	return nil
}

// away is how long who was killed stays away: most come back at once, some do
// not.
func (w *world) away() time.Duration {
	switch w.dice.IntN(16) {
	case 0:
		return w.between(2*time.Second, 4*time.Second)
	case 1, 2, 3:
		return w.between(200*time.Millisecond, 1500*time.Millisecond)
	default:
		return w.between(0, 200*time.Millisecond)
	}
}

// killOf kills who is meant, or the next one that lives.
func (w *world) killOf(b blow, st *station, away time.Duration) {
	for range 3 {
		switch {
		case b == killBroker && w.broker == nil: // the hub has its own
		case b == killBroker && w.broker.kill(away):
			w.tally.Brokers++
			return
		case b == killHub && w.hub.kill(away):
			w.tally.Hubs++
			return
		case b == killAgent && st.kill(away):
			return
		}
		b = map[blow]blow{killAgent: killHub, killHub: killBroker, killBroker: killAgent}[b]
	}
}

func (w *world) hit(b blow) error {
	st := w.somebody()
	away := w.away()
	switch b {
	case killAgent, killBroker, killHub:
		w.killOf(b, st, away)
	case hubAway:
		if w.hub.kill(w.between(5*time.Second, 9*time.Second)) {
			w.tally.Hubs++
		}
	case makeIll:
		return w.makeIll()
	case fillDisk:
		return w.fillDisk(st)
	case tearTail, flipBits:
		if st.kill(away) {
			return w.damage(st, b)
		}
	case cutPower:
		return st.cutPower(away)
	case stepClock:
		w.tally.Steps++
		return st.step(w.skew())
	case reboot:
		if st.kill(away) {
			w.tally.Boot++
			st.order.Boot, st.order.BootedAt = w.dice.Uint64(), nowMs()
			if w.dice.IntN(2) == 0 { // a device without a battery
				st.order.Skew = -time.Duration(nowMs()) * time.Millisecond
			}
		}
	}
	return nil
}

// somebody draws an agent, one that lives if there is any.
func (w *world) somebody() *station {
	i := w.dice.IntN(len(w.agents))
	for j := range w.agents {
		if st := w.agents[(i+j)%len(w.agents)]; st.alive() {
			return st
		}
	}
	return w.agents[i]
}

// skew draws what a wall clock is ahead of the truth.
func (w *world) skew() time.Duration {
	switch w.dice.IntN(4) {
	case 0:
		return 0
	case 1:
		return -time.Duration(nowMs()) * time.Millisecond // 1970
	default:
		return w.between(-30*time.Hour, 30*time.Hour)
	}
}

// makeIll makes a line ill for a while.
func (w *world) makeIll() error {
	l := w.net.lines[w.dice.IntN(len(w.net.lines))]
	names := slices.Sorted(maps.Keys(ills))
	ill := names[w.dice.IntN(len(names))]
	if w.dice.IntN(3) == 0 {
		ill = "cut"
	}
	if l.ill != "" {
		return nil
	}
	w.tally.Cuts++
	if err := l.fall(w.dice, ill); err != nil {
		return err
	}
	w.after(w.between(300*time.Millisecond, 4*time.Second), l.mend)
	return nil
}

// fillDisk fills an agent's disk for a while.
func (w *world) fillDisk(st *station) error {
	filler := filepath.Join(st.disk(), "filler")
	if _, err := os.Stat(filler); err == nil {
		return nil
	}
	w.tally.Full++
	st.full = append(st.full, span{nowMs(), 0})
	if err := fillUp(filler); err != nil {
		return err
	}
	w.after(w.between(time.Second, 4*time.Second), func() error {
		st.full[len(st.full)-1].To = nowMs()
		return os.Remove(filler)
	})
	return nil
}
