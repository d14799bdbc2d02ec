package probe

import "github.com/phukin/phukin/hub/wire"

// maxRate bounds what is believed of a declared frame rate, per second.
const maxRate = 1000

// nominalRate reads the frame rate that an SPS, or a VPS of H.265, declares: a
// NAL unit with header. It gives 0 if there is none, if it is not between 0 and
// maxRate, or if the set cannot be read so far: many cameras cut the VUI short.
func nominalRate(codec wire.Codec, nal []byte) (rate float64) {
	var err error
	defer guard("timing", &err)
	if len(nal) < 4 || len(nal) > maxSPS {
		return 0
	}
	r := &bitReader{b: rbsp(nal)}
	var units, scale uint
	switch {
	case codec == wire.CodecH264:
		units, scale = r.h264Timing()
		units *= 2 // a tick is a field, also of frames coded whole, H.264 §E.2.1
	case nal[0]>>1&0x3f == 32:
		units, scale = r.vpsTiming()
	default:
		var fields bool
		if units, scale, fields = r.h265Timing(); fields {
			units *= 2 // every picture is a field, H.265 §E.3.1
		}
	}
	if r.short || units == 0 {
		return 0
	}
	if rate = float64(scale) / float64(units); rate > maxRate {
		return 0
	}
	return rate
}

// h264Timing reads num_units_in_tick and time_scale of an SPS (H.264 §7.3.2.1.1
// and §E.1.1), both 0 if it has none.
func (r *bitReader) h264Timing() (units, scale uint) {
	r.skip(8) // NAL unit header
	profile := r.bits(8)
	r.skip(16)
	r.ue() // seq_parameter_set_id
	switch profile {
	case 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135:
		lists := 8
		if r.ue() == 3 { // chroma_format_idc
			r.skip(1)
			lists = 12
		}
		r.ue()
		r.ue() // bit depths
		r.skip(1)
		if r.flag() {
			r.scalingListsH264(lists)
		}
	}
	r.ue()          // log2_max_frame_num_minus4
	switch r.ue() { // pic_order_cnt_type
	case 0:
		r.ue()
	case 1:
		r.skip(1)
		r.ue()
		r.ue()
		r.ues(min(r.ue(), 256))
	}
	r.ue() // max_num_ref_frames
	r.skip(1)
	r.ue()
	r.ue() // size
	if !r.flag() {
		r.skip(1) // mb_adaptive_frame_field_flag
	}
	r.skip(1)
	if r.flag() {
		r.ues(4) // cropping
	}
	if !r.flag() || r.short {
		return 0, 0
	}
	r.vuiVideo()
	return r.timing()
}

// scalingListsH264 passes over scaling lists (H.264 §7.3.2.1.1.1): 6 of 16
// coefficients, the others of 64.
func (r *bitReader) scalingListsH264(lists int) {
	for i := range lists {
		if !r.flag() {
			continue
		}
		n, last, next := 64, 8, 8
		if i < 6 {
			n = 16
		}
		for range n {
			if next != 0 {
				next = (last + r.se() + 256) & 0xff
			}
			if next != 0 {
				last = next
			}
			if r.short {
				return
			}
		}
	}
}

// vuiVideo passes over the beginning of a VUI, which is the same in H.264
// §E.1.1 and H.265 §E.2.1: aspect ratio to chroma location.
func (r *bitReader) vuiVideo() {
	if r.flag() && r.bits(8) == 255 {
		r.skip(32)
	}
	if r.flag() {
		r.skip(1)
	}
	if r.flag() {
		r.skip(4)
		if r.flag() {
			r.skip(24)
		}
	}
	if r.flag() {
		r.ues(2)
	}
}

// timing reads a flag, and if it is set two numbers.
func (r *bitReader) timing() (units, scale uint) {
	if !r.flag() {
		return 0, 0
	}
	return r.bits(32), r.bits(32)
}

