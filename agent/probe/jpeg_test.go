package probe_test

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/agent/probe"
)

const jpegSDP = sdpHead + "m=video 0 RTP/AVP 96\r\na=rtpmap:96 JPEG/90000\r\n"

// jpegHead is the header of a fragment of 1280×720.
func jpegHead(offset int, typ, q byte) string {
	return string([]byte{0, byte(offset >> 16), byte(offset >> 8), byte(offset), typ, q, 160, 90})
}

func TestOnlyWholeJPEGFramesCount(t *testing.T) {
	tables := "\x00\x00\x00\x80" + strings.Repeat("t", 128)
	for _, tc := range []struct {
		name  string
		pkts  []rtpPacket
		whole int
	}{
		{"one fragment with marker", []rtpPacket{{1, 9, true, jpegHead(0, 1, 50) + "abc"}}, 1},
		{"one fragment, then another timestamp", []rtpPacket{{1, 9, false, jpegHead(0, 1, 50) + "abc"}, {2, 10, false, jpegHead(0, 1, 50) + "abc"}}, 1},
		{"one fragment that may go on", []rtpPacket{{1, 9, false, jpegHead(0, 1, 50) + "abc"}}, 0},
		{"two fragments", []rtpPacket{{1, 9, false, jpegHead(0, 1, 50) + "abc"}, {2, 9, true, jpegHead(3, 1, 50) + "d"}}, 1},
		{"a hole", []rtpPacket{{1, 9, false, jpegHead(0, 1, 50) + "abc"}, {2, 9, true, jpegHead(4, 1, 50) + "d"}}, 0},
		{"an overlap", []rtpPacket{{1, 9, false, jpegHead(0, 1, 50) + "abc"}, {2, 9, true, jpegHead(2, 1, 50) + "d"}}, 0},
		{"a packet missing", []rtpPacket{{1, 9, false, jpegHead(0, 1, 50) + "abc"}, {3, 9, true, jpegHead(3, 1, 50) + "d"}}, 0},
		{"no beginning", []rtpPacket{{1, 9, true, jpegHead(3, 1, 50) + "d"}}, 0},
		{"the next frame after a broken one", []rtpPacket{{1, 9, true, jpegHead(3, 1, 50) + "d"}, {2, 10, true, jpegHead(0, 1, 50) + "d"}}, 1},
		{"another Q within", []rtpPacket{{1, 9, false, jpegHead(0, 1, 50) + "abc"}, {2, 9, true, jpegHead(3, 1, 51) + "d"}}, 0},
		{"restart markers", []rtpPacket{{1, 9, true, jpegHead(0, 65, 50) + "\x00\x01\xff\xffd"}}, 1},
		{"restart markers of no interval", []rtpPacket{{1, 9, true, jpegHead(0, 65, 50) + "\x00\x00\xff\xffd"}}, 0},
		{"tables", []rtpPacket{{1, 9, false, jpegHead(0, 0, 255) + tables + "d"}, {2, 9, true, jpegHead(1, 0, 255) + "e"}}, 1},
		{"tables and nothing else", []rtpPacket{{1, 9, true, jpegHead(0, 0, 255) + tables}}, 0},
		{"tables beyond the packet", []rtpPacket{{1, 9, true, jpegHead(0, 0, 255) + tables[:100]}}, 0},
		{"tables of another frame, Q 200", []rtpPacket{{1, 9, true, jpegHead(0, 0, 200) + "\x00\x00\x00\x00d"}}, 1},
		{"no tables, Q 255", []rtpPacket{{1, 9, true, jpegHead(0, 0, 255) + "\x00\x00\x00\x00d"}}, 0},
		{"type 2", []rtpPacket{{1, 9, true, jpegHead(0, 2, 50) + "d"}}, 0},
		{"Q 0", []rtpPacket{{1, 9, true, jpegHead(0, 1, 0) + "d"}}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, err := probe.NewReceiverFor(jpegSDP, time.Second)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range tc.pkts {
				r.Packet(epoch, p.bytes())
			}
			_, _, _, ok := r.Measured()
			if r.Whole() != tc.whole || ok != (tc.whole > 0) {
				t.Errorf("%d whole frames, window open %v; want %d", r.Whole(), ok, tc.whole)
			}
			if w, h := r.Size(); ok && (w != 1280 || h != 720) {
				t.Errorf("%d×%d", w, h)
			}
		})
	}
}

