package alert_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/alert"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/live"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

// drawInput draws a moment of a small plan. Times lie around the bounds of the
// rules.
func drawInput(t *rapid.T) *alert.Input {
	var cameras []plan.Camera
	for i := range rapid.IntRange(0, 6).Draw(t, "cameras") {
		name := fmt.Sprint("camera ", i)
		c := camera(fmt.Sprint("C", i), rapid.SampledFrom([]string{"S1", "S2", "S3"}).Draw(t, name+" site"), rapid.SampledFrom([]string{"a", "b"}).Draw(t, name+" agent"))
		switch rapid.IntRange(0, 5).Draw(t, name+" stage") {
		case 0:
			c.Accepted = 0
		case 1:
			c.Accepted, c.Installed = 0, 0
		case 2:
			c.Retired = today.AddDays(rapid.IntRange(0, 1).Draw(t, name+" retired"))
		}
		cameras = append(cameras, c)
	}
	ages := []time.Duration{time.Minute, 3 * time.Minute, 3*time.Minute + 30*time.Second, 5 * time.Minute, 5*time.Minute + time.Second, 15 * time.Minute, 2 * time.Hour, 24 * time.Hour, 30 * time.Hour, 8 * 24 * time.Hour}
	age := func(name string) time.Duration { return rapid.SampledFrom(ages).Draw(t, name) }
	var windows []plan.Window
	for i := range rapid.IntRange(0, 2).Draw(t, "windows") {
		name := fmt.Sprint("window ", i)
		w := plan.Window{Code: fmt.Sprint("W", i), Reason: "r", From: now.Add(-age(name + " from"))}
		w.To = w.From.Add(age(name + " length"))
		if rapid.Bool().Draw(t, name+" declared") {
			w.Declared = now.Add(-age(name + " declared at"))
		}
		if len(cameras) > 0 && rapid.Bool().Draw(t, name+" of a camera") {
			w.Camera = rapid.SampledFrom(cameras).Draw(t, name+" camera").Code
		} else {
			w.Site = rapid.SampledFrom([]string{"S1", "S2"}).Draw(t, name+" site")
		}
		windows = append(windows, w)
	}
	in := input(build(t, cameras, windows...))
	in.Started = now.Add(-age("started"))
	for _, c := range cameras {
		s := works()
		switch rapid.IntRange(0, 4).Draw(t, c.Code+" status") {
		case 0, 1:
			s = down(age(c.Code+" down"), rapid.SampledFrom([]wire.Fault{wire.FaultTimeout, wire.FaultRefused}).Draw(t, c.Code+" fault"))
		case 2:
			s = degraded(age(c.Code+" degraded"), wire.ReasonLoss)
		case 3:
			s = unknown(live.CauseNoEvidence)
		}
		in.Status[c.Code] = s
		switch rapid.IntRange(0, 3).Draw(t, c.Code+" seen") {
		case 0:
			delete(in.Seen, c.Code)
		case 1:
			in.Seen[c.Code] = history.Seen{Camera: c.Code, Enrolled: 20000, Verified: history.NoDay}
		}
		if rapid.IntRange(0, 4).Draw(t, c.Code+" late") == 0 {
			in.Late = append(in.Late, alert.Late{Camera: c.Code, Milestone: rapid.SampledFrom([]alert.Milestone{alert.Installed, alert.Accepted}).Draw(t, c.Code+" milestone"), Due: today.AddDays(-rapid.IntRange(1, 3).Draw(t, c.Code+" due"))})
		}
	}
	in.Agents, in.Conflicts, in.Lists, in.Aside, in.Gaps = nil, map[string]history.Conflict{}, map[string]alert.List{}, map[string]alert.Aside{}, map[string]alert.Gaps{}
	for _, code := range []string{"a", "b", "stray"} {
		if rapid.IntRange(0, 4).Draw(t, code+" heard") > 0 {
			a := live.Agent{Code: code, Online: rapid.Bool().Draw(t, code+" online"), LastSeen: now.Add(-age(code + " last seen")), OnlineSince: now.Add(-age(code + " online since"))}
			a.ClockOff = rapid.SampledFrom([]time.Duration{0, -alert.ClockWithin, alert.ClockWithin + time.Second}).Draw(t, code+" clock")
			if rapid.Bool().Draw(t, code+" tells vitals") {
				a.VitalsAt = now.Add(-rapid.SampledFrom([]time.Duration{0, alert.VitalsWithin, alert.VitalsWithin + time.Second}).Draw(t, code+" vitals"))
				reading := func(name string, of ...int64) wire.Reading {
					if rapid.IntRange(0, 3).Draw(t, code+name+" unknown") == 0 {
						return wire.Reading{}
					}
					return wire.Read(rapid.SampledFrom(of).Draw(t, code+name))
				}
				a.Vitals = wire.Vitals{Temperature: reading(" celsius", 20, alert.HotAt-1, alert.HotAt), Free: reading(" free", 199, 200, 499, 500), Disk: reading(" disk", 1000, 10_000), Power: reading(" power", 0, 1, 2, 3, 12)}
			}
			a.ListRefused = rapid.IntRange(0, 1).Draw(t, code+" refuses")
			if rapid.IntRange(0, 3).Draw(t, code+" refused") == 0 {
				a.Refusal = wire.Refusal{Code: rapid.SampledFrom([]wire.RefusalCode{wire.RefusalVersion, wire.RefusalSetAside}).Draw(t, code+" refusal"), Reason: "r"}
				a.RefusedSince = now.Add(-age(code + " refused since"))
			}
			in.Agents = append(in.Agents, a)
		}
		if rapid.IntRange(0, 5).Draw(t, code+" conflict") == 0 {
			in.Conflicts[code] = history.Conflict{What: "x", First: now.Add(-age(code + " first")), Count: 1}
		}
		if rapid.Bool().Draw(t, code+" list") {
			l := alert.List{Takes: rapid.Bool().Draw(t, code+" takes"), Made: now.Add(-age(code + " made")), Current: rapid.Bool().Draw(t, code+" current")}
			l.Trouble = rapid.SampledFrom([]string{"", "", "t"}).Draw(t, code+" trouble")
			l.Lost = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"C0", "C1", "C9"}), 0, 2, rapid.ID[string]).Draw(t, code+" lost")
			in.Lists[code] = l
		}
		if rapid.Bool().Draw(t, code+" aside") {
			newest := age(code + " newest")
			in.Aside[code] = alert.Aside{Entries: rapid.IntRange(0, 2).Draw(t, code+" entries"), Newest: now.Add(-newest), Oldest: now.Add(-newest - time.Hour)}
		}
		if rapid.Bool().Draw(t, code+" gap") {
			in.Gaps[code] = alert.Gaps{Gaps: 1, Records: 5, Newest: now.Add(-age(code + " gap"))}
		}
	}
	if len(cameras) > 0 {
		s := alert.Stretch{Route: "DH1", ToChainage: 1000, Working: rapid.IntRange(0, 3).Draw(t, "section works") == 0}
		for _, c := range rapid.SliceOfNDistinct(rapid.SampledFrom(cameras), 0, 3, func(c plan.Camera) string { return c.Code }).Draw(t, "section") {
			s.Cameras = append(s.Cameras, c.Code)
		}
		in.Sections = append(in.Sections, s)
	}
	if rapid.IntRange(0, 9).Draw(t, "away") == 0 {
		in.Away = &alert.Away{Since: now.Add(-age("away")), Why: plan.Text{VI: "x", EN: "x"}}
	}
	return in
}

