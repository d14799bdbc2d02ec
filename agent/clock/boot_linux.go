package clock

import (
	"bytes"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

func system() (Device, bool) {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if id = bytes.TrimSpace(id); err != nil || len(id) == 0 {
		return Device{}, false
	}
	if _, err := bootTime(); err != nil {
		return Device{}, false
	}
	mono := func() int64 {
		ms, _ := bootTime() // it worked a moment ago
		return ms
	}
	return Device{Boot: nameOf(id), Mono: mono, Wall: time.Now}, true
}

func bootTime() (int64, error) {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		return 0, err
	}
	return t.Nano() / 1e6, nil
}
