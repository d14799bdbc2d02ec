package live_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/live"
	"github.com/phukin/phukin/hub/wire"
)

// shown is everything that a view shows but for the times that every message
// moves.
func shown(v *live.View) any {
	agents := v.Agents()
	for i := range agents {
		agents[i].LastSeen = time.Time{}
	}
	status := map[string]live.Status{}
	for _, camera := range []string{"c", "d", "e"} {
		for _, planned := range []string{"a", "b", "nobody"} {
			s := v.Status(camera, planned, true, false)
			s.Since, s.State.Probed = time.Time{}, 0
			status[camera+" of "+planned] = s
		}
	}
	return []any{agents, v.Cameras(), status}
}

func TestTheRevisionChangesExactlyWhenAMessageChangesWhatIsShown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newClock()
		v := live.New(c.now)
		started := c.now().Add(-time.Hour)
		for range rapid.IntRange(1, 20).Draw(t, "messages") {
			c.pass(rapid.SampledFrom([]time.Duration{0, time.Millisecond, 10 * time.Second, time.Minute, 16 * time.Minute}).Draw(t, "pause"))
			before, revision := shown(v), v.Revision()
			agent := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "agent")
			what := rapid.SampledFrom([]string{"live", "live", "live", "live", "will", "hello"}).Draw(t, "what")
			switch what {
			case "hello":
				v.Hello(agent, rapid.SampledFrom([]string{"1.0", "1.1"}).Draw(t, "version"), 0)
			case "will":
				v.Take(agent, lastWill)
			default:
				m := c.says(0)
				m.Spooled = uint64(rapid.IntRange(0, 1).Draw(t, "spooled"))
				for _, camera := range []string{"c", "d", "e"} {
					s := rapid.SampledFrom([]func(string, time.Duration) wire.State{nil, up, down}).Draw(t, camera)
					if s == nil {
						continue
					}
					state := s(camera, 0)
					state.Since = started.UnixMilli()
					state.Probed = m.Sent - rapid.Int64Range(0, 20*60_000).Draw(t, "age")
					m.States = append(m.States, state)
				}
				v.Take(agent, m)
			}
			changed := !cmp.Equal(before, shown(v))
			if moved := v.Revision() != revision; moved != changed {
				t.Fatalf("%s of %s: revision changed is %v, what is shown changed is %v:\n%s", what, agent, moved, changed, cmp.Diff(before, shown(v)))
			}
		}
	})
}

func TestAHelloIsShownWithItsVersion(t *testing.T) {
	c := newClock()
	v := live.New(c.now)
	v.Hello("a", "1.2", 0)
	a, heard := v.Agent("a")
	if !heard || a.Version != "1.2" || a.Online || !a.LastSeen.Equal(c.now()) {
		t.Errorf("agent is %+v, heard %v", a, heard)
	}
	if a, heard := v.Agent("b"); heard || a.Code != "b" {
		t.Errorf("an agent never heard of is %+v, heard %v", a, heard)
	}
}

func TestCamerasThatComeAndGoLeaveNothingBehind(t *testing.T) {
	c := newClock()
	v := live.New(c.now)
	for i := range 1000 {
		v.Take("a", c.says(0, up(fmt.Sprintf("c%d", i), 0)))
	}
	if n := len(v.Cameras()); n != 1 {
		t.Errorf("%d cameras are kept, want the one that is reported", n)
	}
}

func TestManyGoroutinesUseAView(t *testing.T) {
	c := newClock()
	v := live.New(c.now)
	var all sync.WaitGroup
	for i := range 4 {
		agent := fmt.Sprintf("a%d", i)
		all.Go(func() {
			for j := range 100 {
				v.Take(agent, c.says(0, up("c", 0), down(fmt.Sprintf("d%d", j%3), 0)))
				v.Hello(agent, fmt.Sprint(j), 0)
				c.pass(time.Millisecond)
			}
			v.Take(agent, lastWill)
		})
		all.Go(func() {
			for range 100 {
				v.Agents()
				v.Cameras()
				v.Revision()
				v.Agent(agent)
				v.Status("c", agent, true, true)
			}
		})
	}
	all.Wait()
	if n := len(v.Agents()); n != 4 {
		t.Errorf("%d agents, want 4", n)
	}
}
