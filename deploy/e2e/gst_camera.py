#!/usr/bin/python3
"""GStreamer's RTSP server as a camera for end-to-end tests.

usage: gst_camera.py PORT [USER PASSWORD]

Serves synthetic live pictures at /h264 (1280x720, 15 fps) and /h265 (640x360,
10 fps) on 127.0.0.1:PORT; port 0 takes a free one. Prints "ready PORT" and runs
until its standard input is closed or it is killed.
"""
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

STREAMS = {
    "/h264": "videotestsrc is-live=true pattern=ball ! video/x-raw,width=1280,height=720,framerate=15/1 ! "
    "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 bitrate=500 ! rtph264pay name=pay0 pt=96",
    "/h265": "videotestsrc is-live=true pattern=ball ! video/x-raw,width=640,height=360,framerate=10/1 ! "
    "x265enc tune=zerolatency speed-preset=ultrafast key-int-max=10 bitrate=300 ! rtph265pay name=pay0 pt=96",
}


def main():
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(sys.argv[1])
    secured = len(sys.argv) > 3
    if secured:
        auth = GstRtspServer.RTSPAuth()
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", "viewer")
        auth.add_digest(sys.argv[2], sys.argv[3], token)
        auth.set_supported_methods(GstRtspServer.RTSPAuthMethod.DIGEST if hasattr(GstRtspServer, "RTSPAuthMethod") else 2)
        server.set_auth(auth)
    for path, pipeline in STREAMS.items():
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch("( " + pipeline + " )")
        factory.set_shared(True)
        if secured:
            roles = GstRtspServer.RTSPPermissions()
            roles.add_permission_for_role("viewer", "media.factory.access", True)
            roles.add_permission_for_role("viewer", "media.factory.construct", True)
            factory.set_permissions(roles)
        server.get_mount_points().add_factory(path, factory)
    if server.attach(None) == 0:
        sys.exit("cannot listen on 127.0.0.1:" + sys.argv[1])
    print("ready", server.get_bound_port(), flush=True)
    loop = GLib.MainLoop()
    GLib.io_add_watch(sys.stdin, GLib.IO_IN | GLib.IO_HUP, lambda *_: loop.quit())
    loop.run()


main()
