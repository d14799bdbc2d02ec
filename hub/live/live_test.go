package live_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/phukin/phukin/hub/live"
	"github.com/phukin/phukin/hub/wire"
)

// clock is the hub's clock in the hands of a test.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// says is a live message sent now by an agent whose clock is wrong by skew.
// The states' times are given as ages.
func (c *clock) says(skew time.Duration, states ...wire.State) *wire.LiveMessage {
	sent := c.now().Add(skew).UnixMilli()
	m := &wire.LiveMessage{Online: true, Sent: sent, Interval: 10_000, Cameras: len(states), Whole: true}
	for _, s := range states {
		s.Since, s.Probed = sent-s.Since, sent-s.Probed
		m.States = append(m.States, s)
	}
	return m
}

func up(camera string, age time.Duration) wire.State {
	return wire.State{Camera: camera, Status: wire.StatusUp, Rung: wire.RungFresh, Since: time.Hour.Milliseconds(), Probed: age.Milliseconds(), Codec: wire.CodecH264, Width: 1920, Height: 1080}
}

func down(camera string, age time.Duration) wire.State {
	return wire.State{Camera: camera, Status: wire.StatusDown, Fault: wire.FaultTimeout, FellOn: wire.RungConnect, Since: time.Hour.Milliseconds(), Probed: age.Milliseconds()}
}

var lastWill = &wire.LiveMessage{Online: false}

func expectStatus(t *testing.T, v *live.View, camera string, want wire.Status) {
	t.Helper()
	s, ok := v.Camera(camera)
	if !ok || s.Status != want {
		t.Errorf("camera %s is %v, known %v, want %v", camera, s.Status, ok, want)
	}
}

func expectUnknown(t *testing.T, v *live.View, camera string) {
	t.Helper()
	if s, ok := v.Camera(camera); ok {
		t.Errorf("camera %s is %v, want unknown", camera, s.Status)
	}
}

func TestAnAgentIsOfflineAfterThreeSilentIntervals(t *testing.T) {
	for _, x := range []struct {
		name     string
		interval time.Duration
		patience time.Duration
	}{
		{"as it says", 10 * time.Second, 30 * time.Second},
		{"not at once", time.Second, 15 * time.Second},
		{"without an interval", 0, 15 * time.Second},
		{"however long it says", 24 * time.Hour, 10 * time.Minute},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := newClock()
			v := live.New(c.now)
			m := c.says(0, up("c", 0))
			m.Interval = x.interval.Milliseconds()
			v.Take("a", m)
			c.pass(x.patience)
			if a, heard := v.Agent("a"); !heard || !a.Online {
				t.Errorf("offline after %v", x.patience)
			}
			expectStatus(t, v, "c", wire.StatusUp)
			c.pass(time.Millisecond)
			if a, heard := v.Agent("a"); !heard || a.Online {
				t.Errorf("online past %v", x.patience)
			}
			expectUnknown(t, v, "c")
			v.Take("a", m)
			if a, _ := v.Agent("a"); !a.Online {
				t.Error("offline though it spoke again")
			}
		})
	}
}

func TestALastWillTakesAnAgentOfflineAndKeepsWhenItWasSeen(t *testing.T) {
	c := newClock()
	v := live.New(c.now)
	seen := c.now()
	v.Take("a", c.says(0, up("c", 0)))
	c.pass(time.Second)
	v.Take("a", lastWill)
	a, _ := v.Agent("a")
	if a.Online || !a.LastSeen.Equal(seen) || a.Cameras != 1 {
		t.Errorf("agent is %+v, want offline, seen %v", a, seen)
	}
	expectUnknown(t, v, "c")
	if s := v.Status("c", "a", true, false); s.Cause != live.CauseAgentOffline || !s.Since.Equal(seen) {
		t.Errorf("status is %+v, want agent_offline since %v", s, seen)
	}
	v.Take("stranger", lastWill)
	if a, heard := v.Agent("stranger"); !heard || a.Online || !a.LastSeen.IsZero() {
		t.Errorf("an agent heard of by its will alone is %+v", a)
	}
}

