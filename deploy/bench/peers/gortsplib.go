package peers

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/auth"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/pion/rtp"

	"github.com/phukin/phukin/deploy/demo/clips"
)

// startGortsplib runs gortsplib's server, one for each way to ask for a
// password; all but the one with TLS speak UDP too.
func (r *Running) startGortsplib() error {
	if err := r.makeCertificates(); err != nil {
		return err
	}
	secure, err := r.certs.config("good")
	if err != nil {
		return err
	}
	sources, err := makeSources()
	if err != nil {
		return err
	}
	for _, v := range []struct {
		port    string
		methods []auth.ValidateMethod
		tls     *tls.Config
	}{
		{"none", nil, nil},
		{"basic", []auth.ValidateMethod{auth.ValidateMethodBasic}, nil},
		{"md5", []auth.ValidateMethod{auth.ValidateMethodDigestMD5}, nil},
		{"sha256", []auth.ValidateMethod{auth.ValidateMethodSHA256}, nil},
		{"all", []auth.ValidateMethod{auth.ValidateMethodBasic, auth.ValidateMethodDigestMD5, auth.ValidateMethodSHA256}, nil},
		{"tls", []auth.ValidateMethod{auth.ValidateMethodSHA256}, secure},
	} {
		h, err := r.listen(v.port, v.methods, v.tls)
		if err != nil {
			return err
		}
		for _, s := range sources {
			h.streams[s.path] = gortsplib.NewServerStream(h.server, s.desc())
		}
		ctx, cancel := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		for _, s := range sources {
			wg.Go(func() { s.pump(ctx, h.streams[s.path]) })
		}
		r.stop = append(r.stop, func() { cancel(); wg.Wait() })
	}
	return nil
}

// relay is a gortsplib server: it serves streams that are pumped or published.
type relay struct {
	server  *gortsplib.Server
	methods []auth.ValidateMethod // nil lets everybody in

	mu      sync.Mutex
	streams map[string]*gortsplib.ServerStream
}

// listen starts a relay on free ports.
func (r *Running) listen(name string, methods []auth.ValidateMethod, secure *tls.Config) (*relay, error) {
	ln, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	h := &relay{methods: methods, streams: map[string]*gortsplib.ServerStream{}}
	// Two UDP ports in a row cannot be asked for: try until there are.
	for port := 30000; ; port += 2 {
		h.server = &gortsplib.Server{Handler: h, RTSPAddress: ln.Addr().String(), TLSConfig: secure,
			Listen: func(string, string) (net.Listener, error) { return ln, nil }}
		if secure == nil {
			h.server.UDPRTPAddress, h.server.UDPRTCPAddress = "127.0.0.1:"+strconv.Itoa(port), "127.0.0.1:"+strconv.Itoa(port+1)
		}
		if err = h.server.Start(); err == nil {
			break
		}
		if !strings.Contains(err.Error(), "address already in use") || port > 40000 {
			_ = ln.Close()
			return nil, err
		}
	}
	_, r.ports[name], _ = net.SplitHostPort(ln.Addr().String())
	r.stop = append(r.stop, func() {
		h.server.Close()
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, s := range h.streams {
			s.Close()
		}
	})
	return h, nil
}

const realm = "gortsplib"

// let asks for a password until it is right.
func (h *relay) let(conn *gortsplib.ServerConn, req *base.Request) *base.Response {
	if h.methods == nil {
		return nil
	}
	nonce, ok := conn.UserData().(string)
	if !ok {
		var err error
		if nonce, err = auth.GenerateNonce(); err != nil {
			return &base.Response{StatusCode: base.StatusInternalServerError}
		}
		conn.SetUserData(nonce)
	}
	if auth.Validate(req, User, Password, h.methods, realm, nonce) == nil {
		return nil
	}
	return &base.Response{StatusCode: base.StatusUnauthorized, Header: base.Header{"WWW-Authenticate": auth.GenerateWWWAuthenticate(h.methods, realm, nonce)}}
}

func (h *relay) find(path string) (*base.Response, *gortsplib.ServerStream, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s := h.streams[strings.TrimSuffix(path, "/")]; s != nil {
		return &base.Response{StatusCode: base.StatusOK}, s, nil
	}
	return &base.Response{StatusCode: base.StatusNotFound}, nil, nil
}

// OnDescribe gives the description of a stream.
func (h *relay) OnDescribe(c *gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	if no := h.let(c.Conn, c.Request); no != nil {
		return no, nil, nil
	}
	return h.find(c.Path)
}

// OnSetup gives the stream; a publisher gets none.
func (h *relay) OnSetup(c *gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	if no := h.let(c.Conn, c.Request); no != nil {
		return no, nil, nil
	}
	if c.Session.State() == gortsplib.ServerSessionStatePreRecord {
		return &base.Response{StatusCode: base.StatusOK}, nil, nil
	}
	return h.find(c.Path)
}

