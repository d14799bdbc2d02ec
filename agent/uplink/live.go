package uplink

import (
	"slices"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"github.com/phukin/phukin/hub/wire"
)

// Live is what is seen at this moment. The times of the states are milliseconds
// of the device's monotonic clock.
type Live struct {
	Cameras  int // in the configuration
	States   []wire.State
	Overruns uint64
	List     List
}

// List says which list of the hub's an agent works from; zero if from none.
type List struct {
	Digest   uint64 // wire.ListDigest
	Revision uint32
	Refused  int // cameras of it that cannot be watched
}

const (
	liveGap  = 200 * time.Millisecond // between two live messages
	wholeGap = 2 * time.Second        // between two whole ones
	// longest is as long ago as a live message can say.
	longest = 24 * 3600 * 1000
)

// live says what is seen, on one connection. Times are told by the hub's clock, as
// records are, so that both say the same. Before it is known they are told by what
// the device's own had at the start of the connection, and all of them once more
// after that.
type live struct {
	u       *Uplink
	session uint64
	own     int64 // Unix milliseconds of the device minus those of its monotonic clock
	byHub   bool
	hold    time.Time // nothing is said before: the hub's answer may tell its clock

	told    map[string]wire.State
	list    List
	dirty   bool // something has changed
	whole   bool // all states are wanted
	at      time.Time
	wholeAt time.Time
	vitals  time.Time // when they were told
	token   mqtt.Token
}

func newLive(u *Uplink, session uint64) *live {
	v := &live{u: u, session: session, own: u.clock.Wall().UnixMilli() - u.clock.Mono(), whole: true}
	if v.correct(); !v.byHub {
		v.hold = time.Now().Add(u.o.AckTimeout)
	}
	return v
}

// correct goes over to the hub's clock once it is known.
func (v *live) correct() {
	if _, known := v.u.known.Hub(v.u.clock.Boot, 0); known && !v.byHub {
		v.byHub, v.whole = true, true
	}
}

// unix tells a moment of the monotonic clock.
func (v *live) unix(mono int64) int64 {
	if ms, ok := v.u.known.Hub(v.u.clock.Boot, mono); ok && v.byHub {
		return ms
	}
	return mono + v.own
}

// next is when there is something to say.
func (v *live) next() time.Time {
	if !v.hold.IsZero() {
		return v.hold
	}
	next := v.at.Add(v.u.o.LiveEvery)
	if v.dirty {
		next = v.at.Add(liveGap)
	}
	if v.whole {
		whole := v.at.Add(liveGap)
		if least := v.wholeAt.Add(wholeGap); least.After(whole) {
			whole = least
		}
		next = earliest(next, whole)
	}
	return next
}

// busy says whether the last message is not out yet: the line is slower than we
// talk.
func (v *live) busy() bool {
	if v.token == nil {
		return false
	}
	select {
	case <-v.token.Done():
		return false
	default:
		return true
	}
}

// message gives what is to be said now; ok is false when a change turned out to
// be none.
func (v *live) message(now time.Time) (m wire.LiveMessage, ok bool) {
	l, mono := v.u.o.Live(), v.u.clock.Mono()
	if len(l.States) > wire.MaxStates {
		l.States = l.States[:wire.MaxStates]
	}
	all := make([]wire.State, len(l.States)) // the caller's are left alone
	for i, s := range l.States {
		s.Since, s.Probed = v.unix(s.Since), v.unix(s.Probed)
		all[i] = s
	}
	m = wire.LiveMessage{
		Online: true, Session: v.session, Sent: v.unix(mono), Spooled: v.u.o.Queue.Len(), Cameras: l.Cameras,
		Interval: v.u.o.LiveEvery.Milliseconds(), Digest: wire.Digest(all), Overruns: l.Overruns,
		List: l.List.Digest, ListRevision: l.List.Revision, ListRefused: min(l.List.Refused, wire.MaxList),
	}
	due := now.Sub(v.at) >= v.u.o.LiveEvery || v.list != l.List
	if v.whole && now.Sub(v.wholeAt) >= wholeGap || v.lacks(all) {
		m.Whole, m.States = true, all
		v.examine(&m, now)
		return m, true
	}
	for _, s := range all {
		if old, known := v.told[s.Camera]; !known || !same(old, s) {
			m.States = append(m.States, s)
			continue
		}
		m.Looked = min(max(m.Looked, m.Sent-s.Probed), longest)
	}
	if due = due || len(m.States) > 0; due {
		v.examine(&m, now)
	}
	return m, due
}

// examine has a message say how the device is, if it is whole or it is time.
func (v *live) examine(m *wire.LiveMessage, now time.Time) {
	if v.u.o.Vitals == nil || !m.Whole && now.Sub(v.vitals) < v.u.o.VitalsEvery {
		return
	}
	vitals := v.u.o.Vitals()
	m.Vitals = &vitals
}

// lacks says whether a camera that was told of is not there any more.
func (v *live) lacks(all []wire.State) bool {
	n := 0
	for i := range all {
		if _, ok := v.told[all[i].Camera]; ok {
			n++
		}
	}
	return n < len(v.told)
}

// said notes what was published.
func (v *live) said(m *wire.LiveMessage, now time.Time) {
	v.at, v.dirty, v.hold = now, false, time.Time{}
	v.list = List{m.List, m.ListRevision, m.ListRefused}
	if m.Vitals != nil {
		v.vitals = now
	}
	if m.Whole {
		v.whole, v.wholeAt = false, now
		v.told = make(map[string]wire.State, len(m.States))
	}
	for _, s := range m.States {
		v.told[s.Camera] = s
	}
}

// same says whether two states say the same, but for the newest probe.
func same(a, b wire.State) bool {
	return a.Status == b.Status && a.Rung == b.Rung && a.Fault == b.Fault && a.FellOn == b.FellOn && a.RTSPStatus == b.RTSPStatus &&
		a.Since == b.Since && a.Codec == b.Codec && a.Width == b.Width && a.Height == b.Height && slices.Equal(a.Reasons, b.Reasons)
}

// offline is the last will, and the goodbye.
func (u *Uplink) offline(session uint64) []byte {
	mono := u.clock.Mono()
	return wire.MarshalLive(&wire.LiveMessage{Session: session, Sent: u.Unix(mono), Interval: u.o.LiveEvery.Milliseconds()})
}

// Unix gives a moment of the monotonic clock in Unix milliseconds: by the hub's
// clock if it is known, else by the device's own.
func (u *Uplink) Unix(mono int64) int64 {
	if hub, ok := u.known.Hub(u.clock.Boot, mono); ok {
		return hub
	}
	return u.clock.Wall().UnixMilli() - u.clock.Mono() + mono
}

// earliest gives the earlier of two times.
func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
