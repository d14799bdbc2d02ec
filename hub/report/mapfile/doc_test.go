package mapfile_test

import (
	"bytes"
	"flag"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/report/mapfile"
)

var update = flag.Bool("update", false, "write the pictures of docs/map.md anew")

// The pictures of the page are what the program draws of the example plan.
func TestThePagesPicturesAreTheExamples(t *testing.T) {
	for _, c := range []struct {
		name    string
		options mapfile.Options
		level   string
		size    mapfile.Size
	}{
		{"map-sample.png", mapfile.Options{}, "detection", mapfile.Size{}},
		{"map-route.png", mapfile.Options{Route: "DT550"}, "detection", mapfile.Size{Width: 800, Height: 560}},
	} {
		m := drawn(t, coverage.Working, c.level, c.options)
		file := written(t, func(w io.Writer) error { return m.WritePNG(w, c.size) })
		page := filepath.Join("../../../docs/images", c.name)
		if *update {
			if err := os.WriteFile(page, file, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		had, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		if n := differ(t, had, file); n > 20 { // other machines round otherwise
			t.Errorf("%s: %d pixels are not what is drawn now; mend it with: go test ./hub/report/mapfile -run Pictures -update", c.name, n)
		}
	}
}

// differ counts the pixels that differ clearly.
func differ(t *testing.T, a, b []byte) int {
	t.Helper()
	var pictures [2]image.Image
	for i, file := range [][]byte{a, b} {
		p, err := png.Decode(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		pictures[i] = p
	}
	if pictures[0].Bounds() != pictures[1].Bounds() {
		return pictures[1].Bounds().Dx() * pictures[1].Bounds().Dy()
	}
	n := 0
	for y := range pictures[0].Bounds().Dy() {
		for x := range pictures[0].Bounds().Dx() {
			r0, g0, b0, _ := pictures[0].At(x, y).RGBA()
			r1, g1, b1, _ := pictures[1].At(x, y).RGBA()
			for _, d := range []int{int(r0) - int(r1), int(g0) - int(g1), int(b0) - int(b1)} {
				if d > 0x1000 || d < -0x1000 {
					n++
					break
				}
			}
		}
	}
	return n
}
