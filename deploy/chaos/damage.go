package main

import (
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// damage spoils the spool of an agent that is dead, and notes which records that
// cost.
func (w *world) damage(st *station, b blow) error {
	before, err := readSpoolCopy(st.code, st.spool(), w.dir)
	if err != nil {
		return err
	}
	spoil := flip
	if b == tearTail {
		spoil = tear
	}
	if done, err := spoil(w.dice, st.spool()); err != nil || !done {
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
	times := map[string]time.Time{}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Size() > 0 {
			paths = append(paths, path)
			times[path] = info.ModTime()
		}
		return err
	})
	slices.SortFunc(paths, func(a, b string) int { return times[a].Compare(times[b]) })
	return paths, err
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
// zeros: what a device does that lied about its cache. It says whether there was
// anything to take.
func tear(dice *rand.Rand, dir string) (done bool, err error) {
	paths, err := files(dir)
	if err != nil {
		return false, err
	}
	paths = slices.DeleteFunc(paths, func(p string) bool { return !strings.HasSuffix(p, ".seg") })
	if len(paths) == 0 {
		return false, nil
	}
	path := paths[len(paths)-1]
	data, err := os.ReadFile(path)
	if err != nil {
		return false, err
	}
	end := used(data)
	if end == 0 {
		return false, nil
	}
	from := max(0, end-1-dice.IntN(2000))
	if dice.IntN(2) == 0 {
		return true, os.Truncate(path, int64(from))
	}
	clear(data[from:])
	return true, os.WriteFile(path, data, 0o600)
}

// flip turns a few bits in a file of the spool, as often as not near its end,
// where the newest records are. It says whether there were any.
func flip(dice *rand.Rand, dir string) (done bool, err error) {
	paths, err := files(dir)
	if err != nil || len(paths) == 0 {
		return false, err
	}
	path := paths[len(paths)-1-dice.IntN(min(2, len(paths)))]
	data, err := os.ReadFile(path)
	if err != nil {
		return false, err
	}
	end := used(data)
	if end == 0 {
		return false, nil
	}
	for range 1 + dice.IntN(3) {
		from := 0
		if dice.IntN(2) == 0 {
			from = max(0, end-3000)
		}
		data[from+dice.IntN(end-from)] ^= 1 << dice.IntN(8)
	}
	return true, os.WriteFile(path, data, 0o600)
}
