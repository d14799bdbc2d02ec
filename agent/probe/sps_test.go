package probe_test

import (
	"encoding/hex"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/agent/probe/probetest"
	"github.com/phukin/phukin/hub/wire"
)

// realSPS are parameter sets written by x264 and x265 (ffmpeg 5.1).
var realSPS = []struct {
	name          string
	codec         wire.Codec
	hex           string
	width, height int
}{
	{"x264 4:2:0", wire.CodecH264, "67640028acd940780227e5c044000003000400000300c83c60c658", 1920, 1080},
	{"x264 4:2:2", wire.CodecH264, "677a0028bcd940780227e27011000003000100000300320f183196", 1920, 1080},
	{"x264 4:4:4", wire.CodecH264, "67f40028919b280f0044fc4e0220000003002000000641e30632c0", 1920, 1080},
	{"x264 4:2:0 interlaced", wire.CodecH264, "67640028acd94078044fde0220000003002000000643e2c5b2c0", 1920, 1080},
	{"x264 4:4:4 interlaced", wire.CodecH264, "67f40028919b280f0089f97011000003000100000300321f162d96", 1920, 1080},
	{"x265 4:2:0", wire.CodecH265, "42010101600000030090000003000003005da007d2008e7c996566924caf016808000003000800000300c840", 1000, 562},
	{"x265 4:2:2", wire.CodecH265, "4201010408000003009d0800000300005db007d2008e7cf96566924caf016808000003000800000300c840", 1000, 562},
}

func TestTheSizeOfRealParameterSetsIsThatOfTheDisplayedPicture(t *testing.T) {
	for _, tc := range realSPS {
		t.Run(tc.name, func(t *testing.T) {
			sps, err := hex.DecodeString(tc.hex)
			if err != nil {
				t.Fatal(err)
			}
			w, h, err := probe.SPSSize(tc.codec, sps)
			if err != nil || w != tc.width || h != tc.height {
				t.Errorf("%d×%d, %v; want %d×%d", w, h, err, tc.width, tc.height)
			}
		})
	}
}

// Every chroma format, field coding, profile and number of sub-layers must
// give back the size that was written, cropping included.
func TestTheSizeThatWasWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := probetest.SPS{
			Width:     4 * rapid.IntRange(1, 2000).Draw(t, "width/4"),
			Height:    4 * rapid.IntRange(1, 2000).Draw(t, "height/4"),
			Chroma:    rapid.IntRange(0, 3).Draw(t, "chroma"),
			Fields:    rapid.Bool().Draw(t, "fields"),
			Timing:    rapid.Bool().Draw(t, "timing"),
			SubLayers: rapid.IntRange(0, 6).Draw(t, "sub_layers"),
		}
		high := []int{100, 110, 122, 244, 44, 83, 86, 118, 128, 134, 135, 138, 139}
		if s.Chroma == 1 {
			high = append(high, 66, 77, 88)
		}
		s.Profile = rapid.SampledFrom(high).Draw(t, "profile")
		for codec, sps := range both(s) {
			w, h, err := probe.SPSSize(codec, sps)
			if err != nil || w != s.Width || h != s.Height {
				t.Fatalf("%v %x: %d×%d, %v; want %d×%d", codec, sps, w, h, err, s.Width, s.Height)
			}
		}
	})
}

func TestAnSPSThatWasCutShortGivesAnErrorOrTheRightSize(t *testing.T) {
	s := probetest.SPS{Width: 1920, Height: 1080, Chroma: 1, Timing: true, SubLayers: 2}
	for codec, sps := range both(s) {
		for n := range sps {
			w, h, err := probe.SPSSize(codec, sps[:n])
			if err == nil && (w != 1920 || h != 1080) {
				t.Errorf("%v of %d bytes: %d×%d without error", codec, n, w, h)
			}
		}
	}
}

func FuzzSPS(f *testing.F) {
	for _, r := range realSPS {
		b, _ := hex.DecodeString(r.hex)
		f.Add(r.codec == wire.CodecH265, b)
	}
	f.Add(true, probetest.SPS{Width: 1920, Height: 1080, Chroma: 2, SubLayers: 6}.H265())
	f.Add(false, probetest.SPS{Width: 1920, Height: 1080, Chroma: 3, Profile: 244, Fields: true}.H264())
	f.Fuzz(func(t *testing.T, h265 bool, b []byte) {
		codec := wire.CodecH264
		if h265 {
			codec = wire.CodecH265
		}
		w, h, err := probe.SPSSize(codec, b)
		if (err == nil) != (w > 0 && h > 0) || w > 16384 || h > 16384 {
			t.Error(fmt.Sprint(w, h, err))
		}
	})
}

func both(s probetest.SPS) map[wire.Codec][]byte {
	return map[wire.Codec][]byte{wire.CodecH264: s.H264(), wire.CodecH265: s.H265()}
}