// claim is an alert without its words.
type claim struct {
	Kind, About, Since, Cameras string
}

func claimOf(a *alert.Alert) claim {
	return claim{string(a.Kind), a.Subject.Code, instant(a.Since), strings.Join(a.Cameras, " ")}
}

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// judge says the rules one by one, each of one thing at a time.
type judge struct {
	in *alert.Input
}

func (j judge) paused(c *plan.Camera) (by []*plan.Window) {
	for i := range j.in.Plan.Windows {
		w := &j.in.Plan.Windows[i]
		begins := w.From
		if midnight := plan.DateOf(w.Declared, j.in.Plan.Location).Start(j.in.Plan.Location); !w.Declared.IsZero() && midnight.After(begins) {
			begins = midnight
		}
		if (w.Camera == c.Code || w.Site == c.Site) && !begins.After(now) && w.To.After(now) {
			by = append(by, w)
		}
	}
	return by
}

func serves(c *plan.Camera) bool {
	return c.Accepted != 0 && c.Accepted <= today && (c.Retired == 0 || c.Retired > today)
}

func (j judge) counts(c *plan.Camera) bool { return serves(c) && len(j.paused(c)) == 0 }

func (j judge) is(c *plan.Camera, s wire.Status) bool {
	st := j.in.Status[c.Code]
	return st.Known && st.State.Status == s
}

