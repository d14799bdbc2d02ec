package alert_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/hub/alert"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/live"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

func three(t *testing.T) *alert.Input {
	return input(build(t, []plan.Camera{camera("A", "S1", "a"), camera("B", "S1", "a"), camera("C", "S3", "a")}))
}

func TestNothingIsSaidWhereAllIsWell(t *testing.T) {
	if all := alert.Find(three(t)); len(all) != 0 {
		t.Errorf("alerts are %+v", all)
	}
}

func TestACameraThatIsDownSaysSinceWhenWhyAndWhatToDo(t *testing.T) {
	in := three(t)
	in.Status["B"] = down(10*time.Minute, wire.FaultAuthRejected)
	a := the(t, in)
	if a.Kind != alert.CameraDown || a.Severity != alert.Warning || a.Subject.Code != "B" || !a.Since.Equal(now.Add(-10*time.Minute)) || a.Fault != wire.FaultAuthRejected || a.FellOn != wire.RungConnect {
		t.Errorf("alert is %+v", a)
	}
	if a.Do.VI != wire.Texts(wire.VI).Hint(a.Fault) || a.Do.EN != wire.Texts(wire.EN).Hint(a.Fault) {
		t.Errorf("what to do is %v", a.Do)
	}
	if a.ID != "camera_down:B:20261124T025000Z" {
		t.Errorf("id is %s", a.ID)
	}
	if !strings.Contains(a.Text.EN, "wrong user name") || !strings.Contains(a.Text.VI, "sai tên") {
		t.Errorf("text is %v", a.Text)
	}
}

func TestAnAlertKeepsItsIDWhileTheConditionLasts(t *testing.T) {
	in := three(t)
	in.Status["B"] = down(10*time.Minute, wire.FaultTimeout)
	first := the(t, in)
	in.At = now.Add(3 * time.Hour)
	s := in.Status["B"]
	s.State.Fault, s.State.Probed = wire.FaultRefused, in.At.UnixMilli()
	in.Status["B"] = s
	if again := the(t, in); again.ID != first.ID || again.Fault != wire.FaultRefused {
		t.Errorf("id was %s and is %s with fault %v", first.ID, again.ID, again.Fault)
	}
}

func TestASilentAgentIsOneAlertForAllItsCameras(t *testing.T) {
	in := three(t)
	offline(in, "a", 20*time.Minute)
	in.Seen = map[string]history.Seen{} // nor was any ever seen
	a := the(t, in)
	if a.Kind != alert.AgentOffline || a.Severity != alert.Critical || !slices.Equal(a.Cameras, []string{"A", "B", "C"}) || !a.Since.Equal(now.Add(-20*time.Minute)) {
		t.Errorf("alert is %+v", a)
	}
}

func TestNobodyIsMissedAtOnce(t *testing.T) {
	in := three(t)
	offline(in, "a", alert.OfflineAfter-time.Second)
	if all := alert.Find(in); len(all) != 0 {
		t.Errorf("an agent is missed after less than it takes: %+v", all)
	}
	offline(in, "a", time.Hour)
	in.Started = now.Add(-alert.OfflineAfter + time.Second)
	if all := alert.Find(in); len(all) != 0 {
		t.Errorf("an agent is missed by a hub that only just began to listen: %+v", all)
	}
	in.Started, in.Agents = now.Add(-alert.OfflineAfter), nil
	if a := the(t, in); a.Kind != alert.AgentOffline || !a.Since.IsZero() || a.ID != "agent_offline:a" {
		t.Errorf("an agent that was not heard since the start: %+v", a)
	}
}

