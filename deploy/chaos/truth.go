package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"time"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/deploy/demo/simcam"
	"github.com/phukin/phukin/hub/wire"
)

// state is something a camera may do, in all the words that are needed for it.
type state struct {
	name      string
	status    wire.Status
	behaviour simcam.Behaviour
	result    probe.Result // what a full probe says of it
	byLight   bool         // a light probe sees it as well
}

// What a camera streams when it is well, and when it streams less.
const (
	fullWidth, fullHeight = 1280, 720
	lowWidth, lowHeight   = 640, 360
	frameRate             = 15
)

var states = []state{
	{name: "up", status: wire.StatusUp, behaviour: simcam.Normal,
		result: probe.Result{Reached: wire.RungFresh, Codec: wire.CodecH264, Width: fullWidth, Height: fullHeight, FrameRate: frameRate}},
	{name: "low", status: wire.StatusDegraded, behaviour: simcam.LowResolution,
		result: probe.Result{Reached: wire.RungFresh, Codec: wire.CodecH264, Width: lowWidth, Height: lowHeight, FrameRate: frameRate}},
	{name: "refusing", status: wire.StatusDown, behaviour: simcam.Unplugged, byLight: true,
		result: probe.Result{Reached: wire.RungResolve, Fault: wire.FaultRefused, FellOn: wire.RungConnect}},
	{name: "silent", status: wire.StatusDown, behaviour: simcam.BlackHole, byLight: true,
		result: probe.Result{Reached: wire.RungConnect, Fault: wire.FaultTimeout, FellOn: wire.RungOptions}},
	{name: "password", status: wire.StatusDown, behaviour: simcam.WrongPassword, byLight: true,
		result: probe.Result{Reached: wire.RungDescribe, Fault: wire.FaultAuthRejected, FellOn: wire.RungAuth, RTSPStatus: 401}},
	{name: "stalled", status: wire.StatusDown, behaviour: simcam.Stalled,
		result: probe.Result{Reached: wire.RungKeyframe, Fault: wire.FaultStalled, FellOn: wire.RungFresh}},
}

func stateByName(name string) (*state, bool) {
	i := slices.IndexFunc(states, func(s state) bool { return s.name == name })
	if i < 0 {
		return nil, false
	}
	return &states[i], true
}

// step is one entry of a camera's script: it does this for so long.
type step struct {
	State string
	For   time.Duration
}

// writeScript draws what a camera will do for at least a length of time. It is
// well for about half of it.
func writeScript(dice *rand.Rand, length, least, most time.Duration) []step {
	var steps []step
	well := dice.IntN(2) == 0
	for at := time.Duration(0); at < length; well = !well {
		s := step{State: states[0].name, For: least + time.Duration(dice.Int64N(int64(most-least)))}
		if !well {
			s.State = states[1+dice.IntN(len(states)-1)].name
		}
		steps, at = append(steps, s), at+s.For
	}
	return steps
}

// change is an entry of the truth: between Begin and End, Unix milliseconds,
// the camera became what it is from then on.
type change struct {
	Camera     string
	State      string
	Begin, End int64
}

// readTruth reads what the cameras did, by camera, in order.
func readTruth(path string) (map[string][]change, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	truth := map[string][]change{}
	for sc := bufio.NewScanner(f); sc.Scan(); {
		var c change
		if err := json.Unmarshal(sc.Bytes(), &c); err != nil {
			return nil, fmt.Errorf("truth: %w", err)
		}
		if _, ok := stateByName(c.State); !ok {
			return nil, fmt.Errorf("truth: camera %s: state %q is not known", c.Camera, c.State)
		}
		truth[c.Camera] = append(truth[c.Camera], c)
	}
	return truth, nil
}

func nowMs() int64 { return time.Now().UnixMilli() }

func newDice(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }
