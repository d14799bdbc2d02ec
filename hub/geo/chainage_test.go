package geo_test

import (
	"math"
	"strings"
	"testing"

	"github.com/phukin/phukin/hub/geo"
	"pgregory.net/rapid"
)

func TestParseChainageReadsWhatPeopleWrite(t *testing.T) {
	for _, c := range []struct {
		text string
		want float64
	}{
		{"Km12+500", 12500},
		{"KM12+500", 12500},
		{"km12+500", 12500},
		{"12+500", 12500},
		{" Km 12 + 500 ", 12500},
		{"Km\u00a012+500", 12500},
		{"Km0+000", 0},
		{"Km0+5", 5},
		{"Km012+050", 12050},
		{"Km12+999.5", 12999.5},
		{"Km12+007,25", 12007.25},
		{"Km12", 12000},
		{"-Km0+250", -250},
		{"Km99999+999", 99999999},
	} {
		t.Run(c.text, func(t *testing.T) {
			got, err := geo.ParseChainage(c.text)
			if err != nil || got != c.want {
				t.Errorf("got %v, %v; want %v", got, err, c.want)
			}
		})
	}
}

func TestParseChainageSaysWhatWouldBeRight(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", "the + between"},
		{"a bare number", "12500", "the + between"},
		{"a word", "Km", "kilometres are digits"},
		{"metres past 999", "Km12+1000", "0 to 999"},
		{"decimals of kilometres", "Km12.5+000", "kilometres are digits"},
		{"no kilometres", "+500", "kilometres are digits"},
		{"no metres", "Km12+", "metres are digits"},
		{"a sign before the metres", "Km12+-50", "metres are digits"},
		{"an exponent", "Km12+1e2", "metres are digits"},
		{"digits of another script", "Km1٢+500", "kilometres are digits"},
		{"two pluses", "Km12+500+1", "metres are digits"},
		{"too many kilometres", "Km123456+000", "at most 5 digits"},
		{"a point without decimals", "Km12+5.", "metres are digits"},
		{"too many decimals", "Km12+5.0123456789", "at most 9 decimals"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := geo.ParseChainage(c.text)
			if err == nil {
				t.Fatalf("was read as %v", got)
			}
			if !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "write Km12+500") {
				t.Errorf("error %q does not say %q and what to write", err, c.want)
			}
		})
	}
}

func TestFormatChainageRoundsWithCarry(t *testing.T) {
	for _, c := range []struct {
		metres float64
		want   string
	}{
		{12500, "Km12+500"},
		{0, "Km0+000"},
		{7, "Km0+007"},
		{12499.5, "Km12+500"},
		{12499.49, "Km12+499"},
		{12999.5, "Km13+000"},
		{999.9999, "Km1+000"},
		{-0.4, "Km0+000"},
		{-250, "-Km0+250"},
		{-999.6, "-Km1+000"},
		{math.NaN(), "Km?"},
		{math.Inf(-1), "Km?"},
	} {
		t.Run(c.want, func(t *testing.T) {
			if got := geo.FormatChainage(c.metres); got != c.want {
				t.Errorf("%v is written %q, want %q", c.metres, got, c.want)
			}
		})
	}
}

func FuzzParseChainage(f *testing.F) {
	for _, s := range []string{"Km12+500", "12+500", "km 0 + 0,5", "-Km1+000", "Km12", "", "+", "Km٣+1", "Km1+1.1.1", "Km\xff+1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := geo.ParseChainage(s)
		if err != nil {
			if m != 0 || !strings.Contains(err.Error(), "write Km12+500") {
				t.Errorf("%q: %v, %v", s, m, err)
			}
			return
		}
		if !(math.Abs(m) < 1e8) {
			t.Fatalf("%q is %v m", s, m)
		}
		again, err := geo.ParseChainage(geo.FormatChainage(m))
		// At the last metre that can be read, rounding may carry past it.
		if math.Abs(m) < 99999999.5 && (err != nil || math.Abs(again-m) > 0.5) {
			t.Errorf("%q is %v m, written %q, which is %v (%v)", s, m, geo.FormatChainage(m), again, err)
		}
	})
}

