package geofile

import (
	"bytes"
	"encoding/xml"
	"fmt"

	"github.com/phukin/phukin/hub/plan"
)

// KML gives the routes of a canonical document with their posts.
func KML(doc *plan.Document) ([]byte, error) {
	points, posts := byRoute(doc, plan.Points), byRoute(doc, plan.Posts)
	var b bytes.Buffer
	b.WriteString(xml.Header + "<kml xmlns=\"http://www.opengis.net/kml/2.2\">\n<Document>\n")
	for _, r := range doc.Rows(plan.Routes) {
		code := cell(plan.Routes, r, "code")
		fmt.Fprintf(&b, "<Placemark><name>%s</name><ExtendedData>", escape(cell(plan.Routes, r, "name")))
		for _, name := range []string{"code", "class", "synthetic"} {
			if v := cell(plan.Routes, r, name); v != "" {
				fmt.Fprintf(&b, "<Data name=%q><value>%s</value></Data>", name, escape(v))
			}
		}
		b.WriteString("</ExtendedData><LineString><coordinates>")
		for i, p := range points[code] {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(cell(plan.Points, p, "lon") + "," + cell(plan.Points, p, "lat"))
		}
		b.WriteString("</coordinates></LineString></Placemark>\n")
		for _, p := range posts[code] {
			fmt.Fprintf(&b, "<Placemark><name>%s</name><ExtendedData><Data name=\"route\"><value>%s</value></Data></ExtendedData><Point><coordinates>%s,%s</coordinates></Point></Placemark>\n",
				escape(cell(plan.Posts, p, "chainage")), escape(code), cell(plan.Posts, p, "lon"), cell(plan.Posts, p, "lat"))
		}
	}
	b.WriteString("</Document>\n</kml>\n")
	return b.Bytes(), nil
}

// GPX gives the routes of a canonical document as tracks, with their posts as
// waypoints. A track has the route's code as its name, the route's name as its
// description, its class as its type, and a source if the line is made up.
func GPX(doc *plan.Document) ([]byte, error) {
	points, posts := byRoute(doc, plan.Points), byRoute(doc, plan.Posts)
	var b bytes.Buffer
	b.WriteString(xml.Header + "<gpx version=\"1.1\" creator=\"Phủ Kín\" xmlns=\"http://www.topografix.com/GPX/1/1\">\n")
	for _, r := range doc.Rows(plan.Routes) { // waypoints come first
		code := cell(plan.Routes, r, "code")
		for _, p := range posts[code] {
			fmt.Fprintf(&b, "<wpt lat=%q lon=%q><name>%s</name><type>%s</type></wpt>\n",
				cell(plan.Posts, p, "lat"), cell(plan.Posts, p, "lon"), escape(cell(plan.Posts, p, "chainage")), escape(code))
		}
	}
	for _, r := range doc.Rows(plan.Routes) {
		code := cell(plan.Routes, r, "code")
		source := ""
		if cell(plan.Routes, r, "synthetic") == "true" {
			source = "<src>" + madeUp + "</src>"
		}
		fmt.Fprintf(&b, "<trk><name>%s</name><desc>%s</desc>%s<type>%s</type><trkseg>\n",
			escape(code), escape(cell(plan.Routes, r, "name")), source, escape(cell(plan.Routes, r, "class")))
		for _, p := range points[code] {
			fmt.Fprintf(&b, "<trkpt lat=%q lon=%q/>\n", cell(plan.Points, p, "lat"), cell(plan.Points, p, "lon"))
		}
		b.WriteString("</trkseg></trk>\n")
	}
	b.WriteString("</gpx>\n")
	return b.Bytes(), nil
}

// byRoute gives the rows of a table by the code of their route.
func byRoute(doc *plan.Document, table string) map[string][]plan.Row {
	m := map[string][]plan.Row{}
	for _, r := range doc.Rows(table) {
		code := cell(table, r, "route")
		m[code] = append(m[code], r)
	}
	return m
}

func escape(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a bytes.Buffer takes everything
	return b.String()
}
