package probe_test

import (
	"encoding/hex"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/agent/probe/probetest"
	"github.com/phukin/phukin/hub/wire"
)

// realTiming are parameter sets written by x264 and x265 (ffmpeg 5.1).
var realTiming = []struct {
	name  string
	codec wire.Codec
	hex   string
	rate  float64
}{
	{"x264 25", wire.CodecH264, "67f4000d919b28283f6022000003000200000300641e28532c", 25},
	{"x264 29.97", wire.CodecH264, "67f4000d919b28283f6022000007d20001d4c01e28532c", 30000. / 1001},
	{"x264 12.5", wire.CodecH264, "67f4000c919b28283f6022000003000400000300641e28532c", 12.5},
	{"x264 50", wire.CodecH264, "67f40015919b28283f6022000003000200000300c81e2c5b2c", 50},
	{"x264 25 interlaced", wire.CodecH264, "67f40015919b282821f89c0440000003004000000c87c50a658", 25},
	{"x265 25", wire.CodecH265, "4201010408000003009e0800000300003c90014101e2cb2b349265780b7020200040000003004000000642", 25},
	{"x265 29.97", wire.CodecH265, "4201010408000003009e0800000300003c90014101e2cb2b349265780b70202000400000fa40001d4c02", 30000. / 1001},
	{"x265 12.5", wire.CodecH265, "4201010408000003009e0800000300003c90014101e2cb2b349265780b7020200040000003008000000642", 12.5},
	{"x265 50", wire.CodecH265, "4201010408000003009e0800000300003f90014101e2cb2b349265780b7020200040000003004000000c82", 50},
	{"x265 VPS without timing", wire.CodecH265, "40010c01ffff0408000003009e0800000300003c959809", 0},
}

func TestTheDeclaredRateOfRealParameterSetsIsRead(t *testing.T) {
	for _, tc := range realTiming {
		if len(tc.hex)%2 == 1 {
			tc.hex += "0"
		}
		b, err := hex.DecodeString(tc.hex)
		if err != nil {
			t.Fatal(err)
		}
		if got := probe.NominalRate(tc.codec, b); math.Abs(got-tc.rate) > 1e-9 {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.rate)
		}
	}
}

// Whatever stands before it in the set, the rate that was written is read.
func TestTheRateThatWasWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := probetest.SPS{
			Width: 4 * rapid.IntRange(1, 1000).Draw(t, "width/4"), Height: 4 * rapid.IntRange(1, 1000).Draw(t, "height/4"),
			Chroma: rapid.IntRange(0, 3).Draw(t, "chroma"), Fields: rapid.Bool().Draw(t, "fields"),
			SubLayers: rapid.IntRange(0, 6).Draw(t, "sub_layers"), Timing: rapid.Bool().Draw(t, "timing"),
			Scaling: rapid.Bool().Draw(t, "scaling"), Sets: rapid.IntRange(0, 8).Draw(t, "sets"),
		}
		for codec, sps := range both(s) {
			want := 0.
			if s.Timing {
				want = 25
				if codec == wire.CodecH265 && s.Fields {
					want = 12.5
				}
			}
			if got := probe.NominalRate(codec, sps); got != want && len(sps) <= probe.MaxSPS {
				t.Fatalf("%v %x: %v, want %v", codec, sps, got, want)
			}
		}
	})
}

func FuzzTiming(f *testing.F) {
	for _, r := range realTiming {
		b, _ := hex.DecodeString(r.hex)
		f.Add(r.codec == wire.CodecH265, b)
	}
	f.Add(true, probetest.SPS{Width: 1920, Height: 1080, Chroma: 2, SubLayers: 6, Timing: true, Scaling: true, Sets: 7}.H265())
	f.Add(false, probetest.SPS{Width: 1920, Height: 1080, Chroma: 1, Profile: 100, Timing: true, Scaling: true}.H264())
	f.Fuzz(func(t *testing.T, h265 bool, b []byte) {
		codec := wire.CodecH264
		if h265 {
			codec = wire.CodecH265
		}
		if v := probe.NominalRate(codec, b); math.IsNaN(v) || v < 0 || v > 1000 {
			t.Error(v)
		}
	})
}

