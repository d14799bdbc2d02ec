// Package docs_test holds the code to what docs/architecture.md says.
package docs_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/phukin/phukin/"

// ranks reads the table of rooms from the architecture page.
func ranks(t *testing.T) map[string]int {
	t.Helper()
	f, err := os.Open("architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	table, in := map[string]int{}, false
	for sc := bufio.NewScanner(f); sc.Scan(); {
		line := sc.Text()
		if strings.HasPrefix(line, "```") {
			in = line == "```ranks"
			continue
		}
		if !in {
			continue
		}
		fields := strings.Fields(line)
		rank, err := strconv.Atoi(fields[0])
		if err != nil {
			t.Fatalf("architecture.md: %q does not begin with a rank", line)
		}
		for _, room := range fields[1:] {
			table[room] = rank
		}
	}
	if len(table) == 0 {
		t.Fatal("architecture.md has no table of ranks")
	}
	return table
}

type pkg struct {
	ImportPath string
	Imports    []string
}

// packages lists the module's packages with what they import, tests left out.
func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Dir = ".."
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	var all []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// roomOf gives the room that a package belongs to: the longest name in the
// table that it lies in.
func roomOf(table map[string]int, path string) (room string, ok bool) {
	path = strings.TrimPrefix(path, module)
	for r := range table {
		if (path == r || strings.HasPrefix(path, r+"/")) && len(r) > len(room) {
			room = r
		}
	}
	return room, room != ""
}

// adapters keep things or reach them.
var adapters = []string{"hub/sqlite", "hub/influx", "hub/broker"}

// forbidden says why room from may not import room to, or nothing.
func forbidden(table map[string]int, from, to string) string {
	program := table[from] == 5
	switch {
	case from == to:
		return ""
	case table[to] >= table[from]:
		return "ranks: " + from + " has " + strconv.Itoa(table[from]) + ", " + to + " has " + strconv.Itoa(table[to])
	case !program && strings.HasPrefix(from+"/", "agent/") && strings.HasPrefix(to+"/", "hub/") && to != "hub/wire":
		return "an agent's room knows of the hub only hub/wire"
	case !program && strings.HasPrefix(from+"/", "hub/") && strings.HasPrefix(to+"/", "agent/"):
		return "the hub knows nothing of agents' rooms"
	case from == "api" && slices.Contains(adapters, to):
		return "api knows the hub's core and none of its adapters"
	}
	return ""
}

func TestAPackageImportsOnlyRoomsOfALowerRank(t *testing.T) {
	table := ranks(t)
	n := 0
	for _, p := range packages(t) {
		if p.ImportPath == module+"docs" {
			continue // these tests
		}
		from, ok := roomOf(table, p.ImportPath)
		if !ok {
			t.Errorf("%s belongs to no room of docs/architecture.md: give it a line there", p.ImportPath)
			continue
		}
		for _, imp := range p.Imports {
			if !strings.HasPrefix(imp, module) {
				continue
			}
			n++
			to, ok := roomOf(table, imp)
			if !ok {
				continue // reported above
			}
			if why := forbidden(table, from, to); why != "" {
				t.Errorf("%s imports %s: %s", p.ImportPath, imp, why)
			}
		}
	}
	if n == 0 {
		t.Error("no import was seen: the test does not look at anything")
	}
}

func TestTheRulesForbidWhatTheyShould(t *testing.T) {
	table := ranks(t)
	for _, c := range []struct {
		name, from, to string
		wrong          bool
	}{
		{"the hub may use its store", "hub", "hub/sqlite", false},
		{"a store may not use the hub", "hub/sqlite", "hub", true},
		{"adapters do not know each other", "hub/sqlite", "hub/broker", true},
		{"the API does not know the store", "api", "hub/sqlite", true},
		{"the API may use coverage", "api", "hub/coverage", false},
		{"the API may use the figures of a report", "api", "hub/report", false},
		{"the API may write maps", "api", "hub/report/mapfile", false},
		{"a map does not know the API", "hub/report/mapfile", "api", true},
		{"the API may rank sites", "api", "hub/rollout/next", false},
		{"the rank uses coverage", "hub/rollout/next", "hub/coverage", false},
		{"coverage does not know the rank", "hub/coverage", "hub/rollout/next", true},
		{"an uplink may speak the contract", "agent/uplink", "hub/wire", false},
		{"an agent may not know the plan", "agent/watch", "hub/plan", true},
		{"the agent itself may not know the history", "agent", "hub/history", true},
		{"the hub may not use a probe", "hub", "agent/probe", true},
		{"the demonstration may know both", "deploy/demo", "agent", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if why := forbidden(table, c.from, c.to); (why != "") != c.wrong {
				t.Errorf("forbidden(%s, %s) = %q", c.from, c.to, why)
			}
		})
	}
}

func TestOnlyTheProbeReadsCamerasBytes(t *testing.T) {
	for _, p := range packages(t) {
		for _, imp := range p.Imports {
			if strings.HasPrefix(imp, "github.com/deepch/vdk") && p.ImportPath != module+"agent/probe" {
				t.Errorf("%s imports %s: foreign bytes are parsed in agent/probe alone", p.ImportPath, imp)
			}
		}
	}
}
