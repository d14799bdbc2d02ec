package disk

import (
	"errors"
	"os"
	"syscall"
)

// fdatasync makes the content and the length of f durable.
func fdatasync(f *os.File) error {
	for {
		err := syscall.Fdatasync(int(f.Fd()))
		if !errors.Is(err, syscall.EINTR) {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}
