package clips_test

import (
	"bytes"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/pkg/codecs/h265"

	"github.com/phukin/phukin/deploy/demo/clips"
)

// maxBytes is what all clips together may cost the repository.
const maxBytes = 500_000

func TestEveryClipIsWhatItSays(t *testing.T) {
	var total int
	for _, c := range clips.All() {
		t.Run(c.Name, func(t *testing.T) {
			aus, err := c.AccessUnits()
			if err != nil {
				t.Fatal(err)
			}
			if len(aus) == 0 || len(aus)%c.GOP != 0 {
				t.Fatalf("%d pictures, want a whole number of groups of %d", len(aus), c.GOP)
			}
			if d, err := c.Duration(); err != nil || d != 2*time.Second {
				t.Errorf("duration %v, %v, want 2s", d, err)
			}
			for i, au := range aus {
				if want := i%c.GOP == 0; au.Key != want {
					t.Errorf("picture %d: key = %v, want %v", i, au.Key, want)
				}
				for _, n := range au.NALUs {
					total += len(n)
				}
			}
			vps, sps, pps, err := c.ParameterSets()
			if err != nil {
				t.Fatal(err)
			}
			if len(pps) == 0 || (vps != nil) != (c.Codec == clips.H265) {
				t.Errorf("pps of %d bytes, vps of %d bytes", len(pps), len(vps))
			}
			w, h, fps := decodeSPS(t, c.Codec, sps)
			if w != c.Width || h != c.Height || fps != float64(c.FrameRate) {
				t.Errorf("sps says %dx%d at %v/s, want %dx%d at %d/s", w, h, fps, c.Width, c.Height, c.FrameRate)
			}
		})
	}
	if total == 0 || total > maxBytes {
		t.Errorf("all clips hold %d bytes, want 1 to %d", total, maxBytes)
	}
}

// decodeSPS asks mediacommon, which knows nothing of this package.
func decodeSPS(t *testing.T, codec clips.Codec, sps []byte) (w, h int, fps float64) {
	t.Helper()
	if codec == clips.H265 {
		var s h265.SPS
		if err := s.Unmarshal(sps); err != nil {
			t.Fatal(err)
		}
		return s.Width(), s.Height(), s.FPS()
	}
	var s h264.SPS
	if err := s.Unmarshal(sps); err != nil {
		t.Fatal(err)
	}
	return s.Width(), s.Height(), s.FPS()
}

func TestA1080pH264ClipIsCodedIn1088LinesAndCropped(t *testing.T) {
	c, ok := clips.ByName("h264-1080p")
	if !ok {
		t.Fatal("no such clip")
	}
	_, sps, _, err := c.ParameterSets()
	if err != nil {
		t.Fatal(err)
	}
	var s h264.SPS
	if err := s.Unmarshal(sps); err != nil {
		t.Fatal(err)
	}
	if coded := 16 * (int(s.PicHeightInMapUnitsMinus1) + 1); coded != 1088 || s.FrameCropping == nil {
		t.Errorf("coded in %d lines, cropping %v: the clip no longer tests cropping", coded, s.FrameCropping)
	}
}

func TestSplittingAgreesWithMediacommonOnTheEmbeddedFiles(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, f := range files {
		if !bytes.Contains([]byte(f.Name()), []byte(".h26")) {
			continue
		}
		seen++
		data, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		got, err := clips.SplitNALUs(data)
		if err != nil {
			t.Fatal(err)
		}
		var want h264.AnnexB
		if err := want.Unmarshal(data); err != nil {
			t.Fatal(err)
		}
		if !equal(got, want) {
			t.Errorf("%s: %d units, mediacommon finds %d, or they differ", f.Name(), len(got), len(want))
		}
	}
	if seen != len(clips.All()) {
		t.Errorf("%d files for %d clips", seen, len(clips.All()))
	}
}

func TestSplitNALUs(t *testing.T) {
	for _, tc := range []struct {
		name string
		in   []byte
		want [][]byte
		err  error
	}{
		{"three-byte start code", []byte{0, 0, 1, 7, 8}, [][]byte{{7, 8}}, nil},
		{"four-byte start codes", []byte{0, 0, 0, 1, 7, 0, 0, 0, 1, 8}, [][]byte{{7}, {8}}, nil},
		{"mixed start codes", []byte{0, 0, 1, 7, 0, 0, 0, 1, 8, 0, 0, 1, 9}, [][]byte{{7}, {8}, {9}}, nil},
		{"zero bytes inside a unit stay", []byte{0, 0, 1, 7, 0, 0, 3, 0, 5}, [][]byte{{7, 0, 0, 3, 0, 5}}, nil},
		{"trailing zero bytes go", []byte{0, 0, 1, 7, 0, 0, 0, 0}, [][]byte{{7}}, nil},
		{"empty units go", []byte{0, 0, 1, 0, 0, 1, 9}, [][]byte{{9}}, nil},
		{"nothing", nil, nil, clips.ErrNoStartCode},
		{"no start code", []byte{1, 2, 3}, nil, clips.ErrNoStartCode},
		{"bytes before the first start code", []byte{9, 0, 0, 1, 7}, nil, clips.ErrNoStartCode},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := clips.SplitNALUs(tc.in)
			if !errors.Is(err, tc.err) || !equal(got, tc.want) {
				t.Errorf("got %v, %v, want %v, %v", got, err, tc.want, tc.err)
			}
		})
	}
}

