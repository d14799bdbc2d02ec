// Command chaos tries to break the promise of docs/reliability.md: nothing lost,
// nothing twice, whatever is killed on the way.
//
//	go run ./deploy/chaos            at least 1,000 kills, in about a quarter of an hour
//	go run ./deploy/chaos -short     at least 60, in about a minute
//
// It runs worlds, two at a time. A world is a process of simulated cameras
// that follow a script drawn from the seed and write down what they did and when:
// the truth. Real agents, each in a process of its own, look at them; a real hub on
// SQLite takes what they send, through Mosquitto in a third kind of process or
// through its own broker; toxiproxy stands in every line between them. Then all but
// the cameras are killed by SIGKILL again and again, lines are cut and spoiled, disks
// are filled, spools damaged, clocks set, and the power of a device is cut by putting
// back the image of its disk. At last the world comes to rest, and a checker holds the
// agents' journals of what their spools took, the spools, the declared gaps and the
// hub's history against each other, and every camera's timeline against the truth.
//
// What is drawn depends on the seed alone; which process is where when it is hit
// does not. The exit status is 1 when the promise is broken, 2 when it could not be
// tried. Everything listens on loopback and nothing is left behind, but for the
// folder of a world that failed, which is named, with -keep.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

// children are what this program can be in a process of its own. Each reads its
// order as one JSON value, answers, and ends when its input does.
var children = map[string]func(io.Reader, io.Writer) error{
	"cameras": camerasChild,
	"agent":   agentChild,
	"hub":     hubChild,
}

func main() {
	if len(os.Args) > 2 && os.Args[1] == "child" {
		runChild(os.Args[2])
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	switch {
	case errors.Is(err, errPromise):
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	case err != nil:
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(2)
	}
}

// runChild is the whole life of a child.
func runChild(kind string) {
	f, ok := children[kind]
	if !ok {
		fmt.Fprintf(os.Stderr, "chaos: no child %q\n", kind)
		os.Exit(2)
	}
	if err := f(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "chaos child %s: %v\n", kind, err)
		os.Exit(1)
	}
	os.Exit(0)
}

type options struct {
	short, update, keep bool
	seed                uint64
	only, sabotage      string
	jobs                int
}

func run(ctx context.Context, args []string, out io.Writer) error {
	var o options
	flags := flag.NewFlagSet("chaos", flag.ContinueOnError)
	flags.BoolVar(&o.short, "short", false, "at least 60 kills, in about a minute")
	flags.BoolVar(&o.update, "update", false, "write the table into "+pageFile)
	flags.BoolVar(&o.keep, "keep", false, "keep the folders of worlds that failed")
	flags.Uint64Var(&o.seed, "seed", 1, "seed of everything that is drawn")
	flags.StringVar(&o.only, "only", "", "the worlds whose names contain this")
	flags.StringVar(&o.sabotage, "sabotage", "", "break the promise on purpose, to see that it is found: "+strings.Join(sabotages(), ", "))
	flags.IntVar(&o.jobs, "jobs", 2, "how many worlds run at once")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	plots := longPlots()
	if o.short {
		plots = shortPlots()
	}
	began := time.Now()
	results, err := runAll(ctx, plots, o, out)
	if err != nil {
		return err
	}
	text := table(results, o.seed, time.Since(began))
	fmt.Fprint(out, "\n", text)
	if o.update {
		if err := updatePage(text); err != nil {
			return err
		}
	}
	for _, r := range results {
		if r.failed() {
			return errPromise
		}
	}
	return nil
}

// runAll runs the worlds, a few at a time.
func runAll(ctx context.Context, plots []plot, o options, out io.Writer) ([]*result, error) {
	results := make([]*result, len(plots))
	out = &oneByOne{out: out}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(1, o.jobs))
	for i, p := range plots {
		if !strings.Contains(p.Name, o.only) {
			continue
		}
		p.Sabotage = o.sabotage
		if _, err := exec.LookPath("mosquitto"); err != nil && !p.Embedded {
			fmt.Fprintf(out, "LOUD SKIP: world %q: Mosquitto is not there; mend it with: apt-get install mosquitto\n", p.Name)
			if os.Getenv("PHUKIN_REQUIRE_PEERS") != "" {
				return nil, errors.Join(fmt.Errorf("world %q needs Mosquitto", p.Name), g.Wait())
			}
			continue
		}
		if err := tryDisk(p.Disk); err != nil {
			// A right of this machine, and no program that could be installed.
			fmt.Fprintf(out, "LOUD SKIP: world %q: no disk of its own for a spool, so power cuts lose nothing and no disk is full; mend it by running as root: %v\n", p.Name, err)
			p.Disk = diskPlain
			delete(p.Blows, fillDisk)
		}
		g.Go(func() (err error) {
			if results[i], err = runOne(ctx, p, o, out); err != nil {
				return fmt.Errorf("world %q: %w", p.Name, err)
			}
			return nil
		})
	}
	err := g.Wait()
	return slices.DeleteFunc(results, func(r *result) bool { return r == nil }), err
}

// oneByOne lets several write whole texts.
type oneByOne struct {
	mu  sync.Mutex
	out io.Writer
}

func (o *oneByOne) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.out.Write(b)
}

func runOne(ctx context.Context, p plot, o options, out io.Writer) (*result, error) {
	dir, err := os.MkdirTemp("", "phukin-chaos-")
	if err != nil {
		return nil, err
	}
	r, err := runWorld(ctx, p, seedOf(o.seed, p.Name), dir)
	bad := err != nil || r.failed()
	if r != nil {
		var b strings.Builder
		fmt.Fprintf(&b, "%-34s %4d kills, %5d records, lost %d, duplicated %d, wrong %.1f s (%.0f s)\n", p.Name, r.kills(), r.Journalled, r.Lost, r.Duplicated, r.wrongSeconds(), r.Took.Seconds())
		for _, line := range r.Problems {
			fmt.Fprintln(&b, "    "+line)
		}
		fmt.Fprint(out, b.String())
	}
	if bad && o.keep {
		fmt.Fprintf(out, "    kept in %s\n", dir)
		return r, err
	}
	return r, errors.Join(err, os.RemoveAll(dir))
}

// tryDisk says why spools cannot have such a disk here.
func tryDisk(d disk) error {
	dir, err := os.MkdirTemp("", "phukin-chaos-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	defer unmountAll(dir)
	mnt := filepath.Join(dir, "mnt")
	if err := os.Mkdir(mnt, 0o700); err != nil {
		return err
	}
	switch d {
	case diskMemory:
		return mountMemory(mnt, memorySize)
	case diskImage:
		if err := makeImage(mnt+".img", imageSize); err != nil {
			return err
		}
		return mountImage(mnt+".img", mnt)
	}
	return nil
}

func (r *result) wrongSeconds() float64 {
	return (time.Duration(r.Wrong+r.Missing)*grid*time.Millisecond + time.Duration(r.Ledger)*time.Second).Seconds()
}