// OnPlay lets a session play.
func (h *relay) OnPlay(c *gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	if no := h.let(c.Conn, c.Request); no != nil {
		return no, nil
	}
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// OnAnnounce takes a stream that a publisher brings.
func (h *relay) OnAnnounce(c *gortsplib.ServerHandlerOnAnnounceCtx) (*base.Response, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.streams[c.Path] != nil {
		return &base.Response{StatusCode: base.StatusBadRequest}, errors.New("there is one already")
	}
	s := gortsplib.NewServerStream(h.server, c.Description)
	h.streams[c.Path] = s
	c.Session.SetUserData(s)
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// OnRecord hands a publisher's packets on.
func (h *relay) OnRecord(c *gortsplib.ServerHandlerOnRecordCtx) (*base.Response, error) {
	s, ok := c.Session.UserData().(*gortsplib.ServerStream)
	if !ok {
		return &base.Response{StatusCode: base.StatusBadRequest}, nil
	}
	c.Session.OnPacketRTPAny(func(m *description.Media, _ format.Format, pkt *rtp.Packet) { _ = s.WritePacketRTP(m, pkt) })
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// source is a stream that is drawn once and sent round and round.
type source struct {
	path   string
	rate   int
	format func() format.Format
	frames [][][]byte // NAL units of each picture; of MJPEG, one image each
}

func (s *source) desc() *description.Session {
	return &description.Session{Medias: []*description.Media{{Type: description.MediaTypeVideo, Formats: []format.Format{s.format()}}}}
}

// encoder gives the function that packs a picture.
func encoder(f format.Format) (func([][]byte) ([]*rtp.Packet, error), error) {
	switch f := f.(type) {
	case *format.H264:
		e, err := f.CreateEncoder()
		return func(p [][]byte) ([]*rtp.Packet, error) { return e.Encode(p) }, err
	case *format.H265:
		e, err := f.CreateEncoder()
		return func(p [][]byte) ([]*rtp.Packet, error) { return e.Encode(p) }, err
	case *format.MJPEG:
		e, err := f.CreateEncoder()
		return func(p [][]byte) ([]*rtp.Packet, error) { return e.Encode(p[0]) }, err
	}
	return nil, fmt.Errorf("no encoder for %T", f)
}

func (s *source) pump(ctx context.Context, to *gortsplib.ServerStream) {
	m := to.Description().Medias[0]
	encode, err := encoder(m.Formats[0])
	if err != nil {
		return
	}
	step := time.Second / time.Duration(s.rate)
	tick := time.NewTicker(step)
	defer tick.Stop()
	for n := 0; ; n++ {
		pkts, err := encode(s.frames[n%len(s.frames)])
		if err != nil {
			return
		}
		for _, p := range pkts {
			p.Timestamp = uint32(n * 90000 / s.rate)
			if to.WritePacketRTP(m, p) != nil {
				return
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// makeSources draws what gortsplib serves: the demonstration's clips, and a
// moving square as MJPEG.
func makeSources() ([]*source, error) {
	var out []*source
	for _, v := range []struct{ path, clip string }{{"/h264", "h264-1080p"}, {"/h265", "h265-1080p"}} {
		clip, ok := clips.ByName(v.clip)
		if !ok {
			return nil, fmt.Errorf("no clip %s", v.clip)
		}
		vps, sps, pps, err := clip.ParameterSets()
		if err != nil {
			return nil, err
		}
		aus, err := clip.AccessUnits()
		if err != nil {
			return nil, err
		}
		s := &source{path: v.path, rate: clip.FrameRate, format: func() format.Format {
			if vps == nil {
				return &format.H264{PayloadTyp: 96, SPS: sps, PPS: pps, PacketizationMode: 1}
			}
			return &format.H265{PayloadTyp: 96, VPS: vps, SPS: sps, PPS: pps}
		}}
		for _, au := range aus {
			s.frames = append(s.frames, au.NALUs)
		}
		out = append(out, s)
	}
	s := &source{path: "/mjpeg", rate: int(ownJPEG.FrameRate), format: func() format.Format { return &format.MJPEG{} }}
	for i := range 8 {
		img := image.NewYCbCr(image.Rect(0, 0, ownJPEG.Width, ownJPEG.Height), image.YCbCrSubsampleRatio420)
		for y := range 60 {
			for x := range 60 {
				img.Y[img.YOffset(x+30*i, y+60)] = color.Gray{Y: 200}.Y
			}
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, img, nil); err != nil {
			return nil, err
		}
		s.frames = append(s.frames, [][]byte{b.Bytes()})
	}
	return append(out, s), nil
}
