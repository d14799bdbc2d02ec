package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/agent/probe/probetest"
	"github.com/phukin/phukin/deploy/bench/hostile"
)

var modeHead = []string{"mode", "expected", "got", "ms", ""}

// modeTable probes every mode of probetest.
func modeTable(ctx context.Context) (rows [][]string, differ int, err error) {
	modes := probetest.Modes()
	rows = make([][]string, len(modes))
	var mu sync.Mutex
	var wg sync.WaitGroup
	sessions := make(chan struct{}, hostile.Sessions)
	for i, m := range modes {
		sessions <- struct{}{}
		wg.Go(func() {
			defer func() { <-sessions }()
			cam, failed := probetest.Start(m)
			if failed != nil {
				mu.Lock()
				defer mu.Unlock()
				err = failed
				return
			}
			defer cam.Close()
			t := hostile.TargetOf(m, cam.URL(), cam.RootCAs())
			res := probe.Probe(ctx, t)
			verdict := "ok"
			if hostile.Differs(m, &res) != "" || res.Elapsed > t.Timeout+hostile.Slack {
				verdict = "DIFFERS"
			}
			mu.Lock()
			defer mu.Unlock()
			if verdict != "ok" {
				differ++
			}
			rows[i] = []string{m.Name, hostile.Expected(m), hostile.Got(&res), fmt.Sprint(res.Elapsed.Milliseconds()), verdict}
		})
	}
	wg.Wait()
	return rows, differ, err
}
