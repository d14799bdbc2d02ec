package probe_test

import (
	"encoding/binary"
	"math"
	"testing"
	"time"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/agent/probe/probetest"
	"github.com/phukin/phukin/hub/wire"
)

var (
	small   = probetest.SPS{Width: 640, Height: 360, Chroma: 1}
	epoch   = time.Unix(1_800_000_000, 0)
	h264Set = [][]byte{small.H264(), {0x68, 0xce}}
	h265Set = [][]byte{{0x40, 1, 1}, small.H265(), {0x44, 1, 1}}
)

type rtpPacket struct {
	seq    uint16
	ts     uint32
	marker bool
	data   string
}

func (p rtpPacket) bytes() []byte {
	b := make([]byte, 12, 12+len(p.data))
	b[0], b[1] = 0x80, 96
	if p.marker {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], p.seq)
	binary.BigEndian.PutUint32(b[4:], p.ts)
	return append(b, p.data...)
}

func TestOnlyWholeKeyFramesCount(t *testing.T) {
	const h264, h265 = wire.CodecH264, wire.CodecH265
	for _, tc := range []struct {
		name  string
		codec wire.Codec
		pkts  []rtpPacket
		whole int
	}{
		{"one IDR slice with marker", h264, []rtpPacket{{1, 9, true, "\x65\x80x"}}, 1},
		{"one IDR slice, then another timestamp", h264, []rtpPacket{{1, 9, false, "\x65\x80x"}, {2, 10, false, "\x41\x80x"}}, 1},
		{"one IDR slice that may go on", h264, []rtpPacket{{1, 9, false, "\x65\x80x"}}, 0},
		{"no first slice", h264, []rtpPacket{{1, 9, true, "\x65\x40x"}}, 0},
		{"two slices", h264, []rtpPacket{{1, 9, false, "\x65\x80x"}, {2, 9, true, "\x65\x40x"}}, 1},
		{"two slices, one missing between", h264, []rtpPacket{{1, 9, false, "\x65\x80x"}, {3, 9, true, "\x65\x40x"}}, 0},
		{"the end may be missing", h264, []rtpPacket{{1, 9, false, "\x65\x80x"}, {3, 10, true, "\x41\x80x"}}, 0},
		{"a packet missing before it", h264, []rtpPacket{{1, 9, true, "\x41\x80x"}, {3, 10, true, "\x65\x80x"}}, 1},
		{"a repeated packet", h264, []rtpPacket{{1, 9, false, "\x65\x80x"}, {1, 9, false, "\x65\x80x"}, {2, 9, true, "\x65\x40"}}, 1},
		{"sequence numbers that wrap", h264, []rtpPacket{{65535, 9, false, "\x65\x80x"}, {0, 9, true, "\x65\x40"}}, 1},
		{"STAP-A", h264, []rtpPacket{{1, 9, true, "\x78\x00\x02\x06\x01\x00\x03\x65\x80x"}}, 1},
		{"STAP-A with a lie after the slice", h264, []rtpPacket{{1, 9, true, "\x78\x00\x03\x65\x80x\x00\x09a"}}, 0},
		{"STAP-A with an empty unit", h264, []rtpPacket{{1, 9, true, "\x78\x00\x03\x65\x80x\x00\x00"}}, 0},
		{"FU-A", h264, []rtpPacket{{1, 9, false, "\x7c\x85\x80a"}, {2, 9, false, "\x7c\x05b"}, {3, 9, true, "\x7c\x45c"}}, 1},
		{"FU-A that does not end", h264, []rtpPacket{{1, 9, false, "\x7c\x85\x80a"}, {2, 9, true, "\x7c\x05b"}}, 0},
		{"a second slice whose FU-A does not end", h264, []rtpPacket{{1, 9, false, "\x65\x80x"}, {2, 9, true, "\x7c\x85\x40b"}}, 0},
		{"FU-A that does not start", h264, []rtpPacket{{2, 9, false, "\x7c\x05\x80b"}, {3, 9, true, "\x7c\x45\x80c"}}, 0},
		{"FU-A that starts and ends at once", h264, []rtpPacket{{1, 9, true, "\x7c\xc5\x80a"}}, 0},
		{"FU-A that changes its type", h264, []rtpPacket{{1, 9, false, "\x7c\x85\x80a"}, {2, 9, true, "\x7c\x41b"}}, 0},
		{"FU-A broken by a whole unit", h264, []rtpPacket{{1, 9, false, "\x7c\x85\x80a"}, {2, 9, false, "\x06x"}, {3, 9, true, "\x7c\x45c"}}, 0},
		{"STAP-B", h264, []rtpPacket{{1, 9, true, "\x79\x00\x00\x00\x03\x65\x80x"}}, 1},
		{"STAP-B without units", h264, []rtpPacket{{1, 9, false, "\x65\x80x"}, {2, 9, true, "\x79\x00\x00"}}, 0},
		{"MTAP16", h264, []rtpPacket{{1, 9, true, "\x7a\x00\x00\x00\x03\x00\x00\x00\x65\x80x"}}, 0},
		{"a STAP-A in a STAP-A", h264, []rtpPacket{{1, 9, true, "\x78\x00\x03\x65\x80x\x00\x02\x78x"}}, 0},
		{"FU-B, then FU-A", h264, []rtpPacket{{1, 9, false, "\x7d\x85\x00\x01\x80a"}, {2, 9, true, "\x7c\x45c"}}, 1},
		{"FU-B in the middle", h264, []rtpPacket{{1, 9, false, "\x7c\x85\x80a"}, {2, 9, false, "\x7d\x05\x00\x01b"}, {3, 9, true, "\x7c\x45c"}}, 0},
		{"the forbidden bit", h264, []rtpPacket{{1, 9, true, "\xe5\x80x"}}, 0},
		{"a picture that is no key frame", h264, []rtpPacket{{1, 9, true, "\x41\x80x"}}, 0},
		{"h265 IDR", h265, []rtpPacket{{1, 9, true, "\x26\x01\x80x"}}, 1},
		{"h265 CRA", h265, []rtpPacket{{1, 9, true, "\x2a\x01\x80x"}}, 1},
		{"h265 BLA", h265, []rtpPacket{{1, 9, true, "\x20\x01\x80x"}}, 1},
		{"h265 RASL, type 9", h265, []rtpPacket{{1, 9, true, "\x12\x01\x80x"}}, 0},
		{"h265 type 24", h265, []rtpPacket{{1, 9, true, "\x30\x01\x80x"}}, 0},
		{"h265 without first slice", h265, []rtpPacket{{1, 9, true, "\x26\x01\x00x"}}, 0},
		{"h265 AP", h265, []rtpPacket{{1, 9, true, "\x60\x01\x00\x03\x4e\x01\x01\x00\x04\x26\x01\x80x"}}, 1},
		{"h265 FU", h265, []rtpPacket{{1, 9, false, "\x62\x01\x93\x80a"}, {2, 9, false, "\x62\x01\x13b"}, {3, 9, true, "\x62\x01\x53c"}}, 1},
		{"h265 FU with a gap", h265, []rtpPacket{{1, 9, false, "\x62\x01\x93\x80a"}, {3, 9, true, "\x62\x01\x53c"}}, 0},
		{"h265 PACI of an IDR", h265, []rtpPacket{{1, 9, true, "\x64\x01\x26\x10E\x80x"}}, 1},
		{"h265 PACI of an AP", h265, []rtpPacket{{1, 9, true, "\x64\x01\x60\x00\x00\x04\x26\x01\x80x"}}, 1},
		{"h265 PACI of nothing", h265, []rtpPacket{{1, 9, false, "\x26\x01\x80x"}, {2, 9, true, "\x64\x01\x00\x00"}}, 0},
		{"h265 PACI in a PACI", h265, []rtpPacket{{1, 9, true, "\x64\x01\x64\x00\x26\x00\x80x"}}, 0},
		{"h265 IDR of another layer", h265, []rtpPacket{{1, 9, true, "\x26\x09\x80x"}}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			sets := h264Set
			if tc.codec == h265 {
				sets = h265Set
			}
			r := probe.NewReceiver(tc.codec, time.Second, sets...)
			for _, p := range tc.pkts {
				r.Packet(epoch, p.bytes())
			}
			if _, _, _, ok := r.Measured(); r.Whole() != tc.whole || ok != (tc.whole > 0) {
				t.Errorf("%d whole key frames, window open %v; want %d", r.Whole(), ok, tc.whole)
			}
		})
	}
}