func TestSplitPutsUnitsIntoPictures(t *testing.T) {
	const first, next = 0x80, 0x40
	for _, tc := range []struct {
		name  string
		codec clips.Codec
		nalus [][]byte
		want  []int // units of each picture
		key   []bool
	}{
		{"h264: parameter sets, IDR, inter picture", clips.H264,
			[][]byte{{0x67, 1}, {0x68, 1}, {0x65, first}, {0x41, first}}, []int{3, 1}, []bool{true, false}},
		{"h264: two slices are one picture", clips.H264,
			[][]byte{{0x67, 1}, {0x68, 1}, {0x65, first}, {0x65, next}, {0x41, first}, {0x41, next}},
			[]int{4, 2}, []bool{true, false}},
		{"h264: SEI belongs to the picture after it", clips.H264,
			[][]byte{{0x41, first}, {0x06, 1}, {0x41, first}}, []int{1, 2}, []bool{false, false}},
		{"h264: an IDR without parameter sets is no place to begin", clips.H264,
			[][]byte{{0x65, first}}, []int{1}, []bool{false}},
		{"h265: parameter sets, IDR, inter picture", clips.H265,
			[][]byte{{0x40, 1, 1}, {0x42, 1, 1}, {0x44, 1, 1}, {0x26, 1, first}, {0x26, 1, next}, {0x02, 1, first}},
			[]int{5, 1}, []bool{true, false}},
		{"h265: suffix SEI belongs to the picture before it", clips.H265,
			[][]byte{{0x02, 1, first}, {0x50, 1, 1}, {0x02, 1, first}}, []int{2, 1}, []bool{false, false}},
		{"h265: an IDR without VPS is no place to begin", clips.H265,
			[][]byte{{0x42, 1, 1}, {0x44, 1, 1}, {0x26, 1, first}}, []int{3}, []bool{false}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			aus, err := clips.Split(tc.codec, join(tc.nalus))
			if err != nil {
				t.Fatal(err)
			}
			if len(aus) != len(tc.want) {
				t.Fatalf("%d pictures, want %d", len(aus), len(tc.want))
			}
			for i, au := range aus {
				if len(au.NALUs) != tc.want[i] || au.Key != tc.key[i] {
					t.Errorf("picture %d: %d units, key %v, want %d, %v", i, len(au.NALUs), au.Key, tc.want[i], tc.key[i])
				}
			}
		})
	}
	if _, err := clips.Split(clips.H265, []byte{0, 0, 1, 0x26}); err == nil {
		t.Error("a unit cut short was taken")
	}
}

func TestSmallestKeepsTheCodec(t *testing.T) {
	for _, codec := range []clips.Codec{clips.H264, clips.H265} {
		if c := clips.Smallest(codec); c == nil || c.Codec != codec || c.Height != 360 {
			t.Errorf("%s: %+v", codec, c)
		}
	}
	if c := clips.Smallest("mjpeg"); c != nil {
		t.Errorf("mjpeg: %+v", c)
	}
}

// FuzzSplit: whatever the bytes, no panic, and the units found, joined again, are
// found again.
func FuzzSplit(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 0x67, 1, 0, 0, 1, 0x68, 1, 0, 0, 1, 0x65, 0x80}, false)
	f.Add([]byte{0, 0, 1, 0x40, 1, 1, 0, 0, 1, 0x26, 1, 0x80}, true)
	f.Fuzz(func(t *testing.T, data []byte, hevc bool) {
		codec := clips.H264
		if hevc {
			codec = clips.H265
		}
		aus, err := clips.Split(codec, data)
		if err != nil {
			return
		}
		var nalus [][]byte
		for _, au := range aus {
			if len(au.NALUs) == 0 {
				t.Fatal("picture without units")
			}
			nalus = append(nalus, au.NALUs...)
		}
		if len(nalus) == 0 {
			return
		}
		again, err := clips.SplitNALUs(join(nalus))
		if err != nil || !equal(again, nalus) {
			t.Fatalf("%v became %v, %v", nalus, again, err)
		}
	})
}

func join(nalus [][]byte) []byte {
	var out []byte
	for _, n := range nalus {
		out = append(append(out, 0, 0, 0, 1), n...)
	}
	return out
}

func equal(a, b [][]byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !bytes.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}