func TestCamerasThatFellTogetherAreOneAlert(t *testing.T) {
	in := three(t)
	in.Status["A"], in.Status["B"] = down(10*time.Minute, wire.FaultTimeout), down(9*time.Minute, wire.FaultTimeout)
	if a := the(t, in); a.Kind != alert.SiteDown || a.Subject.Code != "S1" || !slices.Equal(a.Cameras, []string{"A", "B"}) || !a.Since.Equal(now.Add(-10*time.Minute)) || a.Fault != wire.FaultTimeout {
		t.Errorf("two cameras of one site: %+v", a)
	}
	in.Status["C"] = down(8*time.Minute, wire.FaultUnreachable)
	if a := the(t, in); a.Kind != alert.AgentCamerasDown || a.Subject.Code != "a" || len(a.Cameras) != 3 {
		t.Errorf("all cameras of one agent: %+v", a)
	}
	in.Status["C"] = down(8*time.Minute-time.Second, wire.FaultUnreachable) // too late to be of the same cause
	if all := alert.Find(in); len(all) != 2 || all[0].Kind != alert.SiteDown || all[1].Kind != alert.CameraDown {
		t.Errorf("one that fell later: %+v", all)
	}
}

func TestNothingIsSaidOfACameraInMaintenanceOrNotInService(t *testing.T) {
	early := camera("E", "S1", "a")
	early.Accepted = today.AddDays(1)
	gone := camera("G", "S1", "a")
	gone.Retired = today
	paused := camera("P", "S3", "a")
	w := plan.Window{Code: "W", Camera: "P", From: now.Add(-time.Hour), To: now.Add(time.Hour), Reason: "vệ sinh"}
	for name, status := range map[string]live.Status{"down": down(30*time.Minute, wire.FaultTimeout), "degraded": degraded(48 * time.Hour), "unknown": unknown(live.CauseAgentOffline)} {
		in := input(build(t, []plan.Camera{early, gone, paused}, w))
		if name == "unknown" {
			offline(in, "a", time.Hour)
		}
		for _, code := range []string{"E", "G", "P"} {
			in.Status[code] = status
		}
		if name == "degraded" { // known before the window
			in.Status["P"] = degraded(30 * time.Minute)
		}
		if all := alert.Find(in); len(all) != 0 {
			t.Errorf("%s: alerts are %+v", name, all)
		}
	}
}

func TestMaintenanceThatHidesAnOutageIsSaid(t *testing.T) {
	w := plan.Window{Code: "W", Site: "S1", From: now.Add(-time.Hour), To: now.Add(time.Hour), Reason: "vệ sinh"}
	in := input(build(t, []plan.Camera{camera("A", "S1", "a"), camera("B", "S1", "a"), camera("C", "S3", "a")}, w))
	in.Status["A"], in.Status["B"] = down(2*time.Hour, wire.FaultTimeout), down(30*time.Minute, wire.FaultTimeout)
	if a := the(t, in); a.Kind != alert.WindowHides || a.Subject.Code != "W" || !slices.Equal(a.Cameras, []string{"A"}) {
		t.Errorf("alert is %+v", a)
	}
}

func TestMaintenanceThatWasDeclaredLateIsSaidForAWeek(t *testing.T) {
	for _, x := range []struct {
		name               string
		from, to, declared time.Duration
		want               int
	}{
		{"late", -3 * time.Hour, -time.Hour, -2 * time.Hour, 1},
		{"before", -3 * time.Hour, -time.Hour, -4 * time.Hour, 0},
		{"late and long ago", -10 * 24 * time.Hour, -7 * 24 * time.Hour, -9 * 24 * time.Hour, 0},
	} {
		w := plan.Window{Code: "W", Site: "S1", From: now.Add(x.from), To: now.Add(x.to), Declared: now.Add(x.declared), Reason: "vệ sinh"}
		in := input(build(t, []plan.Camera{camera("A", "S1", "a")}, w))
		all := alert.Find(in)
		if len(all) != x.want || x.want == 1 && (all[0].Kind != alert.WindowLate || !slices.Equal(all[0].Cameras, []string{"A"})) {
			t.Errorf("%s: alerts are %+v", x.name, all)
		}
	}
}

