package simcam_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/phukin/phukin/deploy/demo/clips"
	"github.com/phukin/phukin/deploy/demo/simcam"
)

// ffprobe returns the path of a reader that is not written in Go. Without it the
// test is skipped, or fails if PHUKIN_REQUIRE_PEERS=1.
func ffprobe(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("ffprobe")
	if err != nil {
		const how = "NOT TESTED AGAINST FFMPEG: ffprobe is missing; sudo apt-get install ffmpeg"
		if os.Getenv("PHUKIN_REQUIRE_PEERS") == "1" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	return path
}

func probe(t *testing.T, cam *simcam.Camera, password string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*soon)
	defer cancel()
	url := strings.Replace(cam.URL(), "rtsp://", "rtsp://"+user+":"+password+"@", 1)
	args = append([]string{"-v", "error", "-rtsp_transport", "tcp", "-of", "csv=p=0"}, append(args, url)...)
	out, err := exec.CommandContext(ctx, ffprobe(t), args...).CombinedOutput()
	return string(out), err
}

func TestFfprobeSeesWhatTheClipIs(t *testing.T) {
	ffprobe(t)
	for _, c := range clips.All() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			cam := start(t, simcam.Config{
				Clip: c, Username: user, Password: password,
				Path: "/cam/realmonitor?channel=1&subtype=0",
			})
			out, err := probe(t, cam, password, "-show_entries", "stream=codec_name,width,height,avg_frame_rate")
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			codec := map[clips.Codec]string{clips.H264: "h264", clips.H265: "hevc"}[c.Codec]
			if want := fmt.Sprintf("%s,%d,%d,%d/1", codec, c.Width, c.Height, c.FrameRate); !strings.Contains(out, want) {
				t.Errorf("ffprobe says %q, want %q", out, want)
			}
		})
	}
}

func TestFfprobeIsRefusedWithAWrongPassword(t *testing.T) {
	ffprobe(t)
	cam := start(t, simcam.Config{Username: user, Password: password})
	if out, err := probe(t, cam, "guess"); err == nil || !strings.Contains(out, "401") {
		t.Errorf("%v, %q, want 401", err, out)
	}
	set(t, cam, simcam.Busy)
	if out, err := probe(t, cam, password); err == nil || !strings.Contains(out, "453") {
		t.Errorf("%v, %q, want 453", err, out)
	}
}
