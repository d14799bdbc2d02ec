package broker

import (
	"net"
	"time"
)

// Door is the embedded broker's listener.
type Door = door

// NewDoor makes a Door.
func NewDoor(ln net.Listener) *Door { return newDoor(ln) }

// Shut shuts a Door.
func (d *door) Shut() { d.shut() }

// Keepalive is the keep-alive that a client is held to.
var Keepalive = keepalive

// GuestTimeout is the time in which a guest must read.
const GuestTimeout = guestTimeout

// LoginTimeout is the time in which a connection must have logged in.
const LoginTimeout = loginTimeout

// MayWrite and MayRead are the rights of an agent.
var (
	MayWrite = mayWrite
	MayRead  = mayRead
)

// Bounds of what an agent may send.
const (
	MessageRate  = messageRate
	MessageBurst = messageBurst
	ByteRate     = byteRate
	ByteBurst    = byteBurst
	MostAgents   = mostAgents
)

// Rates measures what each agent sends.
type Rates = rates

// Spend and Allows take a message off an agent's allowance.
func (r *rates) Spend(agent string, bytes int, now time.Time) time.Duration {
	return r.spend(agent, bytes, now)
}
func (r *rates) Allows(agent string, bytes int, now time.Time) bool {
	return r.allows(agent, bytes, now)
}

// Known gives how many agents are remembered.
func (r *rates) Known() int { return len(r.agents) }
