// Package probe looks at one camera once: a bounded RTSP 1.0 client
// (RFC 2326) that climbs the ladder of DESIGN §3 and reports the highest rung
// reached, the time spent on every rung, at most one fault, and what was
// measured of the video. It neither decodes nor keeps pictures.
//
// Spoken: rtsp and rtsps (RFC 7826 §4.2, TLS 1.2 and later, with
// Target.Insecure from 1.0 on) over IPv4 and IPv6; RTP interleaved (RFC 2326
// §10.12) and over UDP unicast (§12.39); H.264 (RFC 6184), H.265 (RFC 7798) and
// Motion JPEG (RFC 2435); Basic and Digest authentication (RFC 7616) with MD5
// and SHA-256, their -sess forms, and qop=auth or none.
//
// # The ladder and its faults
//
// Reached is always the last rung climbed before FellOn. The faults closed,
// timeout and malformed can happen on every rung from connect to play.
//
//	rung      reached when                               faults of its own
//	resolve   the host has an address                    name_not_found, timeout
//	connect   TCP is connected, to any of the first      refused, unreachable, timeout; of several
//	          4 addresses                                addresses that of the one that tells most
//	tls       only with rtsps: hands were shaken         cert_untrusted, cert_expired (or not yet valid),
//	                                                     cert_name, tls_failed (all else but timeout)
//	options   OPTIONS was answered, with any status
//	describe  DESCRIBE was answered with a usable        not_found (404), no_video (no m=video),
//	          description, or with 401                   redirect_loop; those of the rungs below, where
//	                                                     a redirect led
//	auth      the description was given, after           auth_required (401, no credentials configured,
//	          authentication or without it               or none for this host), auth_rejected (401 to our
//	                                                     credentials), auth_unsupported (no scheme that
//	                                                     is known)
//	setup     the video track is set up                  unsupported_transport (461 or another transport
//	                                                     in the answer, for all that may be tried)
//	play      PLAY was answered                          not_found (404)
//	media     the first RTP packet of the video came     no_media, malformed (only
//	                                                     packets that are not RTP of this track), closed
//	keyframe  a whole IDR or IRAP picture came, and      unsupported_codec (also a packetization that is
//	          parameter sets that can be read; of        not read), no_keyframe, malformed (key frames
//	          JPEG the first whole frame                 came, but no SPS that can be read), closed
//	fresh     see below                                  stalled, closed, malformed
//
// On every rung from describe to play 453 is busy and any other status of 300
// and above is bad_status; OPTIONS forgives all but 453. A final 401 is a fall
// from auth whichever request it answers, and a bad description that was given
// only after authentication is a fall from describe: the rungs above are then
// taken back. An answer that cannot be told from noise (junk, another CSeq)
// makes the timeout, or the closing, that follows it malformed.
//
// A probe of Depth Light ends with auth, one of Depth Keyframe with keyframe.
//
// # Redirects
//
// 301, 302, 303, 307 and 308 in answer to DESCRIBE are followed, at most 3, by
// a new connection; the time is that of describe. One that leads back is
// redirect_loop; one to another scheme, from rtsps to rtsp, or to nowhere is
// bad_status. Credentials go to the host of Target.URL only, on any port.
//
// # Sessions
//
// SETUP asks for TCP, and for UDP when TCP is refused or Target.Transport says
// so. Over UDP only datagrams from the camera's address count, and from the
// ports that it names; a datagram of ours to each of them opens firewalls that
// let answers in. RTSP goes on over TCP, and when that closes the fault is
// closed. Half the session's timeout after PLAY, and again, we ask for nothing
// to keep it alive. TEARDOWN ends every session that SETUP may have begun,
// whatever failed, for cameras have few of them. When no local UDP port is free
// the probe is Aborted: that says nothing about the camera.
//
// # Fresh
//
// The window opens when the first whole key frame has come and lasts
// Target.Window. The camera is stalled when
//   - RTP timestamps have not advanced for longer than half the window, or for
//     five frame intervals if that is more, but at most three quarters of it
//     (so 1 frame per second passes a window of 2 s); or
//   - they advance at less than half or more than twice the pace of our clock,
//     over the window and also over its second half (so that a server that
//     first empties a buffer is not called stalled).
//
// # Bounds
//
// A probe takes at most Target.Timeout: with Depth Full Window is reserved for
// fresh, and the rungs below share Timeout − Window. Saying goodbye (TEARDOWN) adds at most
// 80 ms. One connection at a time, no goroutine but the caller's and over UDP
// three more that end before Probe returns, at most a few MiB of memory (over
// UDP a queue of 64 datagrams): a line has at most 8 KiB, a header 64 lines, a body 64 KiB, noise
// 16 KiB, a handshake of TLS what crypto/tls allows. A refused password is tried once, for cameras lock accounts. No
// error text holds a credential, a path or a query.
//
// Which stream to expect, when to probe and when to believe the result is for
// agent/watch.
package probe

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/phukin/phukin/hub/wire"
)

