// Package assign makes of the plan each agent's list of cameras, and says which
// agents may speak of a camera although the plan gives it to another by now.
// What it computes depends only on what it is given; how lists go to agents is
// for package hub.
//
// An agent's list has the cameras that the plan gives to it on a day: those
// that are in the plan (entered, not retired) and have the address of a
// stream. The address is what says that a camera is to be watched; whether it
// is in service yet is a matter of the figures. What the plan does not say of
// interval, depth and transport is left to the agent's own configuration.
//
// Credentials are sealed to an agent's key by whoever enters them, and kept in
// that form alone: nobody at the hub can open them.
package assign

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

// Key is an agent's public key as its last hello had it.
type Key struct {
	Agent string
	Key   wire.Key
	Since time.Time // when it was first heard
}

// Credential is what a camera asks for, sealed.
type Credential struct {
	Camera string
	Agent  string   // to whose key it was sealed
	Key    wire.Key // the key at that time
	Sealed []byte   // see wire.Seal
	At     time.Time
	Author string // who entered it
}

// Sent is the newest list that an agent was given, and the newest that it said
// it works from.
type Sent struct {
	Agent    string
	Revision int    // of the plan, the first since which the list is this one
	Digest   uint64 // wire.ListDigest
	At       time.Time

	TakenRevision int
	TakenAt       time.Time // when it was first heard that it works from it; zero if it never took one
}

// Former says that the plan gave a camera to an agent until a revision.
type Former struct {
	Camera, Agent string
	Revision      int // the first that did not
	At            time.Time
}

// Store keeps what is known of agents' keys, credentials and lists.
type Store interface {
	// Changes gives the number of the newest revision of the plan, 0 if there
	// is none, and a number that grows with every change of credentials, also
	// by other processes.
	Changes(ctx context.Context) (revision int, credentials int64, err error)
	// Keys gives the agents' keys by code.
	Keys(ctx context.Context) (map[string]Key, error)
	// SetKey notes an agent's key.
	SetKey(ctx context.Context, k Key) error
	// Credentials gives those that are kept, by camera.
	Credentials(ctx context.Context) (map[string]Credential, error)
	// SetCredential keeps a camera's credentials in place of those before.
	SetCredential(ctx context.Context, c Credential) error
	// ForgetCredential says whether there were any.
	ForgetCredential(ctx context.Context, camera string) (bool, error)
	// Sent gives what is known of all agents' lists, by code.
	Sent(ctx context.Context) (map[string]Sent, error)
	// NoteSent notes new lists, and leaves what was taken as it is.
	NoteSent(ctx context.Context, lists []Sent) error
	// NoteTaken notes from which lists agents work, and leaves the rest as it is.
	NoteTaken(ctx context.Context, lists []Sent) error
	// Former gives every agent to which a revision up to the given one gave a
	// camera and a later one, up to it, did not; the newest of each pair.
	Former(ctx context.Context, revision int) ([]Former, error)
}

var (
	depths     = map[string]wire.Depth{"both": wire.DepthBoth, "full": wire.DepthFull}
	transports = map[string]wire.Transport{"auto": wire.TransportAuto, "tcp": wire.TransportTCP, "udp": wire.TransportUDP}
)

// leastGap is the shortest time between key frames that the wire takes.
const leastGap = 100 // milliseconds

// Lists gives the cameras of each agent that the plan names on a day, in the
// order of their codes; an agent all of whose cameras are left out has an
// empty list. bad says what is wrong with cameras that the wire does not take,
// by code; the plan's own checks let hardly any come so far.
func Lists(p *plan.Plan, today plan.Date, credentials map[string]Credential) (lists map[string][]wire.Assigned, bad map[string]error) {
	lists, bad = map[string][]wire.Assigned{}, map[string]error{}
	for i := range p.Cameras {
		c := &p.Cameras[i]
		if c.Agent == "" {
			continue
		}
		if lists[c.Agent] == nil {
			lists[c.Agent] = []wire.Assigned{}
		}
		if c.Address.Reveal() == "" || !c.InPlan(today) {
			continue
		}
		a := wire.Assigned{
			Camera: c.Code, Address: c.Address.Reveal(), Width: c.Width, Height: c.Height, FrameRate: c.FrameRate,
			Sealed: credentials[c.Code].Sealed,
		}
		a.LightInterval, a.Depth, a.Transport = int64(math.Round(c.Interval*1000)), depths[c.Depth], transports[c.Transport]
		if c.KeyframeGap > 0 {
			a.KeyframeGap = max(int64(math.Round(c.KeyframeGap*1000)), leastGap)
		}
		if err := a.Check(); err != nil {
			bad[c.Code] = err
			continue
		}
		lists[c.Agent] = append(lists[c.Agent], a)
	}
	for _, l := range lists {
		slices.SortFunc(l, func(a, b wire.Assigned) int { return strings.Compare(a.Camera, b.Camera) })
	}
	return lists, bad
}

// Payload encodes a list for an agent whose newest one is known. If it says
// the same it is the same, with the revision that it had; same is true then.
func Payload(cameras []wire.Assigned, newest Sent, revision int) (payload []byte, next Sent, same bool, err error) {
	if newest.Digest != 0 {
		payload, err = wire.MarshalList(&wire.List{Revision: uint32(newest.Revision), Cameras: cameras})
		if err != nil {
			return nil, newest, false, err
		}
		if wire.ListDigest(payload) == newest.Digest {
			return payload, newest, true, nil
		}
	}
	if payload, err = wire.MarshalList(&wire.List{Revision: uint32(revision), Cameras: cameras}); err != nil {
		return nil, newest, false, err
	}
	next = newest
	next.Revision, next.Digest = revision, wire.ListDigest(payload)
	return payload, next, false, nil
}

// Lost gives the cameras, in order, whose agent cannot open their credentials:
// it has another key than they are sealed to, or the plan gives them to another
// agent now.
func Lost(p *plan.Plan, keys map[string]Key, credentials map[string]Credential) []string {
	var lost []string
	for code, c := range credentials {
		if camera := p.Camera(code); camera != nil && keys[camera.Agent].Key != c.Key {
			lost = append(lost, code)
		}
	}
	slices.Sort(lost)
	return lost
}

// Seal seals a camera's credentials to the key of its agent.
func Seal(p *plan.Plan, keys map[string]Key, camera string, c wire.Credentials) (Credential, error) {
	of := p.Camera(camera)
	switch {
	case of == nil:
		return Credential{}, fmt.Errorf("camera %s is not in the plan", camera)
	case of.Agent == "":
		return Credential{}, fmt.Errorf("the plan gives camera %s to no agent", camera)
	}
	key, ok := keys[of.Agent]
	if !ok {
		return Credential{}, fmt.Errorf("agent %s, which watches camera %s, has not told its key yet: let it connect once, with a configuration that names no cameras", of.Agent, camera)
	}
	sealed, err := wire.Seal(key.Key, camera, c)
	if err != nil {
		return Credential{}, fmt.Errorf("camera %s: %w", camera, err)
	}
	return Credential{Camera: camera, Agent: of.Agent, Key: key.Key, Sealed: sealed}, nil
}

// State is what is known of an agent's list.
type State struct {
	Revision int // of the plan, since which it is this one
	Cameras  int
	At       time.Time // when it was made
	Digest   uint64    // wire.ListDigest

	TakenRevision int       // of the newest one that the agent said it works from
	TakenAt       time.Time // zero if it never took one

	Key     wire.Key // zero if it never told one
	Lost    []string // cameras whose credentials it cannot open, see Lost
	Trouble string   // why it keeps the list that it has; empty if it does not
}
