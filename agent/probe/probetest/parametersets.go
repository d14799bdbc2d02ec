package probetest

// SPS describes the sequence parameter set of a stream to be made up.
type SPS struct {
	// Width and Height are pixels as displayed, multiples of what one unit of
	// cropping has.
	Width, Height int
	// Chroma is chroma_format_idc: 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4.
	Chroma int
	// Profile is profile_idc of H.264; it defaults to 77, or 122 (100 for 4:0:0)
	// where Chroma is not 1.
	Profile int
	// Fields says that H.264 fields are allowed (frame_mbs_only_flag 0).
	Fields bool
	// Timing adds a VUI with timing of 25 frames per second, whose zeros need
	// emulation prevention, and in H.265 the same to the VPS.
	Timing bool
	// Scaling adds scaling lists, and Sets as many short-term reference picture
	// sets of H.265, every other one told by difference.
	Scaling bool
	Sets    int
	// SubLayers is sps_max_sub_layers_minus1 of H.265, each with profile and
	// level of its own.
	SubLayers int
}

func (s SPS) unit() (w, h int) {
	switch s.Chroma {
	case 1:
		w, h = 2, 2
	case 2:
		w, h = 2, 1
	default:
		w, h = 1, 1
	}
	return w, h
}

// H264 writes the parameter set as a NAL unit (H.264 §7.3.2.1.1).
func (s SPS) H264() []byte {
	profile := s.Profile
	if profile == 0 {
		profile = map[int]int{0: 100, 1: 77, 2: 122, 3: 244}[s.Chroma]
	}
	w := &bitWriter{}
	w.bits(uint64(profile), 8)
	w.bits(0, 8)
	w.bits(40, 8)
	w.ue(0)
	switch profile {
	case 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135:
		w.ue(s.Chroma)
		if s.Chroma == 3 {
			w.flag(false)
		}
		w.ue(0)
		w.ue(0)
		w.flag(false)
		w.flag(s.Scaling && s.Chroma < 3)
		for i := 0; s.Scaling && s.Chroma < 3 && i < 8; i++ {
			w.flag(i%2 == 0)
			for j := 0; i%2 == 0 && j < 16; j++ {
				w.ue(j % 5) // se
			}
			for j := 16; i == 6 && j < 64; j++ {
				w.ue(0)
			}
		}
	}
	w.ue(4) // log2_max_frame_num_minus4
	w.ue(0) // pic_order_cnt_type
	w.ue(4)
	w.ue(3) // max_num_ref_frames
	w.flag(false)
	cw, ch := s.unit()
	mapUnit := 16
	if s.Fields {
		mapUnit, ch = 32, ch*2
	}
	mbs, units := (s.Width+15)/16, (s.Height+mapUnit-1)/mapUnit
	w.ue(mbs - 1)
	w.ue(units - 1)
	w.flag(!s.Fields)
	if s.Fields {
		w.flag(true)
	}
	w.flag(true)
	right, bottom := (mbs*16-s.Width)/cw, (units*mapUnit-s.Height)/ch
	w.flag(right+bottom > 0)
	if right+bottom > 0 {
		w.ue(0)
		w.ue(right)
		w.ue(0)
		w.ue(bottom)
	}
	w.flag(s.Timing)
	if s.Timing {
		w.bits(0, 4) // no aspect ratio, overscan, signal type, chroma location
		w.flag(true)
		w.bits(1, 32)
		w.bits(50, 32)
		w.flag(true)
		w.bits(0, 4) // no HRD (twice), picture structure, restriction
	}
	w.trail()
	return append([]byte{0x67}, escape(w.b)...)
}

// H265 writes the parameter set as a NAL unit (H.265 §7.3.2.2.1).
func (s SPS) H265() []byte {
	w := &bitWriter{}
	w.bits(0, 4)
	w.bits(uint64(s.SubLayers), 3)
	w.flag(true)
	w.profileTierLevel(s.SubLayers)
	w.ue(0)
	w.ue(s.Chroma)
	if s.Chroma == 3 {
		w.flag(false)
	}
	const ctb = 16
	pw, ph := (s.Width+ctb-1)/ctb*ctb, (s.Height+ctb-1)/ctb*ctb
	w.ue(pw)
	w.ue(ph)
	cw, ch := s.unit()
	right, bottom := (pw-s.Width)/cw, (ph-s.Height)/ch
	w.flag(right+bottom > 0)
	if right+bottom > 0 {
		w.ue(0)
		w.ue(right)
		w.ue(0)
		w.ue(bottom)
	}
	w.ue(0)
	w.ue(0)
	w.ue(4)
	w.flag(false) // sps_sub_layer_ordering_info_present_flag
	w.ue(2)
	w.ue(0)
	w.ue(0)
	w.ue(0) // log2_min_luma_coding_block_size_minus3
	w.ue(1)
	w.ue(0)
	w.ue(3)
	w.ue(0)
	w.ue(0)
	w.flag(s.Scaling) // scaling_list_enabled_flag
	if s.Scaling {
		w.flag(true)
		w.scalingLists()
	}
	w.flag(false)
	w.flag(false)
	w.flag(false)
	w.referenceSets(s.Sets)
	w.flag(false)
	w.flag(false)
	w.flag(false)
	w.flag(s.Timing) // vui_parameters_present_flag
	if s.Timing {
		w.bits(0, 5) // no aspect ratio, overscan, signal type, chroma location, neutral chroma
		w.flag(s.Fields)
		w.bits(0, 2) // no field information, no display window
		w.flag(true)
		w.bits(1, 32)
		w.bits(25, 32)
		w.bits(0, 4) // poc proportional, HRD, restriction, extension
	}
	w.flag(false)
	w.trail()
	return append([]byte{0x42, 0x01}, escape(w.b)...)
}

