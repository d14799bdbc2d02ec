package probetest

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/phukin/phukin/hub/wire"
)

// Mode is a way for a camera to behave, and what a probe must find.
type Mode struct {
	Name string

	// Fault, FellOn and Status are what the probe must report; all are zero for
	// a good camera.
	Fault  wire.Fault
	FellOn wire.Rung
	Status int

	// Codec, Width and Height are those of the video, for a good camera.
	Codec         wire.Codec
	Width, Height int
	// FrameRate is in frames per second, for a good camera.
	FrameRate float64
	// NominalRate is what the parameter sets declare, in frames per second.
	NominalRate float64
	// KeyframeGap is in seconds, for a good camera.
	KeyframeGap float64
	// What a good camera falls short by.
	Lost, SuspectStatic               bool
	TimestampFaults, SequenceRestarts int
	// SenderReports says whether there are at least two.
	SenderReports bool

	// Username and Password are what the probe must be given; URL holds them.
	Username, Password string
	// AuthAsked says whether the camera asks for them.
	AuthAsked bool

	// TLS says that the camera speaks rtsps. The probe must be given its RootCAs,
	// or Insecure.
	TLS, Insecure bool
	// UDP says that the probe must be told to use UDP.
	UDP bool
	// Redirects is how many redirects the probe must follow.
	Redirects int

	script script
}

// Good says whether a probe must reach the last rung.
func (m Mode) Good() bool { return m.Fault == wire.FaultNone }

// Modes gives all modes.
func Modes() []Mode {
	return slices.Concat(goodModes(), codecModes(), measureModes(), connectionModes(), protocolModes(), authModes(), descriptionModes(), mediaModes(), rtpModes(), packetModes(), jpegModes(),
		tlsModes(), redirectModes(), udpModes(), sessionModes(), moreAuthModes())
}

type handler func(c *conn, r *Request) bool

// script is the behaviour of a camera, as differences from a good one.
type script struct {
	deaf   bool   // its port is closed
	host   string // in place of the real one, for names that do not resolve
	greet  func(c *conn) bool
	on     map[string]handler // by method, in place of the standard answer
	auth   *auth
	tls    *tlsScript
	udp    udpScript
	alive  string // fields of Session in the answer to SETUP, in place of the standard ones
	sdp    string // in place of the standard description
	stream stream
}

func (s *script) session() string {
	if s.alive != "" {
		return "Session: " + s.alive
	}
	return "Session: 4711;timeout=60"
}

// description is the SDP of the stream (RFC 4566), with an audio track before
// the video, as many cameras have it.
func (s *script) description() string {
	if s.sdp != "" {
		return s.sdp
	}
	return sdpOf(&s.stream)
}

func sdpOf(s *stream) string {
	pt, name, fmtp := s.payloadType(), "H264", ""
	var sets []string
	for _, u := range s.sets() {
		sets = append(sets, base64.StdEncoding.EncodeToString(u))
	}
	switch s.codec {
	case wire.CodecJPEG:
		name = "JPEG"
	case wire.CodecH265:
		name = "H265"
		if s.inSDP {
			fmtp = fmt.Sprintf("; sprop-vps=%s; sprop-sps=%s; sprop-pps=%s", sets[0], sets[1], sets[2])
		}
	default:
		fmtp = "packetization-mode=1;profile-level-id=4D0028"
		if s.inSDP {
			fmtp += ";sprop-parameter-sets=" + strings.Join(sets, ",")
		}
	}
	return "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=live\r\nt=0 0\r\na=control:*\r\n" +
		"m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=control:trackID=1\r\n" +
		fmt.Sprintf("m=video 0 RTP/AVP %d\r\na=rtpmap:%d %s/%d\r\na=fmtp:%d %s\r\na=framerate:25/1\r\na=control:trackID=0\r\n", pt, pt, name, s.ticks(), pt, fmtp+s.fmtp) + s.more
}

