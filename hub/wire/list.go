package wire

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"net/url"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/phukin/phukin/hub/wire/wirepb"
)

// List is the payload of the topic "plan": all cameras that an agent is to
// watch. The newest one counts, whatever its revision: the hub may go back to
// a former plan.
type List struct {
	// Revision of the plan is the first one since which the list is this one;
	// 0 if the plan is a folder of files.
	Revision uint32
	Cameras  []Assigned    // each once
	Bad      []BadAssigned // those that break a bound; only reading makes any
}

// Assigned is a camera of a List. What is 0 of its intervals, depth and
// transport is for the agent's own configuration to say.
type Assigned struct {
	Camera        string
	Address       string  // rtsp[s]://host[:port]/path, without user name and password; at most MaxAddress bytes
	Width, Height int     // planned, pixels; 0: not compared
	FrameRate     float64 // planned, frames per second, at most 1000; 0: not compared
	KeyframeGap   int64   // longest time between key frames, milliseconds, at most 10 min; 0: the agent's own threshold
	LightInterval int64   // milliseconds between probes, 100 ms to 1 h
	FullInterval  int64   // milliseconds between full probes, 100 ms to 1 h
	Depth         Depth
	Transport     Transport
	Sealed        []byte // credentials, see Seal; nil: the hub has none
}

// BadAssigned is a camera of a list that could be read and breaks a bound.
// The others of its list are good.
type BadAssigned struct {
	Camera string // empty if it is not a code
	Err    error
}

// Depth says which probes a camera gets.
type Depth uint8

// The depths.
const (
	DepthOwn  Depth = 0 // as the agent's own configuration says
	DepthBoth Depth = 1 // light ones, and full ones now and then
	DepthFull Depth = 2
)

// Transport says how video comes.
type Transport uint8

// The transports.
const (
	TransportOwn  Transport = 0 // as the agent's own configuration says
	TransportAuto Transport = 1 // TCP, and UDP if the camera wants it
	TransportTCP  Transport = 2
	TransportUDP  Transport = 3
)

// Bounds of an assigned camera.
const (
	leastIntervalMs = 100
	mostIntervalMs  = 3600 * 1000
	leastGapMs      = 100
	mostGapMs       = 600 * 1000
	mostFrameRate   = 1000
)

// Check says whether the other side would take the camera. The error names
// the field as it is called on the wire, and quotes no address.
func (a *Assigned) Check() error {
	if err := CheckCode(a.Camera); err != nil {
		return fmt.Errorf("camera: %w", err)
	}
	if err := checkAddress(a.Address); err != nil {
		return fmt.Errorf("address: %w", err)
	}
	interval := func(ms int64) bool { return ms == 0 || ms >= leastIntervalMs && ms <= mostIntervalMs }
	switch {
	case a.Width < 0 || a.Height < 0 || a.Width > maxSide || a.Height > maxSide:
		return fmt.Errorf("picture of %d × %d, at most %d is allowed", a.Width, a.Height, maxSide)
	case !(a.FrameRate >= 0 && a.FrameRate <= mostFrameRate):
		return fmt.Errorf("frame_rate %g, 0 to %d are allowed", a.FrameRate, mostFrameRate)
	case a.KeyframeGap != 0 && (a.KeyframeGap < leastGapMs || a.KeyframeGap > mostGapMs):
		return fmt.Errorf("keyframe_gap_ms %d, 0 or %d to %d are allowed", a.KeyframeGap, leastGapMs, mostGapMs)
	case !interval(a.LightInterval):
		return fmt.Errorf("light_interval_ms %d, 0 or %d to %d are allowed", a.LightInterval, leastIntervalMs, mostIntervalMs)
	case !interval(a.FullInterval):
		return fmt.Errorf("full_interval_ms %d, 0 or %d to %d are allowed", a.FullInterval, leastIntervalMs, mostIntervalMs)
	case a.Depth > DepthFull:
		return fmt.Errorf("depth %d is not known", a.Depth)
	case a.Transport > TransportUDP:
		return fmt.Errorf("transport %d is not known", a.Transport)
	case len(a.Sealed) > MaxSealed:
		return fmt.Errorf("sealed has %d bytes, at most %d are allowed", len(a.Sealed), MaxSealed)
	}
	return nil
}

