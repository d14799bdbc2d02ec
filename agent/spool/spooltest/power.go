package spooltest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/phukin/phukin/agent/spool"
)

// cutInMemory cuts the power of a disk in memory in the middle of appends,
// trims and openings: what was not synced is there, not there, or torn.
func cutInMemory(ctx context.Context, o Options) ([]Row, error) {
	n := o.rounds(400, 20_000)
	row := Row{
		Damage: fmt.Sprintf("power cut, pages that were not synced lost or torn, %d times", n),
		Opens:  "yes", Kept: "all that were confirmed", Declared: "overflow, and numbers of the append that was cut", Numbers: "safe",
	}
	r := rand.New(rand.NewPCG(rand.Uint64(), 2))
	d, l := NewDisk(r), newLedger()
	for i := range n {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := l.cut(d, r); err != nil {
			row.Wrong = fmt.Sprintf("after %d times: %v", i+1, err)
			break
		}
		d = d.PowerCut()
		for r.IntN(3) == 0 {
			d.CutAfter(r.IntN(60))
			if s, _, err := spool.Open("/spool", spool.Options{MaxBytes: spool.MinMaxBytes, Logger: quiet, Disk: d}); err == nil {
				_ = s.Close()
			}
			d = d.PowerCut()
		}
	}
	return []Row{row}, nil
}

// cut opens the spool, compares, and appends until the power goes.
func (l *ledger) cut(d *Disk, r *rand.Rand) error {
	s, rec, err := spool.Open("/spool", spool.Options{MaxBytes: spool.MinMaxBytes, Logger: quiet, Disk: d})
	if err != nil {
		return err
	}
	if err := l.check(s); err != nil {
		return fmt.Errorf("%w (%v)", err, rec)
	}
	d.CutAfter(r.IntN(60))
	for n := 0; ; n++ {
		es := make([]spool.Entry, 1+r.IntN(6))
		size := 1 + r.IntN(3500)
		for i := range es {
			es[i].Payload = childPayload(fmt.Sprintf("%d-%d", s.Opens(), n), i, size)
		}
		first, err := s.AppendBatch(es)
		if err != nil {
			return nil // the power went
		}
		for i, e := range es {
			if err := l.confirm(first+uint64(i), string(e.Payload)); err != nil {
				return err
			}
		}
		if r.IntN(4) == 0 {
			upto := l.gone + uint64(r.IntN(int(s.Next()-l.gone)+1))
			l.gone = upto
			if err := s.Trim(upto); err != nil {
				return nil // the power went
			}
		}
	}
}

// cutOnLoop copies the image of a file system while a process appends to a
// spool in it: the copy is what a power cut would leave, and a second system
// mounts it.
func cutOnLoop(ctx context.Context, o Options) ([]Row, error) {
	n := o.rounds(6, 200)
	row := Row{
		Damage: fmt.Sprintf("image of an ext4 file system copied while records are appended, %d times", n),
		Opens:  "yes", Kept: "all that were confirmed", Declared: "overflow, and numbers of the append that was cut", Numbers: "safe",
	}
	if runtime.GOOS != "linux" || os.Geteuid() != 0 || o.Child == nil {
		row.Skipped = "this takes Linux, root and loop devices"
		return []Row{row}, nil
	}
	m := &images{dir: filepath.Join(o.Dir, "loop")}
	if err := m.make(ctx, 8<<20); err != nil {
		row.Skipped = "no loop device with ext4 here (mkfs.ext4, mount -o loop): " + err.Error()
		return []Row{row}, m.remove()
	}
	err := m.run(ctx, o.Child(), n)
	if err != nil {
		row.Wrong = err.Error()
	}
	return []Row{row}, m.remove()
}

// images are a file system in a file, and a copy of it.
type images struct {
	dir     string
	mounted []string
}

func (m *images) path(name string) string { return filepath.Join(m.dir, name) }

func (m *images) make(ctx context.Context, size int64) error {
	for _, d := range []string{"live", "copy"} {
		if err := os.MkdirAll(m.path(d), 0o700); err != nil {
			return err
		}
	}
	if err := os.WriteFile(m.path("live.img"), make([]byte, size), 0o600); err != nil {
		return err
	}
	if out, err := exec.CommandContext(ctx, "mkfs.ext4", "-q", "-F", "-b", "4096", m.path("live.img")).CombinedOutput(); err != nil {
		return fmt.Errorf("mkfs.ext4: %w: %s", err, out)
	}
	return m.mount(ctx, "live")
}

func (m *images) mount(ctx context.Context, name string) error {
	if out, err := exec.CommandContext(ctx, "mount", "-o", "loop", m.path(name+".img"), m.path(name)).CombinedOutput(); err != nil {
		return fmt.Errorf("mount: %w: %s", err, out)
	}
	m.mounted = append(m.mounted, name)
	return nil
}

func (m *images) unmount() error {
	name := m.mounted[len(m.mounted)-1]
	m.mounted = m.mounted[:len(m.mounted)-1]
	if out, err := exec.CommandContext(context.Background(), "umount", m.path(name)).CombinedOutput(); err != nil {
		return fmt.Errorf("umount: %w: %s", err, out)
	}
	return nil
}

func (m *images) remove() error {
	var err error
	for len(m.mounted) > 0 {
		err = errors.Join(err, m.unmount())
	}
	return errors.Join(err, os.RemoveAll(m.dir))
}

// run lets a child append, stops it now and then, and looks at a copy of the
// image as it is then.
func (m *images) run(ctx context.Context, child *exec.Cmd, n int) (err error) {
	dir := filepath.Join(m.path("live"), "spool")
	child.Env = append(os.Environ(), ChildDir+"="+dir, childQuiet+"=1")
	out, err := child.StdoutPipe()
	if err != nil {
		return err
	}
	if err := child.Start(); err != nil {
		return err
	}
	defer func() { _ = child.Process.Kill(); _ = child.Wait() }()
	l := newLedger()
	lines := bufio.NewScanner(out)
	for i := range n {
		if err := ctx.Err(); err != nil {
			return err
		}
		for range 1 + rand.IntN(60) {
			if !lines.Scan() {
				return errors.New("the child ended")
			}
			if err := l.take(lines.Text()); err != nil {
				return err
			}
		}
		for range rand.IntN(300_000) {
			_ = rand.Uint64()
		}
		if err := stop(child.Process.Pid); err != nil {
			return err
		}
		if err := copyFile(m.path("live.img"), m.path("copy.img")); err != nil {
			return err
		}
		if err := proceed(child.Process.Pid); err != nil {
			return err
		}
		if err := m.look(ctx, *l); err != nil {
			return fmt.Errorf("copy %d: %w", i+1, err)
		}
	}
	return nil
}

// look opens the copy and compares; l is a copy too, for what was not confirmed
// yet may be another record in the end.
func (m *images) look(ctx context.Context, l ledger) (err error) {
	if err := m.mount(ctx, "copy"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.unmount()) }()
	seen := newLedger()
	for seq, text := range l.confirmed {
		seen.confirmed[seq], seen.number[text] = text, seq
	}
	return seen.reopen(filepath.Join(m.path("copy"), "spool"))
}

// LoudSkips gives the rows that could not be tried.
func LoudSkips(rows []Row) (text string) {
	var b strings.Builder
	for _, r := range rows {
		if r.Skipped != "" {
			fmt.Fprintf(&b, "LOUD SKIP: %s: %s\n", r.Damage, r.Skipped)
		}
	}
	return b.String()
}
