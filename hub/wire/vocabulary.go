package wire

import "fmt"

// Status is what an agent saw of a camera (DESIGN §3). There is no "unknown"
// on the wire: unknown is the absence of an observation.
type Status uint8

// The statuses an agent can witness.
const (
	StatusUp       Status = 1 // a probe reached fresh, and the stream is what the plan expects
	StatusDegraded Status = 2 // video flows, but less than planned; reasons say what
	StatusDown     Status = 3 // a probe fell, and so did its confirmations
)

// Rung is a step of the ladder that a probe climbs.
type Rung uint8

// The rungs in order. A result names the highest rung reached; a fault names
// the rung on which the probe fell, which is the next one.
const (
	RungNone     Rung = 0 // nothing was reached
	RungResolve  Rung = 1
	RungConnect  Rung = 2
	RungTLS      Rung = 3
	RungOptions  Rung = 4
	RungDescribe Rung = 5
	RungAuth     Rung = 6
	RungSetup    Rung = 7
	RungPlay     Rung = 8
	RungMedia    Rung = 9  // first RTP packet of the video track
	RungKeyframe Rung = 10 // parameter sets and a whole random-access picture
	RungFresh    Rung = 11 // timestamps advance at a plausible pace for the whole window
)

// Fault is the reason why a probe fell: a closed list.
type Fault uint8

// The faults. Their texts and hints stand in texts/vi.json and texts/en.json.
const (
	FaultNone                 Fault = 0
	FaultNameNotFound         Fault = 1  // the host name does not resolve
	FaultRefused              Fault = 2  // the port is closed: connection refused
	FaultUnreachable          Fault = 3  // no route to the host
	FaultTimeout              Fault = 4  // no answer within the deadline
	FaultClosed               Fault = 5  // the camera closed or reset the connection
	FaultTLS                  Fault = 6  // the TLS handshake failed
	FaultAuthRequired         Fault = 7  // the camera asks for a password and none is configured
	FaultAuthRejected         Fault = 8  // user name or password given and refused
	FaultAuthUnsupported      Fault = 9  // the camera asks for a scheme that is not known
	FaultNotFound             Fault = 10 // no such stream path (RTSP 404)
	FaultBusy                 Fault = 11 // too many viewers (RTSP 453): the camera lives
	FaultBadStatus            Fault = 12 // another RTSP error status
	FaultNoVideo              Fault = 13 // the stream description has no video
	FaultUnsupportedCodec     Fault = 14 // video in a codec that cannot be judged
	FaultUnsupportedTransport Fault = 15 // RTSP 461: neither RTP over TCP nor over UDP is taken
	FaultNoMedia              Fault = 16 // PLAY succeeded and no RTP packet came
	FaultNoKeyframe           Fault = 17 // packets came, but no random-access picture
	FaultStalled              Fault = 18 // the picture stopped during the window
	FaultMalformed            Fault = 19 // the camera's bytes break the protocol
	FaultCertUntrusted        Fault = 20 // TLS: nobody trusted vouches for the certificate
	FaultCertExpired          Fault = 21 // TLS: the certificate is not valid at this time
	FaultCertName             Fault = 22 // TLS: the certificate is for another name
	FaultRedirectLoop         Fault = 23 // too many redirects, or one that leads back
)

// Reason says in what a degraded stream falls short.
type Reason uint8

// The reasons.
const (
	ReasonLowResolution   Reason = 1 // fewer lines or columns than planned
	ReasonLowFrameRate    Reason = 2 // fewer frames a second than the threshold
	ReasonLongKeyframeGap Reason = 3 // key frames farther apart than the threshold
	ReasonLoss            Reason = 4 // more RTP loss than the threshold
	ReasonTimestamps      Reason = 5 // RTP timestamps jump, or stand still for a while
	ReasonSuspectStatic   Reason = 6 // by the sizes of its frames the picture is frozen or dark
)

// Codec is a video codec.
type Codec uint8

// The codecs that can be judged.
const (
	CodecNone Codec = 0
	CodecH264 Codec = 1
	CodecH265 Codec = 2
	CodecJPEG Codec = 3 // Motion JPEG, RFC 2435
)

// Clock says by which clock a time is.
type Clock uint8

// The clocks.
const (
	ClockHub   Clock = 0 // the hub's: the agent has corrected the time
	ClockOwn   Clock = 1 // the device's own, which nobody could compare; it may be wrong
	ClockWrong Clock = 2 // the device's own, and known to be wrong: it never entered a ledger day
)

// GapWhy says why records will never come.
type GapWhy uint8