// h264 is the stream that modes start from: 1080p with 8 lines cropped, 25
// frames per second, a key frame every 10.
func h264() stream {
	return stream{codec: wire.CodecH264, sps: SPS{Width: 1920, Height: 1080, Chroma: 1, Timing: true}, fps: 25, gop: 10, inSDP: true}
}

func h265() stream {
	s := h264()
	s.codec = wire.CodecH265
	s.sps.SubLayers = 2
	return s
}

func good(name string, change func(m *Mode)) Mode {
	m := Mode{Name: name, script: script{stream: h264(), on: map[string]handler{}}}
	if change != nil {
		change(&m)
	}
	s := &m.script.stream
	m.Codec, m.Width, m.Height, m.FrameRate = s.codec, s.sps.Width, s.sps.Height, float64(s.fps)
	m.NominalRate, m.KeyframeGap = 25, float64(s.gop)/float64(s.fps)
	return m
}

func bad(name string, f wire.Fault, on wire.Rung, change func(s *script)) Mode {
	m := Mode{Name: name, Fault: f, FellOn: on, script: script{stream: h264(), on: map[string]handler{}}}
	change(&m.script)
	return m
}

func withAuth(m Mode, a *auth, name, pass string) Mode {
	m.AuthAsked, m.Username, m.Password = true, name, pass
	m.script.auth = a
	return m
}