func checkAddress(address string) error {
	if len(address) > MaxAddress {
		return fmt.Errorf("it has %d bytes, at most %d are allowed", len(address), MaxAddress)
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "rtsp" && u.Scheme != "rtsps" || strings.ContainsFunc(address, func(r rune) bool { return r < ' ' }):
		return errors.New("it is not of the form rtsp://host[:port]/path or rtsps://host[:port]/path")
	case u.User != nil:
		return errors.New("it holds a user name or password, which have their own way")
	}
	return nil
}

// MarshalList encodes l. It returns an error if the other side would not take
// the whole: too many cameras, too many bytes, or one that fails Check.
func MarshalList(l *List) ([]byte, error) {
	if n := len(l.Cameras); n > MaxList {
		return nil, fmt.Errorf("list: %d cameras, at most %d are allowed", n, MaxList)
	}
	pb := &wirepb.List{Version: Version, Revision: l.Revision, Cameras: make([]*wirepb.Assigned, len(l.Cameras))}
	for i := range l.Cameras {
		a := &l.Cameras[i]
		if err := a.Check(); err != nil {
			return nil, fmt.Errorf("list: camera %d (%s): %w", i, clip(a.Camera), err)
		}
		pb.Cameras[i] = &wirepb.Assigned{
			Camera: a.Camera, Address: a.Address, Width: uint32(a.Width), Height: uint32(a.Height), FrameRate: a.FrameRate,
			KeyframeGapMs: uint32(a.KeyframeGap), LightIntervalMs: uint32(a.LightInterval), FullIntervalMs: uint32(a.FullInterval),
			Depth: uint32(a.Depth), Transport: uint32(a.Transport), Sealed: a.Sealed,
		}
	}
	p, err := proto.MarshalOptions{Deterministic: true}.Marshal(pb)
	if err != nil {
		return nil, fmt.Errorf("list: %w", err) // an address that is not UTF-8
	}
	if len(p) > MaxMessage {
		return nil, fmt.Errorf("list: %d cameras make %d bytes, at most %d are allowed", len(l.Cameras), len(p), MaxMessage)
	}
	return p, nil
}

// UnmarshalList decodes and checks a payload of the topic "plan". A payload of
// another major version gives a *VersionError. Single cameras that break a
// bound, or come a second time, are no error: see List.Bad.
func UnmarshalList(p []byte) (List, error) {
	var pb wirepb.List
	if err := unmarshal(p, &pb); err != nil {
		return List{}, err
	}
	if n := len(pb.GetCameras()); n > MaxList {
		return List{}, fmt.Errorf("list: %d cameras, at most %d are allowed", n, MaxList)
	}
	l := List{Revision: pb.GetRevision()}
	seen := make(map[string]bool, len(pb.GetCameras()))
	for _, c := range pb.GetCameras() {
		a := Assigned{
			Camera: c.GetCamera(), Address: c.GetAddress(), Width: number(c.GetWidth()), Height: number(c.GetHeight()), FrameRate: c.GetFrameRate(),
			KeyframeGap: int64(c.GetKeyframeGapMs()), LightInterval: int64(c.GetLightIntervalMs()), FullInterval: int64(c.GetFullIntervalMs()),
			Depth: Depth(code(c.GetDepth())), Transport: Transport(code(c.GetTransport())), Sealed: slices.Clone(c.GetSealed()),
		}
		err := a.Check()
		if err == nil && seen[a.Camera] {
			err = errors.New("the camera is there twice")
		}
		if err != nil {
			bad := BadAssigned{Err: err}
			if CheckCode(a.Camera) == nil {
				bad.Camera = a.Camera
			}
			l.Bad = append(l.Bad, bad)
			continue
		}
		seen[a.Camera] = true
		if a.FrameRate == 0 {
			a.FrameRate = 0 // not −0
		}
		l.Cameras = append(l.Cameras, a)
	}
	return l, nil
}

// ListDigest names a list by its payload: FNV-1a, 64 bits, never 0.
func ListDigest(payload []byte) uint64 {
	h := fnv.New64a()
	_, _ = h.Write(payload)
	if d := h.Sum64(); d != 0 {
		return d
	}
	return math.MaxUint64
}
