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
				s.Connected, s.Since = false, u.clock.Wall()
			}
			s.Greeted, s.LastError = false, err.Error()
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
	number := u.number()
	l, err := u.dialer.login(ctx, func(o *mqtt.ClientOptions) {
		o.SetBinaryWill(wire.Topic(u.o.Broker.Agent, wire.Live), u.offline(number), 1, false)
		o.SetKeepAlive(keepAlive)
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
		u: u, l: l, out: &u.out, number: number, window: 1, ackTimeout: u.o.AckTimeout,
		pace: newPace(u.o.MaxRate), live: newLive(u, number),
	}
	s.out.rewind()
	err = s.run(ctx)
	return s.progress, err
}

// session is the life of one connection.
type session struct {
	u      *Uplink
	l      *link
	out    *outbox
	number uint64 // grows with every connection

	greeting         // whether the hub knows who speaks
	pace       pace  // of batches
	live       *live // what is seen now
	window     int   // batches that may be under way
	progress   bool  // something was acknowledged
	ackTimeout time.Duration
	deadline   time.Time  // when the hub should have answered; zero: nothing is awaited
	look       time.Time  // when to look what is due; zero: when there is something new
	sending    mqtt.Token // the message on "up" that the broker has not taken yet
	stalls     int        // deadlines that passed meanwhile
}

// Bounds of a session.
const (
	maxStalls = 12 // deadlines until a broker that takes nothing is given up
	maxAhead  = 2  // batches that went ahead and were not answered
)

func (s *session) run(ctx context.Context) error {
	if err := s.open(ctx); err != nil {
		return err
	}
	s.u.note(func(st *Status) {
		st.Connected, st.Since, st.LastError, st.Session = true, s.u.clock.Wall(), "", s.number
		st.Connects++
	})
	s.u.log.Info("connected to the broker", "spooled", s.u.o.Queue.Len())
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if err := s.pump(time.Now()); err != nil {
			return err
		}
		s.tell(time.Now())
		timer.Reset(time.Until(s.nextEvent()))
		var sent, told <-chan struct{}
		if s.sending != nil {
			sent = s.sending.Done()
		}
		if s.live.busy() {
			told = s.live.token.Done()
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
			s.live.dirty = true
		case <-told:
		case <-sent:
			if err := s.sending.Error(); err != nil {
				return fmt.Errorf("broker %s: publish: %w", s.u.dialer.addr, err)
			}
			s.sending, s.stalls = nil, 0
			if s.greeted {
				s.pace.taken(time.Now())
			}
		case <-timer.C:
			if err := s.late(time.Now()); err != nil {
				return err
			}
		}
	}
}

// open subscribes to what the hub says. QoS 0 is enough for its answers and saves a
// packet each way: an acknowledgement that is lost is made up for by the next one.
func (s *session) open(ctx context.Context) error {
	if s.u.o.Plan == nil {
		return s.subscribe(ctx, wire.Down, 0)
	}
	err := s.subscribe(ctx, wire.Plan, 1)
	if errors.Is(err, errNotGranted) {
		if s.u.unlisted.news(err.Error(), time.Now()) {
			s.u.log.Warn("the broker does not let this agent read its list of cameras: it works from the list that it has. Update the hub, or give the agent its rights at the broker again", "error", err)
		}
		err = nil
	}
	if err != nil {
		return err
	}
	return s.subscribe(ctx, wire.Down, 0)
}

var errNotGranted = errors.New("the broker refuses it")

func (s *session) subscribe(ctx context.Context, c wire.Channel, qos byte) error {
	topic := wire.Topic(s.u.o.Broker.Agent, c)
	token := s.l.client.Subscribe(topic, qos, nil)
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
	if t, ok := token.(*mqtt.SubscribeToken); ok && t.Result()[topic] == 0x80 {
		err = errNotGranted // the client may have an error of its own for it
	}
	if err != nil {
		return fmt.Errorf("broker %s: subscribe to %s: %w", s.u.dialer.addr, topic, err)
	}
	return nil
}

