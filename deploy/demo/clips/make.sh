#!/bin/sh
# Makes the synthetic clips in this directory again. Nothing in them was ever
# seen by a camera: sky, ground, road, a gradient and two moving boxes, drawn by
# ffmpeg's own sources.
#
# Made with: ffmpeg 5.1.9-0+deb12u1 (Debian 12), libx264 164, libx265 3.5.
# One thread and bit-exact flags: the same versions give the same bytes. Other
# versions give other bytes that serve as well; `go test ./deploy/demo/clips`
# says whether they do.
#
# Every clip: raw Annex-B, 2 s long and made to loop (the cars leave the picture
# where they entered it), one closed GOP a second that starts with parameter sets
# and an IDR, no B-frames, no SEI.
#
# Needs: apt-get install ffmpeg
set -eu
cd "$(dirname "$0")"

seconds=2

# scene W H FPS: the filter graph that draws the picture.
scene() {
	w=$1 h=$2 fps=$3
	printf '%s' "gradients=s=${w}x${h}:r=${fps}:d=${seconds}:c0=0x6fa8dc:c1=0x274e13:x0=0:y0=0:x1=0:y1=${h}:nb_colors=2:seed=1:speed=0.00001,"
	printf '%s' "drawbox=x=0:y=ih*0.55:w=iw:h=ih*0.25:color=0x555555:t=fill,"
	printf '%s' "drawbox=x=0:y=ih*0.67:w=iw:h=ih*0.012:color=white@0.7:t=fill,"
	printf '%s' "drawbox=x=0:y=0:w=iw:h=ih*0.5:color=0x6fa8dc@0.4:t=fill[road];"
	printf '%s' "testsrc2=s=$((w / 10 / 2 * 2))x$((h / 9 / 2 * 2)):r=${fps}:d=${seconds}[car];"
	printf '%s' "color=c=red:s=$((w / 14 / 2 * 2))x$((h / 14 / 2 * 2)):r=${fps}:d=${seconds}[bike];"
	printf '%s' "[road][car]overlay=x='-w+(W+w)*mod(t/${seconds},1)':y=H*0.57[one];"
	printf '%s' "[one][bike]overlay=x='W-(W+w)*mod(t/${seconds},1)':y=H*0.70,format=yuv420p"
}

# h264 W H FPS CRF PROFILE
h264() {
	ffmpeg -hide_banner -loglevel error -y -f lavfi -i "$(scene "$1" "$2" "$3")" \
		-c:v libx264 -profile:v "$5" -preset slow -crf "$4" -g "$3" -keyint_min "$3" \
		-sc_threshold 0 -bf 0 -threads 1 -flags +bitexact+cgop -fflags +bitexact \
		-bsf:v 'filter_units=remove_types=6' -f h264 "h264-$2p.h264"
}

# h265 W H FPS CRF
h265() {
	ffmpeg -hide_banner -loglevel error -y -f lavfi -i "$(scene "$1" "$2" "$3")" \
		-c:v libx265 -preset medium -crf "$4" -threads 1 -flags +bitexact -fflags +bitexact \
		-x265-params "log-level=error:keyint=$3:min-keyint=$3:scenecut=0:bframes=0:open-gop=0:repeat-headers=1:info=0:pools=none:frame-threads=1" \
		-bsf:v 'filter_units=remove_types=39-40' -f hevc "h265-$2p.h265"
}

h264 1920 1080 15 26 high
h264 1280 720 15 26 main
h264 640 360 12 26 baseline
h265 2560 1440 15 28
h265 1920 1080 15 28
h265 640 360 12 28

ls -l ./*.h26?
