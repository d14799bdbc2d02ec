package probe_test

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/hub/wire"
)

// senderReport is one of source 0, which is that of rtpPacket.
func senderReport(wall, rtp float64) []byte {
	b := []byte{0x80, 200, 0, 6, 0, 0, 0, 0}
	b = binary.BigEndian.AppendUint64(b, uint64((3.9e9+wall)*(1<<20))<<12)
	b = binary.BigEndian.AppendUint32(b, uint32(int64(rtp*90000)+0xffffff00))
	return append(b, make([]byte, 8)...)
}

func TestSenderReportsTellHowTheClocksRunApart(t *testing.T) {
	for _, tc := range []struct {
		name           string
		wall, rtp, gap float64 // from one report to the next, by each of the clocks, ours last
		drift, skew    float64
		span           float64
	}{
		{"none", 5, 5, 5, 0, 0, 5},
		{"the RTP clock gains 1000 ppm", 5, 5.005, 5, 5, 0, 5},
		{"the RTP clock loses", 5, 4.9, 5, -100, 0, 5},
		{"the wall clock gains", 5.02, 5.02, 5, 0, 20, 5},
		{"the wall clock was set back", -100, 5, 5, 0, 0, 0},
		{"the wall clock was set", 1e6, 5, 5, 0, 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := video(10, time.Second, func(i int) float64 { return float64(i) / 10 }, func(i int) float64 { return float64(i) / 10 }, func(int) bool { return true })
			r.Control(epoch, senderReport(0, 0))
			r.Control(epoch.Add(time.Duration(tc.gap*float64(time.Second))), senderReport(tc.wall, tc.rtp))
			res, _, _, _ := r.Measured()
			if res.SenderReports != 2 || math.Abs(res.SenderReportDrift-tc.drift) > 0.05 || math.Abs(res.SenderReportSkew-tc.skew) > 0.05 ||
				math.Abs(res.SenderReportSpan.Seconds()-tc.span) > 0.001 {
				t.Errorf("%d reports, drift %.3f ms, skew %.3f ms in %v; want %v, %v in %v s", res.SenderReports, res.SenderReportDrift,
					res.SenderReportSkew, res.SenderReportSpan, tc.drift, tc.skew, tc.span)
			}
		})
	}
}

func TestReportsOfAnotherSourceTellNothing(t *testing.T) {
	r := video(10, time.Second, func(i int) float64 { return float64(i) / 10 }, func(i int) float64 { return float64(i) / 10 }, func(int) bool { return true })
	for i := range 2 {
		b := senderReport(float64(i), float64(2*i))
		b[7] = 1
		r.Control(epoch.Add(time.Duration(i)*time.Second), b)
	}
	if res, _, _, _ := r.Measured(); res.SenderReports != 0 || res.SenderReportDrift != 0 || res.SenderReportSpan != 0 {
		t.Errorf("%+v", res)
	}
}

func TestOnlyRTCPWithoutVideoIsNoMedia(t *testing.T) {
	r := probe.NewReceiver(wire.CodecH264, time.Second)
	r.Control(epoch, senderReport(0, 0))
	if media, _ := r.FellFrom(); media != wire.FaultNoMedia {
		t.Error(media)
	}
}

func TestACompoundPacketIsReadToItsFirstLie(t *testing.T) {
	sr, bye := senderReport(1, 1), []byte{0x81, 203, 0, 1, 0, 0, 0, 0}
	for _, tc := range []struct {
		name       string
		b          []byte
		found, bye bool
	}{
		{"a report", sr, true, false},
		{"a report and BYE", slices.Concat(sr, bye), true, true},
		{"BYE after a lie", slices.Concat(sr, []byte{0x80, 202, 0xff, 0xff}, bye), true, false},
		{"a report after another packet", slices.Concat(bye, sr), true, true},
		{"a report without its body", []byte{0x80, 200, 0, 1, 0, 0, 0, 0}, false, false},
		{"a report cut short", sr[:27], false, false},
		{"another version", append([]byte{0x40}, sr[1:]...), false, false},
		{"a report behind too many packets", slices.Concat(slices.Repeat([]byte{0x80, 202, 0, 0}, 32), sr), false, false},
		{"nothing", nil, false, false},
	} {
		if _, _, _, found, bye := probe.ParseRTCP(tc.b); found != tc.found || bye != tc.bye {
			t.Errorf("%s: report %v, BYE %v", tc.name, found, bye)
		}
	}
}

func FuzzRTCP(f *testing.F) {
	f.Add(senderReport(0, 0), senderReport(1, 1))
	f.Add([]byte{0x81, 203, 0, 1, 0, 0, 0, 0}, []byte{0x80, 200, 0xff, 0xff})
	f.Add(slices.Repeat([]byte{0x80, 201, 0, 0}, 100), senderReport(1e9, -1e5))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		r := video(3, time.Second, func(i int) float64 { return float64(i) }, func(i int) float64 { return float64(i) }, func(int) bool { return true })
		for i, p := range [][]byte{a, b, a, b} {
			r.Control(epoch.Add(time.Duration(i)*time.Second), p)
		}
		res, _, _, _ := r.Measured()
		for _, v := range []float64{res.SenderReportDrift, res.SenderReportSkew} {
			if math.IsNaN(v) || math.Abs(v) > 1e9 {
				t.Errorf("%+v", res)
			}
		}
		if res.SenderReportSpan < 0 || res.SenderReportSpan > 3*time.Second {
			t.Errorf("span %v", res.SenderReportSpan)
		}
	})
}
