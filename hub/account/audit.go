package account

import (
	"net/netip"
	"time"
)

// Entry is what the audit log says of one act: who, when, what, from where.
type Entry struct {
	ID        int64
	At        time.Time
	Who       string // name of a user, or of a token; empty for anybody
	Via       Via
	Operation string // its name in Operations, or one of the acts below
	What      string // the path that was asked for, or whom it was about
	From      string // address
	Status    int    // of HTTP; 0 while it runs, or if it never ended

	// Fold, if set, makes acts with the same Who, Via, Operation, From and Status
	// within an hour one entry: of those anybody can do without a limit. Its What is
	// that of the first.
	Fold  bool
	Count int       // acts; 1 without Fold
	Last  time.Time // of the newest of them
}

// Acts that are no operations of the API.
const (
	ActLogin  = "login"
	ActLogout = "logout"
	ActSetUp  = "setUpPassword"
	ActLink   = "setUpIdentity"  // a user logs in by a provider from now on
	ActStart  = "printSetUpLink" // the hub started without an administrator
)

// Query says which entries are wanted.
type Query struct {
	Before    int64 // entries with a lower number; 0: from the newest
	Who       string
	Operation string
	From, To  time.Time // without To; zero: no bound
	Limit     int       // 1 to MostEntries
}

// MostEntries is how many entries one answer holds at most.
const MostEntries = 1000

// Network gives the network that an address stands for where attempts are
// counted: itself, and of IPv6 the 64 bits that one subscriber has. What is no
// address stands for itself.
func Network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a.String()
	}
	p, err := a.Prefix(64)
	if err != nil {
		return address
	}
	return p.String()
}
