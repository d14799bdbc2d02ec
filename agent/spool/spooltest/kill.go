package spooltest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/phukin/phukin/agent/spool"
)

// ChildDir is the variable that tells a process to call AppendForEver.
const ChildDir = "PHUKIN_SPOOLTEST_DIR"

// childQuiet tells it to trim nothing.
const childQuiet = "PHUKIN_SPOOLTEST_KEEP"

// AppendForEver appends and trims until it is killed, and writes down what was
// confirmed: "a first count name" for a batch, "t upto" before a Trim.
func AppendForEver(dir string, w io.Writer) error {
	s, _, err := spool.Open(dir, spool.Options{MaxBytes: spool.MinMaxBytes, Logger: quiet})
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(rand.Uint64(), 1))
	keep := os.Getenv(childQuiet) != ""
	for n := 0; ; n++ {
		name := fmt.Sprintf("%d-%d", s.Opens(), n)
		es := make([]spool.Entry, 1+r.IntN(5))
		size := 1 + r.IntN(3000)
		for i := range es {
			es[i].Payload = childPayload(name, i, size)
		}
		first, err := s.AppendBatch(es)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(w, "a", first, len(es), size, name); err != nil {
			return err
		}
		switch r.IntN(8) {
		case 0:
			if err := s.SetNote([]byte(name)); err != nil {
				return err
			}
		case 1, 2:
			if keep {
				continue
			}
			upto := s.First() + uint64(r.IntN(40))
			if _, err := fmt.Fprintln(w, "t", min(upto, s.Next())); err != nil {
				return err
			}
			if err := s.Trim(min(upto, s.Next())); err != nil {
				return err
			}
		}
	}
}

func childPayload(name string, i, size int) []byte {
	p := fmt.Appendf(nil, "%s/%d ", name, i)
	return append(p, bytes.Repeat([]byte{'x'}, max(0, size-len(p)))...)
}

// take reads a line that a child has written.
func (l *ledger) take(line string) error {
	f := strings.Fields(line)
	var v [3]uint64
	for i := range min(3, len(f)-1) {
		v[i], _ = strconv.ParseUint(f[i+1], 10, 64)
	}
	switch {
	case len(f) == 2 && f[0] == "t":
		l.gone = max(l.gone, v[0])
	case len(f) == 5 && f[0] == "a":
		for i := range v[1] {
			if err := l.confirm(v[0]+i, string(childPayload(f[4], int(i), int(v[2])))); err != nil {
				return err
			}
		}
	default:
		return fmt.Errorf("the child says %q", line)
	}
	return nil
}

// rounds is how often something is done.
func (o Options) rounds(short, long int) int {
	if o.Long {
		return long
	}
	return short
}

// killedAgain kills a process that appends, again and again, each time on what
// the one before has left.
func killedAgain(ctx context.Context, o Options) ([]Row, error) {
	n := o.rounds(40, 2000)
	row := Row{
		Damage: fmt.Sprintf("kill −9 while records are appended and trimmed, %d times", n),
		Opens:  "yes", Kept: "all that were confirmed", Declared: "overflow alone", Numbers: "safe",
	}
	if o.Child == nil {
		row.Skipped = "no child program"
		return []Row{row}, nil
	}
	dir := filepath.Join(o.Dir, "killed")
	l := newLedger()
	for i := range n {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		err := l.kill(o.Child(), dir)
		if err == nil {
			err = l.reopen(dir)
		}
		if err != nil {
			row.Wrong = fmt.Sprintf("after %d times: %v", i+1, err)
			break
		}
	}
	return []Row{row}, os.RemoveAll(dir)
}

// kill lets a child append for a while.
func (l *ledger) kill(child *exec.Cmd, dir string) error {
	child.Env = append(os.Environ(), ChildDir+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		return err
	}
	if err := child.Start(); err != nil {
		return err
	}
	left := 1 + rand.IntN(25)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if err = l.take(lines.Text()); err != nil {
			break
		}
		if left--; left == 0 {
			// Somewhere in the middle of what comes next.
			for range rand.IntN(200_000) {
				_ = rand.Uint64()
			}
			_ = child.Process.Kill()
		}
	}
	_ = child.Process.Kill()
	werr := child.Wait()
	var exit *exec.ExitError
	if err == nil && (!errors.As(werr, &exit) || exit.Exited()) {
		err = fmt.Errorf("the child ended by itself: %w", werr)
	}
	return err
}

func (l *ledger) reopen(dir string) error {
	s, rec, err := spool.Open(dir, spool.Options{MaxBytes: spool.MinMaxBytes, Logger: quiet})
	if err != nil {
		return err
	}
	if err = l.check(s); err != nil {
		err = fmt.Errorf("%w (%v)", err, rec)
	}
	return errors.Join(err, s.Close())
}
