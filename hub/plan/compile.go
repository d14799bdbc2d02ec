package plan

import (
	"fmt"
	"time"
)

// Compiled is a document that was found in order.
type Compiled struct {
	Plan     *Plan
	Document *Document // canonical
	Warnings []Fault   // what does not look right but may be, in the order of the tables; 1,000 at most
	Unlisted int       // warnings beyond them
}

// Compile checks a document and makes the plan of it. The error is a *Faults
// with everything that is wrong, and everything that looks wrong.
func Compile(doc *Document) (*Compiled, error) {
	d := &draft{doc: doc.ordered(), rows: map[string][]*row{}}
	d.faults.List = append(d.faults.List, doc.faults.List...)
	d.faults.More = doc.faults.More
	d.config()
	d.areas()
	d.routes()
	d.junctions()
	d.gateways()
	d.sites()
	d.cameras()
	d.targets()
	d.windows()
	d.figures()
	p, err := d.finish()
	if err != nil {
		return nil, err
	}
	warnings := d.faults.Warnings
	d.doc.sortFaults(warnings)
	d.doc.faults = Faults{}
	d.doc.renumber()
	return &Compiled{p, d.doc, warnings, d.faults.Unlisted}, nil
}

// config reads the tables of settings, levels and phases.
func (d *draft) config() {
	p := &d.plan
	n := 0
	d.each(Settings, func(r *record) {
		if n++; n > 1 {
			r.fault("name", "a second row", "the plan has one row of settings")
			return
		}
		d.add(Settings, r.row)
		p.Name = r.both("name")
		p.Root = r.text("root")
		p.Location = r.zone("time_zone")
		p.Simulated = r.flag("simulated")
		p.Note = r.both("note")
		p.Level = r.text("level")
	})
	d.each(Levels, func(r *record) {
		d.add(Levels, r.row)
		p.Levels = append(p.Levels, Level{r.text("code"), r.both("name"), r.number("density")})
	})
	d.each(Phases, func(r *record) {
		d.add(Phases, r.row)
		p.Phases = append(p.Phases, Phase{r.text("code"), r.both("name"), r.date("from"), r.date("to")})
	})
	if n == 0 && d.has(Settings) {
		d.faults.add(Fault{File: d.doc.nameOf(Settings), Got: "no settings", Want: "write one row with the name of the plan and the code of its area", table: Settings})
		d.doc.table(Settings).unread = true
	}
}

// zone reads the name of a time zone; nil if there is none.
func (r *record) zone(column string) *time.Location {
	s := r.text(column)
	if s == "" {
		return nil
	}
	loc, err := loadZone(s)
	if err != nil {
		r.fault(column, quote(s)+" is not a time zone that this machine knows", "write a name such as "+DefaultZone)
	}
	return loc
}

// loadZone finds a time zone. The default one is known also where there is no
// time zone database: it has been seven hours ahead ever since 1975-06-13.
func loadZone(name string) (*time.Location, error) {
	if name == "Local" {
		return nil, fmt.Errorf("time zone %q depends on the machine", name)
	}
	loc, err := time.LoadLocation(name)
	if err != nil && name == DefaultZone {
		return time.FixedZone(DefaultZone, 7*60*60), nil
	}
	return loc, err
}

func (d *draft) areas() {
	d.each(Areas, func(r *record) {
		d.add(Areas, r.row)
		d.plan.Areas = append(d.plan.Areas, Area{
			Code:       r.text("code"),
			ValidFrom:  r.date("valid_from"),
			ValidTo:    r.date("valid_to"),
			Parent:     r.text("parent"),
			Kind:       r.text("kind"),
			Name:       r.text("name"),
			Centre:     r.point(),
			Synthetic:  r.flag("synthetic"),
			Successors: codes(r.text("successors")),
		})
	})
}

func (d *draft) junctions() {
	routes := d.routesByCode()
	d.each(Junctions, func(r *record) {
		d.add(Junctions, r.row)
		j := Junction{Code: r.text("code"), Name: r.text("name"), Route: r.text("route")}
		j.At = r.place(routes, j.Route)
		d.plan.Junctions = append(d.plan.Junctions, j)
	})
}

