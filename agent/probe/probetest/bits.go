package probetest

// bitWriter writes an RBSP (H.264 §7.2, H.265 §7.2).
type bitWriter struct {
	b []byte
	n int // bits written
}

func (w *bitWriter) bits(v uint64, n int) {
	for i := n - 1; i >= 0; i-- {
		if w.n%8 == 0 {
			w.b = append(w.b, 0)
		}
		w.b[len(w.b)-1] |= byte(v>>i&1) << (7 - w.n%8)
		w.n++
	}
}

func (w *bitWriter) flag(v bool) {
	if v {
		w.bits(1, 1)
	} else {
		w.bits(0, 1)
	}
}

// ue writes an Exp-Golomb code (H.264 §9.1).
func (w *bitWriter) ue(v int) {
	x, n := uint64(v)+1, 0
	for x>>n > 1 {
		n++
	}
	w.bits(x, 2*n+1)
}

// trail ends the RBSP with a stop bit.
func (w *bitWriter) trail() {
	w.bits(1, 1)
	w.bits(0, (8-w.n%8)%8)
}

// escape inserts emulation prevention bytes (H.264 §7.4.1).
func escape(rbsp []byte) []byte {
	var out []byte
	zeros := 0
	for _, b := range rbsp {
		if zeros == 2 && b <= 3 {
			out = append(out, 3)
			zeros = 0
		}
		if out = append(out, b); b == 0 {
			zeros++
		} else {
			zeros = 0
		}
	}
	return out
}
