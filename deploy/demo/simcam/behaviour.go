package simcam

import (
	"errors"
	"fmt"
	"strings"
)

// Behaviour is what a camera does, well or badly. The zero value is Normal.
type Behaviour int32

const (
	// Normal: streams Config.Clip. A probe reaches "fresh".
	Normal Behaviour = iota
	// Unplugged: nothing listens on the port, connections are refused; running
	// ones are closed. A probe falls at "connect": refused.
	Unplugged
	// BlackHole: TCP connections are accepted and never answered; running ones go
	// silent. All of them are closed when the camera comes back. A probe falls at
	// "options": timeout.
	BlackHole
	// WrongPassword: somebody changed the camera's password, the configured one is
	// refused (401); running connections are closed. It also holds for a camera
	// without a user name. A probe falls at "auth": auth_rejected.
	WrongPassword
	// NotFound: DESCRIBE and SETUP are answered 404, as after a change of the
	// stream's path. Running sessions go on. A probe falls at "describe": not_found.
	NotFound
	// Busy: SETUP is answered 453, as with too many viewers. Running sessions go
	// on. A probe falls at "setup": busy.
	Busy
	// UnsupportedTransport: SETUP over TCP is answered 461, as by a camera that
	// speaks UDP only. Running sessions go on. A probe falls at "setup":
	// unsupported_transport.
	UnsupportedTransport
	// NoVideo: DESCRIBE offers an audio track only, SETUP of it is answered 404.
	// Running sessions go on. A probe falls at "describe" or "setup": no_video.
	NoVideo
	// NoMedia: PLAY succeeds, no packet follows; running sessions fall silent. A
	// probe falls at "media": no_media.
	NoMedia
	// NoKeyframe: key frames, and the parameter sets that come with them, are left
	// out (the SDP still has parameter sets). A probe falls at "keyframe":
	// no_keyframe.
	NoKeyframe
	// Stalled: pictures run up to and including the first key frame after PLAY, for
	// at most one group of pictures (1 s), then stop; the connection stays open. A
	// session that had its key frame stops at once. A probe falls at "fresh":
	// stalled.
	Stalled
	// LowResolution: who asks by DESCRIBE is given Config.LowClip. Running sessions
	// keep what was described to them. A probe reaches "fresh": degraded.
	LowResolution
	// Slow: pictures and the key-frame interval take SlowFactor times as long. A
	// probe reaches "fresh": degraded.
	Slow
	// Lossy: one RTP packet in LossOneIn never arrives. A probe reaches "fresh" or,
	// if a key frame suffers, "media": degraded.
	Lossy

	behaviours // how many there are
)

const (
	// SlowFactor is how many times longer everything takes under Slow: 15 pictures
	// per second become 5.
	SlowFactor = 3
	// LossOneIn is the share of packets lost under Lossy: one in 20, 5 %.
	LossOneIn = 20
)

var behaviourNames = [behaviours]string{
	Normal:               "normal",
	Unplugged:            "unplugged",
	BlackHole:            "black-hole",
	WrongPassword:        "wrong-password",
	NotFound:             "not-found",
	Busy:                 "busy",
	UnsupportedTransport: "unsupported-transport",
	NoVideo:              "no-video",
	NoMedia:              "no-media",
	NoKeyframe:           "no-keyframe",
	Stalled:              "stalled",
	LowResolution:        "low-resolution",
	Slow:                 "slow",
	Lossy:                "lossy",
}

// ErrUnknownBehaviour is returned for a name or number that is no Behaviour.
var ErrUnknownBehaviour = errors.New("simcam: unknown behaviour")

// Behaviours returns every Behaviour, Normal first.
func Behaviours() []Behaviour {
	all := make([]Behaviour, behaviours)
	for i := range all {
		all[i] = Behaviour(i)
	}
	return all
}

// String returns the name that ParseBehaviour takes, such as "black-hole".
func (b Behaviour) String() string {
	if !b.valid() {
		return fmt.Sprintf("behaviour(%d)", int32(b))
	}
	return behaviourNames[b]
}

// ParseBehaviour returns the Behaviour of that name, in lower case with hyphens.
// Any other text is an ErrUnknownBehaviour that lists the names.
func ParseBehaviour(name string) (Behaviour, error) {
	for b, n := range behaviourNames {
		if n == name {
			return Behaviour(b), nil
		}
	}
	return Normal, fmt.Errorf("%w %q, want one of %s", ErrUnknownBehaviour, name, strings.Join(behaviourNames[:], ", "))
}

// MarshalText implements encoding.TextMarshaler with the name of String.
func (b Behaviour) MarshalText() ([]byte, error) {
	if !b.valid() {
		return nil, fmt.Errorf("%w %d", ErrUnknownBehaviour, int32(b))
	}
	return []byte(b.String()), nil
}

// UnmarshalText implements encoding.TextUnmarshaler with ParseBehaviour.
func (b *Behaviour) UnmarshalText(text []byte) error {
	v, err := ParseBehaviour(string(text))
	if err != nil {
		return err
	}
	*b = v
	return nil
}

func (b Behaviour) valid() bool { return b >= 0 && b < behaviours }