func TestOneCauseOfAnAgentsSilenceIsEnough(t *testing.T) {
	in := three(t)
	offline(in, "a", time.Hour)
	in.Agents[0].Refusal, in.Agents[0].RefusedSince = wire.Refusal{Code: wire.RefusalVersion, Reason: "too old."}, now.Add(-2*time.Hour)
	if a := the(t, in); a.Kind != alert.AgentRefused || len(a.Cameras) != 3 || !a.Since.Equal(now.Add(-2*time.Hour)) || strings.Contains(a.Text.EN, "..") {
		t.Errorf("alert is %+v", a)
	}
	in.Conflicts = map[string]history.Conflict{"a": {What: "a copy of its spool", First: now.Add(-3 * time.Hour), Count: 4}, "stray": {What: "x", First: now}}
	all := alert.Find(in)
	if len(all) != 2 || all[0].Kind != alert.IdentityConflict || len(all[0].Cameras) != 3 || all[1].Subject.Code != "stray" || len(all[1].Cameras) != 0 {
		t.Errorf("alerts are %+v", all)
	}
}

func TestWhatWasSetAsideIsNoRefusalOfTheAgent(t *testing.T) {
	in := three(t)
	in.Agents[0].Refusal = wire.Refusal{Code: wire.RefusalSetAside, Reason: "ends in the future"}
	in.Aside = map[string]alert.Aside{"a": {Entries: 3, Oldest: now.Add(-72 * time.Hour), Newest: now.Add(-time.Hour), Reason: "ends in the future"}, "b": {Entries: 1, Oldest: now.Add(-72 * time.Hour), Newest: now.Add(-24 * time.Hour)}}
	if a := the(t, in); a.Kind != alert.QuarantineGrows || !a.Since.Equal(now.Add(-72*time.Hour)) {
		t.Errorf("alert is %+v", a)
	}
}

func TestASectionIsLostOnlyWhenEveryCameraOfItIsKnownToBeDown(t *testing.T) {
	in := three(t)
	in.Sections = []alert.Stretch{{Route: "DH1", FromChainage: 0, ToChainage: 1000, Cameras: []string{"A", "C"}}}
	in.Status["A"], in.Status["C"] = down(2*time.Hour, wire.FaultTimeout), down(time.Hour, wire.FaultTimeout)
	all := alert.Find(in)
	if len(all) != 3 || all[0].Kind != alert.SectionLost || all[0].Subject.Code != "DH1 Km0+000-Km1+000" || !all[0].Since.Equal(now.Add(-time.Hour)) || strings.Contains(all[0].ID, " ") {
		t.Fatalf("alerts are %+v", all)
	}
	in.Status["C"] = unknown(live.CauseNoEvidence)
	in.Agents[0].OnlineSince = now
	if a := the(t, in); a.Kind != alert.CameraDown {
		t.Errorf("one that nobody knows of may work: %+v", a)
	}
}

func TestListsAreMissedWhereTheyAreNotTaken(t *testing.T) {
	in := three(t)
	made := now.Add(-time.Hour)
	for _, x := range []struct {
		name    string
		list    alert.List
		refused int
		want    []alert.Kind
	}{
		{"current", alert.List{Takes: true, Made: made, Current: true}, 0, nil},
		{"its own configuration", alert.List{Made: made}, 0, nil},
		{"an older one", alert.List{Takes: true, Made: made}, 0, []alert.Kind{alert.ListNotTaken}},
		{"an older one, for a moment", alert.List{Takes: true, Made: now.Add(-time.Minute)}, 0, nil},
		{"trouble", alert.List{Made: made, Trouble: "too many cameras"}, 0, []alert.Kind{alert.ListNotTaken}},
		{"lost", alert.List{Takes: true, Made: made, Current: true, Lost: []string{"B", "gone"}}, 0, []alert.Kind{alert.CredentialsLost}},
		{"some that it cannot watch", alert.List{Takes: true, Made: made, Current: true}, 2, []alert.Kind{alert.ListRefused}},
	} {
		in.Lists = map[string]alert.List{"a": x.list}
		in.Agents[0].ListRefused = x.refused
		var got []alert.Kind
		for _, a := range alert.Find(in) {
			got = append(got, a.Kind)
			if a.Kind == alert.CredentialsLost && !slices.Equal(a.Cameras, []string{"B"}) {
				t.Errorf("cameras whose credentials are lost are %v", a.Cameras)
			}
		}
		if !slices.Equal(got, x.want) {
			t.Errorf("%s: %v, want %v", x.name, got, x.want)
		}
	}
}