// Stage is the time that one rung took.
type Stage struct {
	Rung     wire.Rung
	Duration time.Duration
}

// Result is what one probe saw.
type Result struct {
	// Start is when the probe began, Elapsed how long it took, goodbye included.
	Start   time.Time
	Elapsed time.Duration

	// Depth is that of the target.
	Depth Depth
	// Reached is the highest rung reached. RungFresh is success, with Depth Light
	// RungAuth, with Depth Keyframe RungKeyframe.
	Reached wire.Rung
	// Fault says why the probe fell, and FellOn from which rung. Both are zero
	// after success and after Aborted.
	Fault  wire.Fault
	FellOn wire.Rung
	// RTSPStatus is the status number that was the fault, 0 if there was none.
	RTSPStatus int
	// Err is the detail for the technician and the log: nil after success,
	// never with a credential, a path or a query in it.
	Err error

	// Stages has the rungs reached, in order, each with its time.
	Stages []Stage

	// Address is where the camera answered, after redirects the last one. It is
	// not valid before RungConnect.
	Address netip.AddrPort
	// Redirects is how many redirects were followed.
	Redirects int
	// Transport is how the video was set up, TransportAuto before RungSetup.
	Transport Transport

	// AuthAsked says whether the camera asked for authentication at all. It is
	// evidence only when the probe reached RungAuth or fell from it.
	AuthAsked bool

	// Codec is CodecNone until the description was read.
	Codec wire.Codec
	// Width and Height are pixels as displayed: cropping is applied, the sample
	// aspect ratio is not. 0 before RungKeyframe.
	Width, Height int
	// NominalRate is the frame rate that the parameter sets declare, in frames
	// per second: VUI timing of the SPS, for H.265 else that of the VPS. 0 if
	// they declare none, and before RungKeyframe.
	NominalRate float64

	// What follows was measured over the window of RungFresh, from the key
	// frame that opened it, and is 0 before it.

	FrameRate   float64 // frames per second, by RTP timestamps
	BitRate     float64 // RTP payload bits per second of our clock
	KeyframeGap float64 // seconds from one key frame to the next, the longest seen; 0 if fewer than 2 were
	Loss        float64 // fraction of RTP packets lost, 0 to 1 (RFC 3550 A.3)
	Jitter      float64 // interarrival jitter of the frames' first packets, milliseconds (RFC 3550 A.8)
	Packets     int     // RTP packets
	Frames      int     // pictures begun: runs of packets with one timestamp
	Keyframes   int     // whole key frames, that which opened the window included

	Lost             int    // RTP packets lost (RFC 3550 A.3), never negative: repeated ones are not counted
	LossBy           LossBy // who lost them
	SequenceRestarts int    // times the camera began anew in its sequence numbers (RFC 3550 A.1) or with another SSRC

	// TimestampFaults counts jumps of the timestamps, forwards or backwards, and
	// times for which they stood still while pictures went on. The measures
	// above leave the jumps out.
	TimestampFaults int
	// SuspectStatic says that by the sizes of its frames the picture is frozen or
	// dark. It is a suspicion only, see static.go.
	SuspectStatic bool

	// SenderReports is the number of RTCP sender reports (RFC 3550 §6.4.1) since
	// PLAY, SenderReportSpan the time between the first and the last of them.
	// SenderReportDrift is what the camera's RTP clock gained in that time on
	// the camera's own wall clock, and SenderReportSkew what this wall clock
	// gained on ours, both in milliseconds, negative if they lose, 0 with fewer
	// than two reports. Divided by the span they are rates: 1 ms in 1 s is
	// 1000 ppm. Drift has no network in it, skew has the jitter of two packets.
	SenderReports     int
	SenderReportSpan  time.Duration
	SenderReportDrift float64
	SenderReportSkew  float64
}

