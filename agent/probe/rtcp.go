package probe

import (
	"encoding/binary"
	"time"
)

// maxCompound bounds the packets that are read of one compound RTCP packet.
const maxCompound = 32

// Packet types of RTCP, RFC 3550 §12.1.
const (
	rtcpSenderReport = 200
	rtcpBye          = 203
)

// senderReport is what an RTCP sender report says of its sender's clocks
// (RFC 3550 §6.4.1).
type senderReport struct {
	ssrc uint32
	ntp  uint64 // wall clock, seconds since 1900 in 32.32 bits; 0 if the sender has none
	ts   uint32 // RTP clock at the same time
}

// parseRTCP reads a compound packet (RFC 3550 §6.1) as far as it makes sense and
// gives the sender report in it, if there is one. It looks for nothing else but
// whether one of the sources said BYE.
func parseRTCP(b []byte) (sr senderReport, found, bye bool) {
	for range maxCompound {
		if len(b) < 4 || b[0]>>6 != 2 {
			break
		}
		n := 4 * (int(binary.BigEndian.Uint16(b[2:])) + 1)
		if n > len(b) {
			break
		}
		switch {
		case b[1] == rtcpSenderReport && n >= 28 && !found:
			found = true
			sr = senderReport{binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint64(b[8:]), binary.BigEndian.Uint32(b[16:])}
		case b[1] == rtcpBye:
			bye = true
		}
		b = b[n:]
	}
	return sr, found, bye
}

// senderReports keeps the first and the last report of one source.
type senderReports struct {
	ssrc        uint32
	n           int
	first, last senderReport
	from, to    time.Time // arrivals of those with a wall clock
}

// add takes a report. With another source, or a clock that was set back or
// jumped by an hour, it begins anew.
func (s *senderReports) add(at time.Time, sr senderReport) {
	if s.n > 0 && sr.ssrc != s.ssrc {
		*s = senderReports{}
	}
	s.ssrc = sr.ssrc
	s.n++
	if sr.ntp == 0 {
		return
	}
	if passed := seconds(s.last.ntp, sr.ntp); s.from.IsZero() || passed < 0 || passed > 3600 {
		s.first, s.from = sr, at
	}
	s.last, s.to = sr, at
}

// seconds is the time between two NTP times.
func seconds(from, to uint64) float64 {
	return float64(int64(to-from)) / (1 << 32) // modular arithmetic
}

// report writes what the reports of the source of the video tell; rate is that
// of the RTP clock.
func (s *senderReports) report(res *Result, ssrc uint32, rate float64) {
	if s.ssrc != ssrc {
		return
	}
	res.SenderReports = s.n
	span := s.to.Sub(s.from)
	if span <= 0 {
		return
	}
	wall := seconds(s.first.ntp, s.last.ntp)
	res.SenderReportSpan = span
	res.SenderReportDrift = 1000 * (float64(int32(s.last.ts-s.first.ts))/rate - wall) // modular arithmetic
	res.SenderReportSkew = 1000 * (wall - span.Seconds())
}
