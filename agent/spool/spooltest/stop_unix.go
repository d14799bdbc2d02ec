//go:build !windows

package spooltest

import "syscall"

// stop halts a child of this process and waits until it stands still.
func stop(pid int) error {
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		return err
	}
	var w syscall.WaitStatus
	_, err := syscall.Wait4(pid, &w, syscall.WUNTRACED, nil)
	return err
}

func proceed(pid int) error { return syscall.Kill(pid, syscall.SIGCONT) }
