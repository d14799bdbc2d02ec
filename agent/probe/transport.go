package probe

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// What SETUP asks for (RFC 2326 §12.39): RTP on channel 0 and RTCP on channel 1
// of the RTSP connection, or both to a pair of our ports.
const transportTCP = "RTP/AVP/TCP;unicast;interleaved=0-1"

func transportUDP(rtp, rtcp uint16) string {
	return fmt.Sprintf("RTP/AVP;unicast;client_port=%d-%d", rtp, rtcp)
}

// channels are the interleaved channels of a track.
type channels struct{ rtp, rtcp byte }

func (c channels) has(channel byte) bool { return channel == c.rtp || channel == c.rtcp }

// lower says what carries RTP.
type lower uint8

const (
	lowerAsked lower = iota // the answer leaves it as it was asked for
	lowerTCP
	lowerUDP
	lowerMulticast
)

// ports are those of RTP and RTCP, 0 where they are not known.
type ports struct{ rtp, rtcp uint16 }

// transport is the Transport field of the answer to SETUP.
type transport struct {
	lower    lower
	channels channels // of lowerTCP and lowerAsked
	client   ports    // to which a camera sends over UDP, if it says so
	server   ports    // from which it sends
}

// parseTransport reads a Transport field (RFC 2326 §12.39). A camera may choose
// other channels; what it leaves out is as it was asked for. Its errors wrap
// errMalformed.
func parseTransport(s string) (t transport, err error) {
	t.channels = channels{0, 1}
	if strings.TrimSpace(s) == "" {
		return t, nil
	}
	s, _, _ = strings.Cut(s, ",")
	found := ""
	for i, p := range strings.Split(s, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		switch name = strings.ToLower(strings.TrimSpace(name)); {
		case name == "interleaved":
			found = value
		case name == "multicast":
			t.lower = lowerMulticast
		case name == "client_port":
			t.lower = max(t.lower, lowerUDP)
			t.client, err = parsePorts(value)
		case name == "server_port":
			t.lower = max(t.lower, lowerUDP)
			t.server, err = parsePorts(value)
		case i == 0 && !strings.HasSuffix(name, "/tcp"):
			t.lower = lowerUDP
		}
		if err != nil {
			return transport{}, malformed("%s=%q in the transport", name, clip(value))
		}
	}
	if found == "" || t.lower == lowerMulticast {
		return t, nil
	}
	t.lower = lowerTCP
	rtp, rtcp, err := parsePair(found, 8)
	if err != nil {
		return transport{}, malformed("interleaved=%q in the transport", clip(found))
	}
	t.channels = channels{byte(rtp), byte(rtcp)}
	return t, nil
}

// parsePair reads "4-5" or "4", numbers of so many bits.
func parsePair(s string, bits int) (a, b uint64, err error) {
	first, second, both := strings.Cut(s, "-")
	if a, err = strconv.ParseUint(strings.TrimSpace(first), 10, bits); err != nil {
		return 0, 0, err
	}
	if b = (a + 1) & (1<<bits - 1); both {
		b, err = strconv.ParseUint(strings.TrimSpace(second), 10, bits)
	}
	return a, b, err
}

// parsePorts reads a pair of ports. Cameras write 0-0 and 0-1 for ports that
// they do not want to tell.
func parsePorts(s string) (ports, error) {
	a, b, err := parsePair(s, 16)
	if a <= 1 || b <= 1 {
		return ports{}, err
	}
	return ports{uint16(a), uint16(b)}, err
}

// Bounds of what a session's timeout may be for us.
const (
	defaultSessionTimeout = 60 * time.Second // RFC 2326 §12.37
	minSessionTimeout     = time.Second
)

// sessionID cuts the parameters off a Session field (RFC 2326 §12.37). An
// identifier that cannot stand in a request is none. A timeout that is none, or
// longer than the default, is the default: to be asked too often harms nobody.
func sessionID(s string) (id string, timeout time.Duration) {
	id, rest, _ := strings.Cut(s, ";")
	id = strings.TrimSpace(id)
	if len(id) > 256 || !printable(id) {
		id = ""
	}
	timeout = defaultSessionTimeout
	for p := range strings.SplitSeq(rest, ";") {
		name, v, _ := strings.Cut(p, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "timeout") {
			continue
		}
		if n, err := strconv.ParseUint(strings.Trim(v, " \t\""), 10, 31); err == nil && n > 0 {
			timeout = min(timeout, max(time.Duration(n)*time.Second, minSessionTimeout))
		}
	}
	return id, timeout
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
	scheme, rest, ok := strings.Cut(s, "://")
	return ok && rest != "" && (strings.EqualFold(scheme, "rtsp") || strings.EqualFold(scheme, "rtsps"))
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
