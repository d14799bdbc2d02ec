package probe

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/deepch/vdk/av"
	"github.com/deepch/vdk/codec/h264parser"
	"github.com/deepch/vdk/codec/h265parser"
	"github.com/deepch/vdk/format/rtsp/sdp"

	"github.com/phukin/phukin/hub/wire"
)

// This file is the only one that knows vdk, and vdk sees no byte of a camera
// that was not checked first. Why, as of v0.0.27:
//
//   - sdp.Parse panics on "m=video" without further fields; prints to the
//     global log when base64 cannot be read (unpadded base64 exists, and so do
//     lists of parameter sets, RFC 7798 §7.1); takes a=framerate:25/1 for a
//     clock rate and any attribute value "H264/…" for a codec; ignores which
//     payload type an attribute belongs to; ignores a=control of the session.
//     So it gets the parameter sets of one payload type, rewritten, and
//     nothing else.
//   - h264parser.ParseSPS crops by 2 pixels per unit whatever the chroma format
//     and the field coding are, and below zero; does not know the profiles 128,
//     134, 135, 138, 139 as high ones; reads 8 scaling lists where 4:4:4 has 12.
//   - h265parser.ParseSPS reads the conformance window and ignores it.
//
// The crop of sps.go mends what is about size. Sizes outside 1 to maxPixels
// are refused.

const (
	maxSDPLines = 512
	maxSPS      = 512 // bytes; real ones have 20 to 150
	maxPixels   = 16384
	maxSets     = 8 // parameter sets taken from a description
)

var (
	errNoVideo = errors.New("the description has no video")
	errSPS     = errors.New("the sequence parameter set cannot be read")
)

// description is what a probe needs of SDP (RFC 4566).
type description struct {
	codec          wire.Codec // CodecNone when it is none we can judge
	encoding       string     // its name as the camera writes it, clipped
	payloadType    uint8
	control        string // of the video track, relative or not
	sessionControl string
	fmtp           string // parameters of the format; those of H.264 and H.265 have the parameter sets
	clockRate      int    // of RTP timestamps, per second
	donl           bool   // H.265 units carry decoding order numbers
	size           size   // of the picture, as far as JPEG needs to be told, or zero
}

// guard turns a panic of a parser into an error.
func guard(what string, err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%s: %w", what, panicError(p))
	}
}

// parseSDP reads a description. Of several videos it takes the first that can
// be judged, or else the first. It returns errNoVideo, or an error that wraps
// errMalformed.
func parseSDP(body string) (d description, err error) {
	defer guard("description", &err)
	lines, err := sdpLines(body)
	if err != nil {
		return d, err
	}
	var tracks []track
	control := ""
	for i, l := range lines {
		switch {
		case l.kind == 'm':
			tracks = append(tracks, track{media: strings.Fields(l.value), lines: lines[i+1 : i+1]})
		case len(tracks) > 0:
			t := &tracks[len(tracks)-1]
			t.lines = t.lines[:len(t.lines)+1]
		case l.kind == 'a':
			if v, ok := strings.CutPrefix(l.value, "control:"); ok {
				control = strings.TrimSpace(v)
			}
		}
	}
	found, bad := false, false
	for _, t := range tracks {
		if len(t.media) == 0 || !strings.EqualFold(t.media[0], "video") {
			continue
		}
		if len(t.media) < 4 {
			bad = true
			continue
		}
		v := t.describe()
		if !found || v.codec != wire.CodecNone {
			d, found = v, true
		}
		if d.codec != wire.CodecNone {
			break
		}
	}
	if !found && bad {
		return d, malformed("m=video without a payload type")
	}
	if !found {
		return d, errNoVideo
	}
	d.sessionControl = control
	return d, nil
}

type sdpLine struct {
	kind  byte
	value string
}

