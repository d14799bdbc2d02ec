package peers

import (
	"context"
	_ "embed"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed gst_cameras.py
var gstScript []byte

// python is Debian's: it alone knows Debian's GStreamer.
const python = "/usr/bin/python3"

const gstCheck = `import gi
gi.require_version('Gst', '1.0')
gi.require_version('GstRtspServer', '1.0')
from gi.repository import Gio, Gst, GstRtspServer
Gst.init(None)
assert all(Gst.ElementFactory.find(n) for n in ('x264enc', 'x265enc', 'vp8enc', 'jpegenc', 'rtph264pay', 'alawenc'))
assert Gio.TlsBackend.get_default().supports_tls()
`

func (r *Running) startGStreamer(ctx context.Context) error {
	if err := exec.CommandContext(ctx, python, "-c", gstCheck).Run(); err != nil {
		return &MissingError{"GStreamer's RTSP server", "apt-get install python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-{base,good,bad,ugly} glib-networking"}
	}
	if err := r.makeCertificates(); err != nil {
		return err
	}
	script := filepath.Join(r.certs.dir, "gst_cameras.py")
	if err := os.WriteFile(script, gstScript, 0o600); err != nil {
		return err
	}
	c, err := r.spawn(exec.CommandContext(ctx, python, script, r.certs.dir))
	if err != nil {
		return err
	}
	if err := c.until(ctx, func(said string) bool { return strings.Contains(said, "ready\n") }); err != nil {
		return err
	}
	for line := range strings.Lines(c.output()) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "port" {
			r.ports[f[1]] = f[2]
		}
	}
	return nil
}
