package brokertest

import (
	"context"
	"crypto/tls"
	"errors"
	"time"

	"github.com/phukin/phukin/hub/enrol"
	"github.com/phukin/phukin/hub/wire"
)

// willCases are last wills.
func willCases() []Case {
	will := func(name, topic string, version byte, retained bool, want func(Kind) string) Case {
		return Case{"last will " + name, want, func(s *Site) (string, error) { return s.dies(topic, version, retained) }}
	}
	return []Case{
		will("on its own live", live(mallory), 4, false, everywhere(Arrives)),
		will("on its own live, MQTT 5", live(mallory), 5, false, everywhere(Arrives)),
		will("on another agent's live", live(alice), 4, false, each(Refused, Dropped)),
		will("on another agent's live, MQTT 5", live(alice), 5, false, each(Refused, Dropped)),
		will("on another agent's down", down(alice), 4, false, each(Refused, Dropped)),
		will("on its own plan", plan(mallory), 4, false, each(Refused, Dropped)),
		will("on another agent's plan, retained", plan(alice), 4, true, everywhere(Refused)),
		will("on a topic of others", "other", 4, false, each(Refused, Dropped)),
		will("that is retained", live(mallory), 4, true, everywhere(Refused)),
		will("that is retained, MQTT 5", live(mallory), 5, true, everywhere(Refused)),
	}
}

// dies logs in with a last will and breaks the connection.
func (s *Site) dies(topic string, version byte, retained bool) (string, error) {
	m := s.mark()
	l := s.login(mallory)
	l.Version, l.WillTopic, l.Will, l.WillRetained = version, topic, m, retained
	c, err := s.enter(l)
	if errors.Is(err, errRefused) {
		return Refused, nil
	}
	if err != nil {
		return "", err
	}
	c.close()
	if topic == live(mallory) && s.heard.wait(topic, m) {
		return s.outcome(m, Granted), nil
	}
	// A new connection of the same client begins when the old one has ended,
	// its will included.
	return s.outcome(m, Granted), s.settle(nil)
}

// loginCases are logins with names and passwords.
func loginCases() []Case {
	as := func(name string, want func(Kind) string, edit func(*Site, *Login)) Case {
		return Case{name, want, func(s *Site) (string, error) {
			l := s.login(mallory)
			edit(s, &l)
			return s.tries(l)
		}}
	}
	return []Case{
		as("login with its own token", everywhere(LetIn), func(*Site, *Login) {}),
		as("login, MQTT 5", everywhere(LetIn), func(_ *Site, l *Login) { l.Version = 5 }),
		as("login, MQTT 3.1", each(Refused, LetIn), func(_ *Site, l *Login) { l.Version = 3 }),
		as("login with a wrong token", certified(Refused, LetIn), func(_ *Site, l *Login) { l.Password = "wrong" }),
		as("login with another agent's token", certified(Refused, LetIn), func(s *Site, l *Login) { l.Password = s.secrets[alice] }),
		as("login with an empty token", certified(Refused, LetIn), func(_ *Site, l *Login) { l.Password = "" }),
		as("login without name and token", certified(Refused, LetIn), func(_ *Site, l *Login) { l.Anonymous = true }),
		as("login as another agent with its own token", certified(Refused, Itself), func(_ *Site, l *Login) { l.ID, l.User = alice, alice }),
		as("login under another agent's client id", certified(Refused, Itself), func(_ *Site, l *Login) { l.ID = alice }),
		as("login under another agent's client id, MQTT 5", certified(Refused, Itself), func(_ *Site, l *Login) { l.ID, l.Version = alice, 5 }),
		as("login under the hub's client id", certified(Refused, Itself), func(s *Site, l *Login) { l.ID = s.hubID() }),
		as("login under the hub's client id and name", certified(Refused, Itself), func(s *Site, l *Login) { l.ID, l.User = s.hubID(), s.hubID() }),
		as("login with an empty client id", certified(Refused, LetIn), func(_ *Site, l *Login) { l.ID = "" }),
		as("login with an empty client id, MQTT 5", certified(Refused, LetIn), func(_ *Site, l *Login) { l.ID, l.Version = "", 5 }),
		as("login of nobody", certified(Refused, Itself), func(_ *Site, l *Login) { l.ID, l.User = "nobody", "nobody" }),
		as("stranger under another agent's client id", certified(Refused, Itself), func(_ *Site, l *Login) { l.ID, l.Anonymous = alice, true }),
		{"stranger under the hub's client id, then the hub comes anew", everywhere(Refused), (*Site).deafens},
	}
}

