// Package uplink carries what an agent saw to the hub over MQTT 3.1.1, and is
// the only one who trims the spool.
//
// On every connection it subscribes to the agent's "down" topic, says Hello, and
// waits for the hub's answer before it sends any record. Then it publishes the
// spool's records in batches of consecutive numbers (QoS 1). A record leaves the
// spool only when the hub has acknowledged it by a wire.Ack of the spool's own
// epoch: the broker's PUBACK counts for nothing (DESIGN §6.1). Without progress
// for AckTimeout (doubled each time, up to a minute, and jittered) everything
// unacknowledged is sent again, one batch at a time. The client keeps no store and
// the broker no session; the spool is the only memory.
//
// # What goes when
//
//   - News (see Fresh) goes at once, and what waits goes with it. What is no news
//     waits until Together records are there, or Linger has passed since the
//     oldest of them.
//   - What was there before the connection, and what is sent again, goes at once:
//     oldest first, in batches of up to MaxBatch records.
//   - The window bounds the batches that the hub has not acknowledged: one until
//     its first acknowledgement on a connection, then Window. MaxRate bounds their
//     bytes a second. A batch holds as many records as the line was seen to carry
//     in about half a second.
//   - While older records hold it up, news goes ahead of them in batches of its
//     own, two of which may be unanswered besides the window. Older records pass
//     over what went ahead; it is sent again like the others.
//   - Gaps that the spool declares travel like records, in batches of their own. A
//     record that is no observation of the contract is declared as a gap.
//
// # Times
//
// Records have the times of the device's monotonic clock, and get those of the
// hub's clock when they are sent (package clock): the hub's answers echo a stamp
// and teach its clock. What is learnt is kept in the queue's note.
//
// # Who speaks
//
// Every connection has a number that never comes twice in an epoch: how often the
// spool was opened in its upper half, a counter in the lower one. Hello, live
// messages and the last will carry it. A hello that is not answered within AckTimeout
// is said again with the next number. After a refusal nothing is sent but a hello
// now and then: after AckTimeout, after RefusedPause when the hub takes the device for
// another, after three times that when one side is too old. The refusal that
// only tells (records were set aside) changes nothing.
//
// # Live messages
//
// They say what is seen at this moment (QoS 0). The first one on a connection, which
// waits for the hub's answer, but no longer than AckTimeout, if its clock is not known,
// has every state, and so has one that the hub asks for; others have those that
// changed, at once (at most five messages a second). When nothing was said for
// LiveEvery, a heartbeat with a digest of all states says that nothing changed.
// The last will and the goodbye of Close say that the agent is offline.
//
// # The list of cameras
//
// If Plan is set the uplink also subscribes to the agent's topic "plan" and hands on
// what comes there, and its hellos carry Key. A broker that does not grant that
// topic (its rights are of an older hub) is a warning, and no reason not to send.
//
// Client id and user name are the agent's code (the user name can be another),
// so the broker can bind the one to the other. A broker that cannot be reached
// or refuses the login is tried again for ever, after 1 s at first and up to a
// minute later, with jitter; the same error is logged once in five minutes.
//
// Handlers of the MQTT client never block: what the hub says is queued, and
// dropped when 256 messages wait, for acknowledgements are cumulative. No
// goroutine outlives Close.
package uplink

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/phukin/phukin/agent/clock"
	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/agent/spool"
	"github.com/phukin/phukin/hub/wire"
)

// Defaults and bounds.
const (
	DefaultLiveEvery    = 2 * time.Minute
	DefaultVitalsEvery  = 10 * time.Minute
	DefaultAckTimeout   = 10 * time.Second
	DefaultLinger       = 5 * time.Minute
	DefaultMaxRate      = 256 << 10 // bytes a second
	DefaultWindow       = 4         // batches
	DefaultRefusedPause = time.Minute
	Together            = 50        // records that are no news and are sent together
	MaxBatch            = 500       // records in a batch
	MaxBatchBytes       = 128 << 10 // bytes of records, as spooled, in a batch
	connectTimeout      = 10 * time.Second
	maxAckTimeout       = time.Minute
	goodbyeTimeout      = time.Second
	// keepAlive is long: what is published finds out about a dead line sooner, and
	// the hub counts heartbeats.
	keepAlive = 6 * time.Minute
)

// Queue is the part of a spool.Spool that an Uplink uses.
type Queue interface {
	Epoch() uint64
	First() uint64
	Next() uint64
	Len() uint64
	Opens() uint64
	Read(from uint64, maxBytes, maxRecords int) ([]spool.Record, error)
	Trim(upto uint64) error
	Note() []byte
	SetNote([]byte) error
}

