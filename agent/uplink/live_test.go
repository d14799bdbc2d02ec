package uplink_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/phukin/phukin/agent/uplink"
	"github.com/phukin/phukin/hub/wire"
)

// scene is what cameras show, and can be changed.
type scene struct {
	mu sync.Mutex
	l  uplink.Live
}

func (s *scene) live() uplink.Live {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.l
	l.States = append([]wire.State(nil), l.States...)
	return l
}

func (s *scene) edit(f func(*uplink.Live)) { s.mu.Lock(); f(&s.l); s.mu.Unlock() }

func twoCameras() *scene {
	return &scene{l: uplink.Live{Cameras: 3, Overruns: 9, States: []wire.State{
		{Camera: "CAM-1", Status: wire.StatusUp, Rung: wire.RungFresh, Since: 1, Probed: 2},
		{Camera: "CAM-2", Status: wire.StatusUp, Rung: wire.RungFresh, Since: 3, Probed: 4},
	}}}
}

// picture is what a hub makes of live messages.
func (h *hub) picture() map[string]wire.State {
	p := map[string]wire.State{}
	for _, m := range h.lives {
		if !m.Online {
			continue
		}
		if m.Whole {
			clear(p)
		}
		for _, s := range m.States {
			p[s.Camera] = s
		}
	}
	return p
}

func digest(p map[string]wire.State) uint32 {
	var all []wire.State
	for _, s := range p {
		all = append(all, s)
	}
	return wire.Digest(all)
}

func TestLiveMessagesAreWholeAtFirstAndThenSayWhatChanged(t *testing.T) {
	h, q, s := startHub(t, nil), openSpool(t), twoCameras()
	o := h.options(q)
	o.LiveEvery, o.Live = time.Hour, s.live
	u := start(t, o)
	within(t, "the first comes with the connection", h.look(func() bool { return len(h.lives) == 1 }))
	for range 100 {
		u.Changed() // of no change
	}
	s.edit(func(l *uplink.Live) { l.States[1].Status, l.States[0].Probed = wire.StatusDegraded, 90 })
	for range 100 {
		u.Changed()
	}
	within(t, "a change comes at once", h.look(func() bool { return len(h.lives) == 2 }))
	h.look(func() bool {
		first, second := h.lives[0], h.lives[1]
		if !first.Online || !first.Whole || len(first.States) != 2 || first.Cameras != 3 || first.Interval != time.Hour.Milliseconds() || first.Overruns != 9 {
			t.Errorf("%+v", first)
		}
		if second.Whole || len(second.States) != 1 || second.States[0].Camera != "CAM-2" || second.Looked <= 0 || second.Looked > second.Sent {
			t.Errorf("%+v", second)
		}
		for _, m := range h.lives {
			if m.Session != h.hellos[0].Session || time.Since(time.UnixMilli(m.Sent)).Abs() > time.Minute {
				t.Errorf("%+v", m)
			}
		}
		if second.Digest != digest(h.picture()) || second.Digest == first.Digest {
			t.Error("the digest is not that of the states")
		}
		return true
	})()
	h.say(&wire.DownMessage{Ask: &wire.Ask{Live: true}})
	within(t, "who asks is told everything", h.look(func() bool { return len(h.lives) == 3 && h.lives[2].Whole && len(h.lives[2].States) == 2 }))
	u.Close()
	within(t, "the goodbye arrives", h.look(func() bool { return !h.lives[len(h.lives)-1].Online }))
	h.look(func() bool {
		if n := len(h.lives); n != 4 || h.lives[3].Session != h.hellos[0].Session {
			t.Errorf("%d live messages: the last will came too", n)
		}
		return true
	})()
}

func TestHeartbeatsComeWhenNothingChangesAndSaySo(t *testing.T) {
	h, q, s := startHub(t, nil), openSpool(t), twoCameras()
	o := h.options(q)
	o.LiveEvery, o.Live = 300*time.Millisecond, s.live
	start(t, o)
	within(t, "three live messages", h.look(func() bool { return len(h.lives) >= 3 }))
	h.look(func() bool {
		for _, m := range h.lives[1:] {
			if m.Whole || len(m.States) != 0 || m.Digest != digest(h.picture()) || m.Looked == 0 || m.Cameras != 3 || m.Interval != 300 {
				t.Errorf("%+v", m)
			}
		}
		return true
	})()
}

