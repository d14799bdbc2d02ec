// Package discover finds cameras in the local network and asks them what they
// are: WS-Discovery (SOAP over UDP, OASIS 2009, as ONVIF Core §7 uses it), then
// ONVIF device information and the addresses of their streams (ONVIF Media 1).
//
// Whatever answers is foreign. Promised, whatever it sends:
//   - Time: the search lasts Options.Wait, and each device is asked for at most
//     Options.Timeout, all requests together. No goroutine or socket outlives Find.
//   - Memory: a datagram has at most 64 KiB, an answer 256 KiB, XML at most 32
//     levels and 4,096 elements; at most MaxDevices devices and MaxStreams streams of
//     each. Document types and entities of one's own are refused.
//   - Nobody is asked but who answered: of the addresses a device names
//     only path and port are used, with the address its answer came from. Redirects
//     to another host are not followed.
//   - No password leaves in the clear: it goes into WS-UsernameToken digests
//     (WSS UsernameToken Profile 1.0 §3.1). Still, who answers can try to guess it from
//     the digest, so search with a password only in a network you trust.
//   - Texts of devices are cut to 100 characters and hold no control characters;
//     no credential in a stream's address survives.
//
// Left out: IPv6, HTTP digest authentication, ONVIF Media 2.
package discover

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/phukin/phukin/agent/probe"
)

// Defaults and bounds.
const (
	DefaultWait    = 3 * time.Second
	DefaultTimeout = 10 * time.Second
	MaxDevices     = 256
	MaxStreams     = 8
	sessions       = 8 // devices asked at once
)

// Options of Find.
type Options struct {
	// Interfaces to search on, by name. Empty: all that are up, can multicast,
	// have an IPv4 address and are not loopback.
	Interfaces []string
	// Targets, if any, are asked one by one (host:port, UDP) instead of the
	// multicast group 239.255.255.250:3702.
	Targets []string
	// Username and Password are given to every device that answers. Without a
	// user name only what devices tell anybody is asked.
	Username string
	Password probe.Secret
	Wait     time.Duration // for answers; it defaults to 3 s
	Timeout  time.Duration // for all requests to one device; it defaults to 10 s
	// Progress, if set, is told how many devices answered, and how many of them
	// were asked. It is called by one goroutine at a time.
	Progress func(found, asked int)
}

// Fault says why a device did not tell everything.
type Fault string

// The faults.
const (
	FaultNone         Fault = ""
	FaultAuthRequired Fault = "auth_required" // it tells only those who log in, and no user name was given
	FaultAuthRejected Fault = "auth_rejected" // user name or password is wrong, or the device's clock is far off
	FaultNoAnswer     Fault = "no_answer"     // its service cannot be reached, or does not answer in time
	FaultMalformed    Fault = "malformed"     // its answer is not ONVIF
	FaultNoMedia      Fault = "no_media"      // it has no media service, or no stream
)

// Device is what is known of one device.
type Device struct {
	Addr         netip.Addr // where its answer came from
	Endpoint     string     // its own name for itself, usually urn:uuid:…
	Service      string     // address of its device service
	Name         string     // of its scopes
	Manufacturer string
	Model        string
	Serial       string
	Streams      []Stream // the greatest picture first
	Fault        Fault    // why something is missing
	Err          error    // the detail, without credentials
}

// Stream is one media profile.
type Stream struct {
	Profile       string // its name
	Encoding      string // as the device calls it: H264, H265, JPEG
	Width, Height int
	FrameRate     float64 // the limit that is set, 0: none is told
	URL           string  // rtsp:// or rtsps://, without credentials
	OtherHost     bool    // URL leads to another host than the device
}

// Find searches and asks. The devices come in the order of their addresses. An
// error says that the search itself could not be done, or that ctx ended.
func Find(ctx context.Context, o Options) ([]Device, error) {
	if o.Wait == 0 {
		o.Wait = DefaultWait
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Wait < 0 || o.Timeout < 0 {
		return nil, errors.New("discover: a negative time")
	}
	if o.Progress == nil {
		o.Progress = func(int, int) {}
	}
	found, err := search(ctx, o)
	if err != nil {
		return nil, err
	}
	devices := make([]Device, len(found))
	o.Progress(len(found), 0)
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		asked int
		slots = make(chan struct{}, sessions)
	)
	for i, m := range found {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			devices[i] = ask(ctx, o, m)
			mu.Lock()
			defer mu.Unlock()
			asked++
			o.Progress(len(found), asked)
		})
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("discover: %w", err)
	}
	slices.SortFunc(devices, func(a, b Device) int { return a.Addr.Compare(b.Addr) })
	return devices, nil
}
