package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// blow is something that can be done to a world.
type blow string

// The blows.
const (
	killAgent  blow = "kill agent"
	killBroker blow = "kill broker"
	killHub    blow = "kill hub"
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

// damage spoils the spool of an agent that is dead, and notes which records that
// cost.
func (w *world) damage(st *station, b blow) error {
	before, err := readSpoolCopy(st.code, st.spool(), w.dir)
	if err != nil {
		return err
	}
	if b == tearTail {
		err = tear(w.dice, st.spool())
	} else {
		err = flip(w.dice, st.spool())
	}
	if err != nil {
		return err
	}
	w.tally.Damage++
	after, err := readSpoolCopy(st.code, st.spool(), w.dir)
	if err != nil {
		return err
	}
	left := map[id]bool{}
	for _, r := range after {
		left[r.id] = true
	}
	for _, r := range before {
		if !left[r.id] {
			st.damaged[r.id] = true
		}
	}
	return nil
}

// files lists what a spool keeps its things in, the one written to last at the
// end.
func files(dir string) (paths []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	times := map[string]time.Time{}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		if path := filepath.Join(dir, e.Name()); info.Mode().IsRegular() && info.Size() > 0 {
			paths = append(paths, path)
			times[path] = info.ModTime()
		}
	}
	slices.SortFunc(paths, func(a, b string) int { return times[a].Compare(times[b]) })
	return paths, nil
}

// used is how much of a file is anything but zeros.
func used(data []byte) int {
	n := len(data)
	for n > 0 && data[n-1] == 0 {
		n--
	}
	return n
}

// tear takes the end off the segment that was written to last, or makes it
// zeros: what a device does that lied about its cache.
func tear(dice *rand.Rand, dir string) error {
	paths, err := files(dir)
	if err != nil {
		return err
	}
	paths = slices.DeleteFunc(paths, func(p string) bool { return !strings.HasSuffix(p, ".seg") })
	if len(paths) == 0 {
		return nil
	}
	path := paths[len(paths)-1]
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	end := used(data)
	from := max(0, end-1-dice.IntN(600))
	if dice.IntN(2) == 0 {
		return os.Truncate(path, int64(from))
	}
	clear(data[from:])
	return os.WriteFile(path, data, 0o600)
}

// flip turns a few bits somewhere in the spool.
func flip(dice *rand.Rand, dir string) error {
	paths, err := files(dir)
	if err != nil || len(paths) == 0 {
		return err
	}
	path := paths[dice.IntN(len(paths))]
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	end := used(data)
	if end == 0 {
		return nil
	}
	for range 1 + dice.IntN(3) {
		data[dice.IntN(end)] ^= 1 << dice.IntN(8)
	}
	return os.WriteFile(path, data, 0o600)
}
