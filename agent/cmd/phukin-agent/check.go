package main

import (
	"context"
	"errors"
	"strings"

	"github.com/phukin/phukin/agent"
	"github.com/phukin/phukin/hub/wire"
)

type checkCmd struct {
	Config string   `short:"c" placeholder:"FILE" help:"Configuration file (YAML): check it, this device, the broker and its cameras."`
	Quick  bool     `help:"Of each camera look for the first whole key frame only: codec and size at once, no measures."`
	Lang   string   `placeholder:"vi|en" enum:"vi,en," default:"" help:"Language of the report; it defaults to that of LC_ALL, LC_MESSAGES or LANG."`
	JSON   bool     `name:"json" help:"Write the report as JSON: an array of checks."`
	URL    []string `arg:"" optional:"" name:"rtsp://…" help:"Addresses of cameras to check: rtsp[s]://[user[:password]@]host[:port]/path."`
}

// Run looks once and fails when not all is well.
func (c checkCmd) Run(ctx context.Context, w world) error {
	if c.Config == "" && len(c.URL) == 0 {
		return usage{errors.New("nothing to check: give --config FILE or rtsp:// addresses")}
	}
	o := agent.CheckOptions{File: c.Config, URLs: c.URL, Quick: c.Quick, Lang: wire.Lang(c.Lang), JSON: c.JSON, Out: w.out}
	if o.Lang == "" {
		o.Lang = language(w.env)
	}
	if c.Config != "" {
		config, err := agent.LoadConfig(c.Config)
		switch {
		case err == nil:
			o.Config = &config
		case c.JSON:
			o.ConfigErr = err
		default:
			return err
		}
	}
	screen := newScreen(w.err)
	defer screen.clear()
	o.Progress = func(text string) {
		if text == "" {
			screen.clear()
		} else {
			screen.show(text)
		}
	}
	sum, err := agent.Check(ctx, o)
	if err == nil && !sum.OK() {
		return failure{}
	}
	return err
}

// language is Vietnamese when the locale is, and English otherwise.
func language(env func(string) string) wire.Lang {
	for _, key := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := env(key); v != "" {
			if v = strings.ToLower(v); v == "vi" || strings.HasPrefix(v, "vi_") || strings.HasPrefix(v, "vi-") || strings.HasPrefix(v, "vi.") {
				return wire.VI
			}
			return wire.EN
		}
	}
	return wire.EN
}
