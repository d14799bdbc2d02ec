package peers

import (
	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/hub/wire"
)

// What the servers show.
var (
	gstH264  = Video{wire.CodecH264, 640, 360, 15}
	gstH265  = Video{wire.CodecH265, 642, 362, 10} // not a multiple of 8: cropped
	gstJPEG  = Video{wire.CodecJPEG, 480, 272, 10}
	clipH264 = Video{wire.CodecH264, 1920, 1080, 15} // coded as 1088 lines
	clipH265 = Video{wire.CodecH265, 1920, 1080, 15}
	ownJPEG  = Video{wire.CodecJPEG, 320, 240, 10}
	ffH264   = Video{wire.CodecH264, 640, 360, 15}
	ffH265   = Video{wire.CodecH265, 640, 360, 15}
	ffJPEG   = Video{wire.CodecJPEG, 640, 360, 15}
)

// Cases gives the table.
func Cases() []Case {
	var cs []Case
	server := GStreamer
	add := func(codec string, v Video, port, path string, change ...func(*Case)) {
		c := Case{Server: server, Codec: codec, Auth: "none", Transport: "tcp", Video: v, port: port, path: path}
		for _, f := range change {
			f(&c)
		}
		cs = append(cs, c)
	}

	add("h264", gstH264, "none", "/h264")
	add("h264", gstH264, "none", "/h264", udp)
	add("h264", gstH264, "none", "/udp-h264", afterRefusal)
	add("h264, audio after it", gstH264, "none", "/h264-audio")
	add("h264, audio before it", gstH264, "none", "/audio-h264")
	add("h264, audio before it", gstH264, "none", "/audio-h264", udp)
	add("h265", gstH265, "none", "/h265")
	add("h265", gstH265, "none", "/h265", udp)
	add("h265, audio before it", gstH265, "none", "/audio-h265")
	add("mjpeg", gstJPEG, "none", "/mjpeg")
	add("mjpeg", gstJPEG, "none", "/udp-mjpeg", afterRefusal)
	add("h264", gstH264, "basic", "/h264", asks("basic", rightLogin))
	add("h264", gstH264, "digest", "/h264", asks("digest md5", rightLogin))
	add("h265", gstH265, "digest", "/h265", asks("digest md5", rightLogin), udp)
	add("mjpeg", gstJPEG, "digest", "/mjpeg", asks("digest md5", rightLogin))
	add("h264", gstH264, "tls", "/h264", rtsps("own certificate given"), trust("good"))
	add("h264", gstH264, "tls", "/h264", rtsps("insecure"), insecure)
	add("h265", gstH265, "tls-digest", "/h265", asks("digest md5", rightLogin), rtsps("own certificate given"), trust("good"))
	add("h264", Video{}, "tls", "/h264", rtsps("self-signed"), falls(wire.FaultCertUntrusted, wire.RungTLS))
	add("h264", Video{}, "tls-expired", "/h264", rtsps("expired"), trust("expired"), falls(wire.FaultCertExpired, wire.RungTLS))
	add("h264", Video{}, "tls-other", "/h264", rtsps("another name"), trust("other"), falls(wire.FaultCertName, wire.RungTLS))
	add("h264", Video{}, "none", "/h264", rtsps("no TLS there"), falls(wire.FaultTLS, wire.RungTLS))
	add("h264", Video{}, "basic", "/h264", asks("basic, wrong", wrongLogin), falls(wire.FaultAuthRejected, wire.RungAuth))
	add("h264", Video{}, "digest", "/h264", asks("digest md5, wrong", wrongLogin), falls(wire.FaultAuthRejected, wire.RungAuth))
	add("h264", Video{}, "digest", "/h264", asks("digest md5, not given", noLogin), falls(wire.FaultAuthRequired, wire.RungAuth))
	add("vp8", Video{}, "none", "/vp8", falls(wire.FaultUnsupportedCodec, wire.RungKeyframe))
	add("audio only", Video{}, "none", "/audio", falls(wire.FaultNoVideo, wire.RungDescribe))
	add("no such path", Video{}, "none", "/nothing", falls(wire.FaultNotFound, wire.RungDescribe))

	server = Gortsplib
	add("h264", clipH264, "none", "/h264")
	add("h264", clipH264, "none", "/h264", udp)
	add("h265", clipH265, "none", "/h265")
	add("h265", clipH265, "none", "/h265", udp)
	add("mjpeg", ownJPEG, "none", "/mjpeg")
	add("mjpeg", ownJPEG, "none", "/mjpeg", udp)
	add("h264", clipH264, "basic", "/h264", asks("basic", rightLogin))
	add("h264", clipH264, "md5", "/h264", asks("digest md5", rightLogin))
	add("h264", clipH264, "sha256", "/h264", asks("digest sha-256", rightLogin))
	add("h264", clipH264, "sha256", "/h264", asks("digest sha-256", rightLogin), udp)
	add("h265", clipH265, "sha256", "/h265", asks("digest sha-256", rightLogin))
	add("mjpeg", ownJPEG, "sha256", "/mjpeg", asks("digest sha-256", rightLogin))
	add("h264", clipH264, "all", "/h264", asks("basic, md5, sha-256", rightLogin))
	add("h264", clipH264, "tls", "/h264", asks("digest sha-256", rightLogin), rtsps("own certificate given"), trust("good"))
	add("h264", Video{}, "tls", "/h264", asks("digest sha-256", rightLogin), rtsps("self-signed"), falls(wire.FaultCertUntrusted, wire.RungTLS))
	add("h264", Video{}, "sha256", "/h264", asks("digest sha-256, wrong", wrongLogin), falls(wire.FaultAuthRejected, wire.RungAuth))
	add("h264", Video{}, "sha256", "/h264", asks("digest sha-256, not given", noLogin), falls(wire.FaultAuthRequired, wire.RungAuth))
	add("no such path", Video{}, "none", "/nothing", falls(wire.FaultNotFound, wire.RungDescribe))

	server = FFmpeg
	add("h264, B-frames, audio", ffH264, "relay", "/h264")
	add("h264, B-frames, audio", ffH264, "relay", "/h264", udp)
	add("h265, B-frames", ffH265, "relay", "/h265")
	add("mjpeg", ffJPEG, "relay", "/mjpeg")
	add("mpeg4", Video{}, "relay", "/mpeg4", falls(wire.FaultUnsupportedCodec, wire.RungKeyframe))

	server = VLC
	add("h264", ffH264, "none", "/live", afterRefusal)
	add("h264", ffH264, "none", "/live", udp)
	add("h265", ffH265, "basic", "/live", asks("basic", rightLogin), afterRefusal)
	add("h264", Video{}, "none", "/live", onlyTCP, falls(wire.FaultUnsupportedTransport, wire.RungSetup))
	add("h265", Video{}, "basic", "/live", asks("basic, wrong", wrongLogin), falls(wire.FaultAuthRejected, wire.RungAuth))
	return cs
}

func asks(name string, l login) func(*Case) {
	return func(c *Case) { c.Auth, c.login = name, l }
}

func udp(c *Case) { c.Transport, c.udp = "udp", probe.TransportUDP }

func onlyTCP(c *Case) { c.Transport, c.udp = "tcp only", probe.TransportTCP }

// afterRefusal: the server takes no TCP, and the probe finds out.
func afterRefusal(c *Case) { c.Transport = "udp, as TCP is refused" }

func rtsps(name string) func(*Case) {
	return func(c *Case) { c.Transport, c.tls = "tls: "+name, true }
}

func trust(name string) func(*Case) { return func(c *Case) { c.ca = name } }

func insecure(c *Case) { c.insecure = true }

func falls(f wire.Fault, on wire.Rung) func(*Case) {
	return func(c *Case) { c.Fault, c.FellOn = f, on }
}