// stamped feeds 50 key frames at 25 per second with the timestamps of ts, in
// seconds.
func stamped(ts func(i int) float64, packets func(i int) int) (probe.Result, error) {
	r := probe.NewReceiver(wire.CodecH264, 2*time.Second, h264Set...)
	seq := uint16(65500)
	for i := range 50 {
		for j := range packets(i) {
			at := epoch.Add(time.Duration(i)*40*time.Millisecond + time.Duration(j)*time.Millisecond)
			r.Packet(at, rtpPacket{seq, uint32(int64(ts(i)*90000) + 0xfffff000), j == packets(i)-1, "\x65\x80xx"}.bytes())
			seq++
		}
	}
	res, _, verdict, _ := r.Measured()
	return res, verdict
}

func TestTimestampsThatJumpOrStandStillAreCountedAndLeftOut(t *testing.T) {
	one := func(int) int { return 1 }
	at := func(i int) float64 { return float64(i) / 25 }
	from := func(n int, d float64) func(int) float64 {
		return func(i int) float64 {
			if i >= n {
				return at(i) + d
			}
			return at(i)
		}
	}
	for _, tc := range []struct {
		name    string
		ts      func(int) float64
		packets func(int) int
		faults  int
		fresh   bool
		rate    float64
	}{
		{"as they should be", at, one, 0, true, 25},
		{"wrapping 2³²", func(i int) float64 { return at(i) - 0.5 }, one, 0, true, 25},
		{"ahead by 0.9 s, which a buffer may do", from(20, 0.9), one, 0, true, 0},
		{"ahead by 1.1 s", from(20, 1.1), one, 1, true, 25},
		{"ahead by hours", from(20, 40000), one, 1, true, 25},
		{"back by 0.9 s", from(20, -0.9), one, 0, true, 0},
		{"back by 1.2 s", from(20, -1.2), one, 1, true, 25},
		{"back by hours", from(20, -40000), one, 1, true, 25},
		{"there and back", func(i int) float64 { return from(20, 500)(i) - from(30, 500)(i) + at(i) }, one, 2, true, 25},
		{"at every fourth frame", func(i int) float64 { return at(i) + float64(i/4)*50 }, one, 12, true, 25},
		{"at every third frame", func(i int) float64 { return at(i) + float64(i/3)*50 }, one, 16, false, 25},
		{"standing still for 0.2 s", func(i int) float64 { return at(max(i, 5)) }, one, 0, true, 0},
		{"standing still for 0.4 s", func(i int) float64 {
			if i >= 20 && i < 30 {
				return at(20)
			}
			return at(i)
		}, one, 1, true, 0},
		{"standing still most of the time", func(i int) float64 { return at(i / 15 * 15) }, one, 1, true, 0},
		{"many packets of one frame", at, func(int) int { return 30 }, 0, true, 25},
	} {
		t.Run(tc.name, func(t *testing.T) {
			res, verdict := stamped(tc.ts, tc.packets)
			if res.TimestampFaults != tc.faults || (verdict == nil) != tc.fresh {
				t.Errorf("%d faults, verdict %v; want %d, fresh %v", res.TimestampFaults, verdict, tc.faults, tc.fresh)
			}
			if tc.rate > 0 && math.Abs(res.FrameRate-tc.rate) > 0.3 {
				t.Errorf("%.2f frames per second, want %v", res.FrameRate, tc.rate)
			}
		})
	}
}

func TestTheClockRateIsThatOfTheDescriptionWithinBounds(t *testing.T) {
	for rate, want := range map[string]float64{"90000": 90000, "": 90000, "0": 90000, "-1": 90000, "999": 90000, "1000": 1000,
		"48000": 48000, "48000/2": 48000, "10000000": 1e7, "10000001": 90000, "99999999999999999999": 90000, "9e4": 90000} {
		r, err := probe.NewReceiverFor(sdpHead+"m=video 0 RTP/AVP 96\r\na=rtpmap:96 JPEG/"+rate+"\r\n", time.Second)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 20 {
			p := rtpPacket{uint16(i), uint32(float64(i) * want / 10), true, jpegHead(0, 1, 50) + "abc"}
			r.Packet(epoch.Add(time.Duration(i)*100*time.Millisecond), p.bytes())
		}
		if res, _, verdict, _ := r.Measured(); math.Abs(res.FrameRate-10) > 0.01 || verdict != nil {
			t.Errorf("clock rate %q: %v frames per second, %v", rate, res.FrameRate, verdict)
		}
	}
}
