// Command phukin-hub is the server at the centre: it takes what agents send,
// keeps the history, and serves the API and the page.
//
// Exit status: 0 after an orderly end, 1 when something went wrong, 2 when
// the command line was wrong.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// version is set by the linker.
var version = "dev"

type commands struct {
	Serve  serveCmd  `cmd:"" help:"Take what agents send, keep the history, serve the API and the page."`
	Plan   planCmd   `cmd:"" help:"Work with a roll-out plan."`
	Agent  agentCmd  `cmd:"" help:"Enrol agents, and settle who speaks as one."`
	Camera cameraCmd `cmd:"" help:"Enter what cameras ask for."`
	User   userCmd   `cmd:"" help:"Say who may log in, and as what."`
	Token  tokenCmd  `cmd:"" help:"Let programs in."`

	Rollout  rolloutCmd  `cmd:"" help:"Ask a running hub how far the roll-out has come."`
	Coverage coverageCmd `cmd:"" help:"Ask a running hub how far the routes are covered, now or over a period."`
	Gaps     gapsCmd     `cmd:"" help:"Ask a running hub what is missing: stretches without a camera, and ways that pass none."`
	Next     nextCmd     `cmd:"" help:"Ask a running hub what next: the planned sites by what each would add to what is there."`

	Quarantine quarantineCmd `cmd:"" help:"Look at what agents sent and the history could not take."`

	History historyCmd `cmd:"" help:"Write the history into a file, take it from one, and hold it to itself."`
	Backup  backupCmd  `cmd:"" help:"Write a copy of the whole database, while the hub runs."`

	Version versionCmd `cmd:"" help:"Print the version."`
}

type versionCmd struct{}

func (versionCmd) Run() error {
	fmt.Println("phukin-hub", version)
	return nil
}

func main() {
	if os.Getenv("GOGC") == "" {
		// The hub lives from small garbage, and its heap is small: 3 % of the CPU
		// for some tens of megabytes.
		debug.SetGCPercent(300)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c commands
	parser := kong.Must(&c, kong.Name("phukin-hub"), kong.Description("Phủ Kín hub."), kong.UsageOnError(),
		kong.Exit(func(code int) {
			if code != 0 {
				code = 2
			}
			os.Exit(code)
		}),
		kong.BindTo(ctx, (*context.Context)(nil)))
	k, err := parser.Parse(os.Args[1:])
	parser.FatalIfErrorf(err)
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	if err := k.Run(log); err != nil {
		fmt.Fprintln(os.Stderr, "phukin-hub: "+strings.TrimSpace(err.Error()))
		if errors.As(err, new(usageError)) {
			os.Exit(2)
		}
		os.Exit(1)
	}
}
