//go:build !linux

package clock

func system() (Device, bool) { return Device{}, false }