func (j judge) known(c *plan.Camera) bool { return j.in.Status[c.Code].Known }

func (j judge) since(c *plan.Camera) time.Time {
	return time.UnixMilli(j.in.Status[c.Code].State.Since)
}

func (j judge) neverSeen(c *plan.Camera) bool {
	s, ok := j.in.Seen[c.Code]
	claimed := (c.Installed != 0 || c.Accepted != 0) && (c.Retired == 0 || c.Retired > today)
	sees := j.is(c, wire.StatusUp) || j.is(c, wire.StatusDegraded)
	return claimed && (!ok || s.Verified == history.NoDay) && !sees
}

func (j judge) heard(agent string) (live.Agent, bool) {
	for _, a := range j.in.Agents {
		if a.Code == agent {
			return a, true
		}
	}
	return live.Agent{}, false
}

// cameras gives the codes of those for which something holds.
func (j judge) cameras(holds func(*plan.Camera) bool) string {
	var codes []string
	for i := range j.in.Plan.Cameras {
		if c := &j.in.Plan.Cameras[i]; holds(c) {
			codes = append(codes, c.Code)
		}
	}
	slices.Sort(codes)
	return strings.Join(codes, " ")
}

func (j judge) blind(agent string) string {
	a, _ := j.heard(agent)
	return j.cameras(func(c *plan.Camera) bool {
		return c.Agent == agent && !a.Online && !j.known(c) && len(j.paused(c)) == 0 && (serves(c) || j.neverSeen(c))
	})
}

func (j judge) agents() (all []claim) {
	for _, code := range []string{"a", "b", "stray"} {
		a, _ := j.heard(code)
		conflict, doubted := j.in.Conflicts[code]
		refused := a.Refusal.Reason != "" && a.Refusal.Code != wire.RefusalSetAside
		silent := !a.LastSeen.After(now.Add(-alert.OfflineAfter)) && !j.in.Started.After(now.Add(-alert.OfflineAfter))
		if doubted {
			all = append(all, claim{"identity_conflict", code, instant(conflict.First), j.blind(code)})
		}
		if refused && !doubted {
			all = append(all, claim{"agent_refused", code, instant(a.RefusedSince), j.blind(code)})
		}
		if silent && !refused && !doubted && j.blind(code) != "" {
			all = append(all, claim{"agent_offline", code, instant(a.LastSeen), j.blind(code)})
		}
		if a.Online && (a.ClockOff > alert.ClockWithin || a.ClockOff < -alert.ClockWithin) {
			all = append(all, claim{"clock_wrong", code, "", ""})
		}
		if unprobed := j.cameras(func(c *plan.Camera) bool {
			return c.Agent == code && j.counts(c) && !j.known(c) && !j.neverSeen(c)
		}); a.Online && !a.OnlineSince.After(now.Add(-alert.NotProbedAfter)) && unprobed != "" {
			all = append(all, claim{"not_probed", code, "", unprobed})
		}
		if told := !a.VitalsAt.IsZero() && !a.VitalsAt.Before(now.Add(-alert.VitalsWithin)); a.Online && told {
			v := a.Vitals
			if v.Free.Known && (v.Free.Value < alert.FullBelow || v.Disk.Known && float64(v.Free.Value) < float64(v.Disk.Value)*alert.FullShare/100) {
				all = append(all, claim{"disk_full", code, "", ""})
			}
			if v.Temperature.Known && v.Temperature.Value >= alert.HotAt {
				all = append(all, claim{"device_hot", code, "", ""})
			}
			if v.Power.Known && v.Power.Value%2 == 1 {
				all = append(all, claim{"under_voltage", code, "", ""})
			}
			if v.Power.Known && (v.Power.Value == 2) {
				all = append(all, claim{"power_weak", code, "", ""})
			}
		}
		l, has := j.in.Lists[code]
		late := func(t time.Time) bool { return !t.After(now.Add(-alert.ListAfter)) }
		lost := j.cameras(func(c *plan.Camera) bool {
			return slices.Contains(l.Lost, c.Code) && (c.Retired == 0 || c.Retired > today)
		})
		if has && lost != "" {
			all = append(all, claim{"credentials_lost", code, "", lost})
		}
		if has && l.Trouble != "" {
			all = append(all, claim{"list_not_taken", code, "", ""})
		}
		if has && l.Trouble == "" && a.Online && l.Takes && !l.Current && late(l.Made) && late(a.OnlineSince) {
			all = append(all, claim{"list_not_taken", code, instant(l.Made), ""})
		}
		if has && a.Online && a.ListRefused > 0 {
			all = append(all, claim{"list_refused", code, "", ""})
		}
		if q := j.in.Aside[code]; q.Entries > 0 && q.Newest.After(now.Add(-alert.AsideWithin)) {
			all = append(all, claim{"quarantine_grows", code, instant(q.Oldest), ""})
		}
		if g := j.in.Gaps[code]; g.Gaps > 0 && g.Newest.After(now.Add(-alert.GapWithin)) {
			all = append(all, claim{"evidence_lost", code, instant(g.Newest), ""})
		}
	}
	return all
}