func TestStatesAreReplacedByEveryMessage(t *testing.T) {
	c := newClock()
	v := live.New(c.now)
	v.Take("a", c.says(0, up("c", 0), up("d", 0)))
	v.Take("a", c.says(0, down("d", 0), up("e", 0)))
	expectUnknown(t, v, "c")
	expectStatus(t, v, "d", wire.StatusDown)
	expectStatus(t, v, "e", wire.StatusUp)
	if got := fmt.Sprint(v.Cameras()); got != "[d e]" {
		t.Errorf("cameras are %v, want [d e]", got)
	}
	if s := v.Status("c", "a", true, false); s.Cause != live.CauseNotEnrolled {
		t.Errorf("a camera that is no longer reported, nor in the history, is %q", s.Cause)
	}
}

func TestTheFresherProbeWinsWhereTwoAgentsReportACamera(t *testing.T) {
	c := newClock()
	v := live.New(c.now)
	v.Take("a", c.says(0, up("c", 30*time.Second)))
	v.Take("b", c.says(0, down("c", 10*time.Second)))
	expectStatus(t, v, "c", wire.StatusDown)
	v.Take("a", c.says(0, up("c", 9*time.Second)))
	expectStatus(t, v, "c", wire.StatusUp)
	v.Take("a", lastWill)
	expectStatus(t, v, "c", wire.StatusDown)

	v.Take("x", c.says(0, up("tie", 0)))
	v.Take("w", c.says(0, down("tie", 0)))
	for range 50 { // the answer must not depend on the order of a map
		expectStatus(t, v, "tie", wire.StatusDown)
	}
}

func TestAStaleProbeSaysNothingOfNow(t *testing.T) {
	c := newClock()
	v := live.New(c.now)
	v.Take("a", c.says(0, up("c", 15*time.Minute), up("d", 15*time.Minute+time.Millisecond)))
	expectStatus(t, v, "c", wire.StatusUp)
	expectUnknown(t, v, "d")
	c.pass(time.Millisecond)
	expectUnknown(t, v, "c")
	if s := v.Status("c", "a", true, true); s.Cause != live.CauseNoEvidence {
		t.Errorf("cause is %q, want no_evidence", s.Cause)
	}
}

func TestAnAgentsWrongClockDoesNoHarm(t *testing.T) {
	for _, skew := range []time.Duration{0, -56 * 365 * 24 * time.Hour, 20 * time.Minute, -20 * time.Minute, 30 * 24 * time.Hour} {
		t.Run(skew.String(), func(t *testing.T) {
			c := newClock()
			v := live.New(c.now)
			v.Take("right", c.says(0, down("c", 20*time.Second), down("d", 10*time.Second)))
			v.Take("wrong", c.says(skew, up("c", 10*time.Second), up("d", 20*time.Second), up("e", 14*time.Minute)))
			expectStatus(t, v, "c", wire.StatusUp)
			expectStatus(t, v, "d", wire.StatusDown)
			s, _ := v.Camera("c")
			if want := c.now().Add(-10 * time.Second).UnixMilli(); s.Probed != want {
				t.Errorf("probed at %d, want %d by the hub's clock", s.Probed, want)
			}
			if want := c.now().Add(-time.Hour).UnixMilli(); s.Since != want {
				t.Errorf("since %d, want %d by the hub's clock", s.Since, want)
			}
			expectStatus(t, v, "e", wire.StatusUp)
			m := c.says(skew, up("e", 14*time.Minute))
			for range 7 { // it goes on to speak of the same probe
				c.pass(10 * time.Second)
				m.Sent += 10_000
				v.Take("wrong", m)
			}
			expectUnknown(t, v, "e")
		})
	}
}