func TestTheSizeOfAJPEGIsWhatWouldBeDisplayed(t *testing.T) {
	for _, tc := range []struct {
		name, more    string
		specific      byte
		w, h          byte
		width, height int
	}{
		{"in the header", "", 0, 240, 135, 1920, 1080},
		{"in the header, whatever is described", "a=x-dimensions:640,360\r\n", 0, 240, 135, 1920, 1080},
		{"an odd field", "", 1, 90, 36, 720, 576},
		{"an even field", "", 2, 90, 36, 720, 576},
		{"one field for a frame", "", 3, 90, 36, 720, 576},
		{"an unknown specific", "", 9, 90, 72, 720, 576},
		{"beyond the header", "", 0, 0, 0, 0, 0},
		{"beyond the header in width", "", 0, 0, 180, 0, 0},
		{"described by x-dimensions", "a=x-dimensions: 2560, 1440\r\n", 0, 0, 180, 2560, 1440},
		{"described by framesize", "a=framesize:96 3840-2160\r\n", 0, 0, 0, 3840, 2160},
		{"described by the framesize of another type", "a=framesize:97 3840-2160\r\n", 0, 0, 0, 0, 0},
		{"carelessly modulo 256 blocks", "a=x-dimensions:2560,1440\r\n", 0, 64, 180, 2560, 1440},
		{"described as nonsense", "a=x-dimensions:-5,99999999999999999999\r\n", 0, 0, 0, 0, 0},
		{"described beyond all bounds", "a=x-dimensions:65536,65536\r\n", 0, 0, 0, 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, err := probe.NewReceiverFor(jpegSDP+tc.more, time.Second)
			if err != nil {
				t.Fatal(err)
			}
			r.Packet(epoch, rtpPacket{1, 9, true, string([]byte{tc.specific, 0, 0, 0, 1, 50, tc.w, tc.h, 1})}.bytes())
			if w, h := r.Size(); w != tc.width || h != tc.height || r.Whole() != 1 {
				t.Errorf("%d×%d, %d whole; want %d×%d", w, h, r.Whole(), tc.width, tc.height)
			}
		})
	}
}

func TestTheSizeInONVIFsExtensionIsFoundAmongOtherSegments(t *testing.T) {
	segments := []byte("\xff\xd8\xff\xff\xe0\x00\x04ab\xff\xc4\x00\x03c\xff\xc0\x00\x11\x08\x05\xa0\x0a\x00\x03")
	if w, h := probe.ONVIFSize(0xffd8, segments); w != 2560 || h != 1440 {
		t.Errorf("%d×%d", w, h)
	}
	if w, h := probe.ONVIFSize(0xbede, segments); w != 0 || h != 0 {
		t.Errorf("%d×%d from another profile", w, h)
	}
	for n := range len(segments) {
		if w, h := probe.ONVIFSize(0xffff, segments[:n]); (w != 0 || h != 0) && (w != 2560 || h != 1440) {
			t.Errorf("%d×%d of %d bytes", w, h, n)
		}
	}
}

func FuzzJPEG(f *testing.F) {
	f.Add([]byte(jpegHead(0, 1, 50) + "abc"))
	f.Add([]byte(jpegHead(1200, 65, 50) + "\x00\x01\xff\xffabc"))
	f.Add([]byte(jpegHead(0, 65, 255) + "\x00\x01\xff\xff\x00\x00\x00\x40" + strings.Repeat("t", 64) + "abc"))
	f.Add([]byte("\xff\xd8\xff\xc0\x00\x11\x08\x05\xa0\x0a\x00\x03"))
	f.Fuzz(func(t *testing.T, b []byte) {
		w, h, offset, scan, err := probe.ParseJPEG(b)
		if err == nil && (len(scan) == 0 || len(scan) > len(b)-8 || offset>>24 != 0 || w > 2040 || h > 2040) {
			t.Errorf("%d×%d, offset %d, %d bytes", w, h, offset, len(scan))
		}
		if w, h := probe.ONVIFSize(0xffd8, b); w < 0 || h < 0 || w > 16384 || h > 16384 || (w == 0) != (h == 0) {
			t.Errorf("extension: %d×%d", w, h)
		}
		r, err := probe.NewReceiverFor(jpegSDP, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		p := rtpPacket{seq: 1, data: string(b)}.bytes()
		for i := range 3 { // the same bytes at growing offsets
			binary.BigEndian.PutUint16(p[2:], uint16(i))
			r.Packet(epoch, p)
		}
	})
}
