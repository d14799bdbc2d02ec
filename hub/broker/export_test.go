package broker

import "net"

// Door is the embedded broker's listener.
type Door = door

// NewDoor makes a Door.
func NewDoor(ln net.Listener) *Door { return newDoor(ln) }

// Shut shuts a Door.
func (d *door) Shut() { d.shut() }

// LoginTimeout is the time in which a connection must have logged in.
const LoginTimeout = loginTimeout