// video feeds frames of one packet; at and ts give the seconds of arrival and
// of the timestamp, and frames for which ok is false are lost on the way.
func video(n int, window time.Duration, at, ts func(i int) float64, ok func(i int) bool) *probe.Receiver {
	r := probe.NewReceiver(wire.CodecH264, window, h264Set...)
	for i := range n {
		p := rtpPacket{seq: uint16(65530 + i), ts: uint32(int64(ts(i)*90000) + 0xfffff000), marker: true, data: "\x41\x80xx"}
		if i%10 == 0 {
			p.data = "\x65\x80xx"
		}
		if ok(i) {
			r.Packet(epoch.Add(time.Duration(at(i)*float64(time.Second))), p.bytes())
		}
	}
	return r
}

func TestWhatIsMeasuredIsWhatWasSent(t *testing.T) {
	fps := func(f float64) func(int) float64 { return func(i int) float64 { return float64(i) / f } }
	all := func(int) bool { return true }
	plus := func(f func(int) float64, d func(int) float64) func(int) float64 {
		return func(i int) float64 { return f(i) + d(i) }
	}
	for _, tc := range []struct {
		name                    string
		n                       int
		at, ts                  func(int) float64
		ok                      func(int) bool
		rate, gap, loss, jitter float64 // jitter in ms
		fresh                   bool
		quiet                   float64 // seconds from the first frame
	}{
		{"25 per second", 50, fps(25), fps(25), all, 25, 0.4, 0, 0, true, 49./25 + 1},
		{"1 per second", 3, fps(1), fps(1), all, 1, 0, 0, 0, true, 2 + 1.5},
		{"5 per second", 10, fps(5), fps(5), all, 5, 0, 0, 0, true, 1.8 + 1},
		{"one frame only", 1, fps(25), fps(25), all, 0, 0, 0, 0, false, 1.5},
		{"every fifth packet lost", 50, fps(25), fps(25), func(i int) bool { return i%5 != 4 }, 25 * 39. / 48, 0.4, 9. / 48, 0, true, 48./25 + 1},
		{"just below half the pace", 50, fps(25), fps(55), all, 55, 10. / 55, 0, -1, false, -1},
		{"just above half the pace", 50, fps(25), fps(45), all, 45, 10. / 45, 0, -1, true, -1},
		{"just below twice the pace", 50, fps(25), fps(13), all, 13, 10. / 13, 0, -1, true, -1},
		{"at 0.4 of the pace", 50, fps(25), fps(62.5), all, 62.5, 0.16, 0, -1, false, -1},
		{"at 2.5 of the pace", 50, fps(25), fps(10), all, 10, 1, 0, -1, false, -1},
		{"a drift of a tenth", 50, fps(25), fps(27.5), all, 27.5, 10 / 27.5, 0, -1, true, -1},
		{"a burst of 3 s at first", 125, func(i int) float64 { return max(0, float64(i-75)/25) }, fps(25), all, 25, 0.4, 0, -1, true, -1},
		{"jitter of 10 ms", 200, plus(fps(25), func(i int) float64 { return float64(i%2) / 100 }), fps(25), all, 25, 0.4, 0, 10, true, -1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := video(tc.n, 2*time.Second, tc.at, tc.ts, tc.ok)
			res, quiet, verdict, ok := r.Measured()
			if !ok {
				t.Fatal("no window")
			}
			near := func(what string, got, want, eps float64) {
				if math.Abs(got-want) > eps {
					t.Errorf("%s %v, want %v", what, got, want)
				}
			}
			near("frame rate", res.FrameRate, tc.rate, 0.05)
			near("key frame gap", res.KeyframeGap, tc.gap, 0.001)
			near("loss", res.Loss, tc.loss, 0.02)
			if tc.jitter >= 0 {
				near("jitter", res.Jitter, tc.jitter, 2)
			}
			if (verdict == nil) != tc.fresh {
				t.Errorf("verdict %v, want fresh %v", verdict, tc.fresh)
			}
			if tc.quiet >= 0 {
				near("quiet until", quiet.Sub(epoch).Seconds(), tc.quiet, 0.01)
			}
		})
	}
}

