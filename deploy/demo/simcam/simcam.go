// Package simcam is a simulated IP camera: a real RTSP server (RFC 2326) on a TCP
// port of its own that streams a synthetic clip round and round, behind Digest
// authentication (RFC 2617, MD5), and that can be told to misbehave as real
// cameras do.
//
// What it promises:
//   - The camera runs all the time: which picture it is at follows from the clock,
//     not from who looks. Whoever joins gets the pictures from now on and waits for
//     the next key frame. RTP timestamps (90 kHz) follow the same clock.
//   - Nothing is spent on pictures while nobody plays; one goroutine a session
//     while somebody does. Hundreds of cameras run in one process.
//   - Set changes the behaviour from now on, for running sessions as well, within
//     one picture; Close returns when every goroutine is gone.
//
// What it leaves out: UDP (461), RTSP over TLS, sound, PAUSE (501), more than one
// track. It is for demonstrations and tests and listens on loopback by default.
package simcam

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gortsplib/v4"

	"github.com/phukin/phukin/deploy/demo/clips"
)

// ErrClosed is returned by Set after Close.
var ErrClosed = errors.New("simcam: camera is closed")

// ErrPortTaken is returned by Set when a camera that was Unplugged cannot have its
// port again. The camera stays Unplugged; Set may be tried again.
var ErrPortTaken = errors.New("simcam: cannot take the camera's port back")

// Config describes a camera. Only Clip is required.
type Config struct {
	// Addr is the TCP address to listen on, "host:port". It defaults to
	// "127.0.0.1:0": a free port on loopback, which the camera keeps.
	Addr string
	// Path is the stream's path, with or without the leading slash and with the
	// query if there is one: "/Streaming/Channels/101",
	// "/cam/realmonitor?channel=1&subtype=0". It defaults to "/stream".
	Path string
	// Clip is what the camera streams.
	Clip *clips.Clip
	// LowClip is what it streams under LowResolution. It defaults to the smallest
	// clip of Clip's codec.
	LowClip *clips.Clip
	// Username and Password are asked for by Digest authentication. An empty
	// Username, the default, lets everybody in.
	Username, Password string
	// PortPatience is how long Set tries to take the port back after Unplugged. It
	// defaults to 5 seconds.
	PortPatience time.Duration
	// Logger gets changes of behaviour at debug level, trouble at warning level. It
	// defaults to none.
	Logger *slog.Logger
}

// Camera is a running simulated camera. Its methods may be called by many
// goroutines at once.
type Camera struct {
	cfg     Config
	log     *slog.Logger
	path    string // begins with a slash
	query   string // without question mark
	started time.Time
	base    uint32 // RTP timestamp at started
	front   *front
	server  *gortsplib.Server
	ctx     context.Context // ends at Close
	cancel  context.CancelFunc

	behaviour atomic.Int32

	setMu  sync.Mutex // serialises Set and Close
	closed bool

	viewersMu sync.Mutex
	viewers   map[*gortsplib.ServerSession]*viewer
}

// Start starts a camera that behaves Normal. It is reachable when Start returns.
func Start(cfg Config) (*Camera, error) {
	if cfg.Clip == nil {
		return nil, errors.New("simcam: Config.Clip is required")
	}
	if cfg.Addr == "" {
		cfg.Addr = "127.0.0.1:0"
	}
	if cfg.Path == "" {
		cfg.Path = "/stream"
	}
	if cfg.LowClip == nil {
		cfg.LowClip = clips.Smallest(cfg.Clip.Codec)
	}
	if cfg.PortPatience == 0 {
		cfg.PortPatience = 5 * time.Second
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	for _, c := range []*clips.Clip{cfg.Clip, cfg.LowClip} {
		if _, _, _, err := c.ParameterSets(); err != nil {
			return nil, fmt.Errorf("start simulated camera: %w", err)
		}
	}
	f, err := newFront(cfg.Addr, cfg.Logger)
	if err != nil {
		return nil, fmt.Errorf("start simulated camera: %w", err)
	}
	path, query, _ := strings.Cut("/"+strings.TrimPrefix(cfg.Path, "/"), "?")
	c := &Camera{
		cfg:   cfg,
		log:   cfg.Logger.With("component", "simcam", "addr", f.addr.String()),
		path:  path,
		query: query,
		// Cameras that start together must not send their key frames together.
		started: time.Now().Add(-rand.N(time.Minute)),
		base:    rand.Uint32(),
		front:   f,
		viewers: make(map[*gortsplib.ServerSession]*viewer),
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.server = &gortsplib.Server{
		Handler:     &handler{c},
		RTSPAddress: f.addr.String(),
		Listen:      func(_, _ string) (net.Listener, error) { return f, nil },
	}
	if err := c.server.Start(); err != nil {
		c.cancel()
		f.unplug()
		return nil, fmt.Errorf("start simulated camera: %w", err)
	}
	return c, nil
}

// URL returns the stream's address, without user name and password.
func (c *Camera) URL() string {
	u := "rtsp://" + c.Addr() + c.path
	if c.query != "" {
		u += "?" + c.query
	}
	return u
}

// Addr returns "host:port" of the camera. It never changes, and is known also while
// the camera is Unplugged.
func (c *Camera) Addr() string { return c.front.addr.String() }

// Behaviour returns what the camera does at the moment.
func (c *Camera) Behaviour() Behaviour { return Behaviour(c.behaviour.Load()) }

// Viewers returns the number of sessions that play.
func (c *Camera) Viewers() int {
	c.viewersMu.Lock()
	defer c.viewersMu.Unlock()
	n := 0
	for _, v := range c.viewers {
		if v.playing() {
			n++
		}
	}
	return n
}

// Set makes the camera behave as b from now on; what becomes of running sessions is
// said at each Behaviour. When Set returns, new connections meet the new behaviour;
// running sessions do with their next picture. Leaving Unplugged it waits up to
// Config.PortPatience for the port and may return ErrPortTaken. After Close it
// returns ErrClosed.
func (c *Camera) Set(b Behaviour) error {
	if !b.valid() {
		return fmt.Errorf("%w %d", ErrUnknownBehaviour, int32(b))
	}
	c.setMu.Lock()
	defer c.setMu.Unlock()
	if c.closed {
		return ErrClosed
	}
	old := c.Behaviour()
	if b == old {
		return nil
	}

	c.behaviour.Store(int32(b))
	if b == BlackHole {
		c.front.mute()
	} else if old == BlackHole {
		c.front.unmute()
	}
	if b == Unplugged {
		c.front.unplug()
	} else if err := c.front.plug(c.ctx, c.cfg.PortPatience); err != nil {
		c.front.unmute()
		c.behaviour.Store(int32(old))
		return fmt.Errorf("set %v: %w", b, err)
	}
	if b == WrongPassword {
		c.front.drop()
	}
	c.log.Debug("behaviour changed", "behaviour", b.String(), "before", old.String())
	return nil
}

// Close stops the camera. It returns when its port is free, its connections are
// closed and all its goroutines are gone; it interrupts a Set that waits for the
// port. Closing again does nothing. The error is always nil.
func (c *Camera) Close() error {
	c.cancel()
	c.setMu.Lock()
	defer c.setMu.Unlock()
	if c.closed {
		return nil
	}
	c.closed = true
	c.front.unplug()
	c.server.Close()
	return nil
}

// clip returns what is described to whoever asks now.
func (c *Camera) clip() *clips.Clip {
	if c.Behaviour() == LowResolution {
		return c.cfg.LowClip
	}
	return c.cfg.Clip
}

// running returns for how long the camera has been running.
func (c *Camera) running() time.Duration { return time.Since(c.started) }
