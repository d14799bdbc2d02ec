package brokertest

import (
	"fmt"
	"sync"
	"time"
)

const (
	floodPayload = "flood"
	floodTime    = 1500 * time.Millisecond
	// bounded says that nobody else waits for floodWait, and that the hub is
	// given no more than its bounds of the flood.
	bounded = "bounded"
	// floodWait is how long another agent's message may be under way while
	// one floods the broker.
	floodWait = time.Second
	// What the hub is given of a flood: see the bounds of hub/broker.
	floodBurst, floodRate = 1000, 200
)

// floodCases are agents that send as fast as they can.
func floodCases() []Case {
	flood := func(name string, m packet) Case {
		return Case{name, everywhere(bounded), func(s *Site) (string, error) { return s.floods(m) }}
	}
	return []Case{
		flood("flood on its own live, QoS 0", packet{topic: live(mallory), payload: floodPayload}),
		flood("flood on its own up, QoS 1, without waiting for an answer", packet{topic: up(mallory), payload: floodPayload, qos: 1}),
		flood("flood on another agent's up", packet{topic: up(alice), payload: floodPayload}),
	}
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
	quick := true
	honest := time.NewTicker(floodTime / 60) // an honest agent keeps its own bounds
	defer honest.Stop()
	for quick && time.Since(began) < floodTime {
		<-honest.C
		mark := s.mark()
		s.alice.post(packet{topic: up(alice), qos: 1, payload: mark})
		quick = s.heard.waitFor(up(alice), mark, floodWait)
	}
	close(stop)
	c.close()
	flooding.Wait()
	given, most := s.heard.counted(m.topic)-before, floodBurst+int(floodRate*time.Since(began).Seconds())
	switch {
	case !quick:
		return fmt.Sprintf("another agent's message takes longer than %v", floodWait), nil
	case given > most:
		return fmt.Sprintf("the hub gets %d of %d messages", given, sent), nil
	case sent < 2*most:
		return fmt.Sprintf("%d messages are no flood", sent), nil
	}
	return bounded, nil
}