func FuzzReceiver(f *testing.F) {
	f.Add(uint8(0), rtpPacket{1, 9, true, "\x65\x80x"}.bytes(), uint8(12))
	f.Add(uint8(1), append(rtpPacket{1, 9, false, "\x62\x01\x93\x80a"}.bytes(), rtpPacket{2, 9, true, "\x60\x01\x00\x03\x4e\x01\x01"}.bytes()...), uint8(17))
	f.Add(uint8(4), append(rtpPacket{1, 9, false, "\x7d\x85\x00\x01\x80"}.bytes(), rtpPacket{3, 9, true, "\x7b\x00\x00\x00\x03"}.bytes()...), uint8(16))
	f.Add(uint8(3), rtpPacket{1, 9, true, "\x64\x01\x60\x00\x00\x09\x00\x04\x26\x01\x80x\x00\x00\x04\x26\x01\x80x"}.bytes(), uint8(33))
	f.Add(uint8(2), rtpPacket{1, 9, true, jpegHead(0, 65, 255) + "\x00\x01\xff\xff\x00\x00\x00\x00x"}.bytes(), uint8(28))
	f.Add(uint8(0), rtpPacket{1, 9, false, "\x78\x00\x02\x06\x01\x00\x03\x65\x80x"}.bytes(), uint8(3))
	f.Fuzz(func(t *testing.T, kind uint8, b []byte, size uint8) {
		const head = sdpHead + "m=video 0 RTP/AVP 96\r\na=rtpmap:96 "
		sdp := []string{head + "H264/90000\r\n", head + "H265/90000\r\n", head + "JPEG/90000\r\n", head + "H265/90000\r\na=fmtp:96 sprop-max-don-diff=1\r\n"}[kind%4]
		r, err := probe.NewReceiverFor(sdp, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range [][][]byte{h264Set, h265Set, nil, h265Set}[kind%4] {
			r.AddSet(s)
		}
		if kind&4 != 0 {
			r.OverUDP()
		}
		at := epoch
		for n := int(size) + 1; len(b) > 0; b = b[min(n, len(b)):] {
			r.Packet(at, b[:min(n, len(b))])
			at = at.Add(7 * time.Millisecond)
		}
		res, quiet, _, ok := r.Measured()
		if !ok {
			return
		}
		for _, v := range []float64{res.FrameRate, res.BitRate, res.KeyframeGap, res.Loss, res.Jitter} {
			if v < 0 || math.IsNaN(v) || math.IsInf(v, 0) {
				t.Errorf("%+v", res)
			}
		}
		if res.Loss > 1 || quiet.Before(epoch) || quiet.After(at.Add(time.Second)) {
			t.Errorf("loss %v, quiet until %v", res.Loss, quiet)
		}
	})
}

// H.265 table 7-1: IRAP pictures are the NAL unit types 16 to 23, all of them and
// no other.
func TestKeyFramesOfH265AreTheIRAPPictures(t *testing.T) {
	for typ := range byte(48) {
		r := probe.NewReceiver(wire.CodecH265, time.Second, h265Set...)
		r.Packet(epoch, rtpPacket{1, 9, true, string([]byte{typ << 1, 1, 0x80}) + "x"}.bytes())
		if got, want := r.Whole() == 1, typ >= 16 && typ <= 23; got != want {
			t.Errorf("type %d is a key frame: %v", typ, got)
		}
	}
}
