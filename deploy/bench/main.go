// Command bench measures the agent and the hub against their peers and bounds,
// and prints the probe's tables.
//
//	go run ./deploy/bench            the figures, in about ten minutes; -short takes about three
//	go run ./deploy/bench matrix     faults × modes, and servers × codec × authentication × transport
//	go run ./deploy/bench brokers    what an agent can and cannot do × brokers
//	go run ./deploy/bench spool      what becomes of a spool whatever happens to its files; -short kills less often
//
// With -update the tables and figures are also written into their pages under
// docs, between their markers, as far as all parts of one ran. The exit status is 1 when a bound is missed or a line
// is not as expected, 2 when something could not be measured.
//
// Figures are ratios between two programs that ran in turn in the same minute,
// each in a process of its own, medians of several rounds; what runs in those
// processes is this program again, as `bench child …`.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

// errMissed says that what was printed is not as it must be.
var errMissed = errors.New("not all is as it must be")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	switch {
	case errors.Is(err, errMissed):
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) > 1 && args[0] == "child" {
		f, ok := children[args[1]]
		if !ok {
			return fmt.Errorf("no child %q", args[1])
		}
		return f(ctx, os.Stdin, os.Stdout)
	}
	printed := printFigures
	if tables := map[string]func(context.Context, options) error{"matrix": printMatrix, "brokers": printBrokers, "spool": printSpool}; len(args) > 0 && tables[args[0]] != nil {
		printed, args = tables[args[0]], args[1:]
	}
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.BoolVar(&o.short, "short", false, "fewer rounds, about three minutes")
	flags.BoolVar(&o.update, "update", false, "write what is printed into its page")
	flags.IntVar(&o.tries, "tries", 1, "measure a part again when a bound was missed, so many times in all")
	flags.StringVar(&o.only, "only", "", "parts to run, with commas between them: "+strings.Join(partNames(), ", ")+"; modes or servers of the matrix")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return printed(ctx, o)
}

type options struct {
	short, update bool
	only          string
	tries         int
}

// wants says whether a part is to run.
func (o options) wants(part string) bool {
	return o.only == "" || slices.ContainsFunc(strings.Split(o.only, ","), func(s string) bool { return strings.EqualFold(s, part) })
}
