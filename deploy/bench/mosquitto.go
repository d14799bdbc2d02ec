package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// mosquitto runs Debian's Mosquitto on a free port of loopback: without
// passwords, and with room for all that a slow subscriber leaves, so that
// nothing falls out that is counted.
func mosquitto(ctx context.Context, dir string) (addr string, stop func(), err error) {
	bin := ""
	for _, path := range []string{"mosquitto", "/usr/sbin/mosquitto"} {
		if p, err := exec.LookPath(path); err == nil {
			bin = p
			break
		}
	}
	if bin == "" {
		return "", nil, errors.New("mosquitto is not there; mend it with: apt-get install --no-install-recommends mosquitto")
	}
	for range 10 { // somebody may take the port before it does
		if addr, err = freeAddr(ctx); err != nil {
			return "", nil, err
		}
		if stop, err = tryMosquitto(ctx, bin, dir, addr); err == nil {
			return addr, stop, nil
		}
	}
	return "", nil, err
}

func tryMosquitto(ctx context.Context, bin, dir, addr string) (stop func(), err error) {
	_, port, _ := strings.Cut(addr, ":")
	conf := "listener " + port + " 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\nmax_inflight_messages 0\nmax_queued_messages 0\nlog_type error\n"
	if os.Geteuid() == 0 {
		conf += "user root\n" // else it gives up its rights
	}
	file := filepath.Join(dir, "mosquitto.conf")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, bin, "-c", file)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	var failed error
	ended := make(chan struct{})
	go func() { defer close(ended); failed = cmd.Wait() }()
	stop = func() {
		_ = cmd.Process.Kill() // it may have ended
		<-ended
	}
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr); err == nil {
			return stop, conn.Close()
		}
		select {
		case <-ended:
			return nil, fmt.Errorf("mosquitto ended: %w", failed)
		default:
		}
		if time.Now().After(deadline) {
			stop()
			return nil, errors.New("mosquitto does not listen")
		}
	}
}

func freeAddr(ctx context.Context) (string, error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return ln.Addr().String(), ln.Close()
}
