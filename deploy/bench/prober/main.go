// Prober probes the cameras of the hostile table: it reads them as JSON, and
// writes what it saw.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/phukin/phukin/deploy/bench/hostile"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "prober:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	var targets []hostile.Target
	if err := json.NewDecoder(os.Stdin).Decode(&targets); err != nil {
		return err
	}
	a, err := hostile.Probe(ctx, targets)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(a)
}
