// Command truth makes worlds of which everything is known and holds the hub's
// figures against what was true; then it makes mistakes on purpose and shows that
// they are noticed.
//
//	go run ./deploy/truth            10,000 worlds, in a few minutes; -short 300
//	go run ./deploy/truth -seed 7    other worlds
//	go run ./deploy/truth -world 12  one world, with all that is in it
//
// The first of the worlds go through a real store in a file as well, which takes
// what arrives, folds it, seals it and gives it back.
//
// With -update the table is also written into docs/uptime.md, between its
// markers. The exit status is 1 when a world failed or a mistake was not noticed.
// A failing world is made small by
//
//	go test ./deploy/truth/world -rapid.checks=10000
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/phukin/phukin/deploy/truth/world"
)

var errUntrue = errors.New("not all is as it must be")

type options struct {
	short, update bool
	seed, worlds  int
	mistakes      int // worlds for each
	stored        int // worlds that go through a store
	one           int
}

func main() {
	var o options
	flag.BoolVar(&o.short, "short", false, "300 worlds, and 100 for each mistake")
	flag.BoolVar(&o.update, "update", false, "write the table into docs/uptime.md")
	flag.IntVar(&o.seed, "seed", 1, "of the first world; each next one has the next")
	flag.IntVar(&o.worlds, "worlds", 10_000, "how many")
	flag.IntVar(&o.one, "world", -1, "print this one alone")
	flag.Parse()
	o.mistakes, o.stored = 300, 500
	if o.short {
		o.worlds, o.mistakes, o.stored = 300, 100, 60
	}
	o.stored = min(o.stored, o.worlds)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "truth:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	if flag.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flag.Arg(0))
	}
	if o.one >= 0 {
		script := world.Scripts().Example(o.one)
		fmt.Printf("%+v\n", script)
		w, err := world.Play(script, nil)
		if err != nil {
			return err
		}
		r, failures := w.Check()
		fmt.Printf("%+v\n", r)
		var all error
		for _, f := range failures {
			all = errors.Join(all, f)
		}
		return all
	}
	begin := time.Now()
	good, err := play(ctx, o.seed, o.worlds, functions(nil))
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "phukin-truth-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	stored, err := play(ctx, o.seed, o.stored, inStore(ctx, dir))
	if err != nil {
		return err
	}
	var b strings.Builder
	good.write(&b, o)
	stored.writeStored(&b, o)
	failed := len(good.failures)+len(stored.failures) > 0
	b.WriteString("\nMistakes made on purpose:\n\n| mistake | worlds | noticed in | by |\n|---|---|---|---|\n")
	for _, m := range world.Mistakes() {
		t, err := play(ctx, o.seed, o.mistakes, functions(&m))
		if err != nil {
			return err
		}
		by := map[string]int{}
		for _, failed := range t.failures {
			for _, f := range failed.all {
				by[f.Check]++
			}
		}
		var names []string
		for _, c := range world.Checks() {
			if by[c] > 0 {
				names = append(names, fmt.Sprintf("%s (%d)", c, by[c]))
			}
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %s |\n", m.Name, o.mistakes, len(t.failures), strings.Join(names, "; "))
		failed = failed || len(t.failures) == 0
	}
	fmt.Print(b.String())
	fmt.Fprintf(os.Stderr, "truth: %d worlds in %s\n", o.worlds, time.Since(begin).Round(time.Second))
	for what, t := range map[string]tally{"world": good, "stored world": stored} {
		for _, f := range t.failures[:min(len(t.failures), 5)] {
			fmt.Fprintf(os.Stderr, "truth: %s %d: %v\n", what, f.seed, f.all[0])
		}
	}
	if failed {
		return errUntrue
	}
	if o.update {
		return updatePage(b.String())
	}
	return nil
}

// tally sums what worlds reported.
type tally struct {
	world.Report
	failures []failure
}

type failure struct {
	seed int
	all  []*world.Failure
}

// functions plays worlds through the functions alone, with a mistake or none.
func functions(m *world.Mistake) func(seed int) (*world.World, error) {
	return func(seed int) (*world.World, error) { return world.Play(world.Scripts().Example(seed), m) }
}

