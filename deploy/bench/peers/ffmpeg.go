package peers

import (
	"context"
	"errors"
	"os/exec"
	"time"
)

// startFFmpeg lets ffmpeg's encoders publish to a gortsplib server, which
// hands their packets on as they are.
func (r *Running) startFFmpeg(ctx context.Context) error {
	if err := lookFor("ffmpeg", "ffmpeg", ffmpegInstall); err != nil {
		return err
	}
	h, err := r.listen("relay", nil, nil)
	if err != nil {
		return err
	}
	video := []string{"-v", "error", "-re", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=15"}
	sound := []string{"-re", "-f", "lavfi", "-i", "sine=sample_rate=8000"}
	streams := map[string][]string{
		"/h264":  append(append([]string{}, sound...), "-map", "0:v", "-map", "1:a", "-c:a", "pcm_alaw", "-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-g", "15"),
		"/h265":  {"-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:bframes=2:b-adapt=0:keyint=15"},
		"/mjpeg": {"-c:v", "mjpeg", "-huffman", "default", "-q:v", "5", "-pix_fmt", "yuvj420p"},
		"/mpeg4": {"-c:v", "mpeg4", "-g", "15"},
	}
	for path, args := range streams {
		args = append(append([]string{}, video...), args...)
		if path != "/mjpeg" {
			args = append(args, "-pix_fmt", "yuv420p")
		}
		args = append(args, "-f", "rtsp", "-rtsp_transport", "tcp", "rtsp://127.0.0.1:"+r.ports["relay"]+path)
		c, err := r.spawn(exec.CommandContext(ctx, "ffmpeg", args...))
		if err != nil {
			return err
		}
		if err := waitFor(ctx, 20*time.Second, func() error {
			if _, s, _ := h.find(path); s == nil {
				return errors.New("ffmpeg does not publish " + path + "\n" + c.output())
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}