func (d *draft) gateways() {
	routes := d.routesByCode()
	d.each(Gateways, func(r *record) {
		d.add(Gateways, r.row)
		g := Gateway{Code: r.text("code"), Name: r.text("name"), Route: r.text("route"), To: r.text("to")}
		g.At = r.place(routes, g.Route)
		d.plan.Gateways = append(d.plan.Gateways, g)
	})
}

func (d *draft) sites() {
	routes := d.routesByCode()
	d.each(Sites, func(r *record) {
		d.add(Sites, r.row)
		s := Site{
			Code:     r.text("code"),
			Name:     r.text("name"),
			Area:     r.text("area"),
			AreaFrom: r.date("area_from"),
			Kind:     SiteKind(r.word("kind", "kind of site")),
			Route:    r.text("route"),
			Side:     Side(r.word("side", "side of a road")),
			Position: r.point(),
		}
		switch chainage := r.text("chainage"); {
		case s.Route != "" && chainage == "":
			r.fault("chainage", "empty beside a route", "write where on the route the site is, such as Km12+500")
		case s.Route == "" && chainage != "":
			r.fault("route", "empty beside a chainage", "write which route the chainage is on")
		case r.text("lon") == "" && r.text("lat") == "" && s.Route == "":
			r.fault("lon", "neither position nor route", "write lon and lat, or route and chainage")
		}
		s.At = r.place(routes, s.Route)
		d.plan.Sites = append(d.plan.Sites, s)
	})
}

func (d *draft) cameras() {
	d.each(Cameras, func(r *record) {
		d.add(Cameras, r.row)
		d.plan.Cameras = append(d.plan.Cameras, Camera{
			Code:        r.text("code"),
			Site:        r.text("site"),
			Agent:       r.text("agent"),
			Phase:       r.text("phase"),
			Azimuth:     r.known("azimuth"),
			FOV:         r.known("fov"),
			Width:       r.whole("width"),
			Height:      r.whole("height"),
			FrameRate:   r.number("frame_rate"),
			Codec:       r.word("codec", "codec"),
			KeyframeGap: r.number("keyframe_gap"),
			MountingAt:  r.number("mounting_height"),
			Owner:       Owner(r.word("owner", "kind of owner")),
			Funding:     r.text("funding"),
			Cost:        r.number("cost"),
			Recorder:    r.text("recorder"),
			StorageDays: r.whole("storage_days"),
			Signage:     Signage(r.word("signage", "answer")),
			Address:     Address(r.text("address")),
			Due:         r.date("due"),
			Planned:     r.date("planned"),
			Surveyed:    r.date("surveyed"),
			Installed:   r.date("installed"),
			Accepted:    r.date("accepted"),
			Retired:     r.date("retired"),
			Interval:    r.number("interval"),
			Depth:       r.word("depth", "depth"),
			Transport:   r.word("transport", "transport"),
		})
	})
}

func (d *draft) targets() {
	d.each(Targets, func(r *record) {
		d.add(Targets, r.row)
		d.plan.Targets = append(d.plan.Targets, Target{
			Phase: r.text("phase"), Area: r.text("area"), Year: r.whole("year"),
			Measure: Measure(r.word("measure", "measure of a target")), Value: r.number("value"),
		})
	})
}

func (d *draft) windows() {
	d.each(Maintenance, func(r *record) {
		d.add(Maintenance, r.row)
		from, to := r.moment("from"), r.moment("to")
		loc := d.location()
		d.plan.Windows = append(d.plan.Windows, Window{
			Code: r.text("code"), Camera: r.text("camera"), Site: r.text("site"), Route: r.text("route"), Area: r.text("area"),
			From: from.in(loc), To: to.in(loc), Reason: r.text("reason"),
		})
	})
}

// location gives the time zone of the plan, also before defaults are set.
func (d *draft) location() *time.Location {
	if d.plan.Location == nil {
		d.plan.Location, _ = loadZone(DefaultZone)
	}
	return d.plan.Location
}

func (d *draft) figures() {
	d.each(Reported, func(r *record) {
		d.add(Reported, r.row)
		d.plan.Figures = append(d.plan.Figures, Figure{
			Code: r.text("code"), Measure: FigureMeasure(r.word("measure", "figure")), Area: r.text("area"),
			From: r.date("from"), To: r.date("to"), Value: r.whole("value"), Source: r.text("source"),
		})
	})
}