// Broker says where the broker is and who the agent is there.
type Broker struct {
	URL      string       // mqtt://host[:1883] or mqtts://host[:8883]
	Agent    string       // the agent's code, also the client id
	Username string       // it defaults to Agent
	Password probe.Secret // empty: none is sent
	CAFile   string       // PEM file of the certificates to trust with mqtts; empty: those of the system
	CertFile string       // PEM file of the agent's certificate, which it shows with mqtts; empty: it has none
	KeyFile  string       // PEM file of its private key

	// Now is the clock that certificates are held against, time.Now by
	// default: the hub's, as soon as it is known.
	Now func() time.Time
}

// Options of an Uplink. Broker, Queue and Live are needed.
type Options struct {
	Broker Broker
	Queue  Queue
	// Live gives what is seen now. It must not block.
	Live      func() Live
	LiveEvery time.Duration // it defaults to 2 min
	// Vitals, if set, gives how the device is. It must not block.
	Vitals       func() wire.Vitals
	VitalsEvery  time.Duration // it defaults to 10 min
	AckTimeout   time.Duration // time without progress until batches are sent again; it defaults to 10 s
	Linger       time.Duration // how long a record that is no news waits for others; it defaults to 5 min
	MaxRate      int           // bytes a second of batches; it defaults to 256 KiB
	Window       int           // batches sent and not acknowledged; it defaults to 4
	MinBackoff   time.Duration // first pause after a failed connection; it defaults to 1 s
	MaxBackoff   time.Duration // longest pause; it defaults to 60 s
	RefusedPause time.Duration // until a device that was taken for another says hello again; it defaults to 1 min
	Version      string        // the agent's version, for Hello
	// Plan, if set, takes payloads of the agent's topic "plan". It must not block.
	Plan   func(payload []byte)
	Key    wire.Key      // for Hello, with Plan
	Clock  *clock.Device // it defaults to clock.System()
	Logger *slog.Logger
}

// Status is what an Uplink knows of itself.
type Status struct {
	Connected bool
	Since     time.Time // when Connected became what it is
	LastError string    // why the newest connection failed or ended; empty while connected

	Session uint64 // number of this connection, or of the last one
	Greeted bool   // the hub has answered its hello

	Refusal     string // the hub's newest refusal since it took anything; empty if there is none
	RefusalCode wire.RefusalCode
	RefusedAt   time.Time
	Refusals    map[wire.RefusalCode]uint64 // how often each was heard

	// ClockOffset is the hub's clock minus the device's, as the newest answer had
	// it; OffsetKnown is false before there was one. RoundTrip is the shortest
	// way of those answers that count.
	ClockOffset, RoundTrip time.Duration
	OffsetKnown            bool

	Connects uint64 // connections that were made
	Batches  uint64 // batches published, repeated ones included
	Resends  uint64 // times that everything unacknowledged was sent again
	Acked    uint64 // records that acknowledgements took out of the spool
	Gaps     uint64 // gaps declared, repeated ones included
	Ignored  uint64 // messages of the hub that could not be used
}

// Uplink is the agent's connection to the hub. Use New.
type Uplink struct {
	o      Options
	dialer *dialer
	log    *slog.Logger
	clock  clock.Device
	known  clock.Knowledge
	aside  throttle // of records that were set aside

	unlisted throttle // of a broker that does not grant the topic "plan"

	// These belong to the goroutine that connects.
	out         outbox
	connections uint32
	lastStamp   int64

	wake, changed chan struct{}
	cancel        context.CancelFunc
	done          chan struct{}

	mu       sync.Mutex
	status   Status
	refusals [256]uint64 // by code
	news     []span      // what Fresh was told and the outbox does not know yet
}

