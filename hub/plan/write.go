package plan

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Write writes a plan that Read or Build gave into a directory, which it
// makes if it has to. Files of the plan that are there are replaced, others
// are left alone.
func Write(dir string, p *Plan) error {
	files, err := Encode(p)
	if err != nil {
		return err
	}
	return WriteFiles(dir, files)
}

// WriteFiles writes files into a directory, which it makes if it has to.
func WriteFiles(dir string, files map[string][]byte) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write plan: %w", err)
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return fmt.Errorf("write plan: %w", err)
		}
	}
	return nil
}

// Encode gives the files of a plan that Read or Build gave, by name. The same
// plan gives the same bytes, and reading them gives the plan again; only
// chainages are rounded, to the millimetre. It returns an error for a time
// zone without a name, and for a route made in code with a chainage that does
// not come from posts.
func Encode(p *Plan) (map[string][]byte, error) {
	doc, err := p.Document()
	if err != nil {
		return nil, fmt.Errorf("write plan: %w", err)
	}
	return doc.Folder(), nil
}

// Folder gives the files of a canonical document, by name, in the form that
// ReadFolder reads. The tables that a folder may leave out are there when
// they have rows. The same document gives the same bytes.
func (d *Document) Folder() map[string][]byte {
	files := map[string][]byte{planFile: d.encodeConfig(), routesFile: d.EncodeRoutes()}
	for _, t := range tables {
		if t.File != planFile && t.File != routesFile && (t.Must || len(d.Rows(t.Name)) > 0) {
			files[t.File] = d.EncodeTable(t.Name)
		}
	}
	return files
}

// CSV gives all tables of a canonical document as CSV, by the names of their
// files, in a form that ReadFolder reads as well.
func (d *Document) CSV() map[string][]byte {
	files := map[string][]byte{}
	for _, t := range tables {
		files[t.Name+".csv"] = d.EncodeTable(t.Name)
	}
	return files
}

// EncodeTable gives a table as CSV with a header.
func (d *Document) EncodeTable(table string) []byte {
	t := TableByName(table)
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	header := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		header[i] = c.Name
	}
	_ = w.Write(header) // a bytes.Buffer takes everything
	for _, r := range d.Rows(table) {
		_ = w.Write(r.Cells)
	}
	w.Flush()
	return b.Bytes()
}

func (d *Document) encodeConfig() []byte {
	var b bytes.Buffer
	line := func(indent, key, v string) {
		if v != "" {
			fmt.Fprintf(&b, "%s%s: %s\n", indent, key, v)
		}
	}
	quoted := func(s string) string {
		if s == "" {
			return ""
		}
		return fmt.Sprintf("%q", s)
	}
	text := func(indent, key, vi, en string) {
		if en == "" {
			en = vi
		}
		if vi != "" {
			fmt.Fprintf(&b, "%s%s:\n%s  vi: %q\n%s  en: %q\n", indent, key, indent, vi, indent, en)
		}
	}
	for _, r := range d.Rows(Settings) {
		cell := func(column string) string { return settingsTable.Cell(r, column) }
		text("", "name", cell("name"), cell("name_en"))
		line("", "root", quoted(cell("root")))
		line("", "time_zone", quoted(cell("time_zone")))
		line("", "simulated", cell("simulated"))
		text("", "note", cell("note"), cell("note_en"))
		line("", "level", quoted(cell("level")))
	}
	if rows := d.Rows(Levels); len(rows) > 0 {
		b.WriteString("levels:\n")
		for _, r := range rows {
			cell := func(column string) string { return levelsTable.Cell(r, column) }
			fmt.Fprintf(&b, "  - code: %q\n    density: %s # pixels per metre\n", cell("code"), cell("density"))
			text("    ", "name", cell("name"), cell("name_en"))
		}
	}
	b.WriteString("phases:\n")
	for _, r := range d.Rows(Phases) {
		cell := func(column string) string { return phasesTable.Cell(r, column) }
		fmt.Fprintf(&b, "  - code: %q\n    from: %s\n    to: %s\n", cell("code"), cell("from"), cell("to"))
		text("    ", "name", cell("name"), cell("name_en"))
	}
	return b.Bytes()
}

// EncodeRoutes gives the routes as GeoJSON, with one line for the properties,
// one for the posts and one for the positions of each, so that a change can
// be seen.
func (d *Document) EncodeRoutes() []byte {
	points, posts := d.byRoute(Points), d.byRoute(Posts)
	var b bytes.Buffer
	b.WriteString("{\"type\": \"FeatureCollection\", \"features\": [")
	for i, r := range d.Rows(Routes) {
		cell := func(column string) string { return routesTable.Cell(r, column) }
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "\n{\"type\": \"Feature\", \"properties\": {\"code\": %s, \"name\": %s, \"class\": %s, \"synthetic\": %t",
			jsonText(cell("code")), jsonText(cell("name")), jsonText(cell("class")), cell("synthetic") == "true")
		if list := posts[cell("code")]; len(list) > 0 {
			b.WriteString(",\n  \"posts\": [")
			for j, p := range list {
				if j > 0 {
					b.WriteString(", ")
				}
				fmt.Fprintf(&b, "{\"chainage\": %s, \"at\": [%s, %s]}", jsonText(postsTable.Cell(p, "chainage")), postsTable.Cell(p, "lon"), postsTable.Cell(p, "lat"))
			}
			b.WriteByte(']')
		}
		b.WriteString("},\n  \"geometry\": {\"type\": \"LineString\", \"coordinates\": [")
		for j, p := range points[cell("code")] {
			if j > 0 {
				b.WriteString(", ")
			}
			b.WriteString("[" + pointsTable.Cell(p, "lon") + ", " + pointsTable.Cell(p, "lat") + "]")
		}
		b.WriteString("]}}")
	}
	b.WriteString("\n]}\n")
	return b.Bytes()
}

// byRoute gives the rows of a table by the code of their route.
func (d *Document) byRoute(table string) map[string][]Row {
	t := TableByName(table)
	m := map[string][]Row{}
	for _, r := range d.Rows(table) {
		code := t.Cell(r, "route")
		m[code] = append(m[code], r)
	}
	return m
}

func jsonText(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always can be
	return strings.TrimSpace(b.String())
}