// vpsTiming reads the timing of a VPS (H.265 §7.3.2.1).
func (r *bitReader) vpsTiming() (units, scale uint) {
	r.skip(16 + 4 + 2 + 6) // NAL unit header, identifier, flags, layers
	subLayers := int(r.bits(3))
	r.skip(1 + 16)
	r.profileTierLevel(subLayers)
	r.ordering(subLayers)
	layers := r.bits(6)
	sets := min(r.ue(), 1024)
	r.skip(int(sets) * int(layers+1)) // at most 1024 × 64
	return r.timing()
}

// profileTierLevel passes over H.265 §7.3.3.
func (r *bitReader) profileTierLevel(subLayers int) {
	r.skip(88 + 8) // general profile and level
	if subLayers > 0 {
		var skip int
		for range subLayers {
			if r.flag() {
				skip += 88
			}
			if r.flag() {
				skip += 8
			}
		}
		r.skip(2*(8-subLayers) + skip)
	}
}

// ordering passes over the buffering of the sub-layers.
func (r *bitReader) ordering(subLayers int) {
	n := 1
	if r.flag() {
		n += subLayers
	}
	r.ues(uint(3 * n)) // at most 24
}

// h265Timing reads the timing of an SPS (H.265 §7.3.2.2.1 and §E.2.1), and
// whether its pictures are fields.
func (r *bitReader) h265Timing() (units, scale uint, fields bool) {
	r.skip(16 + 4) // NAL unit header, identifier of the VPS
	subLayers := int(r.bits(3))
	r.skip(1)
	r.profileTierLevel(subLayers)
	r.ue()           // sps_seq_parameter_set_id
	if r.ue() == 3 { // chroma_format_idc
		r.skip(1)
	}
	r.ues(2) // size
	if r.flag() {
		r.ues(4) // conformance window
	}
	r.ues(2) // bit depths
	pocBits := int(min(r.ue(), 12)) + 4
	r.ordering(subLayers)
	r.ues(6) // block sizes and depths
	if r.flag() {
		if explicit := r.flag(); explicit {
			r.scalingListsH265()
		}
	}
	r.skip(2)
	if r.flag() { // PCM
		r.skip(8)
		r.ues(2)
		r.skip(1)
	}
	r.referenceSets()
	if r.flag() { // long-term reference pictures
		for range min(r.ue(), 32) {
			r.skip(pocBits + 1)
		}
	}
	r.skip(2)
	if !r.flag() || r.short {
		return 0, 0, false
	}
	r.vuiVideo()
	r.skip(1) // neutral_chroma_indication_flag
	fields = r.flag()
	r.skip(1)
	if r.flag() {
		r.ues(4) // default display window
	}
	units, scale = r.timing()
	return units, scale, fields
}

// scalingListsH265 passes over H.265 §7.3.4.
func (r *bitReader) scalingListsH265() {
	for sizeID := range 4 {
		step := 1
		if sizeID == 3 {
			step = 3
		}
		for m := 0; m < 6 && !r.short; m += step {
			if !r.flag() {
				r.ue()
				continue
			}
			if sizeID > 1 {
				r.ue()
			}
			r.ues(uint(min(64, 1<<(4+sizeID<<1)))) // at most 64
		}
	}
}

// referenceSets passes over the short-term reference picture sets (H.265
// §7.3.7), of which each may be told by its difference to the one before.
func (r *bitReader) referenceSets() {
	pictures := uint(0) // of the set before
	sets := r.ue()
	if sets > 64 {
		r.short = true
		return
	}
	for i := range sets {
		if i > 0 && r.flag() {
			r.skip(1)
			r.ue()
			n := uint(0)
			for range pictures + 1 {
				kept := r.flag() // used_by_curr_pic_flag
				if !kept {
					kept = r.flag() // use_delta_flag
				}
				if kept {
					n++
				}
			}
			pictures = n
		} else {
			negative, positive := r.ue(), r.ue()
			if negative > 16 || positive > 16 {
				r.short = true
				return
			}
			for range negative + positive {
				r.ue()
				r.skip(1)
			}
			pictures = negative + positive
		}
		if r.short {
			return
		}
	}
}
