package main

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/sqlite"
	"github.com/phukin/phukin/hub/wire"
)

// quarantined makes a database with two entries and gives its path and their
// numbers.
func quarantined(t *testing.T) (path string, good, bad int64) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "hub.db")
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{Location: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	from := int64(1_795_000_000_000)
	look := func(camera string) wire.Observation {
		return wire.Observation{Camera: camera, From: from, To: from + 60_000, Status: wire.StatusUp, Rung: wire.RungFresh, Probes: 1}
	}
	payload := wire.MarshalUp(wire.UpMessage{Batch: &wire.Batch{Epoch: 7, FirstSeq: 10, Observations: []wire.Observation{look("before"), look("wrong"), look("after")}}})
	err = db.Append(t.Context(), []history.Batch{
		{Agent: "tb-1", Epoch: 7, FirstSeq: 11, Payload: payload, Aside: &history.Aside{Count: 1, Reason: "camera wrong belongs to agent tb-2"}, Received: time.UnixMilli(from)},
		{Agent: "tb-2", Payload: []byte("\x1b[31mnonsense"), Aside: &history.Aside{Reason: "decode \x1b[31mmessage"}, Received: time.UnixMilli(from)},
	})
	if err != nil {
		t.Fatal(err)
	}
	list, err := db.Entries(t.Context(), history.Selection{})
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	return path, list[1].ID, list[0].ID
}

func entry(t *testing.T, path string, id int64) string {
	t.Helper()
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{Location: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	e, err := db.Entry(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := writeEntry(&b, &e); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestAnEntryIsShownAsFarAsItCanBeRead(t *testing.T) {
	path, good, bad := quarantined(t)
	text := entry(t, path, good)
	for _, part := range []string{"agent tb-1", "0000000000000007", "records 11", "reason: camera wrong belongs", "11  wrong  ", "clock: hub", " bytes:\n00000000  "} {
		if !strings.Contains(text, part) {
			t.Errorf("it does not say %q:\n%s", part, text)
		}
	}
	if strings.Contains(text, "before  ") || strings.Contains(text, "after  ") {
		t.Errorf("it shows records that were taken:\n%s", text)
	}
	text = entry(t, path, bad)
	if !strings.Contains(text, "It cannot be read: ") || !strings.Contains(text, "records not known") || strings.Contains(text, "\x1b") {
		t.Errorf("what nobody can read is shown as:\n%q", text)
	}
}

func TestEntriesAreListedForPeopleAndForPrograms(t *testing.T) {
	entries := []history.Entry{{ID: 5, Agent: "tb-1", Epoch: 1 << 63, FirstSeq: 3, Count: 4, Reason: "so\nso", Received: time.UnixMilli(1_795_000_000_000), Bytes: 9}}
	var people, programs bytes.Buffer
	if err := errors.Join(writeEntries(&people, entries, false), writeEntries(&programs, entries, true)); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Split(strings.TrimSpace(people.String()), "\n"); len(lines) != 2 || !strings.Contains(lines[1], "3 to 6") || !strings.Contains(lines[1], "so·so") {
		t.Errorf("for people:\n%s", people.String())
	}
	const want = `{"agent":"tb-1","bytes":9,"count":4,"epoch":"8000000000000000","first_seq":3,"id":5,"reason":"so\nso","received":"2026-11-18T11:06:40Z"}` + "\n"
	if programs.String() != want {
		t.Errorf("for programs: %s, want %s", programs.String(), want)
	}
}

func TestDropWantsOneWayOfSayingWhat(t *testing.T) {
	path, good, bad := quarantined(t)
	at := database{DB: path}
	for name, c := range map[string]quarantineDropCmd{
		"nothing":          {database: at},
		"two ways":         {database: at, IDs: []int64{good}, All: true},
		"two other ways":   {database: at, Agent: "tb-1", All: true},
		"three of a kind":  {database: at, IDs: []int64{good}, Agent: "tb-1", All: true},
		"numbers and code": {database: at, IDs: []int64{good}, Agent: "tb-1"},
	} {
		if err := c.Run(context.Background()); !errors.As(err, new(usageError)) {
			t.Errorf("%s: %v, want a usage error", name, err)
		}
	}
	drop := func(c quarantineDropCmd, says string) {
		t.Helper()
		c.database = at
		err := c.Run(t.Context())
		if (err == nil) != (says == "") || err != nil && (errors.As(err, new(usageError)) || !strings.Contains(err.Error(), says)) {
			t.Errorf("drop %+v: %v, want %q", c, err, says)
		}
	}
	drop(quarantineDropCmd{IDs: []int64{good}}, "")
	drop(quarantineDropCmd{IDs: []int64{good, bad}}, "1 of these entries are not there")
	drop(quarantineDropCmd{All: true}, "")
	missing := quarantineShowCmd{database: at, ID: good}
	if err := missing.Run(t.Context()); !errors.Is(err, history.ErrNotFound) {
		t.Errorf("show of what was dropped: %v", err)
	}
	nowhere := database{DB: filepath.Join(t.TempDir(), "no.db")}
	for name, run := range map[string]func(context.Context) error{
		"list": (&quarantineListCmd{database: nowhere}).Run, "show": (&quarantineShowCmd{database: nowhere, ID: 1}).Run,
		"drop": (&quarantineDropCmd{database: nowhere, All: true}).Run, "release": (&agentReleaseCmd{database: nowhere, Code: "x"}).Run,
	} {
		if err := run(t.Context()); err == nil || !strings.Contains(err.Error(), "no such file") {
			t.Errorf("%s without a database: %v", name, err)
		}
	}
}

func TestReleaseSettlesAConflict(t *testing.T) {
	path, _, _ := quarantined(t)
	at := database{DB: path}
	if err := (&agentReleaseCmd{database: at, Code: "tb-1"}).Run(t.Context()); err != nil {
		t.Error(err)
	}
	if err := (&agentReleaseCmd{database: at, Code: "nobody"}).Run(t.Context()); !errors.Is(err, history.ErrNotFound) {
		t.Errorf("release of nobody: %v", err)
	}
}