func TestSettingAnAgentsClockMovesNoTimeThatWasHeardBefore(t *testing.T) {
	c := newClock()
	v := live.New(c.now)
	m := c.says(-50*365*24*time.Hour, up("c", 5*time.Second))
	v.Take("a", m)
	before, _ := v.Camera("c")
	revision := v.Revision()
	c.pass(10 * time.Second)
	m.Sent = c.now().UnixMilli() // its clock was set; it has not probed since
	v.Take("a", m)
	if after, ok := v.Camera("c"); !ok || after.Since != before.Since || after.Probed != before.Probed {
		t.Errorf("state was %+v and is %+v, known %v", before, after, ok)
	}
	if v.Revision() != revision {
		t.Error("a revision though nothing visible changed")
	}
}

func TestATimeFromTheFutureIsNow(t *testing.T) {
	c := newClock()
	v := live.New(c.now)
	m := c.says(0, up("c", -time.Hour))
	m.States[0].Since = m.Sent + 5_000
	v.Take("a", m)
	if s, _ := v.Camera("c"); s.Probed != c.now().UnixMilli() || s.Since != c.now().UnixMilli() {
		t.Errorf("probed %d, since %d, want both %d", s.Probed, s.Since, c.now().UnixMilli())
	}
}

func TestEveryUnknownHasItsCause(t *testing.T) {
	for _, x := range []struct {
		name      string
		setUp     func(*live.View, *clock)
		inService bool
		reported  bool
		cause     live.Cause
	}{
		{"nobody was ever heard", func(*live.View, *clock) {}, true, false, live.CauseNotEnrolled},
		{"known to the history alone", func(*live.View, *clock) {}, true, true, live.CauseAgentOffline},
		{"its agent is online and does not know it", func(v *live.View, c *clock) { v.Take("a", c.says(0)) }, true, false, live.CauseNotEnrolled},
		{"its agent is online and has not probed it since it came", func(v *live.View, c *clock) { v.Take("a", c.says(0)) }, true, true, live.CauseNoEvidence},
		{"its agent is online and last probed it long ago", func(v *live.View, c *clock) { v.Take("a", c.says(0, up("c", time.Hour))) }, true, false, live.CauseNoEvidence},
		{"its agent fell silent", func(v *live.View, c *clock) { v.Take("a", c.says(0, up("c", 0))); c.pass(time.Minute) }, true, false, live.CauseAgentOffline},
		{"its agent said hello and nothing else", func(v *live.View, c *clock) { v.Hello("a", "1.0", 0) }, true, true, live.CauseAgentOffline},
		{"another agent reports it and fell silent", func(v *live.View, c *clock) { v.Take("b", c.says(0, up("c", 0))); c.pass(time.Minute) }, true, false, live.CauseAgentOffline},
		{"another agent reports it and last probed it long ago", func(v *live.View, c *clock) { v.Take("b", c.says(0, up("c", time.Hour))) }, true, false, live.CauseNoEvidence},
		{"not in service and working", func(v *live.View, c *clock) { v.Take("a", c.says(0, up("c", 0))) }, false, true, live.CauseNone},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := newClock()
			v := live.New(c.now)
			x.setUp(v, c)
			s := v.Status("c", "a", x.inService, x.reported)
			if s.Cause != x.cause || s.InService != x.inService || s.Known != (x.cause == live.CauseNone) {
				t.Errorf("status is %+v, want cause %q", s, x.cause)
			}
			if s.Working() {
				t.Error("it counts as working")
			}
			if (s.Cause == live.CauseAgentOffline) == s.Since.IsZero() && x.name != "known to the history alone" {
				t.Errorf("since is %v with cause %q", s.Since, s.Cause)
			}
		})
	}
}

func TestUpAndDegradedWorkAndDownDoesNot(t *testing.T) {
	c := newClock()
	v := live.New(c.now)
	poor := up("poor", 0)
	poor.Status, poor.Reasons = wire.StatusDegraded, []wire.Reason{wire.ReasonLoss}
	v.Take("a", c.says(0, up("good", 0), poor, down("bad", 0)))
	for camera, want := range map[string]bool{"good": true, "poor": true, "bad": false} {
		if got := v.Status(camera, "a", true, false).Working(); got != want {
			t.Errorf("camera %s works: %v, want %v", camera, got, want)
		}
	}
}
