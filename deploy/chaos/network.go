package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// network is the lines between the programs. Each is a toxiproxy of its own on
// loopback, in the process that runs the trial.
type network struct {
	server *toxiproxy.ApiServer
	lines  []*line
}

// line is a way to the broker.
type line struct {
	name  string
	proxy *toxiproxy.Proxy
	ill   string // what is wrong with it, empty when nothing is
}

func newNetwork() *network {
	zerolog.SetGlobalLevel(zerolog.Disabled) // some toxics log elsewhere
	return &network{server: toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.New(io.Discard))}
}

// open makes a line to an address and gives the one where it begins.
func (n *network) open(name, to string) (addr string, err error) {
	var l *line
	for range 10 { // somebody else may have taken the port meanwhile
		var from string
		if from, err = freePort(linePorts); err != nil {
			break
		}
		l = &line{name: name, proxy: toxiproxy.NewProxy(n.server, name, from, to)}
		if err = l.proxy.Start(); err == nil {
			break
		}
	}
	if err != nil {
		return "", fmt.Errorf("line %s: %w", name, err)
	}
	n.lines = append(n.lines, l)
	return l.proxy.Listen, nil
}

func (n *network) close() {
	for _, l := range n.lines {
		l.proxy.Stop()
	}
}

// ills are what can be wrong with a line: a toxic with its attributes, drawn
// anew each time. "cut" takes the line away.
var ills = map[string]func(dice *rand.Rand) string{
	"cut": nil,
	"latency": func(d *rand.Rand) string {
		return fmt.Sprintf(`{"latency":%d,"jitter":%d}`, 100+d.IntN(300), d.IntN(100))
	},
	"bandwidth":  func(d *rand.Rand) string { return fmt.Sprintf(`{"rate":%d}`, 1+d.IntN(20)) }, // kB/s
	"timeout":    func(*rand.Rand) string { return `{"timeout":0}` },                            // nothing passes, nothing ends
	"reset_peer": func(d *rand.Rand) string { return fmt.Sprintf(`{"timeout":%d}`, d.IntN(300)) },
	"limit_data": func(d *rand.Rand) string { return fmt.Sprintf(`{"bytes":%d}`, 100+d.IntN(8000)) },
	"slicer": func(d *rand.Rand) string {
		return fmt.Sprintf(`{"average_size":%d,"size_variation":20,"delay":100}`, 30+d.IntN(100))
	},
	"slow_close":   func(d *rand.Rand) string { return fmt.Sprintf(`{"delay":%d}`, 100+d.IntN(1000)) },
	"limit_up":     func(d *rand.Rand) string { return fmt.Sprintf(`{"bytes":%d}`, 100+d.IntN(8000)) },
	"timeout_up":   func(*rand.Rand) string { return `{"timeout":0}` },
	"bandwidth_up": func(d *rand.Rand) string { return fmt.Sprintf(`{"rate":%d}`, 1+d.IntN(20)) },
}

// fall makes a line ill.
func (l *line) fall(dice *rand.Rand, ill string) error {
	if ill == "cut" {
		l.proxy.Stop()
		l.ill = ill
		return nil
	}
	kind, stream := ill, "downstream"
	if k, ok := strings.CutSuffix(ill, "_up"); ok {
		kind, stream = k, "upstream"
	}
	if kind == "limit" {
		kind = "limit_data"
	}
	toxic := struct {
		Name       string          `json:"name"`
		Type       string          `json:"type"`
		Stream     string          `json:"stream"`
		Attributes json.RawMessage `json:"attributes"`
	}{ill, kind, stream, json.RawMessage(ills[ill](dice))}
	text, err := json.Marshal(toxic)
	if err != nil {
		return err
	}
	if _, err := l.proxy.Toxics.AddToxicJson(strings.NewReader(string(text))); err != nil {
		return fmt.Errorf("line %s: %s: %w", l.name, ill, err)
	}
	l.ill = ill
	return nil
}

// mend makes it well again. A cut line needs its port back, which somebody may
// have for a moment.
func (l *line) mend() error {
	ill := l.ill
	l.ill = ""
	switch ill {
	case "":
		return nil
	case "cut":
		var err error
		for range 100 {
			if err = l.proxy.Start(); err == nil {
				return nil
			}
			time.Sleep(20 * time.Millisecond)
		}
		l.ill = ill
		return fmt.Errorf("line %s: %w", l.name, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	l.proxy.Toxics.ResetToxics(ctx)
	return nil
}
