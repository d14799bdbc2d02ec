package plan

// This file reads the tables of areas, junctions, gateways and sites.

var areaColumns = []column{
	{"code", true}, {"valid_from", false}, {"valid_to", false}, {"parent", false},
	{"kind", true}, {"name", true}, {"lon", false}, {"lat", false}, {"synthetic", false},
}

func (d *draft) areas(data []byte) {
	d.table(areasFile, data, areaColumns, func(r *record) {
		d.add(areasFile, r.row)
		d.plan.Areas = append(d.plan.Areas, Area{
			Code:      r.text("code"),
			ValidFrom: r.date("valid_from"),
			ValidTo:   r.date("valid_to"),
			Parent:    r.text("parent"),
			Kind:      r.text("kind"),
			Name:      r.text("name"),
			Centre:    r.point(),
			Synthetic: r.flag("synthetic"),
		})
	})
}

var junctionColumns = []column{{"code", true}, {"name", true}, {"route", true}, {"chainage", true}}

func (d *draft) junctions(data []byte) {
	routes := d.routesByCode()
	d.table(junctionsFile, data, junctionColumns, func(r *record) {
		d.add(junctionsFile, r.row)
		j := Junction{Code: r.text("code"), Name: r.text("name"), Route: r.text("route")}
		j.At = r.place(routes, j.Route)
		d.plan.Junctions = append(d.plan.Junctions, j)
	})
}

var gatewayColumns = []column{{"code", true}, {"name", true}, {"route", true}, {"chainage", true}, {"to", false}}

func (d *draft) gateways(data []byte) {
	routes := d.routesByCode()
	d.table(gatewaysFile, data, gatewayColumns, func(r *record) {
		d.add(gatewaysFile, r.row)
		g := Gateway{Code: r.text("code"), Name: r.text("name"), Route: r.text("route"), To: r.text("to")}
		g.At = r.place(routes, g.Route)
		d.plan.Gateways = append(d.plan.Gateways, g)
	})
}

var siteColumns = []column{
	{"code", true}, {"name", true}, {"area", true}, {"kind", true},
	{"route", false}, {"chainage", false}, {"lon", false}, {"lat", false},
}

func (d *draft) sites(data []byte) {
	routes := d.routesByCode()
	d.table(sitesFile, data, siteColumns, func(r *record) {
		d.add(sitesFile, r.row)
		s := Site{
			Code:     r.text("code"),
			Name:     r.text("name"),
			Area:     r.text("area"),
			Kind:     SiteKind(r.text("kind")),
			Route:    r.text("route"),
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

// routesByCode gives the routes read so far; of two with one code the first.
func (d *draft) routesByCode() map[string]*Route {
	m := make(map[string]*Route, len(d.plan.Routes))
	for i := range d.plan.Routes {
		if r := &d.plan.Routes[i]; m[r.Code] == nil {
			m[r.Code] = r
		}
	}
	return m
}
