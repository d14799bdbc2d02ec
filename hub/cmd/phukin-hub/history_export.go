package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/phukin/phukin/hub/history/archive"
)

type historyExportCmd struct {
	database
	influxFlags
	Format string `default:"jsonl" enum:"jsonl,csv,line" help:"jsonl: all of it, to be imported again; csv: one table; line: ledger days and observations as points of InfluxDB's line protocol (${default})."`
	Table  string `default:"day" enum:"day,change,gap,observation" help:"Which table to write as csv (${enum}; ${default})."`
	File   string `arg:"" help:"File to write, - for the standard output. Compressed by zstd if the name ends in .zst. Nothing may be there yet; it gets this name when it is whole."`
}

func (c *historyExportCmd) Run(ctx context.Context) (err error) {
	if _, err := os.Stat(c.DB); err != nil {
		return fmt.Errorf("read the database: %w", err)
	}
	h, err := openSource(ctx, c.DB, &c.influxFlags)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	if _, err := h.marks(); err != nil {
		return err
	}
	p := newProgress()
	defer p.done()
	write := func(w io.Writer) (int64, error) { return c.write(w, h.source, p) }
	var n int64
	if c.File == "-" {
		n, err = write(os.Stdout)
	} else {
		n, err = wholeFile(c.File, write)
	}
	if err != nil {
		return err
	}
	p.done()
	fmt.Fprintf(os.Stderr, "exported %d records to %s\n", n, c.File)
	return nil
}

func (c *historyExportCmd) write(w io.Writer, src archive.Source, p *progress) (n int64, err error) {
	src = watched(src, p.counting("export"))
	switch c.Format {
	case "csv":
		for _, k := range archive.Tables() {
			if k.String() == c.Table {
				return archive.WriteCSV(w, src, k)
			}
		}
		return 0, usageError("there is no table " + c.Table)
	case "line":
		return archive.WriteLineProtocol(w, src)
	}
	sums, err := archive.Write(w, src, nil)
	for _, s := range sums {
		n += s.Lines
	}
	return n, err
}

// watched tells how many records of a source have gone by.
func watched(src archive.Source, tell func(int64)) archive.Source {
	if tell == nil {
		return src
	}
	return func(yield func(archive.Record, error) bool) {
		n := int64(0)
		for r, err := range src {
			if n++; !yield(r, err) {
				return
			}
			tell(n)
		}
	}
}

// wholeFile writes a file that gets its name when it is whole and on the disk.
func wholeFile(path string, write func(io.Writer) (int64, error)) (n int64, err error) {
	if _, err := os.Lstat(path); err == nil {
		return 0, fmt.Errorf("%s is there already; choose another name, or remove it first", path)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.part")
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	n, err = writeThrough(f, strings.HasSuffix(path, ".zst"), write)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return n, err
	}
	return n, os.Rename(f.Name(), path)
}

func writeThrough(f io.Writer, compressed bool, write func(io.Writer) (int64, error)) (n int64, err error) {
	out := bufio.NewWriterSize(f, 1<<18)
	if !compressed {
		n, err = write(out)
		return n, errors.Join(err, out.Flush())
	}
	z, err := zstd.NewWriter(out, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(4<<20))
	if err != nil {
		return 0, err
	}
	n, err = write(z)
	return n, errors.Join(err, z.Close(), out.Flush())
}
