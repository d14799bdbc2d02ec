package uplink

import (
	"slices"
	"time"

	"github.com/phukin/phukin/hub/wire"
)

// greeting is what is known of whether the hub listens to this connection.
type greeting struct {
	greeted bool
	hellos  []int64          // their stamps, the newest ones
	helloAt time.Time        // when the next one may go
	refused bool             // the last thing that was heard was a refusal
	code    wire.RefusalCode // of it
}

// greet says hello when it is time: who speaks, and what its spool holds.
func (s *session) greet(now time.Time) {
	if now.Before(s.helloAt) {
		return
	}
	// A hello that was not answered may have been heard: its number is used up.
	// One that was refused was not, and must not outgrow what it was refused for.
	if len(s.hellos) > 0 && !s.refused {
		s.number = s.u.number()
		s.live.session = s.number
		s.u.note(func(st *Status) { st.Session = s.number })
		s.patience()
	}
	s.refused = false
	q, stamp := s.u.o.Queue, s.u.stamp()
	if s.hellos = append(s.hellos, stamp); len(s.hellos) > 16 {
		s.hellos = slices.Delete(s.hellos, 0, 1)
	}
	s.publish(wire.MarshalUp(wire.UpMessage{Hello: &wire.Hello{
		Epoch: q.Epoch(), FirstSeq: q.First(), NextSeq: q.Next(), AgentVersion: s.u.o.Version,
		Sent: s.u.clock.Wall().UnixMilli(), Boot: s.u.clock.Boot, Session: s.number, Stamp: stamp, Key: s.u.o.Key,
	}}))
	s.helloAt = now.Add(jitter(s.ackTimeout))
}

// hear takes a message of the hub.
func (s *session) hear(p []byte) {
	m, err := wire.UnmarshalDown(p)
	switch {
	case err != nil:
		s.ignore("message of the hub cannot be used", err)
	case m.Ack != nil:
		s.heardAck(m.Ack)
	case m.Refusal != nil:
		s.heardRefusal(m.Refusal)
	case m.Ask != nil:
		s.live.whole = s.live.whole || m.Ask.Live
	}
}

func (s *session) ignore(text string, err error) {
	s.u.note(func(st *Status) { st.Ignored++ })
	s.u.log.Warn(text, "error", err)
}

func (s *session) heardAck(a *wire.Ack) {
	if a.Epoch != s.u.o.Queue.Epoch() {
		s.u.note(func(st *Status) { st.Ignored++ })
		return
	}
	s.learn(a.Stamp, a.HubTime)
	before := s.u.o.Queue.Len()
	progress, news := s.out.ack(a.Upto, a.Stamp)
	after := s.u.o.Queue.Len()
	if !s.greeted && slices.Contains(s.hellos, a.Stamp) {
		s.greeted, news = true, true
		s.live.hold = time.Time{}
		if s.code == wire.RefusalIdentity || s.code == wire.RefusalVersion {
			s.u.note(func(st *Status) { st.Refusal = "" })
		}
		s.u.note(func(st *Status) { st.Greeted = true })
		s.u.log.Debug("the hub answers", "spooled", after, "session", s.number)
	}
	if progress {
		s.progress, s.window = true, s.u.o.Window
		s.u.note(func(st *Status) {
			st.Refusal = ""
			if before > after {
				st.Acked += before - after
			}
		})
	}
	if news {
		s.ackTimeout, s.deadline = s.u.o.AckTimeout, time.Time{}
		if len(s.out.flying) > 0 || s.sending != nil {
			s.await()
		}
	}
}

// heardRefusal stops sending for a while, but for a refusal that only tells.
// Nothing is lost meanwhile: the spool goes on.
func (s *session) heardRefusal(r *wire.Refusal) {
	s.learn(r.Stamp, r.HubTime)
	st := s.u.Status()
	first := st.Refusal != r.Reason || st.RefusalCode != r.Code
	s.u.note(func(st *Status) {
		s.u.refusals[r.Code]++
		if r.Code != wire.RefusalSetAside {
			st.Refusal, st.RefusalCode, st.RefusedAt = r.Reason, r.Code, s.u.clock.Wall()
		}
	})
	if r.Code == wire.RefusalSetAside {
		if s.u.aside.news(r.Reason, time.Now()) {
			s.u.log.Warn("the hub has set aside records of this agent", "reason", r.Reason)
		}
		return
	}
	pause := s.ackTimeout
	switch r.Code {
	case wire.RefusalVersion:
		pause = 3 * s.u.o.RefusedPause
		if first {
			s.u.log.Error("the hub speaks another version of the contract: update the older side; records wait in the spool", "reason", r.Reason)
		}
	case wire.RefusalIdentity:
		pause = s.u.o.RefusedPause
		if first {
			s.u.log.Error("the hub does not take this device for the agent: another device uses its code, or a copy of its spool. "+
				"Stop the other one; then 'phukin-hub agent release' at the hub, or, if this one has the copy, 'phukin-agent spool renew' here. Records wait in the spool", "reason", r.Reason)
		}
	default:
		if first {
			s.u.log.Warn("the hub refuses what this agent sends", "reason", r.Reason)
		}
	}
	s.again()
	s.greeted, s.refused, s.code = false, true, r.Code
	s.u.note(func(st *Status) { st.Greeted = false; st.Resends++ })
	s.helloAt = time.Now().Add(jitter(pause))
}

// learn takes the hub's time from an answer to what this connection sent.
func (s *session) learn(stamp, hub int64) {
	mono := s.u.clock.Mono()
	if len(s.hellos) == 0 || stamp < s.hellos[0] || stamp > s.u.lastStamp {
		return
	}
	// A stamp is ahead of the clock by a little when several were given at once.
	if s.u.known.Learn(s.u.clock.Boot, min(stamp, mono), mono, hub) {
		if err := s.u.o.Queue.SetNote(s.u.known.Marshal()); err != nil {
			s.u.log.Error("what is known of the hub's clock cannot be kept", "error", err)
		}
	}
	s.live.correct()
	now, ok := s.u.known.Hub(s.u.clock.Boot, mono)
	if !ok {
		return
	}
	offset := time.Duration(now-s.u.clock.Wall().UnixMilli()) * time.Millisecond
	old := s.u.Status()
	s.u.note(func(st *Status) {
		st.ClockOffset, st.OffsetKnown, st.RoundTrip = offset, true, s.u.known.Trip()
	})
	if big := offset.Abs() > time.Minute; big && (!old.OffsetKnown || old.ClockOffset.Abs() <= time.Minute) {
		s.u.log.Warn("this device's clock differs from the hub's; what it sends is corrected", "hub_minus_device", offset)
	}
}
