package alert

import (
	"slices"
	"strings"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/live"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

// finder finds alerts.
type finder struct {
	*Input
	today     plan.Date
	eyes      []eye
	byAgent   map[string][]*eye
	byCode    map[string]*eye
	online    map[string]live.Agent
	explained map[string]bool // cameras that a silent agent stands for
	found     []Alert
}

// eye is a camera of the plan at the moment.
type eye struct {
	*plan.Camera
	status  live.Status
	serves  bool           // in service
	windows []*plan.Window // of maintenance that count now
}

// counts says whether something is said of the camera at all: it is in service
// and not in maintenance.
func (e *eye) counts() bool { return e.serves && len(e.windows) == 0 }

func (e *eye) down() bool { return e.status.Known && e.status.State.Status == wire.StatusDown }

// since is when the state began that its agent vouches for.
func (e *eye) since() time.Time { return time.UnixMilli(e.status.State.Since) }

func newFinder(in *Input) *finder {
	f := &finder{
		Input: in, today: plan.DateOf(in.At, in.Plan.Location), eyes: make([]eye, len(in.Plan.Cameras)),
		byAgent: map[string][]*eye{}, byCode: map[string]*eye{}, online: map[string]live.Agent{}, explained: map[string]bool{},
	}
	var open []*plan.Window
	for i := range in.Plan.Windows {
		w := &in.Plan.Windows[i]
		if from, to, ok := w.Counts(in.Plan.Location); ok && !in.At.Before(from) && in.At.Before(to) {
			open = append(open, w)
		}
	}
	for i := range f.eyes {
		c := &in.Plan.Cameras[i]
		e := &f.eyes[i]
		*e = eye{Camera: c, status: in.Status[c.Code]}
		from, to, ok := c.Service(in.Plan.Location)
		e.serves = ok && !in.At.Before(from) && in.At.Before(to)
		for _, w := range open {
			if in.Plan.Covers(w, c) {
				e.windows = append(e.windows, w)
			}
		}
		f.byAgent[c.Agent] = append(f.byAgent[c.Agent], e)
		f.byCode[c.Code] = e
	}
	for _, a := range in.Agents {
		if a.Online {
			f.online[a.Code] = a
		}
	}
	return f
}

// neverSeen says whether the plan claims that a camera hangs in its place, and its
// stream was never seen.
func (f *finder) neverSeen(e *eye) bool {
	s, reported := f.Seen[e.Code]
	seen := reported && s.Verified != history.NoDay || e.status.Known && !e.down()
	return f.Seen != nil && !seen && (e.ClaimedInstalled(f.today) || e.ClaimedAccepted(f.today)) && e.InPlan(f.today)
}

// add enters an alert with the severity and the remedy of its kind.
func (f *finder) add(k Kind, s Subject, since time.Time, text plan.Text, cameras ...string) *Alert {
	r := ruleOf(k)
	slices.Sort(cameras)
	a := Alert{Kind: k, Severity: r.Severity, Subject: s, Text: text, Do: r.Do, Cameras: cameras}
	a.ID = string(k)
	if s.Code != "" {
		a.ID += ":" + strings.ReplaceAll(s.Code, " ", "_")
	}
	if !since.IsZero() {
		a.Since = since.UTC().Truncate(time.Second)
		a.ID += ":" + a.Since.Format("20060102T150405Z")
	}
	f.found = append(f.found, a)
	return &f.found[len(f.found)-1]
}

func codes(eyes []*eye) []string {
	all := make([]string, len(eyes))
	for i, e := range eyes {
		all[i] = e.Code
	}
	return all
}

func (f *finder) hub() {
	if f.Away != nil {
		f.add(StoreAway, Subject{Thing: Hub}, f.Away.Since, f.Away.Why)
	}
}