// common finds the group of a place that fell together: it tries every camera as
// the first to fall.
func (j judge) common(taken map[string]bool, kind string, places []string, of func(*plan.Camera) string) (all []claim) {
	for _, place := range places {
		known := strings.Fields(j.cameras(func(c *plan.Camera) bool { return of(c) == place && j.counts(c) && j.known(c) }))
		best, begins := "", time.Time{}
		for i := range j.in.Plan.Cameras {
			first := &j.in.Plan.Cameras[i]
			fell := func(c *plan.Camera) bool {
				age := j.since(c).Sub(j.since(first))
				return of(c) == place && j.counts(c) && j.is(c, wire.StatusDown) && !taken[c.Code] && age >= 0 && age <= alert.Together
			}
			if !fell(first) {
				continue
			}
			group := j.cameras(fell)
			more := len(strings.Fields(group)) - len(strings.Fields(best))
			if more > 0 || more == 0 && j.since(first).Before(begins) {
				best, begins = group, j.since(first)
			}
		}
		if n := len(strings.Fields(best)); n >= 2 && 100*n >= alert.ShareOfAll*len(known) {
			all = append(all, claim{kind, place, instant(begins), best})
			for _, c := range strings.Fields(best) {
				taken[c] = true
			}
		}
	}
	return all
}

func (j judge) eyes() (all []claim) {
	taken := map[string]bool{}
	all = append(all, j.common(taken, "agent_cameras_down", []string{"a", "b"}, func(c *plan.Camera) string { return c.Agent })...)
	all = append(all, j.common(taken, "site_down", []string{"S1", "S2", "S3"}, func(c *plan.Camera) string { return c.Site })...)
	explained := j.blind("a") + " " + j.blind("b")
	for i := range j.in.Plan.Cameras {
		c := &j.in.Plan.Cameras[i]
		if j.counts(c) && j.is(c, wire.StatusDown) && !taken[c.Code] {
			all = append(all, claim{"camera_down", c.Code, instant(j.since(c)), c.Code})
		}
		if j.counts(c) && j.is(c, wire.StatusDegraded) && !j.since(c).After(now.Add(-alert.DegradedAfter)) {
			all = append(all, claim{"camera_degraded", c.Code, instant(j.since(c)), c.Code})
		}
		inService := serves(c) && j.is(c, wire.StatusDown)
		if j.neverSeen(c) && len(j.paused(c)) == 0 && !inService && !slices.Contains(strings.Fields(explained), c.Code) {
			since := c.Installed
			if since == 0 {
				since = c.Accepted
			}
			all = append(all, claim{"never_seen", c.Code, instant(since.Start(j.in.Plan.Location)), c.Code})
		}
	}
	return all
}

