package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// station is an agent's place: its process, its disk, its clock.
type station struct {
	seat
	code    string
	world   *world
	cameras []string
	order   agentOrder
	boot    uint64
	runs    int
	ends    map[int]int64 // when a run was ended by force, Unix milliseconds
	full    []span        // when its disk was full
	damaged map[id]bool   // records that were destroyed
	line    *line
}

// Sizes of the small disks, and of what a spool may take of them.
const (
	memorySize = 1 << 20
	imageSize  = 8 << 20
)

// prepare makes the agent's disk and line.
func (s *station) prepare(token, broker string, cameras map[string]string) error {
	w := s.world
	s.name, s.ends, s.damaged = "agent "+s.code, map[int]int64{}, map[id]bool{}
	if err := os.MkdirAll(s.disk(), 0o700); err != nil {
		return err
	}
	var err error
	switch w.Disk {
	case diskMemory:
		err = mountMemory(s.disk(), memorySize)
	case diskImage:
		if err = makeImage(s.image(), imageSize); err == nil {
			err = mountImage(s.image(), s.disk())
		}
	}
	if err != nil {
		return fmt.Errorf("disk of agent %s: %w", s.code, err)
	}
	addr, err := w.net.open(s.code, broker)
	if err != nil {
		return err
	}
	s.line = w.net.lines[len(w.net.lines)-1]
	s.order = agentOrder{
		Agent: s.code, Broker: addr, Token: token, Spool: s.spool(), Journal: s.journal(), Rhythm: *w.rhythm(),
		Cameras: s.cameras, Addrs: cameras, Real: w.Real, Boot: s.boot, BootedAt: nowMs(),
	}
	s.start = func() (*process, error) {
		s.runs++
		order := s.order
		order.Run = s.runs
		return spawnChild("agent", order, &agentAnswer{}, w.log)
	}
	return nil
}

func (s *station) disk() string    { return filepath.Join(s.world.dir, s.code+"-disk") }
func (s *station) spool() string   { return filepath.Join(s.disk(), "spool") }
func (s *station) image() string   { return filepath.Join(s.world.dir, s.code+".img") }
func (s *station) journal() string { return filepath.Join(s.world.dir, s.code+".journal") }

// kill ends the agent by SIGKILL and notes when.
func (s *station) kill(away time.Duration) bool {
	at := nowMs()
	if !s.seat.kill(away) {
		return false
	}
	s.ends[s.runs] = at
	s.world.tally.Agents++
	return true
}

// step sets the agent's wall clock.
func (s *station) step(skew time.Duration) error {
	s.order.Skew = skew
	if s.alive() {
		_ = s.p.tell(agentCommand{Skew: &skew}) // it may just have died
	}
	return nil
}

// cutPower lets the agent lose all that it had not synced: what its disk is at
// this moment is put back after its end. Without an image of the disk it loses
// nothing but its life.
func (s *station) cutPower(away time.Duration) error {
	if !s.alive() {
		return nil
	}
	if err := freeze(s.p.cmd.Process); err != nil {
		return err
	}
	for end := time.Now().Add(2 * time.Second); !stopped(s.p.cmd.Process.Pid) && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	s.world.tally.Power++
	if s.world.Disk != diskImage {
		kept := s.disk() + ".kept"
		if err := os.CopyFS(kept, os.DirFS(s.disk())); err != nil {
			return err
		}
		s.kill(away)
		if err := emptyDir(s.disk()); err != nil {
			return err
		}
		if err := os.CopyFS(s.disk(), os.DirFS(kept)); err != nil {
			return err
		}
		return os.RemoveAll(kept)
	}
	if err := copyFile(s.image(), s.image()+".kept"); err != nil {
		return err
	}
	s.kill(away)
	if err := unmount(s.disk()); err != nil {
		return err
	}
	if err := os.Rename(s.image()+".kept", s.image()); err != nil {
		return err
	}
	return mountImage(s.image(), s.disk())
}

// stopped says whether all threads of a process stand still.
func stopped(pid int) bool {
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil {
		return true
	}
	for _, t := range tasks {
		text, err := os.ReadFile(t)
		if err != nil {
			continue
		}
		if _, rest, ok := strings.Cut(string(text), ") "); ok && !strings.HasPrefix(rest, "T") {
			return false
		}
	}
	return true
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		_ = out.Close()
		return err
	}
	return out.Close()
}

func emptyDir(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}
