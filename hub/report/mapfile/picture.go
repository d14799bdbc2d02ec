package mapfile

import (
	"fmt"
	"math"

	"github.com/phukin/phukin/hub/geo"
)

// artist lays out a drawing.
type artist struct {
	*Map
	sheet
	u      float64 // what sizes are multiplied by
	narrow bool
	body   float64 // sizes of letters
	small  float64
	frame  box // of the map
	plane  plane
	extent extent
	runs   []run
	labels *labels
}

// draw makes the drawing of the map. The error is for whoever chose the size.
func (m *Map) draw(size Size) (*drawing, error) {
	a, err := m.artist(size)
	if err != nil {
		return nil, err
	}
	return &a.drawing, nil
}

// artist lays the drawing out, and draws it.
func (m *Map) artist(size Size) (*artist, error) {
	size, err := size.check()
	if err != nil {
		return nil, err
	}
	a := &artist{Map: m, u: size.unit(), narrow: size.narrow()}
	a.body, a.small = 10.5*a.u, 8.8*a.u
	a.width = float64(size.Width)
	if a.extent = m.bounds(); !a.extent.some {
		return nil, &Error{"", "không có gì để vẽ: không thứ nào được chọn có vị trí", "there is nothing to draw: nothing that is shown has a position"}
	}
	a.runs = m.runs()
	margin := 12 * a.u
	head := a.header(box{margin, margin, a.width - margin, 0})
	key := a.legend()
	const foot = 14
	if a.narrow {
		const least, most = 0.6, 1.4
		w := a.width - 2*margin
		least0 := head + 8*a.u + key.height() + 8*a.u + foot*a.u + margin
		tall := w * min(max(a.aspect(), least), most)
		if size.Height > 0 {
			tall = float64(size.Height) - least0
		}
		if tall < 120*a.u {
			least := int(math.Ceil(least0 + 120*a.u))
			return nil, &Error{"height", fmt.Sprintf("%d không đủ chỗ cho bản đồ; cho ít nhất %d, hoặc bỏ trống", size.Height, least), fmt.Sprintf("%d leaves no room for the map; give at least %d, or none", size.Height, least)}
		}
		a.height = math.Ceil(least0 + tall)
		a.frame = box{margin, head + 8*a.u, a.width - margin, head + 8*a.u + tall}
		a.drawMap()
		a.drawLegend(key, xy{margin, a.frame.bottom + 8*a.u}, w, math.Inf(1))
	} else {
		if size.Height == 0 {
			size.Height = landscape(size.Width)
		}
		a.height = float64(size.Height)
		side := 250 * a.u
		top, bottom := head+8*a.u, a.height-margin-foot*a.u
		if need := max(key.height(), 240*a.u); bottom-top < need {
			least := int(math.Ceil(a.height - bottom + top + need))
			return nil, &Error{"height", fmt.Sprintf("%d không đủ chỗ cho chú giải; cho ít nhất %d", size.Height, least), fmt.Sprintf("%d leaves no room for the legend; give at least %d", size.Height, least)}
		}
		a.frame = box{margin, top, a.width - margin - side - 10*a.u, bottom}
		a.drawMap()
		a.drawLegend(key, xy{a.frame.right + 10*a.u, top}, side, bottom-top)
	}
	a.footer(a.height - margin)
	return a, nil
}

// bounds gives where everything is that is shown.
func (m *Map) bounds() extent {
	var e extent
	for i := range m.stretches {
		x := &m.stretches[i]
		for _, p := range line(&m.Plan.Routes[x.route], x.from, x.to) {
			e.add(p)
		}
	}
	if m.NoCameras {
		return e
	}
	for i := range m.Plan.Sites {
		s := &m.Plan.Sites[i]
		if at, known := m.position(s); known && m.places[s.Code] {
			e.add(at)
		}
	}
	return e
}

// aspect gives height by width of what is shown.
func (a *artist) aspect() float64 {
	p := newPlane(a.extent, box{0, 0, 1, 1})
	w, h := (a.extent.high.Lon-a.extent.low.Lon)*p.kx, (a.extent.high.Lat-a.extent.low.Lat)*p.ky
	return max(h, leastExtent) / max(w, leastExtent)
}

