package broker

import (
	"crypto/tls"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/phukin/phukin/hub/wire"
)

// ownChannel gives the channel of a topic that is the agent's own, whatever
// major version of the contract it is of: a hub must hear a newer agent to
// tell it that it does not understand it.
func ownChannel(agent, topic string) (c wire.Channel, own bool) {
	p := strings.Split(topic, "/")
	if len(p) != 5 || p[0] != "phukin" || !isVersion(p[1]) || p[2] != strconv.Itoa(wire.Shard(agent)) || p[3] != agent {
		return "", false
	}
	return wire.Channel(p[4]), true
}

// mayWrite says whether an agent may publish on a topic: on its own "up" and
// "live".
func mayWrite(agent, topic string) bool {
	c, own := ownChannel(agent, topic)
	return own && (c == wire.Up || c == wire.Live)
}

// mayRead says whether an agent may subscribe to a filter: to its own "down"
// and "plan", by their full names.
func mayRead(agent, filter string) bool {
	c, own := ownChannel(agent, filter)
	return own && (c == wire.Down || c == wire.Plan)
}

// isOwnLive says whether a topic is the agent's own "live", where its last
// will belongs.
func isOwnLive(agent, topic string) bool {
	c, own := ownChannel(agent, topic)
	return own && c == wire.Live
}

// isVersion says whether a level is a major version: 1 to 3 digits, the first
// of them not 0.
func isVersion(level string) bool {
	if len(level) < 1 || len(level) > 3 || level[0] == '0' {
		return false
	}
	for i := range len(level) {
		if level[i] < '0' || level[i] > '9' {
			return false
		}
	}
	return true
}

// certified says whether the certificate that a client has shown names the
// agent: as its common name, or as one of its DNS names.
func certified(c net.Conn, agent string) bool {
	secure, ok := c.(*tls.Conn)
	if !ok {
		return false
	}
	shown := secure.ConnectionState().PeerCertificates
	return len(shown) > 0 && (shown[0].Subject.CommonName == agent || slices.Contains(shown[0].DNSNames, agent))
}
