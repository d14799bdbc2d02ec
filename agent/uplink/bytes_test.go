package uplink_test

import (
	"crypto/tls"
	"testing"
	"time"

	"github.com/phukin/phukin/agent/spool"
	"github.com/phukin/phukin/agent/uplink"
	"github.com/phukin/phukin/hub/wire"
)

// The figure: at most 8 kB a camera and day with 50 cameras, both ways, TLS and
// MQTT included. Observations are to take less than 5.6 kB of that, so what
// carries them and the heartbeats have 2.4 kB. This counts on a real line what each
// kind of message costs and makes a quiet day of it.
func TestWhatCarriesObservationsIsWithinItsShareOfTheBytesOfADay(t *testing.T) {
	const cameras = 50
	cert, ca := certificate(t)
	h := startHub(t, &tls.Config{Certificates: []tls.Certificate{cert}})
	q := openSpool(t)
	s := &scene{}
	s.l.Cameras = cameras
	for i := range cameras {
		s.l.States = append(s.l.States, wire.State{Camera: observed(i).Camera, Status: wire.StatusUp, Rung: wire.RungFresh, Since: 1, Probed: 2, Codec: wire.CodecH264, Width: 1920, Height: 1080})
	}
	put(t, q, make50()...) // so that the numbers are not all small
	o := h.options(q)
	o.Broker.URL, o.Broker.CAFile, o.Live, o.LiveEvery = "mqtts://"+h.addr, ca, s.live, time.Hour
	o.AckTimeout = 10 * time.Second
	u := start(t, o)
	within(t, "it is connected", func() bool { return q.Len() == 0 && u.Status().Greeted })
	now := func() float64 { return float64(h.listener.in.Load() + h.listener.out.Load()) }
	connect := now()

	const rounds = 30
	begin := now()
	body := 0
	for range rounds {
		es := make50()
		first, err := q.AppendBatch(es)
		if err != nil {
			t.Fatal(err)
		}
		u.Fresh(first, first+50, false)
		within(t, "they are acknowledged", func() bool { return q.Len() == 0 })
	}
	h.look(func() bool {
		for _, b := range h.batches[1:] {
			if b.Count() != 50 {
				t.Errorf("a batch of %d", b.Count())
			}
			body += len(wire.MarshalUp(wire.UpMessage{Batch: &b}))
		}
		return true
	})()
	batch := (now() - begin) / rounds
	carries := batch - float64(body)/rounds + 45 // 45: what a batch has besides its observations

	begin = now()
	for i := range 8 {
		lives := len(h.lives)
		s.edit(func(l *uplink.Live) { l.States[i].Status = wire.StatusDegraded; l.States[i].Reasons = []wire.Reason{1} })
		u.Changed()
		within(t, "the change is told", h.look(func() bool { return len(h.lives) > lives }))
	}
	change := (now()-begin)/8 + carries + 40
	u.Close()

	o.LiveEvery = 250 * time.Millisecond
	q2 := openSpool(t)
	o.Queue = q2
	u = start(t, o)
	lives := 0
	within(t, "it is connected", h.look(func() bool {
		lives = len(h.lives)
		return len(h.hellos) == 2 && u.Status().Greeted && h.lives[lives-1].Online && !h.lives[lives-1].Whole
	}))
	begin = now()
	within(t, "heartbeats come", h.look(func() bool { return len(h.lives) == lives+8 }))
	heartbeat := (now() - begin) / 8
	u.Close()

	device := wire.Vitals{ // with every fifth heartbeat
		Uptime: wire.Read(1_209_600), Load: wire.Read(135), Cores: wire.Read(4), Memory: wire.Read(922), Available: wire.Read(611),
		Temperature: wire.Read(78), Disk: wire.Read(29_512), Free: wire.Read(21_004), Power: wire.Read(15),
	}
	beat := wire.LiveMessage{Online: true}
	without := len(wire.MarshalLive(&beat))
	beat.Vitals = &device
	vitals := float64(len(wire.MarshalLive(&beat)) - without)

	quiet := (720*heartbeat + 144*vitals + 288*carries) / cameras
	t.Logf("vitals cost %.0f B, %.0f B a camera and day", vitals, 144*vitals/cameras)
	t.Logf("connection %.0f B, heartbeat %.0f B, what carries 50 observations %.0f B, a change %.0f B", connect, heartbeat, carries, change)
	t.Logf("a day of an agent with %d cameras: %.1f kB of heartbeats, %.1f kB that carry observations: %.0f B a camera; each change and each connection besides",
		cameras, 0.72*heartbeat, 0.288*carries, quiet)
	if quiet > 2400 {
		t.Errorf("%.0f bytes a camera and day besides the observations", quiet)
	}
}

func observed(i int) wire.Observation {
	o, _ := wire.UnmarshalObservation(observation(i))
	return o
}

func make50() []spool.Entry { return entries(50) }
