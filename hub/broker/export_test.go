package broker

// NewDoor gives tests the embedded broker's listener.
var NewDoor = newDoor

// LoginTimeout is the time in which a connection must have logged in.
const LoginTimeout = loginTimeout
