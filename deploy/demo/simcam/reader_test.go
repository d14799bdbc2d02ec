package simcam_test

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"
	"github.com/bluenviron/mediacommon/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/pkg/codecs/h265"
	"github.com/pion/rtp"

	"github.com/phukin/phukin/deploy/demo/clips"
	"github.com/phukin/phukin/deploy/demo/simcam"
)

const (
	user     = "admin"
	password = "phu-kin-2026"

	// soon bounds every wait for something that must happen; it costs nothing when
	// it does.
	soon = 15 * time.Second
	// quiet is for how long nothing must happen: nine pictures of most clips.
	quiet = 600 * time.Millisecond
)

// start starts a camera that the test closes.
func start(t testing.TB, cfg simcam.Config) *simcam.Camera {
	t.Helper()
	if cfg.Clip == nil {
		cfg.Clip = clip(t, "h264-720p")
	}
	cam, err := simcam.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cam.Close(); err != nil {
			t.Error(err)
		}
	})
	return cam
}

func clip(t testing.TB, name string) *clips.Clip {
	t.Helper()
	c, ok := clips.ByName(name)
	if !ok {
		t.Fatalf("no clip %s", name)
	}
	return c
}

func set(t testing.TB, cam *simcam.Camera, b simcam.Behaviour) {
	t.Helper()
	if err := cam.Set(b); err != nil {
		t.Fatalf("set %v: %v", b, err)
	}
}

// picture is one access unit as a reader got it.
type picture struct {
	ts    uint32
	nalus [][]byte
	key   bool // IDR with parameter sets
}

// reader is gortsplib's client, which shares nothing with the camera but the
// protocol's types.
type reader struct {
	client *gortsplib.Client
	desc   *description.Session
	format format.Format

	mu       sync.Mutex
	packets  []uint16 // sequence numbers
	pictures chan picture
	ended    chan error
}

// rung names the request that failed.
type rung struct {
	name string
	err  error
}

func (r rung) Error() string { return fmt.Sprintf("%s: %v", r.name, r.err) }
func (r rung) Unwrap() error { return r.err }

// dial connects and describes; it does not play.
func dial(t testing.TB, cam *simcam.Camera, user, password string) (*reader, error) {
	t.Helper()
	u, err := base.ParseURL(cam.URL())
	if err != nil {
		t.Fatal(err)
	}
	if user != "" {
		withUser, err := base.ParseURL(fmt.Sprintf("rtsp://%s:%s@%s", user, password, cam.URL()[len("rtsp://"):]))
		if err != nil {
			t.Fatal(err)
		}
		u = withUser
	}
	tcp := gortsplib.TransportTCP
	r := &reader{
		client: &gortsplib.Client{
			Transport:     &tcp,
			ReadTimeout:   2 * soon, // that it hangs up is not that the camera does
			OnPacketLost:  func(error) {},
			OnDecodeError: func(error) {},
		},
		pictures: make(chan picture, 1024),
		ended:    make(chan error, 1),
	}
	if err := r.client.Start(u.Scheme, u.Host); err != nil {
		return nil, rung{"connect", err}
	}
	t.Cleanup(r.client.Close)
	if r.desc, _, err = r.client.Describe(u); err != nil {
		return nil, rung{"describe", err}
	}
	return r, nil
}

// setup sets the video track up.
func (r *reader) setup() error {
	var f4 *format.H264
	var f5 *format.H265
	media := r.desc.FindFormat(&f4)
	r.format = f4
	if media == nil {
		media = r.desc.FindFormat(&f5)
		r.format = f5
	}
	if media == nil {
		return rung{"describe", errors.New("no video")}
	}
	if _, err := r.client.Setup(r.desc.BaseURL, media, 0, 0); err != nil {
		return rung{"setup", err}
	}
	decode, isKey, err := r.decoder()
	if err != nil {
		return err
	}
	r.client.OnPacketRTP(media, r.format, func(pkt *rtp.Packet) {
		r.mu.Lock()
		r.packets = append(r.packets, pkt.SequenceNumber)
		r.mu.Unlock()
		if nalus, err := decode(pkt); err == nil {
			r.pictures <- picture{ts: pkt.Timestamp, nalus: nalus, key: isKey(nalus)}
		}
	})
	return nil
}

