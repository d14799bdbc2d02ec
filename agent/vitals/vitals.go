// Package vitals reads how the device itself is: what a technician wants to know
// before going there. On Linux it comes from /proc and /sys; elsewhere only what
// Go can tell. What cannot be read, or cannot be, is not known; nothing is
// guessed, and no zero stands for something unknown.
//
// Reading opens a dozen small files, each read up to a bound, and keeps nothing.
package vitals

import (
	"runtime"

	"github.com/phukin/phukin/hub/wire"
)

// Read gives the vitals of this device. dir lies on the disk of the spool.
func Read(dir string) wire.Vitals {
	v := read("/", dir)
	v.Cores = wire.Read(int64(runtime.NumCPU()))
	v, _ = v.Plausible()
	return v
}