func sdpLines(body string) ([]sdpLine, error) {
	lines := make([]sdpLine, 0, 24)
	for l, rest := "", strings.TrimRight(body, "\x00"); rest != ""; {
		l, rest, _ = strings.Cut(rest, "\n")
		l = strings.TrimSpace(l)
		if len(l) < 2 || l[1] != '=' {
			continue
		}
		if len(lines) == maxSDPLines {
			return nil, malformed("a description of more than %d lines", maxSDPLines)
		}
		lines = append(lines, sdpLine{l[0], strings.TrimSpace(l[2:])})
	}
	if len(lines) == 0 {
		return nil, malformed("the description is not SDP")
	}
	return lines, nil
}

// track is one m= section as it came.
type track struct {
	media []string  // fields of the m= line: kind, port, protocol, payload types
	lines []sdpLine // those after it
}

// attribute gives the value of a=name:pt value, or of a=name:value with pt < 0.
func (t *track) attribute(name string, pt int) string {
	for _, l := range t.lines {
		if l.kind != 'a' || len(l.value) <= len(name) || l.value[:len(name)] != name || l.value[len(name)] != ':' {
			continue
		}
		v := l.value[len(name)+1:]
		if pt < 0 {
			return strings.TrimSpace(v)
		}
		n, rest, _ := strings.Cut(strings.TrimSpace(v), " ")
		if n == strconv.Itoa(pt) {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}

// staticEncodings names the video payload types of RFC 3551 §6.
var staticEncodings = map[int]string{26: "JPEG", 31: "H261", 32: "MPV", 33: "MP2T", 34: "H263"}

// describe reads the track for its first payload type that can be judged, or
// else its first.
func (t *track) describe() description {
	d := description{control: t.attribute("control", -1)}
	for i, f := range t.media[3:] {
		pt, err := strconv.Atoi(f)
		if err != nil || pt < 0 || pt > 127 {
			continue
		}
		encoding, rate, _ := strings.Cut(t.attribute("rtpmap", pt), "/")
		if encoding == "" {
			encoding = staticEncodings[pt]
		}
		v := description{control: d.control, encoding: clip(encoding), codec: codecOf(encoding), payloadType: uint8(pt), // 0 to 127
			fmtp: t.attribute("fmtp", pt), clockRate: parseClockRate(rate)}
		v.donl = v.codec == wire.CodecH265 && hasDON(v.fmtp)
		if v.codec == wire.CodecJPEG {
			v.size = t.dimensions(pt)
		}
		if i == 0 || v.codec != wire.CodecNone {
			d = v
		}
		if d.codec != wire.CodecNone {
			break
		}
	}
	return d
}

// codecOf gives the codec by its encoding name (RFC 6184 §8.2.1, RFC 7798
// §7.2.1, RFC 3555 §4.1.8), CodecNone if it is none that can be judged.
func codecOf(encoding string) wire.Codec {
	switch {
	case strings.EqualFold(encoding, "H264"):
		return wire.CodecH264
	case strings.EqualFold(encoding, "H265"), strings.EqualFold(encoding, "HEVC"):
		return wire.CodecH265
	case strings.EqualFold(encoding, "JPEG"):
		return wire.CodecJPEG
	}
	return wire.CodecNone
}

// parameterSets gives the parameter sets that are described, NAL units with
// header. vdk gets to see a track that has nothing else; an error is a panic of
// it.
func (d description) parameterSets() (sets [][]byte, err error) {
	clean := ""
	if d.codec == wire.CodecH264 || d.codec == wire.CodecH265 {
		clean = cleanSprop(d.fmtp)
	}
	if clean == "" {
		return nil, nil
	}
	defer guard("parameter sets", &err)
	_, medias := sdp.Parse("m=video 0 RTP/AVP 96\na=rtpmap:96 " + d.codec.String() + "/90000\na=fmtp:96 ;" + clean + "\n")
	if len(medias) != 1 {
		return nil, nil
	}
	m := &medias[0]
	switch m.Type {
	case av.H264:
		sets = m.SpropParameterSets
	case av.H265:
		sets = [][]byte{m.SpropVPS, m.SpropSPS, m.SpropPPS}
	}
	return sets[:min(len(sets), maxSets)], nil
}

// cleanSprop keeps the parameter sets of a=fmtp (RFC 6184 §8.1, RFC 7798
// §7.1) that are base64, padded or not, and writes them so that vdk can read
// them.
func cleanSprop(fmtp string) string {
	var b strings.Builder
	for p := range strings.SplitSeq(fmtp, ";") {
		name, v, _ := strings.Cut(strings.TrimSpace(p), "=")
		name = strings.ToLower(strings.TrimSpace(name))
		list := name == "sprop-parameter-sets"
		if !list && name != "sprop-vps" && name != "sprop-sps" && name != "sprop-pps" {
			continue
		}
		var sets []string
		for e := range strings.SplitSeq(v, ",") {
			raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(strings.TrimSpace(e), "="))
			if err == nil && len(raw) > 0 && len(raw) <= maxSPS {
				sets = append(sets, base64.StdEncoding.EncodeToString(raw))
			}
		}
		if !list && len(sets) > 1 {
			sets = sets[:1] // vdk takes one of each kind
		}
		if len(sets) > 0 {
			fmt.Fprintf(&b, "%s=%s;", name, strings.Join(sets, ","))
		}
	}
	return b.String()
}

// size is that of the displayed picture, in pixels.
type size struct{ width, height int }

// spsSize reads the size off a sequence parameter set, a NAL unit with header.
// Its errors wrap errSPS.
func spsSize(codec wire.Codec, sps []byte) (s size, err error) {
	defer guard("sequence parameter set", &err)
	if len(sps) < 4 || len(sps) > maxSPS {
		return size{}, fmt.Errorf("%w: it has %d bytes", errSPS, len(sps))
	}
	if codec == wire.CodecH265 {
		s, err = h265Size(sps)
	} else {
		s, err = h264Size(sps)
	}
	if err != nil {
		return size{}, fmt.Errorf("%w: %w", errSPS, err)
	}
	if s.width < 1 || s.height < 1 || s.width > maxPixels || s.height > maxPixels {
		return size{}, fmt.Errorf("%w: it says %d×%d pixels", errSPS, s.width, s.height)
	}
	return s, nil
}

// rbsp takes the emulation prevention out of a NAL unit.
func rbsp(nal []byte) []byte { return h264parser.RemoveH264orH265EmulationBytes(nal) }

func h264Size(sps []byte) (size, error) {
	switch sps[1] {
	case 128, 134, 135, 138, 139: // as high as 100, H.264 §7.3.2.1.1
		sps = bytes.Clone(sps)
		sps[1] = 100
	}
	chroma, err := h264Chroma(rbsp(sps))
	if err != nil {
		return size{}, err
	}
	// An error after the size was read is one of the VUI, which many cameras cut
	// short; it does not matter here.
	i, err := h264parser.ParseSPS(sps)
	if err != nil && i.Width == 0 && i.Height == 0 {
		return size{}, errors.New("it has no size")
	}
	if max(i.MbWidth, i.MbHeight) > maxPixels/16 || max(i.CropLeft, i.CropRight, i.CropTop, i.CropBottom) > maxPixels {
		return size{}, errors.New("its size is beyond all bounds")
	}
	// vdk keeps frame_mbs_only_flag for itself, but its height tells: with field
	// coding allowed a map unit has 32 lines (§7.4.2.1.1).
	width, height := int(i.MbWidth)*16, int(i.MbHeight)*16
	fields := int(i.Height)+2*int(i.CropTop+i.CropBottom) != height
	c := cropUnit(chroma)
	if fields {
		height *= 2
		c.height *= 2
	}
	return size{width - c.width*int(i.CropLeft+i.CropRight), height - c.height*int(i.CropTop+i.CropBottom)}, nil
}

func h265Size(sps []byte) (size, error) {
	crop, err := h265Crop(rbsp(sps))
	if err != nil {
		return size{}, err
	}
	i, err := h265parser.ParseSPS(sps)
	if err != nil {
		return size{}, err
	}
	if max(i.PicWidthInLumaSamples, i.PicHeightInLumaSamples) > maxPixels {
		return size{}, errors.New("its size is beyond all bounds")
	}
	return size{int(i.PicWidthInLumaSamples) - crop.width, int(i.PicHeightInLumaSamples) - crop.height}, nil
}
