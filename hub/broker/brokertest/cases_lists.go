package brokertest

import (
	"fmt"
	"time"

	"github.com/phukin/phukin/hub/wire"
)

// notKept is what comes of a list at a broker where nobody may retain, the hub
// included: there the hub says it again when the agent says hello.
const notKept = "not kept: the hub answers its hello"

// listCases are about the lists of cameras that the hub gives agents, each on
// its topic "plan".
func listCases() []Case {
	cases := []Case{
		{"list for an agent that is there", everywhere(Arrives), func(s *Site) (string, error) { return s.hears(4) }},
		{"list for an agent that is there, MQTT 5", everywhere(Arrives), func(s *Site) (string, error) { return s.hears(5) }},
		{"list for an agent that comes later", each(Arrives, notKept), func(s *Site) (string, error) { return s.comesLater(4, 0) }},
		{"list for an agent that comes later, MQTT 5", each(Arrives, notKept), func(s *Site) (string, error) { return s.comesLater(5, 0) }},
		{"list for an agent that comes after 300 acknowledgements", each(Arrives, notKept), func(s *Site) (string, error) { return s.comesLater(4, 300) }},
		{"list of its own, retained by itself on its own plan", everywhere(Refused), func(s *Site) (string, error) { return s.forges(plan(mallory), true) }},
		{"list of its own on its own plan", each(Refused, Dropped), func(s *Site) (string, error) { return s.forges(plan(mallory), false) }},
	}
	for _, x := range []struct{ name, filter string }{
		{"of another agent", plan(alice)},
		{"of all agents", wire.TopicFilter(wire.Plan)},
		{"of all agents, by #", "#"},
		{"of another agent, in a share group", "$share/g/" + plan(alice)},
		{"of another agent, in version 2 of the contract", wire.TopicOf(2, alice, wire.Plan)},
	} {
		cases = append(cases, Case{"subscription to the list " + x.name, everywhere(Refused), func(s *Site) (string, error) { return s.peeks(x.filter) }})
	}
	return cases
}

// hears subscribes to its own list, and waits for the hub.
func (s *Site) hears(version byte) (string, error) {
	c, err := s.mallory(version)
	if err != nil {
		return "", err
	}
	defer c.close()
	if answer := c.subscribe(plan(mallory)); answer != Granted {
		return Refused, nil
	}
	m := s.mark()
	if _, err := s.hub.Keep(plan(mallory), []byte(m)); err != nil {
		return "", err
	}
	if !c.in.wait(plan(mallory), m) {
		return Dropped, nil
	}
	return Arrives, nil
}

// comesLater has the hub give two lists, and then some acknowledgements, before
// their agent comes: it must get the second one alone, and nothing else.
func (s *Site) comesLater(version byte, acks int) (string, error) {
	old, list, ack := s.mark(), s.mark(), s.mark()
	kept := false
	for _, m := range []string{old, list} {
		var err error
		if kept, err = s.hub.Keep(plan(mallory), []byte(m)); err != nil {
			return "", err
		}
	}
	for range acks {
		if err := s.hub.Send(down(mallory), []byte(ack)); err != nil {
			return "", err
		}
	}
	if err := s.undisturbed(); err != nil { // and so the broker has dealt with all of it
		return "", err
	}
	c, err := s.mallory(version)
	if err != nil {
		return "", err
	}
	defer c.close()
	for _, topic := range []string{plan(mallory), down(mallory)} {
		if answer := c.subscribe(topic); answer != Granted {
			return "", fmt.Errorf("subscription to %s: %s", topic, answer)
		}
	}
	if kept && !c.in.waitFor(plan(mallory), list, 5*time.Second) {
		return Dropped, nil
	}
	m := s.mark()
	if err := s.hub.Send(down(mallory), []byte(m)); err != nil {
		return "", err
	}
	if !c.in.wait(down(mallory), m) {
		return "", fmt.Errorf("it does not hear the hub")
	}
	for _, old := range []string{old, ack} {
		if found, _ := c.in.has("", old); found {
			return "gets what is no longer true", nil
		}
	}
	if found, _ := c.in.has(plan(mallory), list); !found {
		return notKept, nil
	}
	return Arrives, nil
}

// forges publishes on a plan, and looks at what its agent gets then.
func (s *Site) forges(topic string, retained bool) (string, error) {
	m := packet{topic: topic, qos: 1, payload: s.mark(), retained: retained}
	c, err := s.mallory(4)
	if err != nil {
		return "", err
	}
	answered := c.post(m)
	if err := s.settle(c); err != nil {
		return "", err
	}
	answer := Silence
	select {
	case answer = <-answered:
	default:
		if !c.open() {
			answer = Denied
		}
	}
	c.close()
	if c, err = s.mallory(4); err != nil {
		return "", err
	}
	defer c.close()
	if answer := c.subscribe(topic); answer != Granted {
		return "", fmt.Errorf("subscription to its own list: %s", answer)
	}
	list := s.mark()
	if _, err := s.hub.Keep(topic, []byte(list)); err != nil {
		return "", err
	}
	if !c.in.wait(topic, list) {
		return "", fmt.Errorf("the hub's list does not arrive")
	}
	if found, _ := c.in.has("", m.payload); found {
		return kept, nil
	}
	return s.outcome(m.payload, answer), nil
}

// peeks subscribes to what would show alice's list: before it is given, and
// after.
func (s *Site) peeks(filter string) (string, error) {
	before, after := s.mark(), s.mark()
	if _, err := s.hub.Keep(plan(alice), []byte(before)); err != nil {
		return "", err
	}
	c, err := s.mallory(4)
	if err != nil {
		return "", err
	}
	defer c.close()
	answer := c.subscribe(filter)
	if _, err := s.hub.Keep(plan(alice), []byte(after)); err != nil {
		return "", err
	}
	if err := s.undisturbed(); err != nil {
		return "", err
	}
	for _, m := range c.in.all() {
		if m.topic != down(mallory) && m.topic != plan(mallory) {
			return stolen, nil
		}
	}
	if answer == Denied {
		return Refused, nil
	}
	return string(answer), nil
}
