package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// mountMemory mounts a file system in memory of so many bytes.
func mountMemory(dir string, size int64) error {
	return syscall.Mount("chaos", dir, "tmpfs", syscall.MS_NOSUID|syscall.MS_NODEV|syscall.MS_NOEXEC, fmt.Sprintf("size=%d", size))
}

// makeImage makes a file that holds an empty ext4 file system.
func makeImage(path string, size int64) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := f.Truncate(size); err != nil {
		_ = f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return say("mkfs.ext4", "-q", "-F", path)
}

// mountImage mounts such a file. The file system writes on its own accord as
// seldom as can be: what reaches the image is what was synced.
func mountImage(path, dir string) error {
	return say("mount", "-o", "loop,commit=300", path, dir)
}

func unmount(dir string) error {
	err := syscall.Unmount(dir, 0)
	if err != nil {
		return &os.PathError{Op: "unmount", Path: dir, Err: err}
	}
	return nil
}

// unmountAll unmounts what is mounted below dir, by force.
func unmountAll(dir string) {
	mounts, _ := os.ReadFile("/proc/self/mounts")
	for line := range strings.Lines(string(mounts)) {
		if f := strings.Fields(line); len(f) > 1 && strings.HasPrefix(f[1], filepath.Clean(dir)+"/") {
			_ = syscall.Unmount(f[1], syscall.MNT_DETACH)
		}
	}
}

// diskPatience bounds the programs that make and mount a disk.
const diskPatience = 20 * time.Second

func say(name string, args ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), diskPatience)
	defer cancel()
	if out, err := exec.CommandContext(ctx, name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(string(out)))
	}
	return nil
}

// starter starts processes that die with this one. The kernel binds that to
// the thread that started them, so one thread does it for all.
var starter = func() chan<- func() {
	c := make(chan func())
	go func() {
		runtime.LockOSThread()
		for f := range c {
			f()
		}
	}()
	return c
}()

func startTied(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	done := make(chan error)
	starter <- func() { done <- cmd.Start() }
	return <-done
}

func freeze(p *os.Process) error { return p.Signal(syscall.SIGSTOP) }

// fillUp writes a file until the file system that holds it is full.
func fillUp(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	for size := 64 << 10; size > 0; {
		if _, err := f.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
	return nil
}
