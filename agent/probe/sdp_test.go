package probe_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"log"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/hub/wire"
)

const sdpHead = "v=0\no=- 1 1 IN IP4 0.0.0.0\ns=x\nt=0 0\n"

func TestADescriptionIsReadAsCamerasWriteIt(t *testing.T) {
	type want struct {
		Codec                   wire.Codec
		PayloadType             uint8
		Control, SessionControl string
		Sets                    string // base64, by commas
	}
	for _, tc := range []struct {
		name, sdp string
		want      want
	}{
		{"live555", `v=0
o=- 1459325504777324 1 IN IP4 192.168.0.123
s=RTSP/RTP stream from Network Video Server
a=control:*
m=video 0 RTP/AVP 96
a=rtpmap:96 H264/90000
a=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z00AHpWoKA9k,aO48gA==; profile-level-id=420029
a=x-framerate: 15
a=control:track1
m=audio 0 RTP/AVP 0
a=control:rtsp://109.195.127.207:554/mpeg4cif/trackID=2
a=Media_header:MEDIAINFO=494D4B4801;
`, want{wire.CodecH264, 96, "track1", "*", "Z00AHpWoKA9k,aO48gA=="}},
		{"no parameter sets", sdpHead + "m=video 0 RTP/AVP 35\na=rtpmap:35 h265/90000\n", want{wire.CodecH265, 35, "", "", ""}},
		{"hevc by its other name, unpadded sets, a list", sdpHead +
			"m=video 0 RTP/AVP 96\r\na=rtpmap:96 HEVC/90000\r\na=fmtp:96 sprop-vps=QAE ;sprop-sps=QgEB , QgE=;sprop-pps=RAE\r\n",
			want{wire.CodecH265, 96, "", "", "QAE=,QgEB,RAE="}},
		{"the second payload type", sdpHead + "m=video 0 RTP/AVP 97 98 99\na=rtpmap:97 MP4V-ES/90000\na=rtpmap:98 H264/90000\na=rtpmap:99 H265/90000\n" +
			"a=fmtp:99 sprop-sps=QgEB\na=fmtp:98 sprop-parameter-sets=Z00AHpWoKA9k\n", want{wire.CodecH264, 98, "", "", "Z00AHpWoKA9k"}},
		{"the second video", sdpHead + "m=video 0 RTP/AVP 31\na=control:a\nm=application 0 RTP/AVP 107\na=control:b\nm=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=control:c\n",
			want{wire.CodecH264, 96, "c", "", ""}},
		{"attributes that look like a codec", sdpHead + "m=video 0 RTP/AVP 96\na=rtpmap:96 JPEG2000/90000\na=tool H264/90000\n", want{wire.CodecNone, 96, "", "", ""}},
		{"a frame rate that looks like a clock", sdpHead + "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=framerate:25/1\n", want{wire.CodecH264, 96, "", "", ""}},
		{"sets that are not base64", sdpHead + "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=fmtp:96 sprop-parameter-sets=?!,Z00AHpWoKA9k,,\n",
			want{wire.CodecH264, 96, "", "", "Z00AHpWoKA9k"}},
		{"sets too long and too many", sdpHead + "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=fmtp:96 sprop-parameter-sets=" +
			strings.Repeat("A", 800) + strings.Repeat(",Z00A", 20) + "\n", want{wire.CodecH264, 96, "", "", strings.TrimSuffix(strings.Repeat("Z00A,", 8), ",")}},
		{"trailing zeros", sdpHead + "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\n\x00\x00", want{wire.CodecH264, 96, "", "", ""}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d, err := probe.ParseSDP([]byte(tc.sdp))
			if err != nil {
				t.Fatal(err)
			}
			var sets []string
			for _, s := range d.Sets() {
				sets = append(sets, base64.StdEncoding.EncodeToString(s))
			}
			got := want{d.Codec(), d.PayloadType(), d.Control(), d.SessionControl(), strings.Join(sets, ",")}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// vdk prints to the global log what it cannot decode.
func TestNoDescriptionMakesTheGlobalLogSpeak(t *testing.T) {
	var b bytes.Buffer
	log.SetOutput(&b)
	defer log.SetOutput(os.Stderr)
	for _, sprop := range []string{"sprop-vps=!!", "sprop-sps=Q", "sprop-pps=QgEB,QgEB", "sprop-pps=Qg EB", "sprop-sps=QgEB/x", "sprop-vps=Q=g="} {
		for _, codec := range []string{"H265", "H264", "a;sprop-vps=!", "sprop-vps=!;"} {
			_, _ = probe.ParseSDP([]byte(sdpHead + "m=video 0 RTP/AVP 96\na=rtpmap:96 " + codec + "/90000\na=fmtp:96 x=1;" + sprop + "\na=x:1;" + sprop + "\n"))
		}
	}
	if b.Len() > 0 {
		t.Errorf("the log says %q", b.String())
	}
}

func FuzzSDP(f *testing.F) {
	for _, s := range []string{
		sdpHead + "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z00AHpWoKA9k,aO48gA==\r\na=control:trackID=0\r\n",
		sdpHead + "m=video 0 RTP/AVP 97\na=rtpmap:97 H265/90000\na=fmtp:97 sprop-vps=QAE=;sprop-sps=QgEB;sprop-pps=RAE=\n",
		"m=video", "m=video 0 RTP/AVP 26", "m=audio 0 RTP/AVP 8\nm=video 0 RTP/AVP 300 -1 x", "\x00", "a=control:*\nu=\nx-framerate=1 2",
	} {
		f.Add([]byte(s))
	}
	var b bytes.Buffer
	log.SetOutput(&b)
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := probe.ParseSDP(body)
		if err != nil && (strings.Contains(err.Error(), "runtime error") || strings.Contains(err.Error(), "panic")) {
			t.Errorf("a parser panicked: %v", err)
		}
		if err != nil && !errors.Is(err, probe.ErrMalformed) && !strings.Contains(err.Error(), "no video") {
			t.Errorf("an error of no kind: %v", err)
		}
		if len(d.Sets()) > 8 || d.PayloadType() > 127 {
			t.Errorf("%d sets, payload type %d", len(d.Sets()), d.PayloadType())
		}
		if b.Len() > 0 {
			t.Errorf("the global log says %q", b.String())
		}
	})
}
