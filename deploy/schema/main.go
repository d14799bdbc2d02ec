// Command schema fuzzes the API by its own OpenAPI document: Schemathesis, which
// nobody here wrote, makes requests to every operation of a real hub, such as the
// document allows and such as it does not, and holds each answer against it.
//
//	go run ./deploy/schema           at least 20,000 requests; -short 1,500
//	go run ./deploy/schema -seed 7   other requests
//
// The hub has the sample plan, two months of made-up history and accounts. No
// answer may be an error of the server, have a status or a header that the
// document does not know, or a body that it does not describe; what breaks the
// document is refused, and nobody gets in without a token. The stream of events
// has no end, so that tests in package api ask for it instead.
//
// With -update the table is also written into docs/api.md, between its markers.
// The exit status is 1 when anything was found. Schemathesis is installed by
//
//	make schemathesis
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"time"
)

var errFound = errors.New("the API does not do what its document says")

type options struct {
	short, update bool
	seed          int
	requests      int    // at least
	program       string // Schemathesis
	only          string // operationId
}

func main() {
	var o options
	flag.BoolVar(&o.short, "short", false, "at least 1,500 requests")
	flag.BoolVar(&o.update, "update", false, "write the table into docs/api.md")
	flag.IntVar(&o.seed, "seed", 1, "of the first round; each next one has the next")
	flag.StringVar(&o.program, "schemathesis", "build/schemathesis/bin/schemathesis", "the program")
	flag.StringVar(&o.only, "only", "", "operationId of the only operation to ask, once")
	flag.Parse()
	o.requests = 20_000
	if o.short {
		o.requests = 1_500
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "schema:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) (err error) {
	if flag.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flag.Arg(0))
	}
	if o.program, err = filepath.Abs(o.program); err != nil {
		return err
	}
	if _, err := exec.LookPath(o.program); err != nil {
		fmt.Println("LOUD SKIP: Schemathesis is not there, so nobody else asks the API; mend it with: make schemathesis")
		if os.Getenv("PHUKIN_REQUIRE_PEERS") != "" {
			return errors.New("a peer is missing: Schemathesis")
		}
		return nil
	}
	dir, err := os.MkdirTemp("", "phukin-schema-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	begin := time.Now()
	var all tally
	for round := 0; all.requests() < o.requests; round++ {
		one, err := playRound(ctx, o, filepath.Join(dir, fmt.Sprint(round)), o.seed+round)
		all.add(one)
		if err != nil {
			return err
		}
		if o.only != "" {
			break
		}
	}
	text := all.table(o.seed)
	fmt.Print(text)
	fmt.Printf("schema: %d requests to %d operations in %s\n", all.requests(), len(all.operations), time.Since(begin).Round(time.Second))
	if ids := all.never(); len(ids) > 0 && o.only == "" && !o.short {
		return fmt.Errorf("%w: never answered with what they asked for: %v", errFound, ids)
	}
	if o.update {
		return updatePage(text)
	}
	return nil
}

// playRound starts a hub of its own, so that a round with one seed meets the
// same hub each time, and lets Schemathesis ask it.
func playRound(ctx context.Context, o options, dir string, seed int) (tally, error) {
	w, err := newWorld(ctx, dir)
	if err != nil {
		return tally{}, fmt.Errorf("prepare the hub: %w", err)
	}
	h, err := startHub(ctx, w)
	if err != nil {
		return tally{}, fmt.Errorf("start the hub: %w", err)
	}
	defer h.end()
	found := w.schemathesis(ctx, o, h.url, seed)
	counted, err := h.counted(ctx)
	if err != nil {
		return counted, errors.Join(found, err)
	}
	return counted, errors.Join(found, h.healthy(ctx, w.token))
}