// LossBy says who lost the packets that are missing: the transport tells.
type LossBy string

// Who loses packets. TCP loses none, so what is missing there the camera never
// sent: it has too little time or memory, or throws frames away because the
// line is slower than its stream. Over UDP it is most often the line.
const (
	LossByCamera LossBy = "camera" // RTP over TCP
	LossByLine   LossBy = "line"   // RTP over UDP
)

// OK says whether the probe reached the last rung of its depth.
func (r *Result) OK() bool { return r.Fault == wire.FaultNone && r.Reached == r.Depth.top() }

// Aborted says that the probe was not finished: its context ended, or its
// target is not valid. Such a result says nothing about the camera.
func (r *Result) Aborted() bool { return r.Err != nil && r.Fault == wire.FaultNone }

// Probe climbs the ladder against t and returns what it saw, at the latest
// 80 ms after t.Timeout. When ctx ends first it returns at once with a
// result that is Aborted and whose Err wraps the context's error; an invalid
// target gives the same with the error of Validate.
func Probe(ctx context.Context, t Target) (res Result) {
	res.Start, res.Depth = time.Now(), t.Depth
	defer func() { res.Elapsed = time.Since(res.Start) }()

	t = t.withDefaults()
	a, err := t.address()
	if err != nil {
		res.Err = err
		return res
	}
	c := &climber{target: t, origin: a, addr: a, res: &res, last: res.Start, endBy: res.Start.Add(t.Timeout)}
	if c.climbBy = c.endBy; t.Depth == Full {
		c.climbBy = c.endBy.Add(-t.Window)
	}
	f := c.run(ctx)
	if err := ctx.Err(); err != nil && f != nil {
		res.Err = fmt.Errorf("probe given up on rung %s: %w", f.rung, context.Cause(ctx))
		return res
	}
	if f != nil && f.fault == wire.FaultNone {
		res.Err = f
		return res
	}
	if f != nil {
		c.takeBack(f.rung)
		res.Fault, res.FellOn, res.RTSPStatus, res.Err = f.fault, f.rung, f.status, f
	}
	return res
}

// run climbs and says goodbye. A panic is a defect of ours or of a parser that
// we use; a camera that can provoke one must not stop the watch of the others,
// so it becomes a fault like any other.
func (c *climber) run(ctx context.Context) (f *fall) {
	defer func() {
		if p := recover(); p != nil {
			f = &fall{rung: c.at, fault: wire.FaultMalformed, err: fmt.Errorf("a parser failed: %w", panicError(p))}
		}
	}()
	defer c.close(ctx)
	return c.climb(ctx)
}

// panicError keeps the text of runtime errors, which quote no foreign bytes,
// and drops every other value.
func panicError(p any) error {
	if err, ok := p.(interface {
		error
		RuntimeError()
	}); ok {
		return err
	}
	return errors.New("panic")
}
