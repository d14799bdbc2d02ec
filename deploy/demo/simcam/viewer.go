package simcam

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/pion/rtp"

	"github.com/phukin/phukin/deploy/demo/clips"
)

const (
	clockRate   = 90000       // RTP, video (RFC 6184 8.2.1, RFC 7798 7.1)
	payloadType = 96          // first dynamic one (RFC 3551)
	maxLag      = time.Second // a pump that is later than this leaves pictures out
)

// describe returns the SDP of a clip: one video track with its parameter sets.
func describe(clip *clips.Clip) (*description.Session, error) {
	vps, sps, pps, err := clip.ParameterSets()
	if err != nil {
		return nil, err
	}
	var f format.Format
	switch clip.Codec {
	case clips.H264:
		f = &format.H264{PayloadTyp: payloadType, SPS: sps, PPS: pps, PacketizationMode: 1}
	case clips.H265:
		f = &format.H265{PayloadTyp: payloadType, VPS: vps, SPS: sps, PPS: pps}
	default:
		return nil, fmt.Errorf("clip %s: no RTP format for codec %q", clip.Name, clip.Codec)
	}
	return session(description.MediaTypeVideo, f), nil
}

// audioDescription returns the SDP of a camera that has a microphone only.
func audioDescription() *description.Session {
	return session(description.MediaTypeAudio, &format.G711{PayloadTyp: 8, SampleRate: 8000, ChannelCount: 1})
}

func session(typ description.MediaType, f format.Format) *description.Session {
	return &description.Session{
		Title: "Media Presentation",
		Medias: []*description.Media{{
			Type: typ,
			// The control that gortsplib expects in SETUP.
			Control: "trackID=0",
			Formats: []format.Format{f},
		}},
	}
}

// viewer is one RTSP session: its own RTP stream of a clip, and the pump that fills
// it while the session plays.
type viewer struct {
	cam    *Camera
	clip   *clips.Clip
	aus    []clips.AccessUnit
	stream *gortsplib.ServerStream
	media  *description.Media
	encode func([][]byte) ([]*rtp.Packet, error)

	mu     sync.Mutex
	armed  bool               // PLAY was accepted
	cancel context.CancelFunc // nil until the pump runs
	done   chan struct{}      // closed by the pump
}

// viewer returns the session's viewer, a new one at its first SETUP.
func (c *Camera) viewer(ss *gortsplib.ServerSession, clip *clips.Clip) (*viewer, error) {
	if v := c.find(ss); v != nil {
		return v, nil
	}
	v, err := newViewer(c, clip)
	if err != nil {
		return nil, err
	}
	c.viewersMu.Lock()
	c.viewers[ss] = v
	c.viewersMu.Unlock()
	return v, nil
}

func (c *Camera) find(ss *gortsplib.ServerSession) *viewer {
	c.viewersMu.Lock()
	defer c.viewersMu.Unlock()
	return c.viewers[ss]
}

// forget ends the session's viewer and waits for it.
func (c *Camera) forget(ss *gortsplib.ServerSession) {
	c.viewersMu.Lock()
	v := c.viewers[ss]
	delete(c.viewers, ss)
	c.viewersMu.Unlock()
	if v != nil {
		v.stop()
	}
}

func newViewer(c *Camera, clip *clips.Clip) (*viewer, error) {
	aus, err := clip.AccessUnits()
	if err != nil {
		return nil, err
	}
	desc, err := describe(clip)
	if err != nil {
		return nil, err
	}
	v := &viewer{cam: c, clip: clip, aus: aus, media: desc.Medias[0]}
	switch f := v.media.Formats[0].(type) {
	case *format.H264:
		enc, err := f.CreateEncoder()
		if err != nil {
			return nil, fmt.Errorf("packetise h264: %w", err)
		}
		v.encode = enc.Encode
	case *format.H265:
		enc, err := f.CreateEncoder()
		if err != nil {
			return nil, fmt.Errorf("packetise h265: %w", err)
		}
		v.encode = enc.Encode
	}
	v.stream = gortsplib.NewServerStream(c.server, desc)
	return v, nil
}

// arm allows begin to start the pump.
func (v *viewer) arm() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.armed = true
}

// begin starts the pump if it is armed and was not started before.
func (v *viewer) begin() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.armed || v.cancel != nil {
		return
	}
	ctx, cancel := context.WithCancel(v.cam.ctx)
	v.cancel, v.done = cancel, make(chan struct{})
	go v.pump(ctx, v.done)
}

func (v *viewer) playing() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.cancel != nil
}

// stop ends the viewer and waits for its goroutines. It cannot begin again.
func (v *viewer) stop() {
	v.mu.Lock()
	v.armed = false
	cancel, done := v.cancel, v.done
	v.mu.Unlock()
	if cancel != nil {
		cancel()
		<-done
	}
	v.stream.Close()
}

// pump sends the camera's pictures, each at its time, until ctx ends.
func (v *viewer) pump(ctx context.Context, done chan<- struct{}) {
	defer close(done)
	timer := time.NewTimer(0)
	defer timer.Stop()
	<-timer.C

	var (
		last    int64         = -1 // picture sent last, counted since the camera started
		factor  int64              // pace that last was counted at
		hadKey  bool               // the session was sent a key frame
		packets uint64             // for Lossy
		step    time.Duration      // from one picture to the next
	)
	for {
		now := v.cam.running()
		if f := pace(v.cam.Behaviour()); f != factor {
			factor, step, last = f, time.Duration(f)*time.Second/time.Duration(v.clip.FrameRate), -1
		}
		n := last + 1
		if last < 0 || now-time.Duration(n)*step > maxLag {
			n = int64(now/step) + 1
		}
		timer.Reset(time.Duration(n)*step - now)
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		last = n

		b := v.cam.Behaviour()
		au := v.aus[n%int64(len(v.aus))]
		if !shows(b, au.Key, hadKey) {
			continue
		}
		pkts, err := v.encode(au.NALUs)
		if err != nil {
			v.cam.log.Warn("picture cannot be packetised", "clip", v.clip.Name, "error", err)
			return
		}
		ts := v.cam.base + uint32(n*factor*clockRate/int64(v.clip.FrameRate))
		for _, pkt := range pkts {
			packets++
			if b == Lossy && packets%LossOneIn == 0 {
				continue
			}
			pkt.Timestamp = ts
			if err := v.stream.WritePacketRTP(v.media, pkt); err != nil {
				v.cam.log.Debug("stream ended", "error", err)
				return
			}
		}
		hadKey = hadKey || au.Key
	}
}

// pace returns how many times longer than nominal everything takes.
func pace(b Behaviour) int64 {
	if b == Slow {
		return SlowFactor
	}
	return 1
}

// shows tells whether a picture is sent to a session that did or did not have a key
// frame before.
func shows(b Behaviour, key, hadKey bool) bool {
	switch b {
	case NoMedia, BlackHole, Unplugged:
		return false
	case NoKeyframe:
		return !key
	case Stalled:
		return !hadKey
	}
	return true
}