// inStore plays worlds through a store in a folder.
func inStore(ctx context.Context, dir string) func(seed int) (*world.World, error) {
	return func(seed int) (*world.World, error) {
		own := filepath.Join(dir, strconv.Itoa(seed))
		defer func() { _ = os.RemoveAll(own) }()
		w, err := world.PlayStored(ctx, world.Scripts().Example(seed), filepath.Join(own, "hub.db"))
		if err != nil {
			err = fmt.Errorf("world %d in a store: %w", seed, err)
		}
		return w, err
	}
}

// play plays worlds on all processors.
func play(ctx context.Context, seed, n int, one func(seed int) (*world.World, error)) (tally, error) {
	t := tally{Report: world.Report{Low: 1}}
	var mu sync.Mutex
	var wg sync.WaitGroup
	var next atomic.Int64
	var broken error
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				w, err := one(seed + i)
				if err != nil {
					mu.Lock()
					broken = err
					mu.Unlock()
					return
				}
				r, failed := w.Check()
				mu.Lock()
				t.add(r)
				if len(failed) > 0 {
					t.failures = append(t.failures, failure{seed + i, failed})
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	slices.SortFunc(t.failures, func(a, b failure) int { return a.seed - b.seed })
	return t, errors.Join(broken, ctx.Err())
}

func (t *tally) add(r world.Report) {
	t.Cameras += r.Cameras
	t.Seconds += r.Seconds
	t.Known += r.Known
	t.Down += r.Down
	t.Mistaken += r.Mistaken
	t.Longest = max(t.Longest, r.Longest)
	t.Outages += r.Outages
	t.Open += r.Open
	t.Days += r.Days
	t.Low, t.High = min(t.Low, r.Low), max(t.High, r.High)
}

func (t *tally) write(b *strings.Builder, o options) {
	days := func(seconds int64) string { return fmt.Sprintf("%.0f days", float64(seconds)/86400) }
	share := func(a, of int64) string { return fmt.Sprintf("%.3f %%", 100*float64(a)/float64(of)) }
	fmt.Fprintf(b, "| %d worlds, seeds %d to %d | |\n|---|---|\n", o.worlds, o.seed, o.seed+o.worlds-1)
	for _, row := range [][2]string{
		{"worlds in which a check failed", fmt.Sprint(len(t.failures))},
		{"cameras", fmt.Sprint(t.Cameras)},
		{"local days of 23, 23.5, 24.5 or 25 hours", fmt.Sprint(t.Days)},
		{"time in service", days(t.Seconds)},
		{"of it observed", share(t.Known, t.Seconds)},
		{"of that down", share(t.Down, t.Known)},
		{"of that told otherwise than it was, all within the probe interval", share(t.Mistaken, t.Known)},
		{"longest stretch of that", fmt.Sprintf("%d s", t.Longest)},
		{"outages, every one within its bounds", fmt.Sprint(t.Outages)},
		{"of them open", fmt.Sprint(t.Open)},
		{"where the truth lay between A_low (0) and A_high (1)", fmt.Sprintf("%.2f to %.2f", t.Low, t.High)},
	} {
		fmt.Fprintf(b, "| %s | %s |\n", row[0], row[1])
	}
}

// writeStored adds what became of worlds in a store.
func (t *tally) writeStored(b *strings.Builder, o options) {
	fmt.Fprintf(b, "| worlds that went through SQLite as well, seeds %d to %d | %d |\n", o.seed, o.seed+o.stored-1, o.stored)
	fmt.Fprintf(b, "| of them those in which a check failed | %d |\n", len(t.failures))
}

// updatePage puts the table between its markers.
func updatePage(text string) error {
	const file, begin, end = "docs/uptime.md", "<!-- begin truth", "<!-- end truth -->"
	p, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("run this in the module's folder: %w", err)
	}
	page := string(p)
	i, j := strings.Index(page, begin), strings.Index(page, end)
	if i < 0 || j < i {
		return fmt.Errorf("%s: there are no markers %s … %s", file, begin, end)
	}
	i += strings.IndexByte(page[i:], '\n') + 1
	return os.WriteFile(file, []byte(page[:i]+"\n"+strings.TrimSpace(text)+"\n\n"+page[j:]), 0o644) // a page
}
