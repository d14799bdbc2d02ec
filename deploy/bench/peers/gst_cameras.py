#!/usr/bin/python3
"""GStreamer's RTSP servers as cameras, for deploy/bench and deploy/e2e.

usage: gst_cameras.py DIR

DIR has NAME.crt and NAME.key for NAME of good, expired and other. Serves on free
ports of 127.0.0.1, one for each way to be asked for a password or to be spoken
to over TLS. Prints "port NAME PORT" for each and then "ready", and runs until
its standard input is closed.
"""
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

USER, PASSWORD = "viewer", "p@ss w/rd"

H264 = "videotestsrc is-live=true pattern=ball ! video/x-raw,width=640,height=360,framerate=15/1 ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 bitrate=500 ! rtph264pay name=%s pt=96"
H265 = "videotestsrc is-live=true pattern=ball ! video/x-raw,width=642,height=362,framerate=10/1 ! x265enc tune=zerolatency speed-preset=ultrafast key-int-max=10 bitrate=300 ! rtph265pay name=%s pt=96"
JPEG = "videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width=480,height=272,framerate=10/1 ! jpegenc ! rtpjpegpay name=%s"
AUDIO = "audiotestsrc is-live=true ! audio/x-raw,rate=8000,channels=1 ! alawenc ! rtppcmapay name=%s"

STREAMS = {
    "/h264": H264 % "pay0",
    "/h265": H265 % "pay0",
    "/mjpeg": JPEG % "pay0",
    "/h264-audio": H264 % "pay0" + " " + AUDIO % "pay1",
    "/audio-h264": AUDIO % "pay0" + " " + H264 % "pay1",
    "/audio-h265": AUDIO % "pay0" + " " + H265 % "pay1",
    "/udp-h264": H264 % "pay0",
    "/udp-mjpeg": JPEG % "pay0",
    "/audio": AUDIO % "pay0",
    "/vp8": "videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=10/1 ! vp8enc deadline=1 ! rtpvp8pay name=pay0",
}

SERVERS = {
    "none": (None, None),
    "basic": (GstRtsp.RTSPAuthMethod.BASIC, None),
    "digest": (GstRtsp.RTSPAuthMethod.DIGEST, None),
    "tls": (None, "good"),
    "tls-expired": (None, "expired"),
    "tls-other": (None, "other"),
    "tls-digest": (GstRtsp.RTSPAuthMethod.DIGEST, "good"),
}


def token(role):
    t = GstRtspServer.RTSPToken()
    t.set_string("media.factory.role", role)
    return t


def serve(method, certificate, folder):
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service("0")
    if method is not None or certificate is not None:
        auth = GstRtspServer.RTSPAuth()
        if certificate is not None:
            path = folder + "/" + certificate
            auth.set_tls_certificate(Gio.TlsCertificate.new_from_files(path + ".crt", path + ".key"))
        if method is None:
            auth.set_default_token(token("viewer"))
        else:
            auth.set_supported_methods(method)
            if method == GstRtsp.RTSPAuthMethod.BASIC:
                auth.add_basic(GstRtspServer.RTSPAuth.make_basic(USER, PASSWORD), token("viewer"))
            else:
                auth.add_digest(USER, PASSWORD, token("viewer"))
        server.set_auth(auth)
    for path, pipeline in STREAMS.items():
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch("( " + pipeline + " )")
        factory.set_shared(True)
        if path.startswith("/udp-"):
            factory.set_protocols(GstRtsp.RTSPLowerTrans.UDP)
        if server.get_auth() is not None:
            roles = GstRtspServer.RTSPPermissions()
            roles.add_permission_for_role("viewer", "media.factory.access", True)
            roles.add_permission_for_role("viewer", "media.factory.construct", True)
            factory.set_permissions(roles)
        server.get_mount_points().add_factory(path, factory)
    if server.attach(None) == 0:
        sys.exit("cannot listen")
    return server


def main():
    Gst.init(None)
    servers = []
    for name, (method, certificate) in SERVERS.items():
        servers.append(serve(method, certificate, sys.argv[1]))
        print("port", name, servers[-1].get_bound_port(), flush=True)
    print("ready", flush=True)
    loop = GLib.MainLoop()
    GLib.io_add_watch(sys.stdin, GLib.IO_IN | GLib.IO_HUP, lambda *_: loop.quit())
    loop.run()


main()