// header writes what the map shows, of what and when, and gives how far down
// that goes.
func (a *artist) header(in box) float64 {
	a.begin("header")
	size, most := 15*a.u, 2
	if a.narrow {
		size, most = 12.5*a.u, 4
	}
	room := in.width()
	if a.Plan.Simulated && !a.narrow {
		room -= 190 * a.u
		a.badge(xy{in.right, in.top}, 1)
	}
	y := in.top
	title := a.Plan.Name
	for _, l := range lines(plain(title.VI), true, size, room, most) {
		y += size * 1.15
		a.write(xy{in.left, y}, l, size, true, 0, black)
	}
	a.title = plain(title.VI)
	state, level := stateName(a.State), a.level
	vi := fmt.Sprintf("Độ phủ %s, mức %s (%s điểm ảnh/m)", state.VI, lower(level.Name.VI), decimal(level.Density, trailing(level.Density)))
	en := fmt.Sprintf("Coverage, %s, level %s (%g px/m)", state.EN, lower(level.Name.EN), level.Density)
	for _, l := range lines(vi, true, a.body, room, 2) {
		y += a.body * 1.5
		a.write(xy{in.left, y}, l, a.body, true, 0, black)
	}
	if !a.narrow {
		used := faceOf(true).width(vi, a.body) + 10*a.u
		a.write(xy{in.left + used, y}, shortened(en, false, a.small, room-used), a.small, false, 0, grey)
	} else {
		y += a.small * 1.35
		a.write(xy{in.left, y}, shortened(en, false, a.small, room), a.small, false, 0, grey)
	}
	asOf := a.asOf()
	for _, l := range lines(plain(asOf), false, a.body, room, 3) {
		y += a.body * 1.4
		a.write(xy{in.left, y}, l, a.body, false, 0, black)
	}
	a.about = vi + ". " + en + ". " + plain(asOf)
	if a.Plan.Simulated {
		a.about += ". Dữ liệu mô phỏng / simulated data"
		if a.narrow {
			y += 7 * a.u
			a.badge(xy{in.left, y}, 0)
			y += 24 * a.u
		}
	}
	return y + 2*a.u
}

// badge says that nothing of it is real, at its upper corner: the left one with
// anchor 0, the right one with 1.
func (a *artist) badge(at xy, anchor float64) {
	vi, en := "DỮ LIỆU MÔ PHỎNG", "SIMULATED DATA"
	w, h := faceOf(true).width(vi+" · "+en, a.small)+12*a.u, 20*a.u
	b := box{at.x - anchor*w, at.y, at.x - anchor*w + w, at.y + h}
	a.rect(b, white, red, 1.4*a.u)
	a.write(xy{(b.left + b.right) / 2, b.top + 0.5*h + 0.35*a.small}, vi+" · "+en, a.small, true, 0.5, red)
}

func (a *artist) footer(y float64) {
	a.begin("footer")
	share := decimal(math.Ceil(a.plane.error(a.extent)*1e4)/100, 2)
	text := fmt.Sprintf("Chỉ vẽ các tuyến của kế hoạch, không có nền bản đồ. Đoạn trong tầm quan sát ngắn hơn %s m được vẽ dài bằng chừng ấy. Phép chiếu phẳng tại chỗ: chiều dài sai không quá %s %%.",
		decimal(a.leastLength(), 0), share)
	if a.narrow {
		text = fmt.Sprintf("Chỉ vẽ các tuyến của kế hoạch. Phép chiếu tại chỗ, sai số ≤ %s %%.", share)
	}
	size := a.small * 0.95
	a.write(xy{12 * a.u, y}, shortened(text, false, size, a.width-24*a.u), size, false, 0, grey)
}

// leastDrawn is how long a stretch in view is drawn at least, in units: else at
// the scale of a district none could be seen.
const leastDrawn = 2.5

// leastLength is the same in metres.
func (a *artist) leastLength() float64 { return leastDrawn * a.u / a.plane.scale }

// drawMap draws what is inside the frame.
func (a *artist) drawMap() {
	inner := a.frame.grown(-26 * a.u)
	a.plane = newPlane(a.extent, inner)
	a.labels = newLabels(a.frame.grown(-2*a.u), 3*a.u)
	a.begin("frame")
	a.rect(a.frame, white, black, 0.8*a.u)
	a.furniture()
	a.drawFootprints()
	a.drawRoutes()
	a.drawGateways()
	a.drawCameras()
	a.drawLabels()
}

// run is a piece of a route that is drawn in one way.
type run struct {
	route    int
	from, to int64 // millimetres
	kind     kind
}

// runs joins the neighbouring stretches that are drawn alike.
func (m *Map) runs() []run {
	own := m.own()
	var out []run
	for i := range m.stretches {
		x := &m.stretches[i]
		k := open
		switch {
		case x.inView[own]:
			k = inView
		case x.controlled[own]:
			k = controlled
		}
		if n := len(out); n > 0 && out[n-1].route == x.route && out[n-1].to == x.from && out[n-1].kind == k {
			out[n-1].to = x.to
			continue
		}
		out = append(out, run{x.route, x.from, x.to, k})
	}
	return out
}

