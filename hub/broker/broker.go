// Package broker carries messages between agents and the hub over MQTT: by a
// broker embedded in the hub (Embed), or as a client of one outside (Dial).
// Both give a Link; the hub does not care which it has.
//
// The broker counts for nothing in what is promised: an agent forgets only
// what the hub has acknowledged after its commit.
package broker

import "context"

// Handler takes a message that came in. It is called from the link's own
// goroutines, in order for each agent, and must not block. The payload is its
// own only until it returns.
type Handler func(topic string, payload []byte)

// Link is a connection to all agents.
type Link interface {
	// Send publishes a payload on a topic. It returns once the message is
	// handed over, not when it has arrived, and waits for no agent.
	Send(topic string, payload []byte) error
	// Keep publishes a payload as Send does, and, if the broker can, has it
	// given to everybody who subscribes to the topic later, in place of what
	// was kept there before. kept is false where it cannot.
	Keep(topic string, payload []byte) (kept bool, err error)
	// Close ends the link; no handler runs after it has returned.
	Close() error
}

// Gate decides who may connect to an embedded broker.
type Gate interface {
	// Admit says whether token is the agent's.
	Admit(ctx context.Context, agent, token string) bool
}
