package brokertest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/phukin/phukin/hub/wire"
)

// subscriptionCases are what an agent subscribes to.
func subscriptionCases() []Case {
	own := func(name string, version byte, contract uint32) Case {
		return Case{name, everywhere(Arrives), func(s *Site) (string, error) { return s.listens(version, contract) }}
	}
	cases := []Case{
		own("subscription to its own down", 4, 1),
		own("subscription to its own down in version 2 of the contract", 4, 2),
		own("subscription to its own down, MQTT 5", 5, 1),
		{"subscription to its own down in any version, by a wildcard", each(Refused, string(Granted)), func(s *Site) (string, error) {
			return s.eavesdrops(4, strings.Replace(down(mallory), "phukin/1/", "phukin/+/", 1))
		}},
		{"session to be kept over a loss of the line", each("not kept", "its own is kept"), (*Site).persistent},
	}
	for _, x := range []struct{ name, filter string }{
		{"to another agent's down", down(alice)},
		{"to another agent's up", up(alice)},
		{"to its own up", up(mallory)},
		{"to all", "#"},
		{"to all of five levels", "+/+/+/+/+"},
		{"to all of the contract", "phukin/#"},
		{"to all agents' up, as the hub", wire.TopicFilter(wire.Up)},
		{"to all agents' up in version 1", "phukin/1/+/+/up"},
		{"to all agents' down", wire.TopicFilter(wire.Down)},
		{"to its own down in any shard", "phukin/1/+/" + mallory + "/down"},
		{"to $SYS/#", "$SYS/#"},
		{"to $CONTROL/#", "$CONTROL/#"},
		{"in a share group to its own down", "$share/g/" + down(mallory)},
		{"in a share group to another agent's down", "$share/g/" + down(alice)},
		{"in a share group to all agents' down", "$share/g/" + wire.TopicFilter(wire.Down)},
		{"in a share group to all agents' up", "$share/g/" + wire.TopicFilter(wire.Up)},
		{"in a share group to all agents' up in version 1", "$share/g/phukin/1/+/+/up"},
		{"in a share group to all", "$share/g/#"},
	} {
		for _, version := range []byte{4, 5} {
			name := "subscription " + x.name
			if version == 5 {
				name += ", MQTT 5"
			}
			cases = append(cases, Case{name, everywhere(Refused), func(s *Site) (string, error) { return s.eavesdrops(version, x.filter) }})
		}
	}
	return cases
}

// listens subscribes to its own down and waits for the hub.
func (s *Site) listens(version byte, contract uint32) (string, error) {
	c, err := s.mallory(version)
	if err != nil {
		return "", err
	}
	defer c.close()
	topic := downOf(contract, mallory)
	if answer := c.subscribe(topic); answer != Granted {
		return Refused, nil
	}
	m := s.mark()
	if err := s.hub.Send(topic, []byte(m)); err != nil {
		return "", err
	}
	if !c.in.wait(topic, m) {
		return Dropped, nil
	}
	return Arrives, nil
}

// eavesdrops subscribes to what is not its own, and hears others talk: the hub
// must hear all of it, and it nothing.
func (s *Site) eavesdrops(version byte, filter string) (string, error) {
	c, err := s.mallory(version)
	if err != nil {
		return "", err
	}
	defer c.close()
	answer := c.subscribe(filter)
	for range 5 {
		if err := s.undisturbed(); err != nil {
			return "", fmt.Errorf("with that subscription: %w", err)
		}
		if err := s.settle(nil); err != nil { // its own other connection, so that it reads its own up, if it may
			return "", err
		}
		if !c.open() {
			break // the other one took its place
		}
	}
	for _, m := range c.in.all() {
		if m.topic != down(mallory) {
			return stolen, nil
		}
	}
	if answer == Denied {
		return Refused, nil
	}
	return string(answer), nil
}

// persistent asks for a session that outlives its connection, and comes again
// after the hub has said something.
func (s *Site) persistent() (string, error) {
	l := s.login(mallory)
	l.Persistent = true
	c, err := s.enter(l)
	if err != nil {
		return "", err
	}
	answer := c.subscribe(down(mallory))
	c.close()
	if answer != Granted {
		return "", fmt.Errorf("subscription to its own topic: %s", answer)
	}
	old := s.mark()
	if err := s.hub.Send(down(mallory), []byte(old)); err != nil {
		return "", err
	}
	if err := s.undisturbed(); err != nil {
		return "", err
	}
	if c, err = s.enter(l); err != nil {
		return "", err
	}
	defer func() {
		c.close()
		if c, err := s.mallory(4); err == nil { // which ends the session
			c.close()
		}
	}()
	if answer := c.subscribe(down(mallory)); answer != Granted {
		return "", fmt.Errorf("subscription to its own topic: %s", answer)
	}
	m := s.mark()
	if err := s.hub.Send(down(mallory), []byte(m)); err != nil {
		return "", err
	}
	if !c.in.wait(down(mallory), m) {
		return "", errors.New("a session that was taken up does not hear the hub")
	}
	for _, m := range c.in.all() {
		if !strings.HasPrefix(m.topic, down(mallory)) {
			return stolen, nil
		}
	}
	if found, _ := c.in.has("", old); found || c.present {
		return "its own is kept", nil
	}
	return "not kept", nil
}

// all gives what has come.
func (i *Inbox) all() []message {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]message(nil), i.list...)
}