// scalingLists writes explicit lists for every other matrix (H.265 §7.3.4).
func (w *bitWriter) scalingLists() {
	for size := range 4 {
		for m := 0; m < 6; m += map[bool]int{true: 3, false: 1}[size == 3] {
			w.flag(m%2 == 0)
			if m%2 == 1 {
				w.ue(0)
				continue
			}
			if size > 1 {
				w.ue(8)
			}
			for i := range min(64, 1<<(4+2*size)) {
				w.ue(i % 3)
			}
		}
	}
}

// referenceSets writes n short-term reference picture sets (H.265 §7.3.7).
func (w *bitWriter) referenceSets(n int) {
	w.ue(n)
	pictures := 0
	for i := range n {
		if i > 0 {
			w.flag(i%2 == 1)
		}
		if i%2 == 1 {
			w.flag(true)
			w.ue(0)
			n := 0
			for j := range pictures + 1 {
				w.flag(j%3 != 2) // used_by_curr_pic_flag
				if j%3 == 2 {
					w.flag(i%4 == 1) // use_delta_flag
				}
				if j%3 != 2 || i%4 == 1 {
					n++
				}
			}
			pictures = n
			continue
		}
		w.ue(2)
		w.ue(1)
		for range 3 {
			w.ue(0)
			w.flag(true)
		}
		pictures = 3
	}
}

// profileTierLevel writes Main profile, level 4 (H.265 §7.3.3).
func (w *bitWriter) profileTierLevel(subLayers int) {
	profile := func() {
		w.bits(1, 8) // Main
		w.bits(0x60000000, 32)
		w.bits(0x900000000000, 48)
	}
	profile()
	w.bits(120, 8)
	for range subLayers {
		w.bits(3, 2)
	}
	if subLayers > 0 {
		w.bits(0, 2*(8-subLayers))
	}
	for range subLayers {
		profile()
		w.bits(120, 8)
	}
}

// h264PPS is a picture parameter set that fits the SPS (H.264 §7.3.2.2).
func h264PPS() []byte {
	w := &bitWriter{}
	w.ue(0)
	w.ue(0)
	w.bits(0, 2)
	w.ue(0)
	w.ue(0)
	w.ue(0)
	w.bits(0, 3)
	w.ue(0) // pic_init_qp_minus26, se
	w.ue(0)
	w.ue(0)
	w.bits(0, 3)
	w.trail()
	return append([]byte{0x68}, escape(w.b)...)
}

// h265VPS is a video parameter set (H.265 §7.3.2.1).
func h265VPS(s SPS) []byte {
	w := &bitWriter{}
	w.bits(0, 4)
	w.bits(3, 2)
	w.bits(0, 6)
	w.bits(0, 3)
	w.flag(true)
	w.bits(0xffff, 16)
	w.profileTierLevel(0)
	w.flag(false)
	w.ue(2)
	w.ue(0)
	w.ue(0)
	w.bits(0, 6)
	w.ue(0)
	w.flag(s.Timing)
	if s.Timing {
		w.bits(1, 32)
		w.bits(25, 32)
		w.flag(false)
		w.ue(0)
	}
	w.flag(false)
	w.trail()
	return append([]byte{0x40, 0x01}, escape(w.b)...)
}

// h265PPS is a picture parameter set (H.265 §7.3.2.3.1).
func h265PPS() []byte {
	w := &bitWriter{}
	w.ue(0)
	w.ue(0)
	w.bits(0, 7)
	w.ue(0)
	w.ue(0)
	w.ue(0)
	w.bits(0, 3)
	w.ue(0)
	w.ue(0)
	w.bits(0, 8)
	w.bits(0, 3)
	w.ue(0)
	w.bits(0, 2)
	w.trail()
	return append([]byte{0x44, 0x01}, escape(w.b)...)
}
