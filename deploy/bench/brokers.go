package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/phukin/phukin/hub/broker/brokertest"
)

// printBrokers tries everything that an agent can and cannot do at every
// broker, and prints what came of it.
func printBrokers(ctx context.Context, o options) error {
	kinds, cases := brokertest.Kinds(), brokertest.Cases()
	got := make([][]string, len(cases)) // by case and kind
	missing := 0
	for _, k := range kinds {
		fmt.Fprintf(os.Stderr, "bench: trying %s …\n", k.Name)
		outcomes, err := tryBroker(ctx, k, cases)
		var m *brokertest.MissingError
		switch {
		case errors.As(err, &m):
			fmt.Fprintln(os.Stderr, "LOUD SKIP:", m)
			missing++
			outcomes = make([]string, len(cases))
		case err != nil:
			return err
		}
		for i, outcome := range outcomes {
			got[i] = append(got[i], outcome)
		}
	}
	rows, differ := brokerTable(kinds, cases, got)
	text := markdown(brokerHead(kinds), rows)
	fmt.Println(text)
	fmt.Printf("%d lines, %d differ\n", len(rows), differ)
	switch {
	case o.update && missing > 0:
		return errors.New("the page is not written: not all brokers are there")
	case o.update:
		if err := updatePage(reliabilityFile, "broker-matrix", text); err != nil {
			return err
		}
	}
	if differ > 0 || missing > 0 && os.Getenv("PHUKIN_REQUIRE_PEERS") != "" {
		return errMissed
	}
	return nil
}

// tryBroker runs all cases at a broker.
func tryBroker(ctx context.Context, k brokertest.Kind, cases []brokertest.Case) (outcomes []string, err error) {
	dir, err := os.MkdirTemp("", "phukin-brokers-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := brokertest.Start(ctx, k, dir)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	for i := range cases {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if cases[i].Want(k) == brokertest.NotHere {
			outcomes = append(outcomes, brokertest.NotHere)
			continue
		}
		outcome, err := s.Run(&cases[i])
		if err != nil {
			outcome = "ERROR: " + err.Error()
		}
		outcomes = append(outcomes, outcome)
	}
	return outcomes, nil
}

func brokerHead(kinds []brokertest.Kind) []string {
	head := []string{"what an agent tries"}
	for _, k := range kinds {
		head = append(head, k.Name)
	}
	return append(head, "")
}

// brokerTable gives a row for each case. A cell is what was expected and got,
// or both where they differ; it is empty where there is no such broker.
func brokerTable(kinds []brokertest.Kind, cases []brokertest.Case, got [][]string) (rows [][]string, differ int) {
	for i, c := range cases {
		row, verdict := []string{c.Name}, "ok"
		for k, kind := range kinds {
			cell := got[i][k]
			if want := c.Want(kind); cell != "" && cell != want {
				cell, verdict = cell+", not "+want, "DIFFERS"
			}
			row = append(row, cell)
		}
		if verdict != "ok" {
			differ++
		}
		rows = append(rows, append(row, verdict))
	}
	return rows, differ
}
