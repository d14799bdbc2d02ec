package brokertest

import (
	"fmt"
	"sync"
	"time"
)

const (
	floodPayload = "flood"
	floodTime    = 1500 * time.Millisecond
	// floodWait is how long another agent's message may be under way while
	// one floods the broker.
	floodWait = time.Second
	// sendAgain is when an agent sends again what was not acknowledged; here
	// sooner than agents do.
	sendAgain = 250 * time.Millisecond
	// What the hub is given of a flood: see the bounds of hub/broker.
	floodBurst, floodRate = 1000, 200
)

// What comes of a flood. In both cases the hub is given no more than its
// bounds of it.
const (
	bounded = "bounded" // nobody else waits for floodWait
	// Mosquitto reads everybody as fast as it can, and drops what the hub
	// cannot take as fast, whoever it is from: an honest agent sends it again.
	resent = "others may have to send again"
)

// floodCases are agents that send as fast as they can.
func floodCases() []Case {
	flood := func(name string, m packet) Case {
		return Case{name, each(bounded, resent), func(s *Site) (string, error) { return s.floods(m) }}
	}
	return []Case{
		flood("flood on its own live, QoS 0", packet{topic: live(mallory), payload: floodPayload}),
		flood("flood on its own up, QoS 1, without waiting for an answer", packet{topic: up(mallory), payload: floodPayload, qos: 1}),
		flood("flood on another agent's up", packet{topic: up(alice), payload: floodPayload}),
		{"never reading what the hub sends", everywhere(bounded), (*Site).stalls},
	}
}

// stalls subscribes to its own down and reads nothing of 64 MiB that the hub
// sends there: neither the hub nor anybody else may wait for it.
func (s *Site) stalls() (string, error) {
	stalled := make(chan struct{})
	l := s.login(mallory)
	l.Stalls = stalled
	c, err := s.enter(l)
	if err != nil {
		return "", err
	}
	defer c.close()
	defer close(stalled)
	if answer := c.subscribe(down(mallory)); answer != Granted {
		return "", fmt.Errorf("subscription to its own topic: %s", answer)
	}
	payload := make([]byte, 64<<10)
	for i := range 1024 {
		since := time.Now()
		if err := s.hub.Send(down(mallory), payload); err != nil {
			return "", err
		}
		if i%64 == 0 {
			if err := s.undisturbed(); err != nil {
				return "", err
			}
		}
		if waited := time.Since(since); waited > floodWait {
			return fmt.Sprintf("the hub or another agent waits %v", waited), nil
		}
	}
	return bounded, nil
}

// floods sends until others have been heard for a while.
func (s *Site) floods(m packet) (string, error) {
	c, err := s.mallory(4)
	if err != nil {
		return "", err
	}
	before, began := s.heard.counted(m.topic), time.Now()
	sent, stop := 0, make(chan struct{})
	var flooding sync.WaitGroup
	flooding.Go(func() {
		for c.open() {
			select {
			case <-stop:
				return
			default:
				c.pour(m)
				sent++
			}
		}
	})
	wait := floodWait
	if s.Kind.Mosquitto {
		wait = Patience
	}
	heardWithin := func(wait time.Duration) bool {
		mark := s.mark()
		for since := time.Now(); time.Since(since) < wait; {
			s.alice.post(packet{topic: up(alice), qos: 1, payload: mark})
			if s.heard.waitFor(up(alice), mark, sendAgain) {
				return true
			}
		}
		return false
	}
	inTime := true
	honest := time.NewTicker(floodTime / 60) // an honest agent keeps its own bounds
	defer honest.Stop()
	for inTime && time.Since(began) < floodTime {
		<-honest.C
		inTime = heardWithin(wait)
	}
	close(stop)
	c.close()
	flooding.Wait()
	// Its next connection ends what the broker had not read of this one.
	if next, err := s.mallory(4); err != nil {
		return "", err
	} else {
		next.close()
	}
	inTime = inTime && heardWithin(wait)
	given, most := s.heard.counted(m.topic)-before, floodBurst+int(floodRate*time.Since(began).Seconds())
	switch {
	case !inTime:
		return fmt.Sprintf("another agent's message takes longer than %v", wait), nil
	case given > most:
		return fmt.Sprintf("the hub gets %d of %d messages", given, sent), nil
	case sent < 2*most:
		return fmt.Sprintf("%d messages are no flood", sent), nil
	}
	if s.Kind.Mosquitto {
		return resent, nil
	}
	return bounded, nil
}
