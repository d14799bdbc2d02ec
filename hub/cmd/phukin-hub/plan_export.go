package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/plan/geofile"
	"github.com/phukin/phukin/hub/plan/sheet"
	"github.com/phukin/phukin/hub/sqlite"
)

type planTemplateCmd struct {
	Lang  string `enum:"vi,en" default:"vi" help:"Language of the headings and notes: vi or en (${default})."`
	Force bool   `help:"Replace a file that is there."`
	Out   string `arg:"" help:"Workbook to write, such as ke-hoach.xlsx."`
}

func (c *planTemplateCmd) Run() error {
	return writeNew(c.Out, c.Force, func(w io.Writer) error { return sheet.Template(w, sheet.Lang(c.Lang)) })
}

type planExportCmd struct {
	planDB
	planSource
	Revision int    `help:"Number of the revision; the newest when absent."`
	AsOf     string `placeholder:"DAY" help:"The last revision made by the end of a day, such as 2026-09-30."`
	From     string `placeholder:"PATH" help:"Export a folder or workbook instead of the database."`
	Format   string `enum:",xlsx,folder,csv,geojson,kml,gpx" default:"" help:"xlsx, folder (as plan check reads it), csv (a folder of all tables), or the routes alone as geojson, kml or gpx. The ending of OUT tells when absent."`
	Lang     string `enum:"vi,en" default:"vi" help:"Language of a workbook: vi or en (${default})."`
	Force    bool   `help:"Replace files that are there."`
	Out      string `arg:"" help:"File or folder to write."`
}

func (c *planExportCmd) Run(ctx context.Context) error {
	if c.From != "" {
		doc, err := c.document(ctx, c.From, nil, nil)
		if err != nil {
			return err
		}
		return c.write(doc)
	}
	if c.Revision != 0 && c.AsOf != "" {
		return plan.Refuse("--revision and --as-of", "give one of the two")
	}
	return c.with(ctx, false, func(db *sqlite.DB) error {
		s := db.Plan()
		r, err := plan.Newest(ctx, s)
		if err != nil {
			return err
		}
		switch {
		case c.Revision != 0:
			r.Number = c.Revision
		case c.AsOf != "":
			day, err := plan.ParseDate(c.AsOf)
			if err != nil || day.IsZero() {
				return plan.RefuseAt("--as-of", fmt.Sprintf("%q is not a day from 1971 to 2199", c.AsOf), "write 2026-09-30 or 30/09/2026")
			}
			if r, err = plan.AsOf(ctx, s, day, zoneOf(ctx, s, r)); err != nil {
				return err
			}
		}
		doc, err := s.Document(ctx, r.Number)
		if err != nil {
			return err
		}
		return c.write(doc)
	})
}

func (c *planExportCmd) write(doc *plan.Document) error {
	format := c.Format
	if format == "" {
		format = strings.TrimPrefix(strings.ToLower(filepath.Ext(c.Out)), ".")
	}
	one := func(data []byte, err error) error {
		if err != nil {
			return err
		}
		return writeNew(c.Out, c.Force, func(w io.Writer) error {
			_, err := io.Copy(w, bytes.NewReader(data))
			return err
		})
	}
	switch format {
	case "xlsx":
		p := newProgress()
		defer p.done()
		return writeNew(c.Out, c.Force, func(w io.Writer) error {
			return sheet.Write(w, doc, sheet.Lang(c.Lang), p.stage("ghi (writing)"))
		})
	case "geojson", "json":
		return one(doc.EncodeRoutes(), nil)
	case "kml":
		return one(geofile.KML(doc))
	case "gpx":
		return one(geofile.GPX(doc))
	case "csv":
		return c.folder(doc.CSV())
	case "folder", "":
		return c.folder(doc.Folder())
	}
	return plan.RefuseAt("--format", fmt.Sprintf("the ending of %q says nothing known", c.Out), "write xlsx, folder, csv, geojson, kml or gpx")
}

// folder writes files into a folder that is new or empty, unless told
// otherwise.
func (c *planExportCmd) folder(files map[string][]byte) error {
	entries, err := os.ReadDir(c.Out)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return plan.RefuseFile(c.Out, err)
	}
	if len(entries) > 0 && !c.Force {
		return plan.Refuse(fmt.Sprintf("%q is not empty", c.Out), "name another folder, or add --force to replace what is there")
	}
	if err := plan.WriteFiles(c.Out, files); err != nil {
		return cannotWrite(c.Out, err)
	}
	fmt.Println(c.Out + ": đã ghi (written)")
	return nil
}

// writeNew writes a file whole or not at all.
func writeNew(path string, force bool, write func(io.Writer) error) (err error) {
	if _, err := os.Stat(path); err == nil && !force {
		return plan.Refuse(fmt.Sprintf("%q is there already", path), "name another file, or add --force to replace it")
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".phukin-*")
	if err != nil {
		return cannotWrite(path, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if err := errors.Join(write(f), f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return cannotWrite(path, err)
	}
	fmt.Println(path + ": đã ghi (written)")
	return nil
}

// cannotWrite says that a file cannot be written.
func cannotWrite(path string, err error) error {
	return plan.Refuse(fmt.Sprintf("%q cannot be written (%q)", path, err), "name a folder that is there and that this program may write into")
}

func hasEnding(path string, endings ...string) bool {
	for _, e := range endings {
		if strings.EqualFold(filepath.Ext(path), e) {
			return true
		}
	}
	return false
}
