package main

import (
	"context"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/phukin/phukin/agent/probe"
)

// One conversation with a bench's camera: what it was asked, each request as
// sorted lines, and how long its answers were.
func conversationOf(t *testing.T, have func(ctx context.Context, addr string) error, cam *benchCamera) (said []string, script []step) {
	t.Helper()
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	done := make(chan error, 1)
	go func() {
		conn, err := ln.Accept()
		if err == nil {
			cam.serve(conn)
		}
		done <- err
	}()
	if err := have(t.Context(), ln.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	for _, s := range cam.script {
		lines := strings.Split(strings.ReplaceAll(s.Request, ln.Addr().String(), "host"), "\r\n")
		slices.Sort(lines[1:])
		said = append(said, strings.Join(lines, "\n"))
	}
	return said, cam.script
}

// A ratio says something only if both sides have the same conversation. The
// camera lets nobody in whose answer to the challenge is wrong, and the address
// of the camera, a part of that answer, differs from one conversation to the
// next: so bare must have made its own.
func TestTheBareClientHasTheConversationOfTheProbe(t *testing.T) {
	for _, depth := range []probe.Depth{probe.Light, probe.Keyframe} {
		t.Run(depth.String(), func(t *testing.T) {
			cam, err := newBenchCamera("h264-1080p")
			if err != nil {
				t.Fatal(err)
			}
			var of string
			want, script := conversationOf(t, func(ctx context.Context, addr string) error {
				of = addr
				o := clientOrder{Kind: depth.String(), Addr: addr}
				return o.probe(ctx)
			}, cam)
			if n := map[probe.Depth]int{probe.Light: 3, probe.Keyframe: 6}[depth]; len(want) != n {
				t.Fatalf("%d requests, want %d: %q", len(want), n, want)
			}
			got, _ := conversationOf(t, func(ctx context.Context, addr string) error {
				rs, err := requests(script)
				if err != nil {
					return err
				}
				for i := range rs {
					rs[i].uri = strings.ReplaceAll(rs[i].uri, of, addr)
				}
				return bare(ctx, addr, rs, len(cam.frames[0]), 0)
			}, cam)
			for i := range want {
				if g, w := withoutResponse(got[i]), withoutResponse(want[i]); g != w {
					t.Errorf("request %d is\n%s\nwant\n%s", i+1, g, w)
				}
			}
			if len(got) != len(want) {
				t.Errorf("%d requests, want %d", len(got), len(want))
			}
		})
	}
}

// withoutResponse cuts the hash off, which holds the address of the camera.
func withoutResponse(request string) string {
	before, rest, _ := strings.Cut(request, `response="`)
	_, after, _ := strings.Cut(rest, `"`)
	return before + after
}
