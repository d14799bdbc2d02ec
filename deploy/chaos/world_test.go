package main

import (
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// The tests are this program too: its children are run from it.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "child" {
		runChild(os.Args[2])
	}
	os.Exit(m.Run())
}

func needMosquitto(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("mosquitto"); err == nil {
		return
	}
	const why = "Mosquitto is not there; mend it with: apt-get install mosquitto"
	if os.Getenv("PHUKIN_REQUIRE_PEERS") != "" {
		t.Fatal(why)
	}
	t.Skip("LOUD SKIP: " + why)
}

func smallWorld(t *testing.T, p plot) *result {
	t.Helper()
	r, err := runWorld(t.Context(), p, 1, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range r.Problems {
		t.Log(line)
	}
	t.Logf("%d kills, %d records taken, %d in the history, %d spooled", r.kills(), r.Journalled, r.History, r.Spooled)
	return r
}

func TestASmallWorldKeepsThePromise(t *testing.T) {
	needMosquitto(t)
	r := smallWorld(t, plot{
		Name: "small", Length: 8 * time.Second, Pace: 250 * time.Millisecond, Agents: 3, Cameras: 4,
		Blows: map[blow]int{killAgent: 3, killBroker: 2, killHub: 2, makeIll: 1},
	})
	if r.failed() {
		t.Errorf("lost %d, duplicated %d, wrong %.1f s", r.Lost, r.Duplicated, r.wrongSeconds())
	}
	if r.kills() < 8 || r.History < 50 {
		t.Errorf("%d kills and %d records in the history: too little happened", r.kills(), r.History)
	}
}

// A trial that cannot fail proves nothing.
func TestABrokenPromiseIsFound(t *testing.T) {
	for _, name := range sabotages() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := smallWorld(t, plot{
				Name: name, Length: 6 * time.Second, Pace: 2 * time.Second, Agents: 2, Cameras: 6, Embedded: true,
				Blows: map[blow]int{killHub: 1}, Sabotage: name,
			})
			if r.Lost+r.Duplicated == 0 || !r.failed() {
				t.Error("the checker finds nothing")
			}
		})
	}
}

func TestTheTruthDependsOnTheSeedAlone(t *testing.T) {
	draw := func() []step { return writeScript(newDice(7), time.Minute, time.Second, 3*time.Second) }
	a, b := draw(), draw()
	if len(a) < 20 || len(a) != len(b) {
		t.Fatalf("scripts of %d and %d steps", len(a), len(b))
	}
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("step %d is %v and %v", i, a[i], b[i])
		}
	}
}

func TestArgumentsThatMakeNoSenseAreRefused(t *testing.T) {
	err := run(t.Context(), []string{"-short", "more"}, io.Discard)
	if err == nil || !strings.Contains(err.Error(), `"more"`) {
		t.Errorf("error is %v", err)
	}
}
