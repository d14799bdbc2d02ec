package main

import (
	"context"
	"errors"
	"fmt"
	"os"
)

type backupCmd struct {
	database
	WithoutHistory bool `help:"All but the history, which is then imported into the copy: to move it into InfluxDB or out of it. Stop the hub first."`

	File string `arg:"" help:"The copy. Nothing may be there yet; it gets this name when it is whole and checked."`
}

func (c *backupCmd) Run(ctx context.Context) (err error) {
	db, err := c.existing(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	write := db.Backup
	if c.WithoutHistory {
		write = db.BackupWithoutHistory
	}
	if err := write(ctx, c.File); err != nil {
		return err
	}
	info, err := os.Stat(c.File)
	if err != nil {
		return err
	}
	fmt.Printf("backed up to %s: %.1f MB, checked\n", c.File, float64(info.Size())/1e6)
	return nil
}
