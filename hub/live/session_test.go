package live_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/live"
	"github.com/phukin/phukin/hub/wire"
)

// source is an agent's side of the live topic.
type source struct {
	c       *clock
	session uint64
	states  map[string]wire.State
	looked  time.Duration
}

// says is a message that lists these cameras, or all.
func (s *source) says(whole bool, cameras ...string) *wire.LiveMessage {
	m := &wire.LiveMessage{Online: true, Session: s.session, Sent: s.c.now().UnixMilli(), Interval: 10_000, Whole: whole, Looked: s.looked.Milliseconds()}
	var all []wire.State
	for camera, st := range s.states {
		all = append(all, st)
		if whole || slices.Contains(cameras, camera) {
			m.States = append(m.States, st)
		}
	}
	m.Digest, m.Cameras = wire.Digest(all), len(all)
	return m
}

func (s *source) sees(states ...wire.State) {
	for _, st := range states {
		st.Since, st.Probed = s.c.now().UnixMilli()-st.Since, s.c.now().UnixMilli()-st.Probed
		s.states[st.Camera] = st
	}
}

func newSource(c *clock, session uint64) *source {
	return &source{c: c, session: session, states: map[string]wire.State{}}
}

func take(t *testing.T, v *live.View, m *wire.LiveMessage, ask bool) {
	t.Helper()
	if got := v.Take("a", m); got != ask {
		t.Errorf("asked for a whole message: %v, want %v", got, ask)
	}
}

func TestAStaleWillDoesNoHarm(t *testing.T) {
	c := newClock()
	v := live.New(c.now)
	old, now := newSource(c, 7), newSource(c, 8)
	old.sees(down("c", 0))
	now.sees(up("c", 0))
	take(t, v, old.says(true), false)
	take(t, v, now.says(true), false)
	take(t, v, &wire.LiveMessage{Session: 7}, false)
	expectStatus(t, v, "c", wire.StatusUp)
	if a, _ := v.Agent("a"); !a.Online {
		t.Error("an old will took the agent offline")
	}
	take(t, v, old.says(true), false) // a message that was long under way
	expectStatus(t, v, "c", wire.StatusUp)
	take(t, v, &wire.LiveMessage{Session: 8}, false)
	expectUnknown(t, v, "c")
}

func TestANewSpoolMayBeginWithASmallerSession(t *testing.T) {
	c := newClock()
	v := live.New(c.now)
	old, fresh := newSource(c, 500), newSource(c, 1)
	old.sees(down("c", 0))
	fresh.sees(up("c", 0))
	v.Hello("a", "1.0", 500)
	take(t, v, old.says(true), false)
	v.Hello("a", "1.0", 1)
	take(t, v, fresh.says(true), false)
	expectStatus(t, v, "c", wire.StatusUp)
}

func TestWhatARefusedConnectionSaysDoesNotCount(t *testing.T) {
	c := newClock()
	v := live.New(c.now)
	right, copied := newSource(c, 8), newSource(c, 30)
	right.sees(up("c", 0))
	copied.sees(down("c", 0))
	v.Hello("a", "1.0", 8)
	take(t, v, right.says(true), false)
	take(t, v, copied.says(true), false) // before its hello was judged
	refusal := wire.Refusal{Code: wire.RefusalIdentity, Reason: "two devices", HubTime: 5, Stamp: 6}
	revision := v.Revision()
	v.Refuse("a", 30, refusal)
	if v.Revision() == revision {
		t.Error("no revision though a refusal is shown")
	}
	a, _ := v.Agent("a")
	if a.Refusal != (wire.Refusal{Code: wire.RefusalIdentity, Reason: "two devices"}) || !a.RefusedAt.Equal(c.now()) {
		t.Errorf("the refusal is %+v at %v", a.Refusal, a.RefusedAt)
	}
	take(t, v, right.says(false), true) // what the other one said is mended
	take(t, v, right.says(true), false)
	expectStatus(t, v, "c", wire.StatusUp)
	take(t, v, copied.says(true), false)
	take(t, v, &wire.LiveMessage{Session: 30}, false)
	expectStatus(t, v, "c", wire.StatusUp)
	v.Hello("a", "1.0", 9)
	if a, _ := v.Agent("a"); a.Refusal != (wire.Refusal{}) {
		t.Errorf("taken again, and the refusal is still %+v", a.Refusal)
	}
}

func TestARefusedCopyOfTheSameSessionSilencesNobody(t *testing.T) {
	c := newClock()
	v := live.New(c.now)
	s := newSource(c, 8)
	s.sees(up("c", 0))
	v.Hello("a", "1.0", 8)
	v.Refuse("a", 8, wire.Refusal{Code: wire.RefusalIdentity, Reason: "two devices"})
	take(t, v, s.says(true), false)
	expectStatus(t, v, "c", wire.StatusUp)
}

