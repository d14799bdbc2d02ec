package probetest

import (
	"slices"

	"github.com/phukin/phukin/hub/wire"
)

// jpegModes are bad at Motion JPEG (RFC 2435).
func jpegModes() []Mode {
	j := func(name string, change func(frame, i int, p []byte) []byte) Mode {
		return fallen(mjpeg, name, wire.FaultNoKeyframe, wire.RungKeyframe, func(s *stream) {
			s.edit = func(frame int, ps []packet) []packet {
				for i := range ps {
					ps[i].payload = change(frame, i, slices.Clone(ps[i].payload))
				}
				return ps
			}
		})
	}
	drop := func(name string, n int) Mode {
		return fallen(mjpeg, name, wire.FaultNoKeyframe, wire.RungKeyframe, func(s *stream) {
			s.edit = func(_ int, ps []packet) []packet { return slices.Delete(ps, n, n+1) }
		})
	}
	head := func(b ...byte) func(int, int, []byte) []byte {
		return func(_, _ int, p []byte) []byte { return slices.Concat(p[:4], b, p[8:]) }
	}
	return []Mode{
		drop("jpeg without first fragment", 0), drop("jpeg without middle fragment", 1), drop("jpeg without last fragment", 2),
		j("jpeg whose fragments leave holes", func(_, i int, p []byte) []byte { p[3] += byte(i); return p }),
		j("jpeg whose fragments overlap", func(_, i int, p []byte) []byte { p[3] -= byte(i); return p }),
		j("jpeg whose fragments all begin", func(_, _ int, p []byte) []byte { p[1], p[2], p[3] = 0, 0, 0; return p }),
		j("jpeg at the end of 16 MiB", func(_, _ int, p []byte) []byte { p[1], p[2], p[3] = 0xff, 0xff, 0xff; return p }),
		j("jpeg whose fragments differ in size", func(_, i int, p []byte) []byte { p[6] += byte(i); return p }),
		j("jpeg cut within its header", func(_, _ int, p []byte) []byte { return p[:7] }),
		j("jpeg without data", func(_, _ int, p []byte) []byte { return p[:8] }),
		j("jpeg of no defined type", head(2, 80, 160, 90)),
		j("jpeg of a dynamic type", head(200, 80, 160, 90)),
		j("jpeg of Q 0", head(1, 0, 160, 90)),
		j("jpeg of a reserved Q", head(1, 120, 160, 90)),
		j("jpeg without the restart header of its type", func(_, _ int, p []byte) []byte { return append(append(p[:4:4], 65, 80, 160, 90), 1, 2) }),
		j("jpeg of restart interval 0", head(65, 80, 160, 90, 0, 0, 0xff, 0xff)),
		j("jpeg whose tables are cut short", func(_, _ int, p []byte) []byte { return append(append(p[:4:4], 1, 255, 160, 90), 0, 0, 0) }),
		j("jpeg with tables of 64 KiB", head(1, 255, 160, 90, 0, 0, 0xff, 0xff)),
		j("jpeg with tables beyond the packet", head(1, 200, 160, 90, 0, 0, 2, 0)),
		j("jpeg with tables of 3 bytes", head(1, 200, 160, 90, 0, 0, 0, 3)),
		j("jpeg of Q 255 without tables", head(1, 255, 160, 90, 0, 0, 0, 0)),
		fallen(mjpeg, "jpeg that stands still", wire.FaultStalled, wire.RungFresh, func(s *stream) { s.ts = func(int) uint32 { return 9 } }),
		fallen(h264, "h264 under the name of jpeg", wire.FaultNoKeyframe, wire.RungKeyframe, func(s *stream) {
			e := h264()
			*s = mjpeg()
			s.edit = func(frame int, ps []packet) []packet {
				seq := ps[0].seq
				return e.packets(frame, &seq)
			}
		}),
	}
}