func (r *reader) decoder() (decode func(*rtp.Packet) ([][]byte, error), isKey func([][]byte) bool, err error) {
	switch f := r.format.(type) {
	case *format.H264:
		d, err := f.CreateDecoder()
		if err != nil {
			return nil, nil, err
		}
		return d.Decode, func(au [][]byte) bool {
			return len(au) > 2 && h264.NALUType(au[0][0]&0x1f) == h264.NALUTypeSPS && h264.IDRPresent(au)
		}, nil
	case *format.H265:
		d, err := f.CreateDecoder()
		if err != nil {
			return nil, nil, err
		}
		return d.Decode, func(au [][]byte) bool {
			return len(au) > 3 && h265.NALUType(au[0][0]>>1&0x3f) == h265.NALUType_VPS_NUT && h265.IsRandomAccess(au)
		}, nil
	}
	return nil, nil, fmt.Errorf("no decoder for %T", r.format)
}

func (r *reader) play() error {
	if err := r.setup(); err != nil {
		return err
	}
	if _, err := r.client.Play(nil); err != nil {
		return rung{"play", err}
	}
	go func() { r.ended <- r.client.Wait() }()
	return nil
}

// watch dials and plays; both must succeed.
func watch(t testing.TB, cam *simcam.Camera) *reader {
	t.Helper()
	r, err := dial(t, cam, user, password)
	if err == nil {
		err = r.play()
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// next returns the next picture.
func (r *reader) next(t testing.TB) picture {
	t.Helper()
	select {
	case p := <-r.pictures:
		return p
	case err := <-r.ended:
		t.Fatalf("session ended: %v", err)
	case <-time.After(soon):
		t.Fatal("no picture")
	}
	panic("unreachable")
}

// key returns the next key frame.
func (r *reader) key(t testing.TB) picture {
	t.Helper()
	for range 200 {
		if p := r.next(t); p.key {
			return p
		}
	}
	t.Fatal("200 pictures, none of them a key frame")
	panic("unreachable")
}

// inFlight is how many pictures may still be on their way when Set has returned.
const inFlight = 2

// skip passes over what came before the behaviour changed: what has arrived, and
// what was on its way.
func (r *reader) skip(t testing.TB) {
	t.Helper()
	for n := len(r.pictures) + inFlight; n > 0; n-- {
		r.next(t)
	}
}

// fallsSilent is silent, but for pictures that came before the behaviour changed.
func (r *reader) fallsSilent(t testing.TB) {
	t.Helper()
	for n := len(r.pictures) + inFlight; n > 0; n-- {
		select {
		case <-r.pictures:
		case err := <-r.ended:
			t.Fatalf("the session ended: %v", err)
		case <-time.After(quiet):
			return
		}
	}
	r.silent(t)
}

// silent fails if a picture comes, or the session ends, within quiet.
func (r *reader) silent(t testing.TB) {
	t.Helper()
	select {
	case p := <-r.pictures:
		t.Errorf("a picture came, key %v", p.key)
	case err := <-r.ended:
		t.Errorf("the session ended: %v", err)
	case <-time.After(quiet):
	}
}

// hungUp waits until the camera has closed the session.
func (r *reader) hungUp(t testing.TB) {
	t.Helper()
	select {
	case err := <-r.ended:
		t.Logf("the session ended: %v", err)
	case <-time.After(soon):
		t.Error("the session goes on")
	}
}

// sets returns what the SDP says.
func (r *reader) sets() (vps, sps, pps []byte) {
	switch f := r.format.(type) {
	case *format.H264:
		return nil, f.SPS, f.PPS
	case *format.H265:
		return f.VPS, f.SPS, f.PPS
	}
	return nil, nil, nil
}

// size decodes an SPS.
func (r *reader) size(t testing.TB, sps []byte) (w, h int) {
	t.Helper()
	if _, ok := r.format.(*format.H265); ok {
		var s h265.SPS
		if err := s.Unmarshal(sps); err != nil {
			t.Fatal(err)
		}
		return s.Width(), s.Height()
	}
	var s h264.SPS
	if err := s.Unmarshal(sps); err != nil {
		t.Fatal(err)
	}
	return s.Width(), s.Height()
}

// status returns the RTSP status that an error is about, 0 if it is not about one.
func status(err error) base.StatusCode {
	var bad liberrors.ErrClientBadStatusCode
	if errors.As(err, &bad) {
		return bad.Code
	}
	return 0
}

func same(a, b [][]byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !bytes.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}