func (j judge) rest() (all []claim) {
	if j.in.Away != nil {
		all = append(all, claim{"store_away", "", instant(j.in.Away.Since), ""})
	}
	for _, s := range j.in.Sections {
		of := func(c *plan.Camera) bool { return slices.Contains(s.Cameras, c.Code) && j.counts(c) }
		fell := j.cameras(func(c *plan.Camera) bool { return of(c) && j.is(c, wire.StatusDown) })
		if !s.Working && fell != "" && fell == j.cameras(of) {
			last := time.Time{}
			for _, code := range strings.Fields(fell) {
				if t := j.since(j.in.Plan.Camera(code)); t.After(last) {
					last = t
				}
			}
			all = append(all, claim{"section_lost", "DH1 Km0+000-Km1+000", instant(last), fell})
		}
	}
	for area, sites := range map[string][]string{"X1": {"S1", "S2"}, "X2": {"S3"}} {
		for m, kind := range map[alert.Milestone]string{alert.Installed: "installation_late", alert.Accepted: "acceptance_late"} {
			due := today
			late := j.cameras(func(c *plan.Camera) bool {
				i := slices.IndexFunc(j.in.Late, func(l alert.Late) bool {
					return l.Camera == c.Code && l.Milestone == m && slices.Contains(sites, c.Site)
				})
				if i >= 0 && j.in.Late[i].Due < due {
					due = j.in.Late[i].Due
				}
				return i >= 0
			})
			if late != "" {
				all = append(all, claim{kind, area, instant(due.AddDays(1).Start(j.in.Plan.Location)), late})
			}
		}
	}
	for i := range j.in.Plan.Windows {
		w := &j.in.Plan.Windows[i]
		begins := w.From
		if midnight := plan.DateOf(w.Declared, j.in.Plan.Location).Start(j.in.Plan.Location); !w.Declared.IsZero() && midnight.After(begins) {
			begins = midnight
		}
		first := now
		hidden := j.cameras(func(c *plan.Camera) bool {
			h := serves(c) && j.is(c, wire.StatusDown) && slices.Contains(j.paused(c), w) && j.since(c).Before(begins)
			if h && j.since(c).Before(first) {
				first = j.since(c)
			}
			return h
		})
		if hidden != "" {
			all = append(all, claim{"window_hides", w.Code, instant(first), hidden})
		}
		about := j.cameras(func(c *plan.Camera) bool { return serves(c) && (w.Camera == c.Code || w.Site == c.Site) })
		if w.Declared.After(w.From) && w.To.After(now.Add(-alert.LateWithin)) && about != "" {
			all = append(all, claim{"window_late", w.Code, instant(w.Declared), about})
		}
	}
	return all
}

// What is found is what the rules say, each told by itself; each alert has its
// own id, the order is that of severity and beginning, and the order in which
// things are told changes nothing.
func TestAlertsAreWhatTheRulesSay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t)
		found := alert.Find(in)
		var got []claim
		ids := map[string]bool{}
		for i := range found {
			a := &found[i]
			got = append(got, claimOf(a))
			if ids[a.ID] {
				t.Errorf("two alerts have the id %s", a.ID)
			}
			ids[a.ID] = true
			if i > 0 {
				before := &found[i-1]
				x, y := slices.Index(alert.Severities(), before.Severity), slices.Index(alert.Severities(), a.Severity)
				if x > y || x == y && (before.Since.IsZero() && !a.Since.IsZero() || !a.Since.IsZero() && before.Since.After(a.Since)) {
					t.Errorf("%s stands before %s", before.ID, a.ID)
				}
			}
		}
		j := judge{in}
		want := slices.Concat(j.agents(), j.eyes(), j.rest())
		byAll := func(a, b claim) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) }
		sorted := slices.Clone(got)
		slices.SortFunc(sorted, byAll)
		slices.SortFunc(want, byAll)
		if d := cmp.Diff(want, sorted); d != "" {
			t.Errorf("alerts differ from the rules (-rules +found):\n%s", d)
		}
		slices.Reverse(in.Agents)
		slices.Reverse(in.Late)
		for i, a := range alert.Find(in) {
			if claimOf(&a) != got[i] {
				t.Errorf("told in another order, alert %d is %+v and not %+v", i, claimOf(&a), got[i])
			}
		}
	})
}

// What is drawn meets every kind, so that the rules of all of them are held.
func TestTheDrawnMomentsMeetEveryKind(t *testing.T) {
	moments := rapid.Custom(drawInput)
	met := map[alert.Kind]bool{}
	for seed := range 500 {
		for _, a := range alert.Find(moments.Example(seed)) {
			met[a.Kind] = true
		}
	}
	for _, r := range alert.Rules() {
		if !met[r.Kind] {
			t.Errorf("%s was never met; there were %v", r.Kind, slices.Sorted(maps.Keys(met)))
		}
	}
}