// pump sends what may be sent: one message at a time, as soon as the broker has
// taken the one before. Before the hub has answered that is a hello and nothing
// else; then batches while the window is open, and what is news beside them.
func (s *session) pump(now time.Time) error {
	s.u.takeFresh()
	if s.sending != nil {
		return nil
	}
	if !s.greeted {
		s.greet(now)
		return nil
	}
	s.look = s.out.look(now)
	ordered, ahead := s.out.load()
	open := ordered < s.window
	var (
		p   parcel
		ok  bool
		err error
	)
	if ahead < maxAhead && s.out.urgent(!open || now.Before(s.pace.free), s.pace.size) {
		p, ok, err = s.out.before()
	}
	if !ok && err == nil && open {
		if now.Before(s.pace.free) {
			s.look = s.pace.free
			return nil
		}
		p, ok, err = s.out.inOrder(s.pace.size)
	}
	if err != nil || !ok {
		return err
	}
	payload := wire.MarshalUp(wire.UpMessage{Batch: &p.Batch})
	s.publish(payload)
	s.pace.sent(now, p.Count(), len(payload))
	s.u.note(func(st *Status) { st.Batches++; st.Gaps += uint64(len(p.Gaps)) })
	return nil
}

// publish sends something on "up" and waits for what comes of it.
func (s *session) publish(payload []byte) {
	s.sending = s.l.client.Publish(wire.Topic(s.u.o.Broker.Agent, wire.Up), 1, false, payload)
	if s.deadline.IsZero() {
		s.await()
	}
}

func (s *session) await() { s.deadline = time.Now().Add(jitter(s.ackTimeout)) }

// nextEvent is when something must be done although nothing has happened.
func (s *session) nextEvent() time.Time {
	next := time.Now().Add(time.Hour)
	if !s.live.busy() {
		next = earliest(next, s.live.next())
	}
	if !s.deadline.IsZero() {
		next = earliest(next, s.deadline)
	}
	if s.sending != nil {
		return next
	}
	if !s.greeted {
		return earliest(next, s.helloAt)
	}
	if !s.look.IsZero() {
		next = earliest(next, s.look)
	}
	return next
}

// late looks whether the hub has let us wait too long.
func (s *session) late(now time.Time) error {
	switch {
	case s.deadline.IsZero() || now.Before(s.deadline):
	case s.sending != nil:
		// The line is slow or the broker stuck: sending again would not help.
		if s.stalls++; s.stalls >= maxStalls {
			return fmt.Errorf("broker %s: it takes nothing", s.u.dialer.addr)
		}
		s.await()
	case !s.greeted:
		s.deadline = time.Time{} // helloAt sees to it
	default:
		s.again()
		s.u.note(func(st *Status) { st.Resends++ })
	}
	return nil
}

// again sends everything unacknowledged once more, carefully.
func (s *session) again() {
	s.out.rewind()
	s.window = 1
	s.deadline = time.Time{}
	s.patience()
}

// patience makes the time double that the hub is given.
func (s *session) patience() {
	s.ackTimeout = min(2*s.ackTimeout, max(maxAckTimeout, s.u.o.AckTimeout))
}

// tell publishes a live message when one is due and the last one is out.
func (s *session) tell(now time.Time) {
	v := s.live
	if now.Before(v.next()) || v.busy() {
		return
	}
	m, ok := v.message(now)
	if !ok {
		v.dirty = false
		return
	}
	v.token = s.l.client.Publish(wire.Topic(s.u.o.Broker.Agent, wire.Live), 0, false, wire.MarshalLive(&m))
	v.said(&m, now)
}

// goodbye says that the agent goes offline on purpose.
func (s *session) goodbye() {
	s.l.client.Publish(wire.Topic(s.u.o.Broker.Agent, wire.Live), 0, false, s.u.offline(s.live.session)).WaitTimeout(goodbyeTimeout)
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
