package brokertest

import (
	"fmt"
	"strings"

	"github.com/phukin/phukin/hub/wire"
)

// messageCases are messages that an agent publishes.
func messageCases() []Case {
	message := func(name string, version byte, want func(Kind) string, m packet) Case {
		return Case{name, want, func(s *Site) (string, error) { return s.post(version, m) }}
	}
	cases := []Case{
		message("message on its own up", 4, everywhere(Arrives), packet{topic: up(mallory), qos: 1}),
		message("message on its own live, QoS 0", 4, everywhere(Arrives), packet{topic: live(mallory)}),
		message("message on its own up in version 2 of the contract", 4, everywhere(Arrives), packet{topic: wire.TopicOf(2, mallory, wire.Up), qos: 1}),
		message("message on its own up, MQTT 5", 5, everywhere(Arrives), packet{topic: up(mallory), qos: 1}),
		message("message of the greatest size", 4, everywhere(Arrives), packet{topic: up(mallory), qos: 1, payload: strings.Repeat("x", wire.MaxMessage)}),
		message("message one byte longer", 4, each(Refused, Dropped), packet{topic: up(mallory), qos: 1, payload: strings.Repeat("x", wire.MaxMessage+1)}),
		message("message one byte longer, MQTT 5", 5, everywhere(Refused), packet{topic: up(mallory), qos: 1, payload: strings.Repeat("x", wire.MaxMessage+1)}),
		message("message 4 KiB longer", 4, everywhere(Refused), packet{topic: up(mallory), qos: 1, payload: strings.Repeat("x", wire.MaxMessage+4096)}),
		message("message with QoS 2", 4, everywhere(Refused), packet{topic: up(mallory), qos: 2}),
		message("retained message on its own live", 4, everywhere(Refused), packet{topic: live(mallory), qos: 1, retained: true}),
		message("retained message, QoS 0", 4, everywhere(Refused), packet{topic: live(mallory), retained: true}),
		message("retained message, MQTT 5", 5, everywhere(Refused), packet{topic: live(mallory), qos: 1, retained: true}),
		message("retained message on its own up", 4, everywhere(Refused), packet{topic: up(mallory), qos: 1, retained: true}),
		message("retained message on its own down", 4, everywhere(Refused), packet{topic: down(mallory), qos: 1, retained: true}),
		message("retained message on another agent's plan", 4, everywhere(Refused), packet{topic: plan(alice), qos: 1, retained: true}),
		message("retained message on another agent's plan, MQTT 5", 5, everywhere(Refused), packet{topic: plan(alice), qos: 1, retained: true}),
		{"topic alias, MQTT 5", everywhere(Refused), (*Site).alias},
	}
	for _, x := range []struct{ name, topic string }{
		{"on another agent's up", up(alice)},
		{"on another agent's live", live(alice)},
		{"on another agent's down", down(alice)},
		{"on its own down", down(mallory)},
		{"on another agent's plan", plan(alice)},
		{"on another agent's down in version 2", downOf(2, alice)},
		{"on its own up in another shard", fmt.Sprintf("phukin/1/%d/%s/up", wire.Shard(mallory)+1, mallory)},
		{"below its own up", up(mallory) + "/x"},
		{"on a topic of others", "other"},
		{"on $SYS", "$SYS/broker/x"},
		{"on $CONTROL", "$CONTROL/dynamic-security/v1"},
	} {
		// The embedded broker hangs up; or says nothing, where the library
		// takes the topic for its own.
		embedded := Refused
		if strings.HasPrefix(x.topic, "$SYS") {
			embedded = Dropped
		}
		cases = append(cases,
			message("message "+x.name, 4, each(embedded, Dropped), packet{topic: x.topic, qos: 1}),
			message("message "+x.name+", MQTT 5", 5, each(embedded, Refused), packet{topic: x.topic, qos: 1}))
	}
	return append(cases, message("message on another agent's up, QoS 0", 4, everywhere(Dropped), packet{topic: up(alice)}))
}

// post publishes a message, whose payload is given for its length alone, and
// says what came of it. What is retained must not be kept either.
func (s *Site) post(version byte, m packet) (string, error) {
	c, err := s.mallory(version)
	if err != nil {
		return "", err
	}
	defer c.close()
	mark := s.mark()
	m.payload = mark + m.payload[min(len(mark), len(m.payload)):]
	answered := c.post(m)
	if err := s.settle(c); err != nil {
		return "", err
	}
	answer := Silence
	select {
	case answer = <-answered: // never, if there is none to come
	default:
		if !c.open() {
			answer = Denied
		}
	}
	if m.retained && s.eyes != nil {
		login := Login{ID: spy, User: spy, Password: s.secrets[spy]}
		s.eyes.close()
		if s.eyes, err = enter(s.mosq.Plain, nil, login); err != nil {
			return "", err
		}
		if answer := s.eyes.subscribe("#"); answer != Granted {
			return "", fmt.Errorf("subscription of the spy: %s", answer)
		}
		if err := s.settle(nil); err != nil {
			return "", err
		}
		if found, _ := s.eyes.in.has("", mark); found {
			return kept, nil
		}
	}
	return s.outcome(mark, answer), nil
}

// alias gives a number to its own topic, then to another agent's, and
// publishes by the number alone.
func (s *Site) alias() (string, error) {
	c, err := s.mallory(5)
	if err != nil {
		return "", err
	}
	defer c.close()
	mark := s.mark()
	for _, topic := range []string{up(mallory), up(alice), ""} {
		c.post(packet{topic: topic, alias: 1, payload: mark})
	}
	if err := s.settle(c); err != nil {
		return "", err
	}
	if c.open() {
		return s.outcome(mark, Granted), nil
	}
	return s.outcome(mark, Denied), nil
}