func TestChainageIsInterpolatedBetweenPosts(t *testing.T) {
	// From Km4+000 at 100 m; the next two kilometres by their posts are 900
	// and 1200 m of line.
	c, err := geo.NewCalibration(3000, []geo.Post{{At: 100, Chainage: 4000}, {At: 1000, Chainage: 5000}, {At: 2200, Chainage: 6000}})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []struct {
		name         string
		at, chainage float64
	}{
		{"before the first post a metre is a metre", 0, 3900},
		{"at a post", 1000, 5000},
		{"halfway through a short kilometre", 550, 4500},
		{"halfway through a long kilometre", 1600, 5500},
		{"at the last post", 2200, 6000},
		{"after the last post a metre is a metre", 3000, 6800},
		{"off the line", 3100, 6900},
	} {
		t.Run(v.name, func(t *testing.T) {
			if got := c.Chainage(v.at); math.Abs(got-v.chainage) > 1e-9 {
				t.Errorf("Chainage(%v) = %v, want %v", v.at, got, v.chainage)
			}
			if got := c.At(v.chainage); math.Abs(got-v.at) > 1e-9 {
				t.Errorf("At(%v) = %v, want %v", v.chainage, got, v.at)
			}
		})
	}
}

func TestWithoutPostsChainageIsTheDistance(t *testing.T) {
	c, err := geo.NewCalibration(3000, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Chainage(1234.5) != 1234.5 || c.At(1234.5) != 1234.5 {
		t.Errorf("got %v and %v", c.Chainage(1234.5), c.At(1234.5))
	}
}

func TestNewCalibrationRefusesPostsOutOfOrder(t *testing.T) {
	type P = geo.Post
	for _, c := range []struct {
		name   string
		length float64
		posts  []P
		want   []string
	}{
		{"a line of no length", 0, nil, []string{"above 0 m"}},
		{"a line of no number", math.NaN(), nil, []string{"above 0 m"}},
		{"a post before the line", 100, []P{{-1, 0}}, []string{"post 0", "between 0 and 100.00 m"}},
		{"a post past the line", 100, []P{{0, 0}, {101, 2000}}, []string{"post 1", "Km2+000", "101.00 m", "between 0 and 100.00 m"}},
		{"a chainage of no number", 100, []P{{0, math.NaN()}}, []string{"post 0", "not finite"}},
		{"two posts at one place", 100, []P{{0, 0}, {50, 40}, {50, 60}}, []string{"post 2", "Km0+060", "direction of the line"}},
		{"chainage that runs backwards", 100, []P{{0, 2000}, {50, 1950}}, []string{"post 1", "Km1+950", "Km2+000", "in which its chainage grows"}},
		{"one chainage at two places", 100, []P{{0, 2000}, {50, 2000}}, []string{"post 1", "in which its chainage grows"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := geo.NewCalibration(c.length, c.posts)
			if err == nil {
				t.Fatal("was accepted")
			}
			for _, part := range c.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q does not say %q", err, part)
				}
			}
		})
	}
}

func TestCalibrationGoesThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var posts []geo.Post
		p := geo.Post{At: rapid.Float64Range(0, 500).Draw(t, "first"), Chainage: rapid.Float64Range(-1000, 90000).Draw(t, "zero")}
		for range rapid.IntRange(0, 6).Draw(t, "posts") {
			posts = append(posts, p)
			p.At += rapid.Float64Range(1, 2000).Draw(t, "step")
			p.Chainage += rapid.Float64Range(1, 2000).Draw(t, "marked")
		}
		c, err := geo.NewCalibration(p.At+1, posts)
		if err != nil {
			t.Fatal(err)
		}
		a := rapid.Float64Range(-100, p.At+100).Draw(t, "a")
		b := rapid.Float64Range(-100, p.At+100).Draw(t, "b")
		if back := c.At(c.Chainage(a)); math.Abs(back-a) > 1e-6 {
			t.Fatalf("%v came back as %v", a, back)
		}
		if a < b && c.Chainage(a) > c.Chainage(b) {
			t.Fatalf("chainage falls from %v to %v", c.Chainage(a), c.Chainage(b))
		}
	})
}
