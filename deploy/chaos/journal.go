package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// entry is a line of an agent's journal: an observation that its spool took, or
// something that happened to the agent. Times are Unix milliseconds by the true
// clock.
type entry struct {
	Run   int
	Began int64 `json:",omitempty"` // the run began to look
	Ended int64 `json:",omitempty"` // it ended by itself

	// No probe of this camera began between these moments, which is longer than
	// two that agree may bridge: the machine or the disk was too slow.
	Idle [2]int64 `json:",omitzero"`
	URL  string   `json:",omitempty"`

	Taken *taken `json:",omitempty"`
}

// taken is an observation that the spool took.
type taken struct {
	Epoch, Seq uint64
	Boot       uint64 // name of the run of the device's clock
	Observed
}

// diary writes an agent's journal. Every entry is one write to a file that is
// only appended to: SIGKILL leaves whole what write has returned for.
type diary struct {
	run  int
	most time.Duration // longest time between two probes that is none of note

	mu     sync.Mutex
	file   *os.File
	looked map[string]int64 // last probe, by URL
	count  uint64           // records taken
	err    error
}

// fail keeps an error for the end.
func (d *diary) fail(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.err = errors.Join(d.err, err)
}

func (d *diary) taken() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.count
}

func (d *diary) write(entries ...entry) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.writeLocked(entries...)
}

func (d *diary) writeLocked(entries ...entry) error {
	// The first one ends what an earlier process may have left unfinished.
	text := []byte("\n")
	for _, e := range entries {
		line, err := json.Marshal(e)
		if err != nil {
			return err
		}
		text = append(append(text, line...), '\n')
		if e.Taken != nil {
			d.count++
		}
	}
	_, err := d.file.Write(text)
	d.err = errors.Join(d.err, err)
	return err
}

// look notes that a probe begins.
func (d *diary) look(url string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := nowMs()
	if last, ok := d.looked[url]; ok && now-last > d.most.Milliseconds() {
		_ = d.writeLocked(entry{Run: d.run, URL: url, Idle: [2]int64{last, now}})
	}
	d.looked[url] = now
}

// readJournal reads an agent's journal. Lines that a kill cut off are left out.
func readJournal(path string) ([]entry, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var entries []entry
	cut := 0
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		if len(sc.Bytes()) == 0 {
			continue
		}
		var e entry
		if err := json.Unmarshal(sc.Bytes(), &e); err != nil {
			cut++
			continue
		}
		entries = append(entries, e)
	}
	if runs := len(entries); cut > runs {
		return nil, fmt.Errorf("journal %s: %d lines cannot be read", path, cut)
	}
	return entries, sc.Err()
}
