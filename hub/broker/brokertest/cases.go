package brokertest

import (
	"errors"
	"fmt"

	"github.com/phukin/phukin/hub/enrol"
	"github.com/phukin/phukin/hub/wire"
)

// What comes of a case.
const (
	Arrives = "arrives"
	Refused = "refused" // the broker says no, or hangs up
	Dropped = "dropped" // the broker says nothing or yes, and it does not arrive
	LetIn   = "let in"
	Itself  = "let in as itself" // whatever name it gave
	// NotHere stands where a broker or a way in has no such thing.
	NotHere = "–"
)

// Outcomes that no case expects.
const (
	stolen       = "READS WHAT IS NOT ITS OWN"
	impersonates = "LET IN AS ANOTHER"
	kept         = "IS KEPT"
)

// Case is one thing that a client tries.
type Case struct {
	Name string
	want func(Kind) string
	do   func(*Site) (string, error)
}

// Want gives what must come of it at a kind of broker, NotHere if it is not
// tried there.
func (c *Case) Want(k Kind) string { return c.want(k) }

// Run tries it and gives what came of it. The error says that it could not be
// tried, or that another agent suffered.
func (s *Site) Run(c *Case) (string, error) {
	got, err := c.do(s)
	if err != nil {
		return "", err
	}
	return got, s.undisturbed()
}

// Cases lists everything that is tried, in an order that needs none.
func Cases() []Case {
	var all []Case
	for _, part := range [][]Case{messageCases(), subscriptionCases(), listCases(), willCases(), loginCases(), certificateCases(), floodCases()} {
		all = append(all, part...)
	}
	return all
}

func everywhere(want string) func(Kind) string { return func(Kind) string { return want } }

func each(embedded, mosquitto string) func(Kind) string {
	return func(k Kind) string {
		if k.Mosquitto {
			return mosquitto
		}
		return embedded
	}
}

// certified is for what Mosquitto answers otherwise when it looks at the
// certificate alone.
func certified(want, byCertificate string) func(Kind) string {
	return func(k Kind) string {
		if k.Mosquitto && k.Certified {
			return byCertificate
		}
		return want
	}
}

// inline is the embedded broker's own client id.
const inline = "inline"

// hubID gives the client id of the hub itself.
func (s *Site) hubID() string {
	if s.Kind.Mosquitto {
		return enrol.HubUser
	}
	return inline
}

// login is an honest login of an agent, with its own certificate where one is
// asked for.
func (s *Site) login(agent string) Login {
	l := Login{ID: agent, User: agent, Password: s.secrets[agent]}
	if s.Kind.Certified {
		c, err := s.pki.certificate(agent)
		if err != nil {
			panic(err) // only random numbers can fail
		}
		l.Certificate = &c
	}
	return l
}

func (s *Site) enter(l Login) (*client, error) {
	if s.Kind.TLS {
		return enter(s.addr, s.pki.client(), l)
	}
	return enter(s.addr, nil, l)
}

func (s *Site) mallory(version byte) (*client, error) {
	l := s.login(mallory)
	l.Version = version
	return s.enter(l)
}

// settle returns when everything that c sent before has been dealt with: what
// has not arrived by then never will.
func (s *Site) settle(c *client) error {
	m := s.mark()
	if c == nil || c.publish(packet{topic: up(mallory), qos: 1, payload: m}) != Granted {
		again, err := s.mallory(4) // the broker has shown it out
		if err != nil {
			return fmt.Errorf("coming again: %w", err)
		}
		defer again.close()
		if answer := again.publish(packet{topic: up(mallory), qos: 1, payload: m}); answer != Granted {
			return fmt.Errorf("its own message is answered: %s", answer)
		}
	}
	if !s.heard.wait(up(mallory), m) {
		return errors.New("its own message does not arrive")
	}
	if s.eyes != nil && !s.eyes.in.wait(up(mallory), m) {
		return errors.New("the spy does not see it")
	}
	if err := s.hub.Send(down(alice), []byte(m)); err != nil {
		return err
	}
	if !s.alice.in.wait(down(alice), m) {
		return errors.New("another agent does not hear the hub")
	}
	return nil
}

// arrived says whether anybody was given a payload.
func (s *Site) arrived(payload string) bool {
	boxes := []*Inbox{s.heard, s.alice.in}
	if s.eyes != nil {
		boxes = append(boxes, s.eyes.in)
	}
	for _, b := range boxes {
		if found, _ := b.has("", payload); found {
			return true
		}
	}
	return false
}

// outcome sums up a message.
func (s *Site) outcome(payload string, answer Answer) string {
	switch {
	case s.arrived(payload):
		return Arrives
	case answer == Denied:
		return Refused
	}
	return Dropped
}

func downOf(version uint32, agent string) string { return wire.TopicOf(version, agent, wire.Down) }