func TestTheRestOfTheKinds(t *testing.T) {
	for _, x := range []struct {
		name   string
		change func(in *alert.Input)
		want   alert.Kind
		about  string
	}{
		{"the store is away", func(in *alert.Input) {
			*in = alert.Input{Plan: in.Plan, At: now, Away: &alert.Away{Since: now.Add(-time.Hour), Why: plan.Text{VI: "không tới được", EN: "cannot be reached"}}}
		}, alert.StoreAway, ""},
		{"degraded for a day", func(in *alert.Input) {
			in.Status["A"], in.Status["B"] = degraded(24*time.Hour, wire.ReasonLoss), degraded(24*time.Hour-time.Second)
		}, alert.CameraDegraded, "A"},
		{"online and silent about a camera", func(in *alert.Input) { in.Status["A"] = unknown(live.CauseNoEvidence) }, alert.NotProbed, "a"},
		{"never seen", func(in *alert.Input) {
			in.Seen["A"] = history.Seen{Camera: "A", Enrolled: 20000, Verified: history.NoDay}
			in.Status["A"] = unknown(live.CauseNoEvidence)
		}, alert.NeverSeen, "A"},
		{"a wrong clock", func(in *alert.Input) { in.Agents[0].ClockOff = -56 * 365 * 24 * time.Hour }, alert.ClockWrong, "a"},
		{"a clock that is nearly right", func(in *alert.Input) { in.Agents[0].ClockOff = alert.ClockWithin }, "", ""},
		{"lost evidence", func(in *alert.Input) {
			in.Gaps = map[string]alert.Gaps{"a": {Gaps: 1, Records: 7, Newest: now.Add(-time.Hour)}}
		}, alert.EvidenceLost, "a"},
		{"late installation", func(in *alert.Input) {
			in.Late = []alert.Late{{"A", alert.Installed, today.AddDays(-3)}, {"B", alert.Installed, today.AddDays(-9)}}
		}, alert.InstallationLate, "X1"},
		{"late acceptance", func(in *alert.Input) { in.Late = []alert.Late{{"C", alert.Accepted, today.AddDays(-3)}} }, alert.AcceptanceLate, "X2"},
	} {
		in := three(t)
		x.change(in)
		all := alert.Find(in)
		if x.want == "" && len(all) == 0 {
			continue
		}
		if len(all) != 1 || all[0].Kind != x.want || all[0].Subject.Code != x.about || all[0].Text.VI == "" || all[0].Text.EN == "" || all[0].Do.VI == "" || all[0].Do.EN == "" {
			t.Errorf("%s: %+v", x.name, all)
		}
	}
}

func TestTheWorstComesFirstThenTheOldest(t *testing.T) {
	in := three(t)
	in.Status["A"], in.Status["C"] = down(time.Hour, wire.FaultTimeout), down(2*time.Hour, wire.FaultTimeout)
	in.Conflicts = map[string]history.Conflict{"z": {First: now}}
	in.Agents[0].ListRefused, in.Lists = 1, map[string]alert.List{"a": {Current: true}}
	var got []string
	for _, a := range alert.Find(in) {
		got = append(got, string(a.Kind)+" "+a.Subject.Code)
	}
	if want := []string{"identity_conflict z", "camera_down C", "camera_down A", "list_refused a"}; !slices.Equal(got, want) {
		t.Errorf("the order is %v, want %v", got, want)
	}
}

func TestEveryKindHasItsRule(t *testing.T) {
	names := map[alert.Kind]bool{}
	for _, r := range alert.Rules() {
		if names[r.Kind] {
			t.Errorf("%s is there twice", r.Kind)
		}
		names[r.Kind] = true
		if !slices.Contains(alert.Severities(), r.Severity) || !slices.Contains(alert.Things(), r.Thing) {
			t.Errorf("%s is a %s about a %s", r.Kind, r.Severity, r.Thing)
		}
		for _, s := range []plan.Text{r.Name, r.When, r.Do} {
			if s.VI == "" || s.EN == "" {
				t.Errorf("%s lacks words: %+v", r.Kind, s)
			}
		}
	}
}
