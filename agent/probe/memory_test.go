package probe_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/agent/probe/probetest"
	"github.com/phukin/phukin/hub/wire"
)

// What a receiver holds does not depend on what the camera sends, nor on how
// much: 128 KiB over TCP, half a MiB over UDP.
func TestHostileStreamsDoNotGrowMemory(t *testing.T) {
	// packets as big as may be, and of a kind that some decoder would keep
	big := bytes.Repeat([]byte{0x67, 0x64, 0, 40}, 16000)
	set := probetest.SPS{Width: 1920, Height: 1080, Chroma: 1}.H264()
	streams := map[string]func(i int) rtpPacket{
		"parameter sets of 64 KiB":       func(i int) rtpPacket { return rtpPacket{uint16(i), 1, false, string(big)} },
		"parameter sets that all differ": func(i int) rtpPacket { return rtpPacket{uint16(i), 1, false, string(set) + fmt.Sprint(i)} },
		"a fragment without end": func(i int) rtpPacket {
			return rtpPacket{uint16(i), 1, false, "\x7c" + string([]byte{7 | byte(min(i, 1)^1)<<7}) + string(big[:9000])}
		},
		"sequence numbers with holes": func(i int) rtpPacket { return rtpPacket{uint16(2 * i), uint32(i), true, string(big[:1400])} },
		"sequence numbers at random":  func(int) rtpPacket { return rtpPacket{uint16(rand.Uint32()), rand.Uint32(), false, string(big[:1400])} },
		"a STAP-A of ten thousand sets": func(i int) rtpPacket {
			return rtpPacket{uint16(i), 1, true, "\x78" + string(bytes.Repeat([]byte{0, 4, 0x67, 1, 2, 3}, 10000))}
		},
		"a window that never ends": func(i int) rtpPacket {
			return rtpPacket{uint16(i), uint32(i) * 3600, true, "\x65\x80" + string(big[:1000])}
		},
	}
	for _, udp := range []bool{false, true} {
		for name, packet := range streams {
			t.Run(fmt.Sprintf("%s, udp %v", name, udp), func(t *testing.T) {
				const n = 3000
				r := probe.NewReceiver(wire.CodecH264, time.Second, h264Set...)
				if udp {
					r.OverUDP()
				}
				before := heap()
				rtcp := bytes.Repeat([]byte{0x80, 200, 0, 6, 1, 2, 3, 4, 9, 9, 9, 9}, 4000)
				for i := range n {
					at := epoch.Add(time.Duration(i) * time.Millisecond)
					r.Packet(at, packet(i).bytes())
					if i%100 == 0 {
						r.Control(at, rtcp)
					}
				}
				grown := int64(heap()) - int64(before)
				runtime.KeepAlive(r)
				limit := int64(128 << 10)
				if udp {
					limit = 512 << 10
				}
				if grown > limit {
					t.Errorf("holds %d KiB more after %d packets", grown>>10, n)
				}
			})
		}
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Good video costs next to no garbage: what runs all day on a small box must
// not wake the collector for every packet.
func TestPacketsOfGoodVideoAllocateNothing(t *testing.T) {
	r := probe.NewReceiver(wire.CodecH264, time.Hour, h264Set...)
	i, p := 0, rtpPacket{0, 0, true, "\x65\x80" + string(make([]byte, 1000))}.bytes()
	per := testing.AllocsPerRun(1000, func() {
		p[2], p[3] = byte(i>>8), byte(i)
		p[6], p[7] = byte(i*14>>8), byte(i*14)
		r.Packet(epoch.Add(time.Duration(i)*40*time.Millisecond), p)
		i++
	})
	if per > 0.01 {
		t.Errorf("%v allocations a packet", per)
	}
}