// New checks the options, reads the CA file, and connects to nobody.
func New(o Options) (*Uplink, error) {
	if o.Queue == nil || o.Live == nil {
		return nil, errors.New("uplink: Queue and Live are needed")
	}
	u := &Uplink{wake: make(chan struct{}, 1), changed: make(chan struct{}, 1)}
	if o.Broker.Now == nil {
		o.Broker.Now = u.Now
	}
	d, err := newDialer(o.Broker)
	if err != nil {
		return nil, err
	}
	d.plan = o.Plan
	setDefault(&o.LiveEvery, DefaultLiveEvery)
	setDefault(&o.VitalsEvery, DefaultVitalsEvery)
	setDefault(&o.AckTimeout, DefaultAckTimeout)
	setDefault(&o.Linger, DefaultLinger)
	setDefault(&o.RefusedPause, DefaultRefusedPause)
	setDefault(&o.MinBackoff, time.Second)
	setDefault(&o.MaxBackoff, time.Minute)
	if o.Window == 0 {
		o.Window = DefaultWindow
	}
	if o.MaxRate == 0 {
		o.MaxRate = DefaultMaxRate
	}
	if o.MaxRate < 0 || o.Linger < 0 || o.RefusedPause < 0 || o.LiveEvery < 0 || o.VitalsEvery < 0 || o.AckTimeout < 0 || o.Window < 0 || o.MinBackoff < 0 || o.MaxBackoff < o.MinBackoff {
		return nil, errors.New("uplink: an option is out of range")
	}
	if len(o.Version) > wire.MaxText {
		return nil, fmt.Errorf("uplink: version has %d bytes, at most %d are allowed", len(o.Version), wire.MaxText)
	}
	if o.Clock == nil {
		d := clock.System()
		o.Clock = &d
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	u.o, u.dialer, u.clock = o, d, *o.Clock
	u.log = o.Logger.With("component", "uplink", "broker", d.addr)
	u.aside, u.unlisted = throttle{every: 5 * time.Minute}, throttle{every: time.Hour}
	u.out = outbox{q: o.Queue, log: u.log, linger: o.Linger, dress: u.dress}
	if err := u.known.Unmarshal(o.Queue.Note()); err != nil {
		u.log.Warn("what was known of the hub's clock is lost", "error", err)
	}
	return u, nil
}

// Start begins to connect, in the background. It must be called once.
func (u *Uplink) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	u.cancel, u.done = cancel, make(chan struct{})
	u.mu.Lock()
	u.status.Since = u.clock.Wall()
	u.mu.Unlock()
	go func() {
		defer close(u.done)
		u.run(ctx)
	}()
}

// Close says goodbye if there is a connection, and returns when all is still,
// after about two seconds at the latest.
func (u *Uplink) Close() {
	if u.cancel != nil {
		u.cancel()
		<-u.done
	}
}

// Fresh says that the queue has new records, those from first up to next. news
// says that they must not wait for others. It never blocks.
func (u *Uplink) Fresh(first, next uint64, news bool) {
	if news {
		u.mu.Lock()
		if u.news = append(u.news, span{first, next}); len(u.news) > maxNews {
			u.news = slices.Delete(u.news, 0, 1)
		}
		u.mu.Unlock()
	}
	signal(u.wake)
}

// takeFresh gives the outbox what Fresh was told.
func (u *Uplink) takeFresh() {
	u.mu.Lock()
	news := u.news
	u.news = nil
	u.mu.Unlock()
	for _, s := range news {
		u.out.fresh(s)
	}
}

// Changed says that the states have changed. It never blocks.
func (u *Uplink) Changed() { signal(u.changed) }

// Status tells how things are.
func (u *Uplink) Status() Status {
	u.mu.Lock()
	defer u.mu.Unlock()
	s := u.status
	s.Refusals = map[wire.RefusalCode]uint64{}
	for code, n := range u.refusals {
		if n > 0 {
			s.Refusals[wire.RefusalCode(code)] = n
		}
	}
	return s
}

// Now is the best that is known of the time: the hub's if it can be told, else the
// device's.
func (u *Uplink) Now() time.Time {
	if ms, ok := u.known.Hub(u.clock.Boot, u.clock.Mono()); ok {
		return time.UnixMilli(ms)
	}
	return u.clock.Wall()
}

// number gives the number of the next connection.
func (u *Uplink) number() uint64 {
	u.connections++
	return u.o.Queue.Opens()<<32 | uint64(u.connections)
}

// stamp gives the present by the monotonic clock; every one is another.
func (u *Uplink) stamp() int64 {
	u.lastStamp = max(u.clock.Mono(), u.lastStamp+1)
	return u.lastStamp
}

// dress gives a batch its stamp and its records their times.
func (u *Uplink) dress(p *parcel) {
	p.Stamp = u.stamp()
	now, _ := u.known.Hub(u.clock.Boot, p.Stamp)
	p.place(&u.known, now)
}

func (u *Uplink) note(f func(*Status)) {
	u.mu.Lock()
	defer u.mu.Unlock()
	f(&u.status)
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func setDefault(d *time.Duration, v time.Duration) {
	if *d == 0 {
		*d = v
	}
}
