package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/phukin/phukin/hub/history"
)

type quarantineCmd struct {
	List quarantineListCmd `cmd:"" help:"List what is kept, newest first."`
	Show quarantineShowCmd `cmd:"" help:"Show one entry: the reason, the records as far as they can be read, and all bytes."`
	Drop quarantineDropCmd `cmd:"" help:"Forget entries. Their records stay acknowledged, and counted."`
}

type quarantineListCmd struct {
	database
	Agent string `placeholder:"CODE" help:"Only what came from this agent."`
	JSON  bool   `name:"json" help:"One JSON value a line."`
}

func (c *quarantineListCmd) Run(ctx context.Context) (err error) {
	db, err := c.existing(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	entries, err := db.Entries(ctx, history.Selection{Agent: c.Agent})
	if err != nil {
		return err
	}
	return writeEntries(os.Stdout, entries, c.JSON)
}

func writeEntries(w io.Writer, entries []history.Entry, asJSON bool) error {
	if asJSON {
		out := json.NewEncoder(w)
		for i := range entries {
			e := &entries[i]
			err := out.Encode(map[string]any{"id": e.ID, "agent": e.Agent, "epoch": fmt.Sprintf("%016x", e.Epoch), "first_seq": e.FirstSeq, "count": e.Count, "reason": e.Reason, "received": e.Received.UTC(), "bytes": e.Bytes})
			if err != nil {
				return err
			}
		}
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ID\tRECEIVED\tAGENT\tRECORDS\tREASON")
	for i := range entries {
		e := &entries[i]
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\n", e.ID, e.Received.Local().Format(time.DateTime), e.Agent, recordsOf(e), oneLine(e.Reason))
	}
	return t.Flush()
}

// recordsOf says which records an entry holds.
func recordsOf(e *history.Entry) string {
	switch e.Count {
	case 0:
		return "not known"
	case 1:
		return fmt.Sprint(e.FirstSeq)
	}
	return fmt.Sprintf("%d to %d", e.FirstSeq, e.FirstSeq+uint64(e.Count)-1)
}

// oneLine makes what an agent may have written harmless on a terminal.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '·'
		}
		return r
	}, s)
}

type quarantineShowCmd struct {
	database
	ID int64 `arg:"" help:"Number of the entry."`
}

func (c *quarantineShowCmd) Run(ctx context.Context) (err error) {
	db, err := c.existing(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	e, err := db.Entry(ctx, c.ID)
	if err != nil {
		return err
	}
	return writeEntry(os.Stdout, &e)
}

func writeEntry(w io.Writer, e *history.Entry) error {
	fmt.Fprintf(w, "entry %d of agent %s, received %s\nspool %016x, records %s\nreason: %s\n\n", e.ID, e.Agent, e.Received.Local().Format(time.DateTime), e.Epoch, recordsOf(e), oneLine(e.Reason))
	obs, gaps, err := e.Look()
	if err != nil {
		fmt.Fprintf(w, "It cannot be read: %s\n", oneLine(err.Error()))
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, o := range obs {
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\tclock: %s\t%s\t%s\n", o.Seq, oneLine(o.Camera), moment(o.From), moment(o.To), o.Clock, o.Status, o.Fault)
	}
	for _, g := range gaps {
		fmt.Fprintf(t, "gap\t%d to %d are lost\t%s\n", g.From, g.Next-1, g.Why)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\n%d bytes:\n", len(e.Payload))
	_, err = io.WriteString(w, hex.Dump(e.Payload))
	return err
}

func moment(ms int64) string { return time.UnixMilli(ms).Local().Format(time.DateTime) }

type quarantineDropCmd struct {
	database
	IDs   []int64 `arg:"" optional:"" name:"id" help:"Numbers of entries."`
	Agent string  `placeholder:"CODE" help:"All entries of this agent."`
	All   bool    `help:"All entries."`
}

func (c *quarantineDropCmd) Run(ctx context.Context) (err error) {
	s, err := c.selection()
	if err != nil {
		return err
	}
	db, err := c.existing(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	n, err := db.Drop(ctx, s)
	if err != nil {
		return err
	}
	fmt.Println("dropped", n)
	if n < int64(len(s.IDs)) {
		return fmt.Errorf("%d of these entries are not there", int64(len(s.IDs))-n)
	}
	return nil
}

// selection wants exactly one way of saying what is meant.
func (c *quarantineDropCmd) selection() (history.Selection, error) {
	switch {
	case len(c.IDs) > 0 && c.Agent == "" && !c.All:
		return history.Selection{IDs: c.IDs}, nil
	case len(c.IDs) == 0 && c.Agent != "" && !c.All:
		return history.Selection{Agent: c.Agent}, nil
	case len(c.IDs) == 0 && c.Agent == "" && c.All:
		return history.Selection{}, nil
	}
	return history.Selection{}, usageError("say what is to be dropped, in one way: numbers, --agent=CODE, or --all")
}

// usageError is a command line that is wrong in a way that the parser cannot
// see.
type usageError string

func (e usageError) Error() string { return string(e) }
