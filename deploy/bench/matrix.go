package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/deploy/bench/peers"
	"github.com/phukin/phukin/hub/wire"
)

// printMatrix prints faults × modes, and servers × codec × authentication ×
// transport.
func printMatrix(ctx context.Context, o options) error {
	differ := 0
	show := func(name string, head []string, rows [][]string) error {
		text := markdown(head, rows)
		fmt.Println(text)
		if o.update {
			return updatePage(pageFile, name, text)
		}
		return nil
	}
	if o.wants("modes") {
		rows, n, err := modeTable(ctx)
		if err != nil {
			return err
		}
		differ += n
		if err := show("modes", modeHead, rows); err != nil {
			return err
		}
		fmt.Printf("%d modes, %d differ\n\n", len(rows), n)
	}
	if o.wants("servers") {
		rows, n, err := serverTable(ctx)
		if err != nil {
			return err
		}
		differ += n
		if err := show("servers", serverHead, rows); err != nil {
			return err
		}
		fmt.Printf("%d ways to ask real servers, %d differ\n", len(rows), n)
	}
	if differ > 0 {
		return errMissed
	}
	return nil
}

var serverHead = []string{"server", "codec", "authentication", "transport", "expected", "got", "measured", ""}

// serverTable probes every server that is installed; with
// PHUKIN_REQUIRE_PEERS=1 one that is missing counts as a difference.
func serverTable(ctx context.Context) (rows [][]string, differ int, err error) {
	for _, s := range peers.Servers() {
		r, err := peers.Start(ctx, s)
		var missing *peers.MissingError
		if errors.As(err, &missing) {
			fmt.Fprintln(os.Stderr, "LOUD SKIP:", missing)
			if os.Getenv("PHUKIN_REQUIRE_PEERS") != "" {
				differ++
			}
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		peers.Look(ctx, s, r, func(c peers.Case, res probe.Result) {
			verdict, measured := "ok", ""
			if err := c.Differs(&res); err != nil {
				verdict = "DIFFERS"
				differ++
				fmt.Fprintf(os.Stderr, "bench: %s: %v\n", c.Name(), err)
			}
			if res.OK() {
				measured = fmt.Sprintf("%d×%d, %.1f/s, %.0f ms to the key frame", res.Width, res.Height, res.FrameRate, toKeyFrame(&res))
			}
			rows = append(rows, []string{string(s), c.Codec, c.Auth, c.Transport, wanted(c), rung(res.Fault, res.FellOn, res.Reached), measured, verdict})
		})
		r.Close()
	}
	return rows, differ, nil
}

// wanted is what a case must reach.
func wanted(c peers.Case) string { return rung(c.Fault, c.FellOn, wire.RungFresh) }

func rung(f wire.Fault, on, reached wire.Rung) string {
	if f == wire.FaultNone {
		return reached.String()
	}
	return fmt.Sprintf("%s@%s", f, on)
}

// toKeyFrame is how many milliseconds passed before the first whole key frame
// had come.
func toKeyFrame(res *probe.Result) (ms float64) {
	for _, s := range res.Stages {
		if s.Rung <= wire.RungKeyframe {
			ms += s.Duration.Seconds() * 1000
		}
	}
	return ms
}
