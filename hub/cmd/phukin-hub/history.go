package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/history/archive"
	"github.com/phukin/phukin/hub/sqlite"
)

type historyCmd struct {
	Export historyExportCmd `cmd:"" help:"Write the history into a file: all of it as JSON lines, or tables and points for other programs."`
	Import historyImportCmd `cmd:"" help:"Take a history from a file of JSON lines or from another database. Stop the hub of the database first."`
	Verify historyVerifyCmd `cmd:"" help:"Read all of a history and hold its records to each other; with two of them, compare them."`
}

// openHistory is a history that is open: a store, or a file.
type openHistory struct {
	path   string
	source archive.Source
	store  *sqlite.DB // nil for a file
}

// openSource opens a file of JSON lines or a database, by what is in it. A
// database is brought up to date first, as the hub does.
func openSource(ctx context.Context, path string) (*openHistory, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	head := make([]byte, 16)
	n, err := io.ReadFull(f, head)
	if err = errors.Join(ignoreShort(err), f.Close()); err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(head[:n], []byte("SQLite format 3")) {
		return &openHistory{path: path, source: fileSource(path)}, nil
	}
	db, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err != nil {
		return nil, err
	}
	if db.Location() != nil {
		if _, err := db.Fold(ctx); err != nil {
			return nil, errors.Join(err, db.Close())
		}
	}
	return &openHistory{path, archive.OfStore(ctx, db), db}, nil
}

