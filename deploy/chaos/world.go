package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/phukin/phukin/hub/enrol"
	"github.com/phukin/phukin/hub/sqlite"
)

// plot says what a world is and what is done to it.
type plot struct {
	Name     string
	Length   time.Duration // for which things are broken
	Pace     time.Duration // mean time between two blows
	Agents   int
	Cameras  int  // of each agent
	Real     bool // cameras that speak RTSP
	Embedded bool // the broker is the hub's own; else Mosquitto
	Disk     disk
	Overflow bool         // more is seen than spools can hold
	Blows    map[blow]int // how often, by weight
	Sabotage string       // what is done to the evidence, to see that it is found
}

// disk is what holds the agents' spools.
type disk string

// The disks.
const (
	diskPlain  disk = ""
	diskMemory disk = "memory" // a small file system in memory, which can be full
	diskImage  disk = "image"  // a file system in a file, whose copy is a power cut
)

// world is a plot that runs.
type world struct {
	plot
	seed    uint64
	dice    *rand.Rand
	dir     string
	log     *os.File
	net     *network
	cameras *process
	broker  *seat // nil when the hub has its own
	hub     *seat
	agents  []*station
	owner   map[string]string // agent, by camera
	events  []event
	began   time.Time
	quiet   time.Time
	tally   tally
	problem []string
}

// tally counts what was done.
type tally struct {
	Agents, Brokers, Hubs                  int // kills
	Cuts, Full, Damage, Power, Steps, Boot int
}

func (t *tally) kills() int { return t.Agents + t.Brokers + t.Hubs }

// event is something that will be done later.
type event struct {
	at time.Time
	do func() error
}

// seat is a place for a process: who dies there is replaced.
type seat struct {
	name    string
	start   func() (*process, error)
	p       *process
	back    time.Time // when it may be started again
	expects bool      // its end is our doing
}

func (s *seat) alive() bool { return s.p != nil && !s.p.ended() && s.p.ready.Load() }

// patience bounds every wait for a process.
const patience = 20 * time.Second

// build opens everything but the agents' processes.
func build(ctx context.Context, p plot, seed uint64, dir string) (_ *world, err error) {
	w := &world{plot: p, seed: seed, dice: newDice(seed), dir: dir, net: newNetwork(), owner: map[string]string{}}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	if w.log, err = os.Create(filepath.Join(dir, "log")); err != nil {
		return nil, err
	}
	scripts := map[string][]step{}
	r := w.rhythm()
	for i := range p.Agents {
		st := &station{code: fmt.Sprintf("a%d", i), world: w, boot: w.dice.Uint64()}
		for j := range p.Cameras {
			code := fmt.Sprintf("%s-c%02d", st.code, j)
			st.cameras, w.owner[code] = append(st.cameras, code), st.code
			scripts[code] = writeScript(w.dice, p.Length+time.Minute, r.Stay[0], r.Stay[1])
		}
		w.agents = append(w.agents, st)
	}
	var at camerasAnswer
	if w.cameras, err = spawnChild("cameras", camerasOrder{Real: p.Real, Scripts: scripts, Truth: w.truthFile()}, &at, w.log); err != nil {
		return nil, err
	}
	if err := until(ctx, patience, w.cameras.ready.Load); err != nil {
		return nil, fmt.Errorf("cameras: %w", err)
	}
	port, err := freePort(brokerPorts)
	if err != nil {
		return nil, err
	}
	order := hubOrder{Database: w.database(), Cameras: w.owner, Forgets: p.Sabotage == forget}
	if p.Embedded {
		order.Listen = port
	} else {
		if err := w.seatBroker(port); err != nil {
			return nil, err
		}
		if order.Broker, err = w.net.open("hub", port); err != nil {
			return nil, err
		}
	}
	tokens, err := w.enrol(ctx)
	if err != nil {
		return nil, err
	}
	w.hub = &seat{name: "hub", start: func() (*process, error) { return spawnChild("hub", order, &hubAnswer{}, w.log) }}
	for _, st := range w.agents {
		if err := st.prepare(tokens[st.code], port, at.Addrs); err != nil {
			return nil, err
		}
	}
	return w, nil
}

func (w *world) rhythm() *rhythm {
	if w.Real {
		return &real
	}
	return &quick
}

func (w *world) truthFile() string { return filepath.Join(w.dir, "truth") }
func (w *world) database() string  { return filepath.Join(w.dir, "hub.db") }

