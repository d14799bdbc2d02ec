package probe

import (
	"strconv"
	"strings"
)

// Clock rates of RTP timestamps, per second. H.264 (RFC 6184 §8.2.1), H.265
// (RFC 7798 §7.2.1) and JPEG (RFC 3551 §5) allow 90 kHz only; a description
// that says another one is believed within bounds, for cameras do what they
// say more often than what they should.
const (
	defaultClockRate = 90000
	minClockRate     = 1000
	maxClockRate     = 10_000_000
)

// parseClockRate reads what stands behind the encoding name of a=rtpmap (RFC
// 4566 §6): a rate, and maybe more behind a slash. None, zero, or one beyond
// the bounds is the default.
func parseClockRate(s string) int {
	s, _, _ = strings.Cut(s, "/")
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil || n < minClockRate || n > maxClockRate {
		return defaultClockRate
	}
	return n
}

// hasDON says whether H.265 payloads carry decoding order numbers: when
// sprop-max-don-diff is above 0 (RFC 7798 §7.1).
func hasDON(fmtp string) bool {
	for p := range strings.SplitSeq(fmtp, ";") {
		name, v, _ := strings.Cut(p, "=")
		if strings.EqualFold(strings.TrimSpace(name), "sprop-max-don-diff") {
			n, err := strconv.ParseUint(strings.TrimSpace(v), 10, 16)
			return err == nil && n > 0
		}
	}
	return false
}

// dimensions gives the size that a track describes, zero if it does not:
// a=x-dimensions:2560,1440 or a=framesize:26 2560-1440 (3GPP TS 26.234 §5.3.3).
func (t *track) dimensions(pt int) size {
	for _, d := range []struct{ text, separator string }{
		{t.attribute("x-dimensions", -1), ","},
		{t.attribute("framesize", pt), "-"},
	} {
		w, h, _ := strings.Cut(d.text, d.separator)
		width, err1 := strconv.Atoi(strings.TrimSpace(w))
		height, err2 := strconv.Atoi(strings.TrimSpace(h))
		if err1 == nil && err2 == nil && min(width, height) > 0 && max(width, height) <= maxPixels {
			return size{width, height}
		}
	}
	return size{}
}