func ignoreShort(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

func (h *openHistory) close() error {
	if h.store == nil {
		return nil
	}
	return h.store.Close()
}

// fileSource reads a file, as often as it is asked to.
func fileSource(path string) archive.Source {
	return func(yield func(archive.Record, error) bool) {
		f, err := os.Open(path)
		if err != nil {
			yield(archive.Record{}, err)
			return
		}
		defer func() { _ = f.Close() }() // it was only read
		for r, err := range archive.Read(f) {
			if err != nil {
				err = fmt.Errorf("%s: %w", path, err)
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// marks gives what a history says of itself.
func (h *openHistory) marks() (history.Marks, error) {
	for r, err := range h.source {
		if err != nil {
			return history.Marks{}, err
		}
		m, _ := r.Value.(history.Marks)
		if m.Zone == "" {
			break
		}
		return m, nil
	}
	return history.Marks{}, fmt.Errorf("%s holds no history yet: no hub has served a plan with it", h.path)
}

// counting tells a progress bar of records whose number nobody knows before.
func (p *progress) counting(what string) func(records int64) {
	tell := p.stage(what)
	if tell == nil {
		return nil
	}
	return func(records int64) {
		if records%500 == 0 {
			tell(records, -1)
		}
	}
}

type historyVerifyCmd struct {
	database
	Of []string `arg:"" optional:"" name:"file" help:"Files of JSON lines or databases, two at most; the hub's database when absent."`
}

func (c *historyVerifyCmd) Run(ctx context.Context) (err error) {
	switch len(c.Of) {
	case 0:
		c.Of = []string{c.DB}
	case 1, 2:
	default:
		return usageError("two histories can be compared, not more")
	}
	p := newProgress()
	defer p.done()
	var sums [][]archive.Sum
	for _, path := range c.Of {
		s, err := verify(ctx, path, p, os.Stdout)
		if err != nil {
			return err
		}
		sums = append(sums, s)
	}
	if len(sums) < 2 {
		return nil
	}
	if same := writeComparison(os.Stdout, c.Of[0], c.Of[1], sums[0], sums[1]); !same {
		return errors.New("the two histories are not the same")
	}
	fmt.Println("the two histories are the same")
	return nil
}

// verify holds one history to itself, and sums it.
func verify(ctx context.Context, path string, p *progress, w io.Writer) (sums []archive.Sum, err error) {
	h, err := openSource(ctx, path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	if h.store != nil {
		if err := h.store.Check(ctx); err != nil {
			return nil, err
		}
		v, err := archive.Verify(ctx, h.store, p.counting("verify "+path))
		if err != nil {
			return nil, err
		}
		p.done()
		for _, f := range v.Faults {
			fmt.Fprintln(w, f)
		}
		if v.Wrong > 0 {
			return nil, fmt.Errorf("%s: %d things are wrong; run this while nothing is written, or on a backup", path, v.Wrong)
		}
		fmt.Fprintf(w, "%s: %d ledger days and %d observations are whole; %d days are what their observations make of them\n", path, v.Days, v.Observations, v.Recomputed)
	}
	sums, err = archive.SumOf(h.source, p.counting("sum "+path))
	p.done()
	if err == nil && h.store == nil {
		var n int64
		for _, s := range sums {
			n += s.Lines
		}
		fmt.Fprintf(w, "%s: %d records are whole\n", path, n)
	}
	return sums, err
}

// writeComparison writes two histories beside each other, and says whether they
// are the same.
func writeComparison(w io.Writer, a, b string, of, with []archive.Sum) bool {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "KIND\t%s\tDIGEST\t%s\tDIGEST\t\n", a, b)
	for i := range of {
		verdict := "same"
		if of[i] != with[i] {
			verdict = "DIFFERENT"
		}
		fmt.Fprintf(t, "%s\t%d\t%.12s\t%d\t%.12s\t%s\n", of[i].Kind, of[i].Lines, of[i].SHA256, with[i].Lines, with[i].SHA256, verdict)
	}
	_ = t.Flush() // a terminal or a buffer
	return slices.Equal(of, with)
}

type historyImportCmd struct {
	database
	From string `arg:"" help:"A file of JSON lines that history export wrote, compressed or not, or another hub's database."`
}

func (c *historyImportCmd) Run(ctx context.Context) (err error) {
	p := newProgress()
	defer p.done()
	from, err := openSource(ctx, c.From)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.close()) }()
	m, err := from.marks()
	if err != nil {
		return err
	}
	loc, err := time.LoadLocation(m.Zone)
	if err != nil {
		return err
	}
	checked := false
	if _, err := os.Stat(c.DB); errors.Is(err, fs.ErrNotExist) {
		// A source that is wrong makes no database.
		checked = true
		if _, err := archive.SumOf(from.source, p.counting("read")); err != nil {
			return err
		}
	}
	db, err := sqlite.Open(ctx, c.DB, sqlite.Options{Location: loc})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	got, err := archive.Import(ctx, from.source, db, archive.Options{Checked: checked, Progress: p.counting})
	if err != nil {
		return err
	}
	p.done()
	writeImported(os.Stdout, got)
	has, err := archive.SumOf(archive.OfStore(ctx, db), p.counting("compare"))
	if err != nil {
		return err
	}
	p.done()
	if same := writeComparison(os.Stdout, c.From, c.DB, got.Sums, has); same {
		fmt.Println("both hold the same")
		return nil
	}
	missing, err := archive.Missing(ctx, from.source, db)
	if err == nil && missing > 0 {
		err = fmt.Errorf("%d records of %s are not in %s", missing, c.From, c.DB)
	}
	if err == nil {
		fmt.Printf("%s has all of %s, and more\n", c.DB, c.From)
	}
	return err
}

func writeImported(w io.Writer, got *archive.Imported) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "KIND\tREAD\tNEW\tTHERE ALREADY\tNEWER THERE")
	for _, s := range got.Sums {
		taken, counted := got.Taken[s.Kind]
		if !counted || taken == (history.Taken{}) {
			fmt.Fprintf(t, "%s\t%d\t\t\t\n", s.Kind, s.Lines)
			continue
		}
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\n", s.Kind, s.Lines, taken.New, taken.Same, taken.Older)
	}
	_ = t.Flush() // a terminal or a buffer
}