// enrol gives the agents their tokens.
func (w *world) enrol(ctx context.Context) (tokens map[string]string, err error) {
	db, err := sqlite.Open(ctx, w.database(), sqlite.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tokens = map[string]string{}
	for _, st := range w.agents {
		if tokens[st.code], err = enrol.Issue(ctx, db, st.code, time.Now()); err != nil {
			return nil, err
		}
	}
	return tokens, nil
}

// seatBroker makes a place for Mosquitto. Logins and rights are not tried here:
// hub/broker and deploy/e2e do that with the project's own configuration.
func (w *world) seatBroker(addr string) error {
	name, err := exec.LookPath("mosquitto")
	if err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	conf := filepath.Join(w.dir, "mosquitto.conf")
	text := "listener " + port + " 127.0.0.1\nallow_anonymous true\nuser root\npersistence false\nmessage_size_limit 262144\nmax_queued_messages 1000\nlog_type error\n"
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		return err
	}
	w.broker = &seat{name: "broker", start: func() (*process, error) { return spawnProgram(w.log, name, "-c", conf) }}
	return nil
}

// seats lists who may have to be started again.
func (w *world) seats() []*seat {
	var all []*seat
	if w.broker != nil {
		all = append(all, w.broker)
	}
	all = append(all, w.hub)
	for _, st := range w.agents {
		all = append(all, &st.seat)
	}
	return all
}

// revive starts who is gone and may come back.
func (w *world) revive() error {
	for _, s := range w.seats() {
		if s.p != nil && !s.p.ended() || time.Now().Before(s.back) {
			continue
		}
		if s.p != nil && !s.expects {
			// A hub that finds no broker at its start gives up; whoever ran and
			// ends by itself has crashed.
			if s.p.ready.Load() || s != w.hub {
				w.problem = append(w.problem, fmt.Sprintf("%s ended by itself: %v", s.name, s.p.err))
			}
			s.p.closePipes()
			s.p, s.back = nil, time.Now().Add(300*time.Millisecond)
			continue
		}
		p, err := s.start()
		if err != nil {
			return fmt.Errorf("start %s: %w", s.name, err)
		}
		s.p, s.expects = p, false
	}
	return nil
}

// kill ends who sits there by SIGKILL, for a while. It says whether anybody
// was there.
func (s *seat) kill(away time.Duration) bool {
	if s.p == nil || s.p.ended() {
		return false
	}
	s.expects, s.back = true, time.Now().Add(away)
	return s.p.kill()
}

// stop lets who sits there end by itself. Whoever has not started yet may give
// up just now, and is killed.
func (s *seat) stop() error {
	if s.p == nil || s.p.ended() {
		return nil
	}
	s.expects = true
	if !s.p.ready.Load() {
		s.p.kill()
		return nil
	}
	if err := s.p.stop(patience); err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	return nil
}

// tick is how often a world looks what is to be done.
const tick = 20 * time.Millisecond

// play breaks things for the length of the plot.
func (w *world) play(ctx context.Context) error {
	w.began = time.Now()
	end, next := w.began.Add(w.Length), w.began.Add(2*time.Second)
	for time.Now().Before(end) {
		if err := w.turn(ctx); err != nil {
			return err
		}
		if time.Now().After(next) {
			if err := w.strike(); err != nil {
				return err
			}
			next = time.Now().Add(time.Duration(w.dice.ExpFloat64() * float64(w.Pace)))
		}
	}
	return nil
}

// turn does what is due, and waits a little.
func (w *world) turn(ctx context.Context) error {
	if err := w.revive(); err != nil {
		return err
	}
	now := time.Now()
	var later []event
	due := w.events
	w.events = nil
	for _, e := range due {
		if e.at.After(now) {
			later = append(later, e)
			continue
		}
		if err := e.do(); err != nil {
			return err
		}
	}
	w.events = append(w.events, later...)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(tick):
		return nil
	}
}

func (w *world) after(d time.Duration, do func() error) {
	w.events = append(w.events, event{time.Now().Add(d), do})
}

// between draws a length of time.
func (w *world) between(least, most time.Duration) time.Duration {
	return least + time.Duration(w.dice.Int64N(int64(most-least)))
}

// close ends all processes and takes everything away but the folder.
func (w *world) close() {
	for _, s := range w.seats() {
		if s != nil && s.p != nil { // not all may have been built
			s.p.kill()
		}
	}
	if w.cameras != nil {
		w.cameras.kill()
	}
	w.net.close()
	unmountAll(w.dir)
	if w.log != nil {
		_ = w.log.Close()
	}
}

// until waits for a condition.
func until(ctx context.Context, patience time.Duration, met func() bool) error {
	for end := time.Now().Add(patience); !met(); {
		if time.Now().After(end) {
			return fmt.Errorf("nothing within %v", patience)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(tick):
		}
	}
	return nil
}
