package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// forget is the sabotage that happens all the time: see forgetful.
const forget = "forget"

// saboteurs break the promise behind everybody's back when a world has come to
// rest. The checker must find each of them; else it finds nothing.
var saboteurs = map[string]func(w *world, db *sql.DB) error{
	forget: func(*world, *sql.DB) error { return nil },
	"lose": func(_ *world, db *sql.DB) error {
		return execute(db, "DELETE FROM batch WHERE id = (SELECT id FROM batch ORDER BY length(payload) DESC LIMIT 1)")
	},
	"double": func(_ *world, db *sql.DB) error {
		return execute(db, "INSERT INTO batch (agent, epoch, first_seq, first_day, last_day, keep_day, received, payload) SELECT agent, epoch, first_seq, first_day, last_day, keep_day, received, payload FROM batch LIMIT 1")
	},
}

func sabotages() []string { return slices.Sorted(maps.Keys(saboteurs)) }

func sabotage(w *world, name string) (err error) {
	f, ok := saboteurs[name]
	if !ok {
		return fmt.Errorf("no sabotage %q", name)
	}
	db, err := sql.Open("sqlite", "file:"+w.database())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return f(w, db)
}

func execute(db *sql.DB, text string) error {
	_, err := db.ExecContext(context.Background(), text)
	return err
}
