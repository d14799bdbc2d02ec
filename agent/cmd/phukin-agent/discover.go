package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/phukin/phukin/agent/discover"
	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/hub/wire"
)

// passwordKey is the environment variable with the cameras' password: command
// lines can be read by everybody on the machine.
const passwordKey = "PHUKIN_CAMERA_PASSWORD"

type discoverCmd struct {
	Interface []string      `short:"i" placeholder:"NAME" help:"Search on this interface only (can be repeated); else on all that are up."`
	Target    []string      `placeholder:"HOST:PORT" help:"Ask this device instead of everybody (can be repeated)."`
	Username  string        `short:"u" help:"User name for the cameras. The password comes from PHUKIN_CAMERA_PASSWORD, or is asked for."`
	Wait      time.Duration `default:"3s" help:"How long to wait for answers, 100ms to 1m."`
	Lang      string        `placeholder:"vi|en" enum:"vi,en," default:"" help:"Language; it defaults to that of LC_ALL, LC_MESSAGES or LANG."`
	JSON      bool          `name:"json" help:"Write JSON."`
}

// Run searches and prints what to paste into a configuration. It fails when
// nobody answered.
func (c discoverCmd) Run(ctx context.Context, w world) error {
	if c.Wait < 100*time.Millisecond || c.Wait > time.Minute {
		return usage{errors.New("--wait must be 100ms to 1m")}
	}
	o := discover.Options{Interfaces: c.Interface, Targets: c.Target, Username: c.Username, Wait: c.Wait}
	if c.Username != "" {
		password, err := w.password(ctx, c.Username)
		if err != nil {
			return err
		}
		o.Password = password
	}
	screen := newScreen(w.err)
	o.Progress = func(found, asked int) { screen.show(fmt.Sprintf("%d/%d", asked, found)) }
	devices, err := discover.Find(ctx, o)
	screen.clear()
	if err != nil {
		return err
	}
	lang := wire.Lang(c.Lang)
	if lang == "" {
		lang = language(w.env)
	}
	if c.JSON {
		err = discover.PrintJSON(w.out, lang, devices)
	} else {
		err = discover.Print(w.out, lang, c.Username, devices)
	}
	if err == nil && len(devices) == 0 {
		return failure{}
	}
	return err
}

// password takes the cameras' password from the environment or the keyboard.
func (w world) password(ctx context.Context, user string) (probe.Secret, error) {
	if p := w.env(passwordKey); p != "" {
		return probe.Secret(p), nil
	}
	if !isTerminal(os.Stdin) {
		return "", usage{fmt.Errorf("put the password into the environment variable %s", passwordKey)}
	}
	_, _ = fmt.Fprintf(w.err, "%s: ", user)
	p, err := readHidden(ctx, os.Stdin)
	_, _ = fmt.Fprintln(w.err)
	if err != nil {
		return "", fmt.Errorf("password cannot be read: %w", err)
	}
	return probe.Secret(p), nil
}