// tries logs in, and says as whom it was let in.
func (s *Site) tries(l Login) (string, error) {
	c, err := s.enter(l)
	if errors.Is(err, errRefused) {
		return Refused, nil
	}
	if err != nil {
		return "", err
	}
	defer c.close()
	own, foreign := s.mark(), s.mark()
	c.publish(packet{topic: up(mallory), qos: 1, payload: own})
	c.publish(packet{topic: up(alice), qos: 1, payload: foreign}) // for which it may be shown out
	if err := s.settle(nil); err != nil {
		return "", err
	}
	switch {
	case s.arrived(foreign):
		return impersonates, nil
	case !s.arrived(own):
		return "no rights", nil
	case !l.Anonymous && l.ID == mallory && l.User == mallory, l.ID == "", l.Anonymous && l.ID == mallory:
		return LetIn, nil
	}
	return Itself, nil
}

// deafens is a stranger who gives the hub's client id and no login while the
// hub's old connection hangs. The hub that comes anew must hear and be heard.
func (s *Site) deafens() (string, error) {
	if !s.Kind.Mosquitto {
		l := s.login(mallory)
		l.ID, l.Anonymous = s.hubID(), true
		return s.tries(l)
	}
	if err := s.hub.Close(); err != nil {
		return "", err
	}
	hangs, err := enter(s.mosq.Plain, nil, Login{ID: enrol.HubUser, User: enrol.HubUser, Password: s.secrets[enrol.HubUser]})
	if err != nil {
		return "", err
	}
	defer hangs.close()
	for _, c := range []wire.Channel{wire.Up, wire.Live} {
		if answer := hangs.subscribe(wire.TopicFilter(c)); answer != Granted {
			return "", errors.New("the hub may not subscribe")
		}
	}
	got := Refused
	for _, l := range []Login{{Anonymous: true}, {User: "", Password: "x"}, {User: enrol.HubUser, Password: "wrong"}, {User: mallory, Password: s.secrets[mallory]}} {
		l.ID = enrol.HubUser
		c, err := enter(s.mosq.Plain, nil, l)
		if err == nil {
			c.close()
			got = LetIn
		} else if !errors.Is(err, errRefused) {
			return "", err
		}
	}
	if !hangs.open() {
		return "EVICTS THE HUB", nil
	}
	if err := s.dial(context.Background()); err != nil {
		return "", err
	}
	return got, nil
}

// certificateCases are about TLS.
func certificateCases() []Case {
	where := func(ok func(Kind) bool, want func(Kind) string) func(Kind) string {
		return func(k Kind) string {
			if ok(k) {
				return want(k)
			}
			return NotHere
		}
	}
	overTLS := func(k Kind) bool { return k.TLS }
	byCertificate := func(k Kind) bool { return k.Certified }
	shows := func(name string, want func(Kind) string, edit func(*Site, *Login) error) Case {
		return Case{name, where(byCertificate, want), func(s *Site) (string, error) {
			l := s.login(mallory)
			if err := edit(s, &l); err != nil {
				return "", err
			}
			return s.tries(l)
		}}
	}
	issue := func(by func(*Site) *authority, name string, until time.Duration) func(*Site, *Login) error {
		return func(s *Site, l *Login) error {
			c, err := by(s).issue(name, time.Now().Add(until))
			l.Certificate = &c
			return err
		}
	}
	ours := func(s *Site) *authority { return s.pki.ca }
	theirs := func(s *Site) *authority { return s.pki.stranger }
	atMost := func(name string, version uint16, want string) Case {
		return Case{name, where(overTLS, everywhere(want)), func(s *Site) (string, error) {
			l := s.login(mallory)
			l.MostTLS = version
			return s.tries(l)
		}}
	}
	return []Case{
		atMost("TLS 1.0", tls.VersionTLS10, Refused),
		atMost("TLS 1.1", tls.VersionTLS11, Refused),
		atMost("TLS 1.2", tls.VersionTLS12, LetIn),
		atMost("TLS 1.3", tls.VersionTLS13, LetIn),
		{"no TLS", where(overTLS, everywhere(Refused)), func(s *Site) (string, error) {
			c, err := enter(s.addr, nil, Login{ID: mallory, User: mallory, Password: s.secrets[mallory]})
			if err == nil {
				c.close()
				return LetIn, nil
			}
			if !errors.Is(err, errRefused) {
				return "", err
			}
			return Refused, nil
		}},
		shows("no certificate", everywhere(Refused), func(_ *Site, l *Login) error { l.Certificate = nil; return nil }),
		shows("expired certificate", everywhere(Refused), issue(ours, mallory, -time.Minute)),
		shows("certificate of another authority", everywhere(Refused), issue(theirs, mallory, time.Hour)),
		shows("certificate of another authority in another agent's name", everywhere(Refused), issue(theirs, alice, time.Hour)),
		shows("certificate of nobody", each(Refused, "no rights"), issue(ours, "nobody", time.Hour)),
		shows("its own certificate with another agent's name and token", each(Refused, Itself), func(s *Site, l *Login) error {
			l.ID, l.User, l.Password = alice, alice, s.secrets[alice]
			return nil
		}),
	}
}
