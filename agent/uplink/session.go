package uplink

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"github.com/phukin/phukin/hub/wire"
)

// run connects again and again until ctx ends.
func (u *Uplink) run(ctx context.Context) {
	backoff := u.o.MinBackoff
	logged := throttle{every: 5 * time.Minute}
	for {
		began := time.Now()
		progress, err := u.connection(ctx)
		if ctx.Err() != nil {
			return
		}
		// A connection that was of use is no reason to wait for long.
		if progress || time.Since(began) > time.Minute {
			backoff = u.o.MinBackoff
		}
		u.note(func(s *Status) {
			if s.Connected {
				s.Connected, s.Since = false, u.o.Now()
			}
			s.LastError = err.Error()
		})
		if logged.news(err.Error(), began) {
			u.log.Warn("no connection to the broker", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(jitter(backoff)):
		}
		backoff = min(2*backoff, u.o.MaxBackoff)
	}
}

// connection makes one connection and uses it until it ends. progress says
// whether the hub acknowledged anything.
func (u *Uplink) connection(ctx context.Context) (progress bool, err error) {
	will := wire.MarshalLive(&wire.LiveMessage{Online: false, Sent: u.o.Now().UnixMilli()})
	l, err := u.dialer.login(ctx, func(o *mqtt.ClientOptions) {
		o.SetBinaryWill(wire.Topic(u.o.Broker.Agent, wire.Live), will, 1, false)
	})
	if err != nil {
		return false, err
	}
	defer l.close()
	// A publish may wait for a slow line; the end of ctx does not wait for it.
	over, watched := make(chan struct{}), make(chan struct{})
	defer func() { close(over); <-watched }()
	go func() {
		defer close(watched)
		select {
		case <-over:
			return
		case <-ctx.Done():
		}
		select {
		case <-over:
		case <-time.After(goodbyeTimeout):
			_ = l.conn.Close()
		}
	}()
	s := &session{
		u: u, l: l, window: 1, ackTimeout: u.o.AckTimeout,
		out: outbox{q: u.o.Queue, log: u.log},
	}
	s.out.rewind()
	err = s.run(ctx)
	return s.progress, err
}

// session is the life of one connection.
type session struct {
	u          *Uplink
	l          *link
	out        outbox
	window     int
	progress   bool
	ackTimeout time.Duration
	deadline   time.Time  // when the hub should have acknowledged; zero: nothing is awaited
	hold       time.Time  // nothing is sent before: the hub refused
	sending    mqtt.Token // the batch that the broker has not taken yet
	stalls     int        // deadlines that passed meanwhile
	live       mqtt.Token
	liveAt     time.Time // of the newest live message
	liveDirty  bool
}

// Bounds of a session.
const (
	liveGap   = 200 * time.Millisecond // between two live messages
	maxStalls = 12                     // deadlines until a broker that takes nothing is given up
)

func (s *session) run(ctx context.Context) error {
	if err := s.open(ctx); err != nil {
		return err
	}
	s.u.note(func(st *Status) {
		st.Connected, st.Since, st.LastError = true, s.u.o.Now(), ""
		st.Connects++
	})
	s.u.log.Info("connected to the broker", "spooled", s.u.o.Queue.Len())
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if err := s.pump(); err != nil {
			return err
		}
		s.publishLive()
		timer.Reset(time.Until(s.nextEvent()))
		var sent <-chan struct{}
		if s.sending != nil {
			sent = s.sending.Done()
		}
		select {
		case <-ctx.Done():
			s.goodbye()
			return ctx.Err()
		case err := <-s.l.lost:
			return fmt.Errorf("broker %s: connection lost: %w", s.u.dialer.addr, err)
		case p := <-s.l.down:
			s.hear(p)
		case <-s.u.wake:
		case <-s.u.changed:
			s.liveDirty = true
		case <-sent:
			if err := s.sending.Error(); err != nil {
				return fmt.Errorf("broker %s: publish a batch: %w", s.u.dialer.addr, err)
			}
			s.sending, s.stalls = nil, 0
		case <-timer.C:
			if err := s.late(time.Now()); err != nil {
				return err
			}
		}
	}
}

// open subscribes and says hello.
func (s *session) open(ctx context.Context) error {
	agent, q := s.u.o.Broker.Agent, s.u.o.Queue
	topic := wire.Topic(agent, wire.Down)
	token := s.l.client.Subscribe(topic, 1, nil)
	select {
	case <-token.Done():
	case err := <-s.l.lost:
		return fmt.Errorf("broker %s: connection lost: %w", s.u.dialer.addr, err)
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(connectTimeout):
		return fmt.Errorf("broker %s: subscribe to %s: no answer", s.u.dialer.addr, topic)
	}
	err := token.Error()
	if t, ok := token.(*mqtt.SubscribeToken); ok && err == nil && t.Result()[topic] == 0x80 {
		err = errors.New("the broker refuses it")
	}
	if err != nil {
		return fmt.Errorf("broker %s: subscribe to %s: %w", s.u.dialer.addr, topic, err)
	}
	s.sending = s.l.client.Publish(wire.Topic(agent, wire.Up), 1, false, wire.MarshalUp(wire.UpMessage{Hello: &wire.Hello{
		Epoch: q.Epoch(), FirstSeq: q.First(), NextSeq: q.Next(), AgentVersion: s.u.o.Version, Sent: s.u.o.Now().UnixMilli(),
	}}))
	return nil
}

