package probe

import (
	"bytes"

	"github.com/phukin/phukin/hub/wire"
)

// parameterSets knows whether a decoder could start, and the picture's size.
// A set that comes in band replaces that of the description.
type parameterSets struct {
	codec    wire.Codec
	vps, pps bool
	sps      []byte // the last one, read or not
	size     size   // of the last SPS that could be read
	err      error  // of the last SPS, nil if it could be read

	spsRate, vpsRate float64 // frames per second that they declare, or 0
	described        size    // of JPEG: what the description or ONVIF's header extension says, or zero
}

// add takes a NAL unit if it is a parameter set (H.264 table 7-1, H.265
// table 7-1).
func (p *parameterSets) add(nal []byte) {
	if len(nal) < 2 || p.codec == wire.CodecJPEG {
		return
	}
	if p.codec == wire.CodecH265 {
		switch nal[0] >> 1 & 0x3f {
		case 32:
			p.vps, p.vpsRate = true, nominalRate(p.codec, nal)
		case 33:
			p.addSPS(nal)
		case 34:
			p.pps = true
		}
		return
	}
	switch nal[0] & 0x1f {
	case 7:
		p.addSPS(nal)
	case 8:
		p.pps = true
	}
}

func (p *parameterSets) addSPS(nal []byte) {
	if p.sps != nil && bytes.Equal(p.sps, nal) {
		return
	}
	s, err := spsSize(p.codec, nal)
	p.err = err
	if err == nil {
		p.size, p.spsRate = s, nominalRate(p.codec, nal)
	}
	p.sps = bytes.Clone(nal[:min(len(nal), maxSPS)])
}

// rate gives the frame rate that the sets declare, or 0.
func (p *parameterSets) rate() float64 {
	if p.spsRate > 0 {
		return p.spsRate
	}
	return p.vpsRate
}

// complete says whether there is one readable set of each kind. JPEG has none.
func (p *parameterSets) complete() bool {
	if p.codec == wire.CodecJPEG {
		return true
	}
	return p.size != size{} && p.pps && (p.vps || p.codec == wire.CodecH264)
}