func TestAViewThatMissedSomethingAsksOnceASecond(t *testing.T) {
	c := newClock()
	v := live.New(c.now)
	s := newSource(c, 1)
	s.sees(up("c", 0), down("d", 0))
	take(t, v, s.says(false), true) // the hub has just started
	take(t, v, s.says(false), false)
	c.pass(999 * time.Millisecond)
	take(t, v, s.says(false), false)
	c.pass(time.Millisecond)
	take(t, v, s.says(false), true)
	expectUnknown(t, v, "c")
	take(t, v, s.says(true), false)
	expectStatus(t, v, "c", wire.StatusUp)
	c.pass(time.Minute)
	s.sees(down("c", 0))
	take(t, v, s.says(false, "c"), false)
	expectStatus(t, v, "c", wire.StatusDown)
	expectStatus(t, v, "d", wire.StatusDown)
	delete(s.states, "d") // only a whole message can take a camera away
	take(t, v, s.says(false), true)
	take(t, v, s.says(true), false)
	expectUnknown(t, v, "d")
	take(t, v, newSource(c, 2).says(true), false)
	take(t, v, newSource(c, 2).says(false), false) // nothing is a picture too
}

func TestAHeartbeatKeepsWhatItDoesNotListFresh(t *testing.T) {
	c := newClock()
	v := live.New(c.now)
	s := newSource(c, 1)
	s.sees(up("c", 0))
	take(t, v, s.says(true), false)
	s.looked = 25 * time.Second
	for range 200 { // more than the age at which a probe says nothing
		c.pass(10 * time.Second)
		take(t, v, s.says(false), false)
	}
	expectStatus(t, v, "c", wire.StatusUp)
	if st, _ := v.Camera("c"); st.Probed != c.now().Add(-25*time.Second).UnixMilli() {
		t.Errorf("probed %v ago, want 25s", c.now().Sub(time.UnixMilli(st.Probed)))
	}
	s.looked = time.Hour // it looks no more
	for range 100 {
		c.pass(10 * time.Second)
		take(t, v, s.says(false), false)
	}
	expectUnknown(t, v, "c")
}

func TestProbesLeftOutAreShown(t *testing.T) {
	c := newClock()
	v := live.New(c.now)
	m := newSource(c, 1).says(true)
	m.Overruns = 17
	take(t, v, m, false)
	if a, _ := v.Agent("a"); a.Overruns != 17 {
		t.Errorf("%d shown, want 17", a.Overruns)
	}
}

func TestDeltasThatNeverEndFillNoMemory(t *testing.T) {
	c := newClock()
	v := live.New(c.now)
	for i := range 30 {
		s := newSource(c, 1)
		for k := range 500 {
			s.sees(up(fmt.Sprintf("c%d-%d", i, k), 0))
		}
		var all []string
		for camera := range s.states {
			all = append(all, camera)
		}
		v.Take("a", s.says(false, all...))
	}
	if n := len(v.Cameras()); n != wire.MaxStates {
		t.Errorf("%d cameras in the view, want %d", n, wire.MaxStates)
	}
}

// However messages are lost and connections end, a view that was answered has
// the agent's picture.
func TestAfterTheAnswerTheViewHasTheAgentsPicture(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newClock()
		v := live.New(c.now)
		s := newSource(c, 1)
		var changed []string
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			c.pass(time.Duration(rapid.IntRange(0, 3000).Draw(t, "pause")) * time.Millisecond)
			switch rapid.SampledFrom([]string{"change", "change", "remove", "session", "will"}).Draw(t, "step") {
			case "change":
				camera := rapid.SampledFrom([]string{"c", "d", "e"}).Draw(t, "camera")
				st := rapid.SampledFrom([]func(string, time.Duration) wire.State{up, down}).Draw(t, "state")(camera, 0)
				s.sees(st)
				changed = append(changed, camera)
			case "remove":
				delete(s.states, rapid.SampledFrom([]string{"c", "d", "e"}).Draw(t, "camera"))
			case "session":
				s.session++
			case "will":
				v.Take("a", &wire.LiveMessage{Session: s.session - uint64(rapid.IntRange(0, 1).Draw(t, "old"))})
			}
			if rapid.Bool().Draw(t, "lost") {
				changed = nil
				continue
			}
			c.pass(time.Second)
			if v.Take("a", s.says(false, changed...)) {
				v.Take("a", s.says(true))
			}
			changed = nil
			for _, camera := range []string{"c", "d", "e"} {
				got, known := v.Camera(camera)
				want, has := s.states[camera]
				if known != has || known && (got.Status != want.Status || got.Since != want.Since) {
					t.Fatalf("camera %s is %+v, known %v, want %+v, %v", camera, got, known, want, has)
				}
			}
		}
	})
}
