package live_test

import (
	"testing"
	"time"

	"github.com/phukin/phukin/hub/live"
	"github.com/phukin/phukin/hub/wire"
)

func agentOf(t *testing.T, v *live.View) live.Agent {
	t.Helper()
	a, heard := v.Agent("a")
	if !heard {
		t.Fatal("the agent was not heard of")
	}
	return a
}

func TestAnAgentIsOnlineSinceItSpokeFirst(t *testing.T) {
	c := newClock()
	v := live.New(c.now)
	if !v.Started().Equal(c.now()) {
		t.Errorf("started at %v, want %v", v.Started(), c.now())
	}
	first := c.now()
	v.Take("a", c.says(0))
	c.pass(10 * time.Second)
	v.Take("a", c.says(0))
	if got := agentOf(t, v).OnlineSince; !got.Equal(first) {
		t.Errorf("online since %v, want %v", got, first)
	}
	v.Take("a", lastWill)
	c.pass(time.Second)
	v.Take("a", c.says(0))
	if got := agentOf(t, v).OnlineSince; !got.Equal(c.now()) {
		t.Errorf("after its last will online since %v, want %v", got, c.now())
	}
	c.pass(time.Hour)
	v.Take("a", c.says(0))
	if got := agentOf(t, v).OnlineSince; !got.Equal(c.now()) {
		t.Errorf("after a silence online since %v, want %v", got, c.now())
	}
}

func TestARefusalKeepsItsBeginning(t *testing.T) {
	c := newClock()
	v := live.New(c.now)
	first := c.now()
	v.Refuse("a", 0, wire.Refusal{Code: wire.RefusalVersion, Reason: "too old"})
	c.pass(time.Minute)
	v.Refuse("a", 0, wire.Refusal{Code: wire.RefusalVersion, Reason: "too old"})
	if a := agentOf(t, v); !a.RefusedSince.Equal(first) || !a.RefusedAt.Equal(c.now()) {
		t.Errorf("refused since %v, last at %v", a.RefusedSince, a.RefusedAt)
	}
	v.Refuse("a", 0, wire.Refusal{Code: wire.RefusalIdentity, Reason: "a copy"})
	if a := agentOf(t, v); !a.RefusedSince.Equal(c.now()) {
		t.Errorf("refused for something else since %v", a.RefusedSince)
	}
	v.Hello("a", "1.0", 1)
	if a := agentOf(t, v); !a.RefusedSince.IsZero() {
		t.Errorf("refused since %v although it was let in", a.RefusedSince)
	}
}

func TestAClockIsWrongBeyondWhatASlowLineExplains(t *testing.T) {
	v := live.New(newClock().now)
	for _, x := range []struct{ ahead, want time.Duration }{
		{15 * time.Second, 0}, {-15 * time.Second, 0}, {16 * time.Second, 16 * time.Second}, {-time.Hour, -time.Hour},
	} {
		v.Clock("a", x.ahead)
		if got := agentOf(t, v).ClockOff; got != x.want {
			t.Errorf("%v ahead is told as %v, want %v", x.ahead, got, x.want)
		}
	}
	before := v.Revision()
	if v.Clock("a", -time.Hour); v.Revision() != before {
		t.Error("a revision though nothing changed")
	}
	if v.Clock("a", 0); v.Revision() == before {
		t.Error("no revision though the clock was set right")
	}
}

func TestVitalsAreKeptUntilThereAreOthers(t *testing.T) {
	c := newClock()
	v := live.New(c.now)
	m := c.says(0)
	v.Take("a", m)
	if a := agentOf(t, v); !a.VitalsAt.IsZero() || a.Vitals != (wire.Vitals{}) {
		t.Errorf("vitals of nobody are %+v of %v", a.Vitals, a.VitalsAt)
	}
	told := c.now()
	m = c.says(0)
	m.Vitals, m.Implausible = &wire.Vitals{Temperature: wire.Read(48)}, 2
	v.Take("a", m)
	c.pass(time.Minute)
	v.Take("a", c.says(0))
	v.Take("a", lastWill)
	if a := agentOf(t, v); a.Vitals != (wire.Vitals{Temperature: wire.Read(48)}) || !a.VitalsAt.Equal(told) || a.Implausible != 2 {
		t.Errorf("vitals are %+v of %v, %d implausible", a.Vitals, a.VitalsAt, a.Implausible)
	}
}
