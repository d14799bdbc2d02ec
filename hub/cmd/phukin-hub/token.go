package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/phukin/phukin/hub/account"
	"github.com/phukin/phukin/hub/sqlite"
)

type tokenCmd struct {
	Create tokenCreateCmd `cmd:"" help:"Make a token for a program. It is printed once and kept only as its hash."`
	List   tokenListCmd   `cmd:"" help:"List the tokens, the newest first."`
	Revoke tokenRevokeCmd `cmd:"" help:"Revoke a token; a running hub takes it no more within two seconds."`
}

type tokenCreateCmd struct {
	accounts
	Name  string `arg:"" help:"What the token is for."`
	Scope string `default:"read" enum:"read,export,write" help:"What it may be used for at most: read (JSON), export (files as well), write (changes as well) (${default})."`
	Role  string `default:"viewer" placeholder:"ROLE[@AREA]" help:"viewer, author, technician, staff or admin; with @ and the code of an area only there and below (${default})."`
	Days  int    `default:"90" help:"Days until it expires, 1 to 731 (${default})."`
}

func (c *tokenCreateCmd) Run(ctx context.Context) error {
	grants, err := c.grants(ctx, []string{c.Role})
	if err != nil {
		return err
	}
	now := time.Now()
	t := account.Token{Name: c.Name, Scope: account.Scope(c.Scope), Grant: grants[0], Expires: now.Add(time.Duration(c.Days) * 24 * time.Hour), Author: c.Author}
	if u, err := user.Current(); err == nil && t.Author == "" {
		t.Author = u.Username
	}
	if c.Days < 1 || c.Days > 731 {
		return usageError(fmt.Sprintf("--days %d: write 1 to 731", c.Days))
	}
	if err := account.CheckToken(&t, now); err != nil {
		return usageError(err.Error())
	}
	return c.with(ctx, func(db *sqlite.DB, desk *account.Desk) error {
		if err := c.record(ctx, db, "createToken", fmt.Sprintf("%q %s %s", t.Name, t.Scope, t.Grant)); err != nil {
			return err
		}
		secret, t, err := desk.NewToken(ctx, t)
		if err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "Mã truy cập %s, chỉ hiện một lần, dùng được đến %s:\nToken %[1]s, shown this once, good until %[2]s:\n", t.ID, t.Expires.Local().Format("2006-01-02 15:04"))
		fmt.Println(secret.Reveal())
		return nil
	})
}

type tokenListCmd struct{ database }

func (c *tokenListCmd) Run(ctx context.Context) (err error) {
	db, err := c.existing(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tokens, err := db.Accounts().Tokens(ctx)
	if err != nil {
		return err
	}
	return writeTokens(os.Stdout, tokens, time.Now())
}

func writeTokens(w io.Writer, tokens []account.Token, now time.Time) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ID\tSCOPE\tROLE\tSTATE\tEXPIRES\tLAST USED\tMADE BY\tFOR")
	for i := range tokens {
		k := &tokens[i]
		state, used := "good", "never"
		switch {
		case k.Revoked:
			state = "revoked"
		case k.Over(now):
			state = "expired"
		}
		if !k.Used.IsZero() {
			used = k.Used.Local().Format(time.DateTime)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.Scope, k.Grant, state, k.Expires.Local().Format(time.DateTime), used, oneLine(k.Author), oneLine(k.Name))
	}
	return t.Flush()
}

type tokenRevokeCmd struct {
	accounts
	ID string `arg:"" help:"Id of the token, as token list shows it."`
}

func (c *tokenRevokeCmd) Run(ctx context.Context) error {
	return c.with(ctx, func(db *sqlite.DB, _ *account.Desk) error {
		if err := c.record(ctx, db, "revokeToken", c.ID); err != nil {
			return err
		}
		t, err := db.Accounts().RevokeToken(ctx, strings.ToLower(c.ID))
		if err != nil {
			return fmt.Errorf("token %q: %w", c.ID, err)
		}
		fmt.Println(t.ID, "revoked")
		return nil
	})
}
