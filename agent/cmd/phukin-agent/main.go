// Command phukin-agent is the edge agent of Phủ Kín.
//
//	phukin-agent run --config FILE
//	phukin-agent check [--config FILE] [--lang vi|en] [--json] [rtsp://…]…
//	phukin-agent discover [--interface NAME]… [--username NAME] [--lang vi|en] [--json]
//	phukin-agent status --config FILE
//	phukin-agent spool show|renew --config FILE
//	phukin-agent version
//
// Exit status: 0 all is well; 1 something failed, check found something to
// do, or discover found nobody; 2 the command line is wrong.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// version is set by the linker: -ldflags "-X main.version=1.2.3".
var version string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, world{os.Args[1:], os.Stdout, os.Stderr, os.Getenv})
	stop()
	os.Exit(code)
}

// world is what the program touches.
type world struct {
	args     []string
	out, err io.Writer
	env      func(string) string
}

// Exit statuses.
const (
	exitOK    = 0
	exitFault = 1
	exitUsage = 2
)

type commands struct {
	Run      runCmd      `cmd:"" help:"Watch the cameras and report to the hub."`
	Check    checkCmd    `cmd:"" help:"Look at this device, the broker and every camera once and say what is wrong."`
	Discover discoverCmd `cmd:"" help:"Find cameras in the local network and say how to configure them."`
	Status   statusCmd   `cmd:"" help:"Say which cameras the agent works with, and from which revision of the plan."`
	Spool    spoolCmd    `cmd:"" help:"Look at the spool, or give it a new identity."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

// failure ends a command that has said all there is to say.
type failure struct{}

func (failure) Error() string { return "failed" }

// usage is an error of the command line.
type usage struct{ error }

// exited carries kong's wish to exit (after --help) out of its parser.
type exited int

func run(ctx context.Context, w world) (code int) {
	defer func() {
		if p := recover(); p != nil {
			e, ok := p.(exited)
			if !ok {
				panic(p)
			}
			code = int(e)
		}
	}()
	var c commands
	parser, err := kong.New(&c, kong.Name("phukin-agent"), kong.Description("Watches cameras and reports to the hub."),
		kong.Writers(w.out, w.err), kong.Exit(func(code int) { panic(exited(code)) }))
	if err != nil {
		return complain(w, err)
	}
	k, err := parser.Parse(w.args)
	if err != nil {
		return complain(w, usage{err})
	}
	k.BindTo(ctx, (*context.Context)(nil))
	k.Bind(w)
	return complain(w, k.Run())
}

// complain prints one line for each error and gives the exit status.
func complain(w world, err error) int {
	var u usage
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, failure{}):
		return exitFault
	case errors.As(err, &u):
		_, _ = fmt.Fprintf(w.err, "phukin-agent: %v (see phukin-agent --help)\n", u.error)
		return exitUsage
	}
	for _, line := range strings.Split(err.Error(), "\n") {
		_, _ = fmt.Fprintf(w.err, "phukin-agent: %s\n", line)
	}
	return exitFault
}

func (w world) logger(verbose bool) *slog.Logger {
	level := slog.LevelInfo
	if verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(w.err, &slog.HandlerOptions{Level: level}))
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(w world) error {
	_, err := fmt.Fprintln(w.out, "phukin-agent", versionText())
	return err
}

func versionText() string {
	if version != "" {
		return version
	}
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" && b.Main.Version != "(devel)" {
		return b.Main.Version
	}
	return "devel"
}