// Why records are lost.
const (
	GapOverflow   GapWhy = 1 // the spool was full
	GapDamaged    GapWhy = 2 // they could not be read any more
	GapSkipped    GapWhy = 3 // the agent ended before it knew whether they were kept
	GapUnspooled  GapWhy = 4 // the spool took nothing and too many waited
	GapUnreadable GapWhy = 5 // they are no observation of this contract
)

// RefusalCode says what an agent can do about a refusal.
type RefusalCode uint8

// The codes.
const (
	RefusalOther    RefusalCode = 0 // see the reason; try again later
	RefusalVersion  RefusalCode = 1 // one side is too old
	RefusalIdentity RefusalCode = 2 // another device uses the same code, or a copy of the spool
	RefusalSetAside RefusalCode = 3 // told only: these records were set aside at the hub, and are acknowledged
)

var (
	statusNames = [...]string{1: "up", 2: "degraded", 3: "down"}
	rungNames   = [...]string{"none", "resolve", "connect", "tls", "options", "describe", "auth", "setup", "play", "media", "keyframe", "fresh"}
	faultNames  = [...]string{"", "name_not_found", "refused", "unreachable", "timeout", "closed", "tls_failed", "auth_required", "auth_rejected",
		"auth_unsupported", "not_found", "busy", "bad_status", "no_video", "unsupported_codec", "unsupported_transport", "no_media", "no_keyframe", "stalled", "malformed",
		"cert_untrusted", "cert_expired", "cert_name", "redirect_loop"}
	reasonNames = [...]string{1: "low_resolution", 2: "low_frame_rate", 3: "long_keyframe_gap", 4: "loss", 5: "timestamps", 6: "suspect_static"}
	codecNames  = [...]string{"", "h264", "h265", "jpeg"}
	clockNames  = [...]string{"hub", "own", "wrong"}
	whyNames    = [...]string{1: "overflow", 2: "damaged", 3: "skipped", 4: "unspooled", 5: "unreadable"}
	codeNames   = [...]string{"other", "version", "identity", "set_aside"}
)

// Valid says whether s is one of the statuses.
func (s Status) Valid() bool { return s >= StatusUp && s <= StatusDown }

// Valid says whether r is one of the rungs, RungNone included.
func (r Rung) Valid() bool { return int(r) < len(rungNames) }

// Valid says whether f is one of the faults, FaultNone included.
func (f Fault) Valid() bool { return int(f) < len(faultNames) }

// Valid says whether r is one of the reasons.
func (r Reason) Valid() bool { return r >= 1 && int(r) < len(reasonNames) }

// Valid says whether c is one of the codecs, CodecNone included.
func (c Codec) Valid() bool { return int(c) < len(codecNames) }

// Valid says whether c is one of the clocks.
func (c Clock) Valid() bool { return int(c) < len(clockNames) }

// Valid says whether w is one of the reasons for a gap.
func (w GapWhy) Valid() bool { return w >= 1 && int(w) < len(whyNames) }

func (c Clock) String() string       { return name(clockNames[:], uint8(c)) }
func (w GapWhy) String() string      { return name(whyNames[:], uint8(w)) }
func (c RefusalCode) String() string { return name(codeNames[:], uint8(c)) }

func (s Status) String() string { return name(statusNames[:], uint8(s)) }
func (r Rung) String() string   { return name(rungNames[:], uint8(r)) }
func (f Fault) String() string  { return name(faultNames[:], uint8(f)) }
func (r Reason) String() string { return name(reasonNames[:], uint8(r)) }
func (c Codec) String() string  { return name(codecNames[:], uint8(c)) }

// Faults lists every fault but FaultNone, in order.
func Faults() []Fault {
	fs := make([]Fault, 0, len(faultNames)-1)
	for i := 1; i < len(faultNames); i++ {
		fs = append(fs, Fault(i))
	}
	return fs
}

// Rungs lists every rung but RungNone, in order.
func Rungs() []Rung {
	rs := make([]Rung, 0, len(rungNames)-1)
	for i := 1; i < len(rungNames); i++ {
		rs = append(rs, Rung(i))
	}
	return rs
}

// Reasons lists every reason, in order.
func Reasons() []Reason {
	rs := make([]Reason, 0, len(reasonNames)-1)
	for i := 1; i < len(reasonNames); i++ {
		rs = append(rs, Reason(i))
	}
	return rs
}

func name(names []string, i uint8) string {
	if int(i) < len(names) && (names[i] != "" || i == 0) {
		return names[i]
	}
	return fmt.Sprintf("unknown(%d)", i)
}
