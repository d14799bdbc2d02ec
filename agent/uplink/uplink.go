// Package uplink carries what an agent saw to the hub over MQTT 3.1.1, and is
// the only one who trims the spool.
//
// On every connection it subscribes to the agent's "down" topic, says Hello,
// and publishes the spool's records oldest first in batches of consecutive
// numbers (QoS 1). A record leaves the spool only when the hub has acknowledged
// it by a wire.Ack of the spool's own epoch: the broker's PUBACK counts for
// nothing (DESIGN §6.1). Batches that the hub has not acknowledged are bounded by a window,
// which is one batch until the first acknowledgement arrives. Without
// progress for AckTimeout (doubled each time, up to a minute, and jittered) everything
// unacknowledged is sent again, one batch at a time. The client keeps no store
// and the broker no session; the spool is the only memory.
//
// Live messages (QoS 0) say what is seen at this moment: at once when something
// changed (at most five a second) and every LiveEvery. The last will and the
// goodbye of Close say that the agent is offline.
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
	"sync"
	"time"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/agent/spool"
	"github.com/phukin/phukin/hub/wire"
)

// Defaults and bounds.
const (
	DefaultLiveEvery  = 10 * time.Second
	DefaultAckTimeout = 10 * time.Second
	DefaultWindow     = 4        // batches
	MaxBatch          = 200      // observations in a batch
	MaxBatchBytes     = 64 << 10 // bytes of observations in a batch
	connectTimeout    = 10 * time.Second
	maxAckTimeout     = time.Minute
	goodbyeTimeout    = time.Second
)

// Queue is the part of a spool.Spool that an Uplink uses.
type Queue interface {
	Epoch() uint64
	First() uint64
	Next() uint64
	Len() uint64
	Read(from uint64, maxBytes, maxRecords int) ([]spool.Record, error)
	Trim(upto uint64) error
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
	// Live gives the cameras and states of a live message; the rest is filled
	// in. It must not block.
	Live       func() (cameras int, states []wire.State)
	LiveEvery  time.Duration // it defaults to 10 s
	AckTimeout time.Duration // time without progress until batches are sent again; it defaults to 10 s
	Window     int           // batches sent and not acknowledged; it defaults to 4
	MinBackoff time.Duration // first pause after a failed connection; it defaults to 1 s
	MaxBackoff time.Duration // longest pause; it defaults to 60 s
	Version    string        // the agent's version, for Hello
	Now        func() time.Time
	Logger     *slog.Logger
}

// Status is what an Uplink knows of itself.
type Status struct {
	Connected bool
	Since     time.Time // when Connected became what it is
	LastError string    // why the newest connection failed or ended; empty while connected

	Refusal   string // the hub's newest refusal since the last acknowledgement
	RefusedAt time.Time

	// ClockOffset is the hub's clock minus ours, as the newest message said;
	// OffsetKnown is false before there was one.
	ClockOffset time.Duration
	OffsetKnown bool

	Connects uint64 // connections that were made
	Batches  uint64 // batches published, repeated ones included
	Resends  uint64 // times that everything unacknowledged was sent again
	Acked    uint64 // records that acknowledgements took out of the spool
	Ignored  uint64 // messages of the hub that could not be used
}

// Uplink is the agent's connection to the hub. Use New.
type Uplink struct {
	o      Options
	dialer *dialer
	log    *slog.Logger

	wake, changed chan struct{}
	cancel        context.CancelFunc
	done          chan struct{}

	mu     sync.Mutex
	status Status
}

// New checks the options, reads the CA file, and connects to nobody.
func New(o Options) (*Uplink, error) {
	if o.Queue == nil || o.Live == nil {
		return nil, errors.New("uplink: Queue and Live are needed")
	}
	d, err := newDialer(o.Broker)
	if err != nil {
		return nil, err
	}
	setDefault(&o.LiveEvery, DefaultLiveEvery)
	setDefault(&o.AckTimeout, DefaultAckTimeout)
	setDefault(&o.MinBackoff, time.Second)
	setDefault(&o.MaxBackoff, time.Minute)
	if o.Window == 0 {
		o.Window = DefaultWindow
	}
	if o.LiveEvery < 0 || o.AckTimeout < 0 || o.Window < 0 || o.MinBackoff < 0 || o.MaxBackoff < o.MinBackoff {
		return nil, errors.New("uplink: an option is out of range")
	}
	if len(o.Version) > wire.MaxText {
		return nil, fmt.Errorf("uplink: version has %d bytes, at most %d are allowed", len(o.Version), wire.MaxText)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return &Uplink{
		o: o, dialer: d, log: o.Logger.With("component", "uplink", "broker", d.addr),
		wake: make(chan struct{}, 1), changed: make(chan struct{}, 1),
	}, nil
}

// Start begins to connect, in the background. It must be called once.
func (u *Uplink) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	u.cancel, u.done = cancel, make(chan struct{})
	u.mu.Lock()
	u.status.Since = u.o.Now()
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

// Wake says that the queue has new records. It never blocks.
func (u *Uplink) Wake() { signal(u.wake) }

// Changed says that the states have changed. It never blocks.
func (u *Uplink) Changed() { signal(u.changed) }

// Status tells how things are.
func (u *Uplink) Status() Status {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.status
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
