package probe

import (
	"errors"
	"strconv"
	"strings"
)

// transportAsked is what SETUP asks for: RTP on channel 0, RTCP on channel 1
// of the RTSP connection (RFC 2326 §12.39).
const transportAsked = "RTP/AVP/TCP;unicast;interleaved=0-1"

var errNotInterleaved = errors.New("the camera answered with a transport that is not interleaved TCP")

// channels are the interleaved channels of a track.
type channels struct{ rtp, rtcp byte }

func (c channels) has(channel byte) bool { return channel == c.rtp || channel == c.rtcp }

// parseTransport reads the Transport field of the answer to SETUP. A camera
// may choose other channels; what it leaves out is as it was asked for.
func parseTransport(s string) (channels, error) {
	asked := channels{0, 1}
	if strings.TrimSpace(s) == "" {
		return asked, nil
	}
	s, _, _ = strings.Cut(s, ",")
	found, udp := "", false
	for i, p := range strings.Split(s, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		switch name = strings.ToLower(strings.TrimSpace(name)); {
		case name == "interleaved":
			found = value
		case i == 0 && !strings.HasSuffix(name, "/tcp"), name == "client_port", name == "server_port", name == "multicast":
			udp = true
		}
	}
	if found == "" {
		if udp {
			return channels{}, errNotInterleaved
		}
		return asked, nil
	}
	first, second, both := strings.Cut(found, "-")
	rtp, err := strconv.ParseUint(strings.TrimSpace(first), 10, 8)
	if err != nil {
		return channels{}, malformed("interleaved=%q in the transport", clip(found))
	}
	rtcp := (rtp + 1) & 0xff
	if both {
		if rtcp, err = strconv.ParseUint(strings.TrimSpace(second), 10, 8); err != nil {
			return channels{}, malformed("interleaved=%q in the transport", clip(found))
		}
	}
	return channels{byte(rtp), byte(rtcp)}, nil
}

// sessionID cuts the parameters (timeout) off a Session field (RFC 2326
// §12.37). An identifier that cannot stand in a request is none.
func sessionID(s string) string {
	id, _, _ := strings.Cut(s, ";")
	id = strings.TrimSpace(id)
	if len(id) > 256 || !printable(id) {
		return ""
	}
	return id
}

// baseURL gives the URL to which control URLs of a description are relative:
// Content-Base, Content-Location or the URL of the request (RFC 2326 §C.1.1).
// Cameras also send nonsense there, which is passed over.
func baseURL(h header, request string) string {
	for _, name := range []string{"Content-Base", "Content-Location"} {
		if s := h.get(name); isRTSP(s) && len(s) <= maxURL && printable(s) {
			return s
		}
	}
	return request
}

func isRTSP(s string) bool {
	const scheme = "rtsp://"
	return len(s) > len(scheme) && strings.EqualFold(s[:len(scheme)], scheme)
}

// controlURL resolves the attribute a=control (RFC 2326 §C.1.1). A relative
// one is appended, as every client does and every camera expects, and not
// resolved by RFC 1808, which would replace the last part of the path.
func controlURL(base, control string) (string, error) {
	switch {
	case control == "" || control == "*":
		return base, nil
	case len(control) > maxURL || !printable(control):
		return "", malformed("a=control %q", clip(control))
	case isRTSP(control):
		return control, nil
	case strings.HasSuffix(base, "/"):
		return base + strings.TrimPrefix(control, "/"), nil
	case strings.HasPrefix(control, "/"), strings.HasPrefix(control, "?"):
		return base + control, nil
	}
	return base + "/" + control, nil
}
