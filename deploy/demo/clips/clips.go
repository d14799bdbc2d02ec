// Package clips holds the synthetic video clips that the demonstration's
// simulated cameras stream. No camera ever saw them: make.sh draws them with
// ffmpeg's own sources, so nobody's picture is in the repository.
//
// What every clip promises (and the tests hold): a raw Annex-B elementary stream
// without B-frames or SEI, a whole number of closed groups of pictures of one
// second each, every group starting with parameter sets and an IDR picture, so
// that it can be played in a loop and joined at any key frame.
//
// Sizes in pixels are those a decoder shows, after cropping (1080 lines are coded
// as 1088). Clips are parsed once, on first use, and are never changed: what this
// package returns is shared and must be treated as read-only.
package clips

import (
	"embed"
	"fmt"
	"sync"
	"time"
)

//go:embed *.h264 *.h265
var files embed.FS

// Codec names a video coding standard, as lower-case text.
type Codec string

const (
	// H264 is ITU-T H.264 (AVC).
	H264 Codec = "h264"
	// H265 is ITU-T H.265 (HEVC).
	H265 Codec = "h265"
)

// Clip describes one embedded clip. Clips are made by this package only; compare
// them by pointer.
type Clip struct {
	// Name is the clip's unique name, such as "h264-1080p".
	Name string
	// Codec is the clip's video coding.
	Codec Codec
	// Width and Height are the picture's size in pixels, after cropping.
	Width, Height int
	// FrameRate is the nominal rate in pictures per second.
	FrameRate int
	// GOP is the distance between two key frames, in pictures.
	GOP int

	file string
	once sync.Once
	aus  []AccessUnit
	err  error
}

// AccessUnit is one coded picture with what belongs to it (H.264 3.1, H.265 3.1).
type AccessUnit struct {
	// NALUs are the NAL units in decoding order, without start codes, with
	// emulation prevention. There is at least one.
	NALUs [][]byte
	// Key tells that the unit holds the parameter sets and an IDR picture: a
	// decoder can begin here.
	Key bool
}

var all = []*Clip{
	{Name: "h264-1080p", Codec: H264, Width: 1920, Height: 1080, FrameRate: 15, GOP: 15, file: "h264-1080p.h264"},
	{Name: "h264-720p", Codec: H264, Width: 1280, Height: 720, FrameRate: 15, GOP: 15, file: "h264-720p.h264"},
	{Name: "h264-360p", Codec: H264, Width: 640, Height: 360, FrameRate: 12, GOP: 12, file: "h264-360p.h264"},
	{Name: "h265-1440p", Codec: H265, Width: 2560, Height: 1440, FrameRate: 15, GOP: 15, file: "h265-1440p.h265"},
	{Name: "h265-1080p", Codec: H265, Width: 1920, Height: 1080, FrameRate: 15, GOP: 15, file: "h265-1080p.h265"},
	{Name: "h265-360p", Codec: H265, Width: 640, Height: 360, FrameRate: 12, GOP: 12, file: "h265-360p.h265"},
}

// All returns every clip: H.264 first, larger pictures first.
func All() []*Clip {
	return append([]*Clip(nil), all...)
}

// ByName returns the clip of that name; false if there is none.
func ByName(name string) (*Clip, bool) {
	for _, c := range all {
		if c.Name == name {
			return c, true
		}
	}
	return nil, false
}

// Smallest returns the clip with the fewest pixels of a codec, nil for a codec
// that no clip has. It is what a camera's sub-stream would show.
func Smallest(codec Codec) *Clip {
	var best *Clip
	for _, c := range all {
		if c.Codec == codec && (best == nil || c.Width*c.Height < best.Width*best.Height) {
			best = c
		}
	}
	return best
}

// AccessUnits returns the clip's pictures in the order they are decoded, which is
// the order they are shown. It parses the clip on the first call and may be called
// by many goroutines at once. An error means that the embedded file is damaged.
func (c *Clip) AccessUnits() ([]AccessUnit, error) {
	c.once.Do(func() {
		data, err := files.ReadFile(c.file)
		if err != nil {
			c.err = fmt.Errorf("read clip %s: %w", c.Name, err)
			return
		}
		aus, err := Split(c.Codec, data)
		if err != nil {
			c.err = fmt.Errorf("parse clip %s: %w", c.Name, err)
			return
		}
		c.aus = aus
	})
	return c.aus, c.err
}

// ParameterSets returns the clip's parameter sets, those of its first picture: SPS
// and PPS, with the VPS for H.265 (nil for H.264).
func (c *Clip) ParameterSets() (vps, sps, pps []byte, err error) {
	aus, err := c.AccessUnits()
	if err != nil {
		return nil, nil, nil, err
	}
	for _, nalu := range aus[0].NALUs {
		switch naluKind(c.Codec, nalu) {
		case kindVPS:
			vps = nalu
		case kindSPS:
			sps = nalu
		case kindPPS:
			pps = nalu
		}
	}
	if sps == nil || pps == nil || (c.Codec == H265 && vps == nil) {
		return nil, nil, nil, fmt.Errorf("clip %s: first picture lacks a parameter set", c.Name)
	}
	return vps, sps, pps, nil
}

// Duration returns how long the clip runs before it starts again.
func (c *Clip) Duration() (time.Duration, error) {
	aus, err := c.AccessUnits()
	if err != nil {
		return 0, err
	}
	return time.Duration(len(aus)) * time.Second / time.Duration(c.FrameRate), nil
}
