package main

import (
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
)

type historyCmd struct {
	Export historyExportCmd `cmd:"" help:"Write the history into a file: all of it as JSON lines, or tables and points for other programs."`
	Import historyImportCmd `cmd:"" help:"Take a history from a file of JSON lines or from another database. Stop the hub of the database first."`
	Verify historyVerifyCmd `cmd:"" help:"Read all of a history and hold its records to each other; with two of them, compare them."`
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
	influxFlags
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
		s, err := verify(ctx, path, &c.influxFlags, p, os.Stdout)
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
func verify(ctx context.Context, path string, f *influxFlags, p *progress, w io.Writer) (sums []archive.Sum, err error) {
	h, err := openSource(ctx, path, f)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	if h.store != nil {
		if err := h.db.Check(ctx); err != nil {
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
	influxFlags
	Retention time.Duration `default:"2160h" env:"PHUKIN_RETENTION" help:"How long the hub of the database will keep observations, in hours: for a bucket of InfluxDB that is made (${default})."`
	Source    influxFlags   `embed:"" prefix:"from-" envprefix:"FROM_"`
	From      string        `arg:"" help:"A file of JSON lines that history export wrote, compressed or not, or another hub's database; if that one's history is in InfluxDB, --from-influx-url and what belongs to it say where."`
}

func (c *historyImportCmd) Run(ctx context.Context) (err error) {
	p := newProgress()
	defer p.done()
	if c.Retention < leastRetention {
		return fmt.Errorf("--retention %v: at least %v are needed", c.Retention, leastRetention)
	}
	c.Source.prefix = "from-"
	from, err := openSource(ctx, c.From, &c.Source)
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
	to, err := openTarget(ctx, c.DB, &c.influxFlags, loc, c.Retention)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.close()) }()
	got, err := archive.Import(ctx, from.source, to.store, archive.Options{Checked: checked, Progress: p.counting})
	if err != nil {
		return err
	}
	p.done()
	writeImported(os.Stdout, got)
	if err := to.seal(ctx, p); err != nil {
		return err
	}
	has, err := archive.SumOf(to.source, p.counting("compare"))
	if err != nil {
		return err
	}
	p.done()
	if same := writeComparison(os.Stdout, c.From, c.DB, got.Sums, has); same {
		fmt.Println("both hold the same")
		return nil
	}
	missing, err := archive.Missing(ctx, from.source, to.store)
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
