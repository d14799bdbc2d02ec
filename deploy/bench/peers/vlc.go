package peers

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

const ffmpegInstall = "apt-get install ffmpeg"

// startVLC runs two VLCs as cameras that speak UDP only: H.264 for all, and
// H.265 behind a password. VLC has no test source: ffmpeg draws its clips.
func (r *Running) startVLC(ctx context.Context) error {
	if err := lookFor("cvlc", "VLC", "apt-get install --no-install-recommends vlc-bin vlc-plugin-base"); err != nil {
		return err
	}
	if err := lookFor("ffmpeg", "ffmpeg", ffmpegInstall); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "phukin-vlc-")
	if err != nil {
		return err
	}
	r.stop = append(r.stop, func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { // another user must read it
		return err
	}
	for _, v := range []struct {
		port, file, encoder string
		args                []string
	}{
		{"none", "h264.ts", "libx264", nil},
		{"basic", "h265.ts", "libx265", []string{"--sout-rtsp-user", User, "--sout-rtsp-pwd", Password}},
	} {
		file := filepath.Join(dir, v.file)
		draw := exec.CommandContext(ctx, "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=15", "-t", "60",
			"-c:v", v.encoder, "-preset", "ultrafast", "-g", "15", "-bf", "0", "-pix_fmt", "yuv420p", "-x265-params", "log-level=none:bframes=0:keyint=15", file)
		if v.encoder == "libx264" {
			draw.Args = append(draw.Args[:len(draw.Args)-3], file)
		}
		if out, err := draw.CombinedOutput(); err != nil {
			return fmt.Errorf("ffmpeg draws %s: %w\n%s", v.file, err, out)
		}
		if err := os.Chmod(file, 0o644); err != nil { // another user must read it
			return err
		}
		port, err := freePort()
		if err != nil {
			return err
		}
		args := append([]string{"-I", "dummy", "--no-dbus", "--no-audio", "--loop", file, "--sout", "#rtp{sdp=rtsp://127.0.0.1:" + port + "/live}", "--sout-keep"}, v.args...)
		cmd := exec.CommandContext(ctx, "cvlc", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "HOME="+dir)
		if os.Geteuid() == 0 { // VLC refuses to run as root
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		}
		c, err := r.spawn(cmd)
		if err != nil {
			return err
		}
		r.ports[v.port] = port
		if err := waitFor(ctx, 20*time.Second, func() error {
			conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", "127.0.0.1:"+port)
			if err != nil {
				return fmt.Errorf("%w\n%s", err, c.output())
			}
			return conn.Close()
		}); err != nil {
			return err
		}
	}
	return nil
}
