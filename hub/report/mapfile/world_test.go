package mapfile_test

import (
	"bytes"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/report/mapfile"
)

const sampleDir = "../../../deploy/demo/plan"

// sample reads the example plan.
func sample(t testing.TB) *plan.Plan {
	t.Helper()
	p, err := plan.ReadDir(sampleDir)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// statuses are dealt out to the cameras that are accepted, one after the
// other: most of them work.
var statuses = []mapfile.Status{
	{Code: "up"}, {Code: "up"}, {Code: "down", Fault: "refused", Since: time.Date(2026, 11, 20, 3, 4, 5, 0, time.UTC)}, {Code: "up"}, {Code: "degraded"},
	{Code: "up"}, {Code: "unknown", Cause: "agent_offline"}, {Code: "up"}, {Code: "up"}, {Code: "maintenance"}, {Code: "up"},
}

// source makes what a map of a plan is made of, on a day, with statuses dealt
// out.
func source(t testing.TB, p *plan.Plan, state coverage.State, level string, today plan.Date) mapfile.Source {
	t.Helper()
	l, ok := p.LevelByCode(level)
	if !ok {
		t.Fatalf("no level %q", level)
	}
	status := map[string]mapfile.Status{}
	for i := range p.Cameras {
		c := &p.Cameras[i]
		status[c.Code] = mapfile.Status{Code: "not_in_service"}
		if c.ClaimedAccepted(today) {
			status[c.Code] = statuses[i%len(statuses)]
		}
	}
	works := func(c *plan.Camera) bool { s := status[c.Code].Code; return s == "up" || s == "degraded" }
	// Every fourth camera streams a smaller picture than planned.
	measured := func(c *plan.Camera) int {
		if c.Code[len(c.Code)-1]%4 == 0 {
			return 640
		}
		return 0
	}
	claims, err := coverage.NewEye(p, l, nil)
	if err != nil {
		t.Fatal(err)
	}
	seen, err := coverage.NewEye(p, l, measured)
	if err != nil {
		t.Fatal(err)
	}
	s := mapfile.Source{Plan: p, State: state, Covers: map[coverage.State]*coverage.Result{}, Today: today,
		Status: func(c *plan.Camera) mapfile.Status { return status[c.Code] }}
	for _, st := range coverage.States() {
		eye, counts := seen, works
		if byPlan, ok := coverage.ByPlan(st, today); ok {
			eye, counts = claims, byPlan
		}
		r := eye.Cover(counts)
		s.Covers[st] = &r
		if st == state {
			s.Eye, s.Counts = eye, counts
		}
	}
	return s
}

var (
	day    = plan.NewDate(2026, time.November, 24)
	moment = time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC)
)

// drawn makes a map of the example plan.
func drawn(t testing.TB, state coverage.State, level string, o mapfile.Options) *mapfile.Map {
	t.Helper()
	m, err := mapfile.New(source(t, sample(t), state, level, day), o)
	if err != nil {
		t.Fatal(err)
	}
	m.At = moment
	return m
}

// written gives what a map writes.
func written(t testing.TB, write func(io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func mm(m float64) int64 {
	if m < 0 {
		panic(fmt.Sprint(m))
	}
	return int64(m*1000 + 0.5)
}