// pump sends what may be sent: one batch at a time, as soon as the broker has
// taken the one before, while the window is open.
func (s *session) pump() error {
	if s.sending != nil || len(s.out.flying) >= s.window || time.Now().Before(s.hold) {
		return nil
	}
	batch, ok, err := s.out.batch(s.u.o.Now())
	if err != nil || !ok {
		return err
	}
	s.sending = s.l.client.Publish(wire.Topic(s.u.o.Broker.Agent, wire.Up), 1, false, wire.MarshalUp(wire.UpMessage{Batch: &batch}))
	s.u.note(func(st *Status) { st.Batches++ })
	if s.deadline.IsZero() {
		s.await()
	}
	return nil
}

func (s *session) await() { s.deadline = time.Now().Add(jitter(s.ackTimeout)) }

// nextEvent is when late must be called.
func (s *session) nextEvent() time.Time {
	next := s.liveAt.Add(s.u.o.LiveEvery)
	if s.liveDirty {
		next = s.liveAt.Add(liveGap)
	}
	if !s.deadline.IsZero() && s.deadline.Before(next) {
		next = s.deadline
	}
	if now := time.Now(); s.hold.After(now) && s.hold.Before(next) {
		next = s.hold
	}
	return next
}

// late looks whether the hub has let us wait too long.
func (s *session) late(now time.Time) error {
	if s.deadline.IsZero() || now.Before(s.deadline) {
		return nil
	}
	if s.sending != nil {
		// The line is slow or the broker stuck: sending again would not help.
		if s.stalls++; s.stalls >= maxStalls {
			return fmt.Errorf("broker %s: it does not take a batch", s.u.dialer.addr)
		}
		s.await()
		return nil
	}
	s.again()
	return nil
}

// again sends everything unacknowledged once more, carefully.
func (s *session) again() {
	s.out.rewind()
	s.window = 1
	s.deadline = time.Time{}
	s.ackTimeout = min(2*s.ackTimeout, max(maxAckTimeout, s.u.o.AckTimeout))
	s.u.note(func(st *Status) { st.Resends++ })
}

// hear takes a message of the hub.
func (s *session) hear(p []byte) {
	m, err := wire.UnmarshalDown(p)
	switch {
	case err != nil:
		s.u.note(func(st *Status) { st.Ignored++ })
		s.u.log.Warn("message of the hub cannot be used", "error", err)
	case m.Ack != nil:
		s.u.heardClock(m.Ack.HubTime)
		if m.Ack.Epoch != s.u.o.Queue.Epoch() {
			s.u.note(func(st *Status) { st.Ignored++ })
			return
		}
		before := s.u.o.Queue.Len()
		if !s.out.ack(m.Ack.Upto) {
			return
		}
		after := s.u.o.Queue.Len()
		s.progress, s.window, s.ackTimeout, s.hold = true, s.u.o.Window, s.u.o.AckTimeout, time.Time{}
		s.deadline = time.Time{}
		if len(s.out.flying) > 0 {
			s.await()
		}
		s.u.note(func(st *Status) {
			st.Refusal = ""
			if before > after {
				st.Acked += before - after
			}
		})
	case m.Refusal != nil:
		s.u.heardClock(m.Refusal.HubTime)
		old := s.u.Status().Refusal
		s.u.note(func(st *Status) { st.Refusal, st.RefusedAt = m.Refusal.Reason, s.u.o.Now() })
		if old != m.Refusal.Reason {
			s.u.log.Warn("the hub refuses what this agent sends", "reason", m.Refusal.Reason)
		}
		s.again()
		s.hold = time.Now().Add(jitter(s.ackTimeout))
	}
}

func (u *Uplink) heardClock(hub int64) {
	if hub <= 0 {
		return
	}
	offset := time.Duration(hub-u.o.Now().UnixMilli()) * time.Millisecond
	old := u.Status()
	u.note(func(st *Status) { st.ClockOffset, st.OffsetKnown = offset, true })
	if big := offset.Abs() > time.Minute; big && (!old.OffsetKnown || old.ClockOffset.Abs() <= time.Minute) {
		u.log.Warn("this device's clock differs from the hub's", "hub_minus_device", offset)
	}
}

// publishLive sends a live message when one is due and the last one is out.
func (s *session) publishLive() {
	since := time.Since(s.liveAt)
	if since < liveGap || (!s.liveDirty && since < s.u.o.LiveEvery) {
		return
	}
	s.liveAt = time.Now()
	if s.live != nil {
		select {
		case <-s.live.Done():
		default:
			return // the line is slower than we talk; liveDirty stays
		}
	}
	s.liveDirty = false
	s.live = s.l.client.Publish(wire.Topic(s.u.o.Broker.Agent, wire.Live), 0, false, s.u.liveMessage(true))
}

func (u *Uplink) liveMessage(online bool) []byte {
	m := wire.LiveMessage{Online: online, Sent: u.o.Now().UnixMilli(), Spooled: u.o.Queue.Len(), Interval: u.o.LiveEvery.Milliseconds()}
	m.Cameras, m.States = u.o.Live()
	if !online {
		m.States = nil
	}
	m.States = m.States[:min(len(m.States), wire.MaxStates)]
	return wire.MarshalLive(&m)
}

// goodbye says that the agent goes offline on purpose.
func (s *session) goodbye() {
	s.l.client.Publish(wire.Topic(s.u.o.Broker.Agent, wire.Live), 0, false, s.u.liveMessage(false)).WaitTimeout(goodbyeTimeout)
}

// jitter gives between 80 % and 120 % of d.
func jitter(d time.Duration) time.Duration {
	return time.Duration((0.8 + 0.4*rand.Float64()) * float64(d))
}

// throttle tells news from repetition.
type throttle struct {
	every time.Duration
	text  string
	at    time.Time
}

func (t *throttle) news(text string, now time.Time) bool {
	if text == t.text && now.Sub(t.at) < t.every {
		return false
	}
	t.text, t.at = text, now
	return true
}
