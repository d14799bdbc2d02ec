package mapfile

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/phukin/phukin/hub/plan"
)

// key is the legend.
type key struct {
	a     *artist
	lines []entry // one or two lines of text each
}

// entry is a line of the legend.
type entry struct {
	height float64
	draw   func(at xy, width float64) // from the middle of its left end; nil for a space
}

func (k *key) height() float64 {
	sum := 0.0
	for _, e := range k.lines {
		sum += e.height
	}
	return sum
}

// legend says what the signs mean, and sums up.
func (a *artist) legend() *key {
	k := &key{a: a}
	length, seen, watched := a.sums(func(*stretch) bool { return true })
	for _, x := range []struct {
		kind kind
		mm   int64
	}{{inView, seen}, {controlled, watched}, {open, length - watched}} {
		k.line(x.kind, kilometres(x.mm, length))
	}
	k.space(3)
	var in, out int
	for _, g := range a.gateways() {
		if g.inView {
			in++
		} else {
			out++
		}
	}
	if in+out > 0 {
		for _, inView := range []bool{true, false} {
			n := out
			if inView {
				n = in
			}
			k.sign(gatewayName(inView), strconv.Itoa(n), func(at xy) { a.gateway(at, 4.2*a.u, inView, "") })
		}
	}
	k.statuses()
	return k
}

// statuses lists those of the cameras that are shown.
func (k *key) statuses() {
	a := k.a
	if a.NoCameras {
		return
	}
	counts := map[string]int{}
	for i := range a.Plan.Cameras {
		if c := &a.Plan.Cameras[i]; a.shows(c) {
			counts[a.Status(c).Code]++
		}
	}
	if len(counts) == 0 {
		return
	}
	k.space(3)
	k.heading(plan.Text{VI: "Camera (vạch: hướng nhìn)", EN: "cameras (tick: where they look)"})
	for _, status := range []string{up, degraded, down, unknown, maintenance, notInService} {
		if n := counts[status]; n > 0 || status == up || status == down {
			k.sign(statusName(status), strconv.Itoa(n), func(at xy) { a.symbol(status, at, 3.3*a.u, "") })
		}
	}
}

func (k *key) add(height float64, draw func(at xy, width float64)) {
	k.lines = append(k.lines, entry{height * k.a.u, draw})
}

func (k *key) space(height float64) { k.add(height, nil) }

// line is a kind of stretch, with its length.
func (k *key) line(kind kind, value string) {
	a := k.a
	height := 25.0
	if a.narrow {
		height = 15
	}
	k.add(height, func(at xy, width float64) {
		x := a.pen(kind)
		y := at.y
		if !a.narrow {
			y -= 5 * a.u
		}
		x.points = []xy{{at.x, y}, {at.x + 22*a.u, y}}
		a.add(x)
		a.words(xy{at.x + 28*a.u, y}, width-28*a.u, kindNames[kind], value, !a.narrow)
	})
}

// sign is a symbol, with how many there are.
func (k *key) sign(name plan.Text, value string, draw func(at xy)) {
	a := k.a
	k.add(14, func(at xy, width float64) {
		draw(xy{at.x + 11*a.u, at.y})
		a.words(xy{at.x + 28*a.u, at.y}, width-28*a.u, name, value, false)
	})
}

func (k *key) heading(name plan.Text) {
	a := k.a
	k.add(15, func(at xy, width float64) { a.words(at, width, name, "", false) })
}

// words writes a text in both languages, the second one below or behind it, and a
// value at the end of the line. At is the middle of the line's left end.
func (a *artist) words(at xy, width float64, name plan.Text, value string, below bool) {
	base := at.y + 0.36*a.body
	right := width
	if value != "" {
		a.write(xy{at.x + width, base}, value, a.body, true, 1, black)
		right -= faceOf(true).width(value, a.body) + 5*a.u
	}
	a.write(xy{at.x, base}, shortened(name.VI, false, a.body, right), a.body, false, 0, black)
	if below {
		a.write(xy{at.x, base + 1.25*a.small}, shortened(name.EN, false, a.small, width), a.small, false, 0, grey)
		return
	}
	used := faceOf(false).width(name.VI, a.body) + 5*a.u
	short, _, _ := strings.Cut(name.EN, " (")
	for _, en := range []string{name.EN, short} {
		if faceOf(false).width(en, a.small) <= right-used {
			a.write(xy{at.x + used, base}, en, a.small, false, 0, grey)
			return
		}
	}
}

// drawLegend draws the legend and, where there is room below it, the table of
// the routes.
func (a *artist) drawLegend(k *key, at xy, width, room float64) {
	a.begin("legend")
	y := at.y
	for _, e := range k.lines {
		if e.draw != nil {
			e.draw(xy{at.x, y + e.height/2}, width)
		}
		y += e.height
	}
	if !a.narrow {
		a.drawTable(xy{at.x, y + 6*a.u}, width, at.y+room-y-6*a.u)
	}
}

// drawTable lists the routes that are shown, as many as there is room for.
func (a *artist) drawTable(at xy, width, room float64) {
	var routes []int
	for i := range a.stretches {
		if n := len(routes); n == 0 || routes[n-1] != a.stretches[i].route {
			routes = append(routes, a.stretches[i].route)
		}
	}
	row := 12.5 * a.u
	fit := int(room/row) - 2
	if fit < 1 || len(routes) == 0 {
		return
	}
	a.begin("routes")
	columns := []float64{width - 104*a.u, width - 62*a.u, width}
	y := at.y + 0.8*row
	cells := func(bold bool, ink ink, size float64, name string, values ...string) {
		a.write(xy{at.x, y}, shortened(plain(name), bold, size, columns[0]-28*a.u), size, bold, 0, ink)
		for i, v := range values {
			a.write(xy{at.x + columns[i], y}, v, size, bold, 1, ink)
		}
		y += row
	}
	cells(true, black, a.small, "Tuyến", "km", "thấy %", "kiểm soát %")
	cells(false, grey, a.small*0.9, "route", "", "in view", "controlled")
	a.line(pale, 0.7*a.u, xy{at.x, y - 0.85*row}, xy{at.x + width, y - 0.85*row})
	y += 0.1 * row
	for n, i := range routes {
		if n == fit-1 && len(routes) > fit {
			cells(false, grey, a.small, fmt.Sprintf("… và %d tuyến khác / more", len(routes)-n))
			return
		}
		r := &a.Plan.Routes[i]
		length, seen, watched := a.sums(func(x *stretch) bool { return x.route == i })
		share := func(mm int64) string { return decimal(100*float64(mm)/float64(max(1, length)), 1) }
		cells(false, black, a.small, r.Code+" "+r.Name, decimal(float64(length)/1e6, 1), share(seen), share(watched))
	}
}

// lower gives a text with a small first letter.
func lower(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(r)) + s[n:]
}

// trailing gives how many digits after the point a number needs, two at most.
func trailing(v float64) int {
	_, rest, _ := strings.Cut(strconv.FormatFloat(v, 'f', 2, 64), ".")
	return len(strings.TrimRight(rest, "0"))
}