func goodModes() []Mode {
	plain := func(*Mode) {}
	return []Mode{
		good("h264 with parameter sets in the description", plain),
		good("h264 with parameter sets in band only", func(m *Mode) {
			m.script.stream.inSDP, m.script.stream.inBand = false, true
		}),
		good("h264 interlaced", func(m *Mode) { m.script.stream.sps.Fields = true }),
		good("h264 without markers", func(m *Mode) { m.script.stream.noMarker = true }),
		good("h264 whose in-band size wins over the described one", func(m *Mode) {
			m.script.stream.inBand = true
			other := h264()
			other.sps.Width, other.sps.Height = 640, 360
			m.script.sdp = sdpOf(&other)
		}),
		good("h264 that is joined in the middle of a group", func(m *Mode) { m.script.stream.first = 7 }),
		good("h264 that first empties a buffer", func(m *Mode) { m.script.stream.burst = 20 }),
		good("h264 on channels of the camera's choice", func(m *Mode) { m.script.stream.channel = 6 }),
		good("h264 with padding, extension and sources in the header", func(m *Mode) {
			m.script.stream.edit = func(_ int, ps []packet) []packet {
				for i := range ps {
					ps[i].flags = 0x80 | 0x20 | 0x10 | 1
					ps[i].extra = []byte{1, 2, 3, 4, 0xbe, 0xde, 0, 1, 0x10, 7, 0, 0}
					ps[i].payload = append(slices.Clone(ps[i].payload), 0, 0, 3)
				}
				return ps
			}
		}),
		good("h264 at 5 frames per second", func(m *Mode) { m.script.stream.fps, m.script.stream.gop = 5, 2 }),
		good("h264 with timestamps that wrap", func(m *Mode) {
			m.script.stream.ts = func(f int) uint32 { return 0xffffffff - 20000 + uint32(f)*3600 }
		}),
		good("h264 with pictures out of order", func(m *Mode) {
			m.script.stream.ts = func(f int) uint32 { return uint32(f^1) * 3600 }
		}),
		good("h264 with video before the answer to PLAY", func(m *Mode) {
			m.script.on["PLAY"] = func(c *conn, r *Request) bool {
				s := &c.cam.mode.script.stream
				seq := firstSeq - 13 // 3 fragments, a slice, 9 pictures
				for f := -10; f < 0; f++ {
					for _, p := range s.packets(f, &seq) {
						if c.write(p.frame()) != nil {
							return false
						}
					}
				}
				return c.standard(r)
			}
		}),
		good("h264 with lax line ends and lower-case names", func(m *Mode) {
			m.script.on["OPTIONS"] = func(c *conn, r *Request) bool {
				return c.send("\r\n\nRTSP/1.0 200 OK\ncseq:" + r.Header["cseq"] + "\npublic: DESCRIBE\n\n")
			}
			m.script.on["DESCRIBE"] = func(c *conn, r *Request) bool {
				body := c.cam.mode.script.description()
				return c.send(fmt.Sprintf("RTSP/1.0 200 OK\ncseq: %s\ncontent-length:%d\n\n%s", r.Header["cseq"], len(body), body))
			}
		}),
		good("h264 without OPTIONS", func(m *Mode) { m.script.on["OPTIONS"] = status(501, "Not Implemented") }),
		good("h264 without channels in the answer", func(m *Mode) {
			m.script.on["SETUP"] = func(c *conn, r *Request) bool {
				return c.reply(r, 200, "OK", []string{"Session: 1", "Transport: RTP/AVP/TCP;unicast"}, "")
			}
		}),
		good("h264 that asks us something", func(m *Mode) {
			m.script.on["SETUP"] = func(c *conn, r *Request) bool {
				return c.send("GET_PARAMETER rtsp://camera/ RTSP/1.0\r\nCSeq: 99\r\nContent-Length: 3\r\n\r\nabc") && c.standard(r)
			}
		}),
		good("h264 with an answer to something else first", func(m *Mode) {
			m.script.on["DESCRIBE"] = func(c *conn, r *Request) bool {
				return c.send("RTSP/1.0 404 Not Found\r\nCSeq: 77\r\n\r\n") && c.standard(r)
			}
		}),
		good("h264 with noise after the description", func(m *Mode) {
			m.script.on["DESCRIBE"] = func(c *conn, r *Request) bool { return c.standard(r) && c.send("noise $\x09\xff\xff!\r\n") }
		}),
		good("h264 with an absolute track address", func(m *Mode) {
			m.script.sdp = strings.Replace(sdpOf(&m.script.stream), "a=control:trackID=0", "a=control:rtsp://10.0.0.1/other/track7", 1)
			m.script.on["SETUP"] = func(c *conn, r *Request) bool {
				if r.URI != "rtsp://10.0.0.1/other/track7" {
					return c.reply(r, 404, "Not Found", nil, "")
				}
				return c.standard(r)
			}
		}),
		good("h264 beside a payload type that is not known", func(m *Mode) {
			m.script.sdp = strings.NewReplacer("RTP/AVP 96", "RTP/AVP 98 96", "a=rtpmap:96", "a=rtpmap:98 MP4V-ES/90000\r\na=rtpmap:96").Replace(sdpOf(&m.script.stream))
		}),
		good("h265 with parameter sets in the description", func(m *Mode) { m.script.stream = h265() }),
		good("h265 with parameter sets in band only", func(m *Mode) {
			m.script.stream = h265()
			m.script.stream.inSDP, m.script.stream.inBand = false, true
		}),
		good("h265 with unpadded parameter sets", func(m *Mode) {
			m.script.stream = h265()
			m.script.sdp = strings.ReplaceAll(sdpOf(&m.script.stream), "=; ", "; ")
		}),
		withAuth(good("basic", plain), &auth{basic: true, digest: "-"}, user, password),
		withAuth(good("digest", plain), &auth{}, user, password),
		withAuth(good("digest with qop", plain), &auth{digest: `, qop="auth,auth-int", algorithm=MD5, opaque="5ccc"`}, user, password),
		withAuth(good("digest beside basic and others", plain), &auth{basic: true, other: `NTLM, Negotiate abc=, Digest realm="x", nonce="y", algorithm=SHA-512-256`}, user, password),
		withAuth(good("digest whose nonce runs out once", plain), &auth{renew: true}, user, password),
	}
}
