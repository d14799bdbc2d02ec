package geo

import (
	"errors"
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"
	"unicode"
)

// Post is a kilometre post, or any place of confirmed chainage: At metres from
// the start of the line stands the chainage Chainage, in metres.
type Post struct{ At, Chainage float64 }

// Calibration translates between distances along a line and chainage (lý
// trình), which counts along the road's own posts and seldom agrees with the
// geometry. Both are metres. Between two posts it interpolates; before the
// first and after the last a metre is a metre.
type Calibration struct{ posts []Post }

// NewCalibration makes a calibration for a line of a length in metres. The
// posts, which it copies, must be finite, lie on the line, and ascend strictly
// both in At and in Chainage: a line must be drawn in the direction in which
// its chainage grows. Without posts, chainage is the distance from the start.
// Errors name the post, counted from 0, and what would be right.
func NewCalibration(length float64, posts []Post) (*Calibration, error) {
	if !(length > 0) || math.IsInf(length, 0) {
		return nil, fmt.Errorf("the length of a line must be above 0 m, not %v", length)
	}
	c := &Calibration{posts: make([]Post, 0, max(1, len(posts)))}
	for i, p := range posts {
		if err := checkPost(p, length); err != nil {
			return nil, fmt.Errorf("post %d: %w", i, err)
		}
		if i > 0 {
			if err := checkOrder(posts[i-1], p); err != nil {
				return nil, fmt.Errorf("post %d: %w", i, err)
			}
		}
		c.posts = append(c.posts, p)
	}
	if len(posts) == 0 {
		c.posts = append(c.posts, Post{})
	}
	return c, nil
}

func checkPost(p Post, length float64) error {
	switch {
	case math.IsNaN(p.At) || math.IsInf(p.At, 0) || math.IsNaN(p.Chainage) || math.IsInf(p.Chainage, 0):
		return fmt.Errorf("distance %v or chainage %v is not finite; give metres", p.At, p.Chainage)
	case p.At < 0 || p.At > length:
		return fmt.Errorf("%s stands at %.2f m, off the line; it must stand between 0 and %.2f m",
			FormatChainage(p.Chainage), p.At, length)
	}
	return nil
}

func checkOrder(a, b Post) error {
	switch {
	case !(b.At > a.At):
		return fmt.Errorf("%s stands at %.2f m, not past the post before it at %.2f m; list posts in the direction of the line",
			FormatChainage(b.Chainage), b.At, a.At)
	case !(b.Chainage > a.Chainage):
		return fmt.Errorf("chainage %s is not above %s of the post before it; draw the line in the direction in which its chainage grows",
			FormatChainage(b.Chainage), FormatChainage(a.Chainage))
	}
	return nil
}

// Chainage gives the chainage in metres at a distance in metres from the start
// of the line.
func (c *Calibration) Chainage(at float64) float64 {
	i := sort.Search(len(c.posts), func(i int) bool { return c.posts[i].At > at })
	switch i {
	case 0:
		return c.posts[0].Chainage + (at - c.posts[0].At)
	case len(c.posts):
		p := c.posts[i-1]
		return p.Chainage + (at - p.At)
	}
	a, b := c.posts[i-1], c.posts[i]
	return a.Chainage + (at-a.At)/(b.At-a.At)*(b.Chainage-a.Chainage)
}

// At gives the distance in metres from the start of the line at which a
// chainage in metres stands: the inverse of Chainage. It is below 0 or past
// the line's length if the chainage is not on the line.
func (c *Calibration) At(chainage float64) float64 {
	i := sort.Search(len(c.posts), func(i int) bool { return c.posts[i].Chainage > chainage })
	switch i {
	case 0:
		return c.posts[0].At + (chainage - c.posts[0].Chainage)
	case len(c.posts):
		p := c.posts[i-1]
		return p.At + (chainage - p.Chainage)
	}
	a, b := c.posts[i-1], c.posts[i]
	return a.At + (chainage-a.Chainage)/(b.Chainage-a.Chainage)*(b.At-a.At)
}

// ParseChainage reads a chainage such as Km12+500 and gives it in metres. The
// letters may be in any case or missing, spaces do not matter, the metres are
// 0 to 999 and may have decimals after a point or a comma; Km12 alone is
// Km12+000. A chainage before the zero post has its sign in front: -Km0+250.
func ParseChainage(s string) (float64, error) {
	m, err := parseChainage(s)
	if err != nil {
		return 0, fmt.Errorf("%q is not a chainage: %w; write Km12+500", s, err)
	}
	return m, nil
}

func parseChainage(s string) (float64, error) {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
	s, negative := strings.CutPrefix(s, "-")
	marked := len(s) >= 2 && strings.EqualFold(s[:2], "km")
	if marked {
		s = s[2:]
	}
	whole, rest, plus := strings.Cut(s, "+")
	switch {
	case !plus && !marked:
		return 0, errors.New("the + between kilometres and metres is missing")
	case !isDigits(whole):
		return 0, errors.New("kilometres are digits only")
	case len(whole) > 5:
		return 0, errors.New("kilometres have at most 5 digits")
	}
	km, err := strconv.Atoi(whole)
	if err != nil {
		return 0, errors.New("kilometres are digits only")
	}
	metres := 0.0
	if plus {
		if metres, err = parseMetres(rest); err != nil {
			return 0, err
		}
	}
	total := float64(km)*1000 + metres
	if negative && total != 0 {
		total = -total
	}
	return total, nil
}

func parseMetres(s string) (float64, error) {
	whole, fraction, decimal := strings.Cut(strings.Replace(s, ",", ".", 1), ".")
	switch {
	case !isDigits(whole) || decimal && !isDigits(fraction):
		return 0, errors.New("metres are digits, 0 to 999")
	case len(whole) > 3:
		return 0, errors.New("metres go from 0 to 999, a thousand is the next kilometre")
	case len(fraction) > 9:
		return 0, errors.New("metres have at most 9 decimals")
	}
	m, err := strconv.ParseFloat(whole+"."+fraction+"0", 64)
	if err != nil {
		return 0, errors.New("metres are digits, 0 to 999")
	}
	return m, nil
}

func isDigits(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return s != ""
}

// FormatChainage writes a chainage in metres as Km12+500, rounded to whole
// metres, halves away from zero. One below zero has its sign in front,
// -Km0+250, and one that is no number is Km?.
func FormatChainage(m float64) string {
	m = math.Round(m)
	if !(math.Abs(m) < 1e12) {
		return "Km?"
	}
	sign := ""
	if m < 0 {
		sign, m = "-", -m
	}
	n := int64(m)
	return fmt.Sprintf("%sKm%d+%03d", sign, n/1000, n%1000)
}
