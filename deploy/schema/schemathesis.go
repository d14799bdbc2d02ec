package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// endless is the stream of events, which Schemathesis would wait for.
const endless = "followEvents"

//go:embed schemathesis.toml
var config string

// Test cases of one operation and round, beside those that its parameters call
// for.
const (
	shortCases = 4
	longCases  = 120
)

// schemathesis lets it ask every operation of a hub.
func (w *world) schemathesis(ctx context.Context, o options, url string, seed int) error {
	file := filepath.Join(w.dir, "schemathesis.toml")
	if err := os.WriteFile(file, []byte(config+w.words(seed)), 0o600); err != nil {
		return err
	}
	cases := longCases
	if o.short {
		cases = shortCases
	}
	args := []string{
		"--config-file", file, "run", url + "/api/openapi.json", "--seed", strconv.Itoa(seed), "--max-examples", strconv.Itoa(cases),
		"--generation-database", "none", "--no-color", "--output-truncate", "false",
	}
	if o.only != "" {
		args = append(args, "--include-operation-id", o.only)
	} else {
		args = append(args, "--exclude-operation-id", endless)
	}
	cmd := exec.CommandContext(ctx, o.program, args...)
	cmd.Dir = w.dir
	cmd.Env = append(os.Environ(), "PHUKIN_TOKEN="+w.token, "PYTHONUTF8=1")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	cmd.WaitDelay = 15 * time.Second
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%w, seed %d (%w)", errFound, seed, err)
	}
	return nil
}

// words are codes of the plan, so that not every request asks for what is not
// there. They do not stand in lists, so in every other round the cameras of
// getCoverageLoss are right all the time.
func (w *world) words(seed int) string {
	p := w.plan
	lists := map[string][]string{"level": nil, "area": nil, "route": nil, "camera": nil, "site": nil, "phase": nil, "agent": nil}
	add := func(list, code string) {
		if !slices.Contains(lists[list], code) && len(lists[list]) < 40 {
			lists[list] = append(lists[list], code)
		}
	}
	for i := range p.Levels {
		add("level", p.Levels[i].Code)
	}
	for i := range p.Areas {
		add("area", p.Areas[i].Code)
	}
	for i := range p.Routes {
		add("route", p.Routes[i].Code)
	}
	for i := range p.Cameras {
		add("camera", p.Cameras[i].Code)
		add("agent", p.Cameras[i].Agent)
	}
	for i := range p.Sites {
		add("site", p.Sites[i].Code)
	}
	for i := range p.Phases {
		add("phase", p.Phases[i].Code)
	}
	lists["period"] = []string{"2026", "2026-Q3", "2026-W40", "2026-07..2026-Q4", "P90D/2026-09-30", "2026-07-01/2026-09-30"}
	lists["name"] = []string{"chi", "dung.ha", "giang-2", "khanh@thach-ha", "lan_4", "minh", "nga.5", "oanh", "phuc", "quy"}
	lists["user"] = []string{"an", "binh", "chi", "minh"}
	lists["moment"] = []string{"2026-10-01T00:00:00Z", "2026-11-02T08:00:00+07:00"}
	lists["day"] = []string{"2026-09-30", "2026-10-25", "2026-11-01"}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(lists)) {
		values, _ := json.Marshal(lists[name]) // of texts
		fmt.Fprintf(&b, "[dictionaries.%s]\nvalues = %s\n", name, values)
	}
	b.WriteString("[parameters]\n")
	for _, of := range [][2]string{
		{"query.level", "level"}, {"query.area", "area"}, {"query.route", "route"}, {"query.camera", "camera"}, {"query.site", "site"},
		{"query.phase", "phase"}, {"query.agent", "agent"}, {"query.period", "period"}, {"query.from", "day"}, {"query.to", "day"}, {"query.day", "day"},
		{"query.since", "moment"}, {"body.name", "name"}, {"path.name", "user"},
	} {
		fmt.Fprintf(&b, "%q = { dictionary = %q, probability = 0.9 }\n", of[0], of[1])
	}
	// These take files of a plan, and want to know what was read before.
	for _, id := range withFile {
		fmt.Fprintf(&b, "[[operations]]\ninclude-operation-id = %q\nchecks.positive_data_acceptance.expected-statuses = [\"2xx\", 400, 404, 409, 412, 415, 422, 428]\n", id)
	}
	for _, of := range [][2]string{
		{"getCamera", "camera"}, {"getCameraTimeline", "camera"}, {"getCameraUptime", "camera"}, {"listCameraOutages", "camera"}, {"listCameraObservations", "camera"},
		{"getSite", "site"}, {"getArea", "area"}, {"getRoute", "route"}, {"getAgent", "agent"}, {"getAgentVitals", "agent"},
	} {
		fmt.Fprintf(&b, "[[operations]]\ninclude-operation-id = %q\nparameters = { \"path.code\" = { dictionary = %q, probability = 0.9 } }\n", of[0], of[1])
	}
	if seed%2 == 0 {
		fmt.Fprintf(&b, "[[operations]]\ninclude-operation-id = \"getCoverageLoss\"\nparameters = { \"query.camera\" = %q }\n", p.Cameras[0].Code)
	}
	return b.String()
}
