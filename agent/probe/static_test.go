package probe_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/hub/wire"
)

// units splits Annex B.
func units(t *testing.T, name string) [][]byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]byte
	for _, u := range bytes.Split(b, []byte{0, 0, 1})[1:] {
		out = append(out, bytes.TrimRight(u, "\x00"))
	}
	return out
}

// played gives a receiver that saw a clip, repeated to n pictures at 15 per
// second, every NAL unit in a packet of its own.
func played(t *testing.T, name string, n int) *probe.Receiver {
	t.Helper()
	codec, h265 := wire.CodecH264, filepath.Ext(name) == ".h265"
	if h265 {
		codec = wire.CodecH265
	}
	r := probe.NewReceiver(codec, 2*time.Second)
	us := units(t, name)
	picture := 0
	var seq uint16
	for i := 0; picture < n; i++ {
		u := us[i%len(us)]
		slice := u[0]&0x1f == 1 || u[0]&0x1f == 5
		if h265 {
			slice = u[0]>>1&0x3f < 32
		}
		at := epoch.Add(time.Duration(picture) * time.Second / 15)
		r.Packet(at, rtpPacket{seq, uint32(picture) * 6000, slice, string(u)}.bytes())
		if seq++; slice {
			picture++
		}
	}
	return r
}

func TestABlackPictureIsSuspectAndAQuietSceneIsNot(t *testing.T) {
	clips, err := filepath.Glob("../../deploy/demo/clips/*.h26?")
	if err != nil || len(clips) < 6 {
		t.Fatalf("%v, %v", clips, err)
	}
	black, err := filepath.Glob("testdata/black-*")
	if err != nil || len(black) < 4 {
		t.Fatalf("%v, %v", black, err)
	}
	for _, name := range append(clips, black...) {
		t.Run(filepath.Base(name), func(t *testing.T) {
			res, _, verdict, ok := played(t, name, 30).Measured()
			if !ok || verdict != nil {
				t.Fatalf("window open %v, %v", ok, verdict)
			}
			if want := filepath.Dir(name) == "testdata"; res.SuspectStatic != want {
				t.Errorf("suspect %v, want %v", res.SuspectStatic, want)
			}
		})
	}
}

// sizes feeds pictures of one slice each, every tenth of them a key frame.
func sizes(n int, size func(i int) int) bool {
	r := probe.NewReceiver(wire.CodecH264, time.Second, h264Set...)
	for i := range n {
		data := append([]byte{0x41, 0x80}, make([]byte, size(i)-1)...)
		if i%10 == 0 {
			data = append([]byte{0x65, 0x80}, make([]byte, 900)...)
		}
		r.Packet(epoch.Add(time.Duration(i)*40*time.Millisecond), rtpPacket{uint16(i), uint32(i) * 3600, true, string(data)}.bytes())
	}
	res, _, _, _ := r.Measured()
	return res.SuspectStatic
}

func TestWhatIsSuspectIsTinyAndConstant(t *testing.T) {
	constant := func(n int) func(int) int { return func(int) int { return n } }
	for _, tc := range []struct {
		name string
		n    int
		size func(int) int
		want bool
	}{
		{"at the limit of 640×360", 50, constant(87), true},
		{"above it", 50, constant(88), false},
		{"too few frames", 8, constant(20), false}, // 7 of them are no key frames
		{"enough frames", 9, constant(20), true},
		{"one frame of twenty bigger", 100, func(i int) int { return map[bool]int{false: 20, true: 500}[i%25 == 7] }, true},
		{"three frames of twenty bigger", 100, func(i int) int { return map[bool]int{false: 20, true: 500}[i%7 == 3] }, false},
		{"tiny and not constant", 100, func(i int) int { return 2 + i%4/3*60 }, false},
		{"noise", 100, func(int) int { return 100 + rand.IntN(30) }, false},
	} {
		if got := sizes(tc.n, tc.size); got != tc.want {
			t.Errorf("%s: suspect %v", tc.name, got)
		}
	}
}