func TestACameraThatIsGoneMakesTheNextMessageWhole(t *testing.T) {
	h, q, s := startHub(t, nil), openSpool(t), twoCameras()
	o := h.options(q)
	o.LiveEvery, o.Live = time.Hour, s.live
	u := start(t, o)
	within(t, "the first comes", h.look(func() bool { return len(h.lives) == 1 }))
	s.edit(func(l *uplink.Live) { l.States = l.States[1:] })
	u.Changed()
	within(t, "the picture is right", h.look(func() bool { return len(h.lives) == 2 && h.lives[1].Whole && len(h.picture()) == 1 }))
}

func TestStatesAreToldByTheHubsClockWhenItIsKnown(t *testing.T) {
	h, q, s := startHub(t, nil), openSpool(t), twoCameras()
	h.ahead = 30 * 24 * time.Hour
	o := h.options(q)
	o.LiveEvery, o.Live = time.Hour, s.live
	var silent atomic.Bool
	silent.Store(true)
	h.welcome = func(_ int, m wire.Hello) *wire.DownMessage {
		if silent.Load() {
			return nil
		}
		return h.ack(m.Epoch, m.Stamp)
	}
	u := start(t, o)
	within(t, "the hub's answer is not awaited for ever", h.look(func() bool { return len(h.lives) == 1 }))
	silent.Store(false)
	within(t, "all is told once more when the hub's time is known", h.look(func() bool { return len(h.lives) == 2 }))
	u.Close()
	start(t, o)
	within(t, "what is known is used at once", h.look(func() bool { return len(h.lives) == 4 }))
	h.look(func() bool {
		if off := time.Since(time.UnixMilli(h.lives[0].Sent)); off.Abs() > time.Minute {
			t.Errorf("the first is %v off", off)
		}
		if a, b := h.lives[1], h.lives[3]; !b.Whole || a.Digest != b.Digest {
			t.Errorf("%+v and %+v tell the same otherwise", a, b)
		}
		m := h.lives[1]
		if off := time.Until(time.UnixMilli(m.Sent)) - h.ahead; !m.Whole || off.Abs() > time.Minute || m.Sent < m.States[0].Probed || m.States[1].Since-m.States[0].Since != 2 {
			t.Errorf("%+v", m)
		}
		return true
	})()
}

func TestVitalsComeWithTheConnectionAndThenRarely(t *testing.T) {
	h, q, s := startHub(t, nil), openSpool(t), twoCameras()
	var asked atomic.Int64
	o := h.options(q)
	o.LiveEvery, o.Live = 50*time.Millisecond, s.live
	o.Vitals = func() wire.Vitals { return wire.Vitals{Uptime: wire.Read(asked.Add(1))} }
	u := start(t, o)
	within(t, "five live messages", h.look(func() bool { return len(h.lives) >= 5 }))
	h.say(&wire.DownMessage{Ask: &wire.Ask{Live: true}})
	within(t, "a whole one again", h.look(func() bool { return h.lives[len(h.lives)-1].Whole || len(h.lives) > 5 && h.lives[len(h.lives)-2].Whole }))
	h.look(func() bool {
		for i, m := range h.lives {
			if m.Whole != (m.Vitals != nil) {
				t.Errorf("message %d, whole %t, says of the device %+v", i, m.Whole, m.Vitals)
			}
		}
		if v := h.lives[0].Vitals; v == nil || v.Uptime != wire.Read(1) {
			t.Errorf("the first says %+v", v)
		}
		return true
	})()
	u.Close()
	h.look(func() bool { h.lives = nil; return true })()
	o.VitalsEvery = time.Nanosecond
	start(t, o)
	within(t, "they come with each when it is time", h.look(func() bool { return len(h.lives) >= 4 && h.lives[3].Vitals != nil }))
}