// pen is how a kind of stretch is drawn. Kinds differ in width and dash, so that
// they can be told apart without colour.
func (a *artist) pen(k kind) shape {
	switch k {
	case inView:
		return shape{stroke: blue, width: 5.5 * a.u}
	case controlled:
		return shape{stroke: blue, width: 1.8 * a.u}
	default:
		return shape{stroke: red, width: 1.1 * a.u, dash: []float64{4 * a.u, 2.6 * a.u}}
	}
}

func (a *artist) drawRoutes() {
	for k := open; k <= inView; k++ {
		a.begin(kindCodes[k])
		for i := range a.runs {
			r := &a.runs[i]
			if r.kind != k {
				continue
			}
			route := &a.Plan.Routes[r.route]
			points := a.course(r)
			if len(points) < 2 {
				continue
			}
			x := a.pen(k)
			x.points = points
			from, to := geo.FormatChainage(chainage(route, r.from)), geo.FormatChainage(chainage(route, r.to))
			x.tip = fmt.Sprintf("%s %s – %s (%s m): %s", plain(route.Code), from, to, decimal(metres(r.to-r.from), 0), lower(kindNames[k].VI))
			x.data = [][2]string{{"route", route.Code}, {"from-mm", fmt.Sprint(r.from)}, {"to-mm", fmt.Sprint(r.to)}}
			a.add(x)
			a.labels.road(points)
			if k == inView {
				a.labels.marks = append(a.labels.marks, bounds([][]xy{points}).grown(x.width/2))
			}
		}
	}
}

// course gives where a run is drawn, with as many points as can be told apart.
func (a *artist) course(r *run) []xy {
	from, to := metres(r.from), metres(r.to)
	if r.kind == inView {
		if short := a.leastLength() - (to - from); short > 0 {
			from, to = from-short/2, to+short/2
		}
	}
	return thin(a.plane.all(a.Plan.Routes[r.route].Line.Slice(from, to)), 0.4*a.u)
}

// thin leaves out the inner points of a line that are nearer than so much to
// the one before.
func thin(line []xy, apart float64) []xy {
	if len(line) < 3 {
		return line
	}
	out := line[:1]
	for _, p := range line[1 : len(line)-1] {
		if last := out[len(out)-1]; math.Hypot(p.x-last.x, p.y-last.y) >= apart {
			out = append(out, p)
		}
	}
	return append(out, line[len(line)-1])
}

// furniture draws the scale bar and the arrow to the north, which labels keep
// clear of.
func (a *artist) furniture() {
	a.begin("furniture")
	long := nice(0.22 * a.frame.width() / a.plane.scale)
	w := long * a.plane.scale
	x, y := a.frame.left+10*a.u, a.frame.bottom-12*a.u
	text := decimal(long, 0) + " m"
	if long >= 1000 {
		text = decimal(long/1000, 0) + " km"
	}
	for i := range 4 {
		fill := black
		if i%2 == 1 {
			fill = white
		}
		a.rect(box{x + w*float64(i)/4, y, x + w*float64(i+1)/4, y + 4*a.u}, fill, black, 0.7*a.u)
	}
	a.write(xy{x, y - 4*a.u}, "0", a.small, false, 0, black)
	a.write(xy{x + w, y - 4*a.u}, text, a.small, false, 0.5, black)
	half := faceOf(false).width(text, a.small) / 2
	a.labels.taken = append(a.labels.taken, box{x - 4*a.u, y - 16*a.u, x + w + half + 4*a.u, y + 8*a.u})

	nx, ny := a.frame.right-16*a.u, a.frame.top+10*a.u
	a.add(shape{points: []xy{{nx, ny}, {nx + 5*a.u, ny + 18*a.u}, {nx, ny + 14*a.u}, {nx - 5*a.u, ny + 18*a.u}}, closed: true, fill: black})
	a.write(xy{nx, ny + 29*a.u}, "B", a.body, true, 0.5, black)
	a.labels.taken = append(a.labels.taken, box{nx - 10*a.u, ny - 4*a.u, nx + 10*a.u, ny + 34*a.u})
}

// nice gives the greatest of 1, 2, 5, 10 … that is not above v.
func nice(v float64) float64 {
	p := math.Pow(10, math.Floor(math.Log10(max(v, 1))))
	for _, k := range []float64{5, 2} {
		if k*p <= v {
			return k * p
		}
	}
	return p
}
