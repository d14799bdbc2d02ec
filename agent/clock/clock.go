// Package clock says when something happened by the hub's clock, on a device
// whose own clock may say anything.
//
// A [Device] has two clocks. The monotonic one counts milliseconds since the
// device's start (sleep included) and is never set; it has a name, the boot,
// that is another one after every start. All times inside the agent are by it.
// The wall clock may say 1970 and may be set by hours at any moment: it decides
// nothing, and is only noted beside the other.
//
// [Knowledge] is what the agent has learnt of the hub's clock: for each boot, how
// far the hub's clock was from the monotonic one, and from when on.
//
//   - An answer of the hub gives one sample: its time minus the middle of the
//     round trip. It is off by at most half the round trip. Of the newest samples
//     that agree the one with the shortest round trip counts.
//   - The first sample of a boot holds at once, and back to the boot's start.
//   - A later correction is made when three samples in a row are off by more
//     than 250 ms, their own uncertainty taken off. It holds from then on; what was
//     placed before stays where it is, so that observations that touch still touch.
//   - A correction backwards of at most a minute lets the hub's time run at half
//     speed until it is caught up: time never steps back. A greater one, either
//     way, means that the hub's clock was set: an observation across it keeps its
//     length and lies where its end lies.
//   - What cannot be placed keeps the device's wall clock and is marked.
//
// Knowledge is bounded: 8 boots, 8 corrections of each, at most 1 KiB when
// encoded. It does nothing of its own; its methods may be called by several
// goroutines.
package clock

import (
	"time"
)

// Device is the clocks of a device. Both functions may be called by several
// goroutines.
type Device struct {
	Boot uint64           // names the run of the monotonic clock
	Mono func() int64     // milliseconds since some moment of this boot; never less than before
	Wall func() time.Time // what the device believes the time is
}

// System gives the clocks of this device: on Linux CLOCK_BOOTTIME and the boot
// id of the kernel, so that a process knows what an earlier one of the same boot
// learnt; elsewhere the monotonic clock of the process, whose boot is drawn at
// random.
func System() Device {
	if d, ok := system(); ok {
		return d
	}
	return Process()
}

// Process gives a monotonic clock that began just now, with a boot of its own.
func Process() Device {
	begin := time.Now()
	return Device{
		Boot: draw(),
		Mono: func() int64 { return time.Since(begin).Milliseconds() },
		Wall: time.Now,
	}
}
