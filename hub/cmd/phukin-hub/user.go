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

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/account"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/sqlite"
)

type userCmd struct {
	Add       userAddCmd       `cmd:"" help:"Add a user. A link is printed once, where the user sets a password within a day."`
	List      userListCmd      `cmd:"" help:"List the users with their roles."`
	Disable   userDisableCmd   `cmd:"" help:"Log a user out and in no more; with --undo let it in again."`
	Role      userRoleCmd      `cmd:"" help:"Give a user other roles, in place of all that it has."`
	Link      userLinkCmd      `cmd:"" help:"Let a user log in by the OIDC provider, too, as whom the provider calls by a subject."`
	Unlink    userUnlinkCmd    `cmd:"" help:"Let a user log in by the OIDC provider no more."`
	SetupLink userSetupLinkCmd `cmd:"" help:"Print a new link where a user sets a password; without a name, for the first administrator."`
}

// accounts is the hub's database, where accounts are.
type accounts struct {
	servedDB
	Public string `name:"public-url" placeholder:"URL" env:"PHUKIN_PUBLIC_URL" help:"Where browsers reach the hub, such as https://phukin.example.vn: links begin with it."`
	Author string `placeholder:"NAME" env:"PHUKIN_AUTHOR" help:"Who does this, for the audit log; the user of this machine when absent."`
}

// with opens the database and calls f.
func (c *accounts) with(ctx context.Context, f func(*sqlite.DB, *account.Desk) error) (err error) {
	db, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return f(db, account.NewDesk(db.Accounts(), account.DefaultParams, nil))
}

// record puts a command into the audit log, before it is done.
func (c *accounts) record(ctx context.Context, db *sqlite.DB, operation, what string) error {
	who := c.Author
	if u, err := user.Current(); err == nil && who == "" {
		who = u.Username
	}
	_, err := db.Accounts().Record(ctx, account.Entry{At: time.Now(), Who: who, Via: account.ViaCommand, Operation: operation, What: what})
	return err
}

// grants reads roles; an area must be one of the plan, if there is one.
func (c *accounts) grants(ctx context.Context, texts []string) ([]account.Grant, error) {
	now := time.Now()
	var p *plan.Plan
	all := make([]account.Grant, len(texts))
	for i, t := range texts {
		g, err := account.ParseGrant(t, now)
		if err != nil {
			return nil, usageError("--role " + err.Error())
		}
		all[i] = g
		if g.Area == "" {
			continue
		}
		if p == nil {
			if p, err = servedPlan(ctx, c.Plan, c.DB); err != nil {
				return nil, fmt.Errorf("to know the area of --role %s: %w", t, err)
			}
		}
		if p.AreaOn(g.Area, plan.DateOf(now, p.Location)) == nil {
			return nil, usageError(fmt.Sprintf("--role %s: area %q is not in the plan today", t, g.Area))
		}
	}
	if err := account.CheckGrants(all); err != nil {
		return nil, usageError("--role: " + err.Error())
	}
	return all, nil
}

// tellLink prints a set-up link.
func (c *accounts) tellLink(name string, secret account.Secret, l account.Link) {
	if name == "" {
		name = "the first administrator"
	}
	fmt.Fprintf(os.Stderr, "Liên kết đặt mật khẩu, chỉ hiện một lần, dùng được một lần đến %s:\nSet-up link of %s, shown this once, good for one use until %[1]s:\n", l.Expires.Local().Format("2006-01-02 15:04"), name)
	public := c.Public
	if public == "" {
		public = "http://127.0.0.1:8080"
	}
	fmt.Println(api.SetUpLink(public, secret))
}

type userAddCmd struct {
	accounts
	Name     string   `arg:"" help:"User name: 2 to 64 of a–z, 0–9, '.', '-', '_', '@'."`
	Role     []string `required:"" sep:"," placeholder:"ROLE[@AREA]" help:"viewer, author, technician, staff or admin; with @ and the code of an area only there and below: technician@18562. Can be repeated."`
	FullName string   `placeholder:"NAME" help:"Full name."`
}

func (c *userAddCmd) Run(ctx context.Context) error {
	if err := errors.Join(account.CheckName(c.Name), account.CheckFullName(c.FullName)); err != nil {
		return usageError(err.Error())
	}
	grants, err := c.grants(ctx, c.Role)
	if err != nil {
		return err
	}
	return c.with(ctx, func(db *sqlite.DB, desk *account.Desk) error {
		if err := c.record(ctx, db, "createUser", c.Name+" "+strings.Join(c.Role, " ")); err != nil {
			return err
		}
		secret, l, err := desk.AddUser(ctx, account.User{Name: c.Name, FullName: c.FullName, Grants: grants})
		if err != nil {
			return fmt.Errorf("user %q: %w", c.Name, err)
		}
		c.tellLink(c.Name, secret, l)
		return nil
	})
}

type userListCmd struct{ database }

func (c *userListCmd) Run(ctx context.Context) (err error) {
	db, err := c.existing(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	users, err := db.Accounts().Users(ctx)
	if err != nil {
		return err
	}
	return writeUsers(os.Stdout, users)
}

func writeUsers(w io.Writer, users []account.User) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "NAME\tROLES\tSTATE\tCREATED\tFULL NAME\tIDENTITY")
	for i := range users {
		u := &users[i]
		roles := make([]string, len(u.Grants))
		for k, g := range u.Grants {
			roles[k] = g.String()
		}
		state := "ready"
		switch {
		case u.Disabled:
			state = "disabled"
		case u.Password == "" && u.Identity.None():
			state = "no password yet"
		}
		identity := ""
		if !u.Identity.None() {
			identity = u.Identity.String()
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", u.Name, strings.Join(roles, " "), state, u.Created.Local().Format(time.DateTime), oneLine(u.FullName), identity)
	}
	return t.Flush()
}

type userDisableCmd struct {
	accounts
	Name string `arg:"" help:"User name."`
	Undo bool   `help:"Let the user in again."`
}

func (c *userDisableCmd) Run(ctx context.Context) error {
	return c.change(ctx, c.Name, fmt.Sprintf("disabled=%t", !c.Undo), func(u *account.User) { u.Disabled = !c.Undo })
}

// change changes a user who is there.
func (c *accounts) change(ctx context.Context, name, what string, f func(*account.User)) error {
	return c.with(ctx, func(db *sqlite.DB, _ *account.Desk) error {
		if err := c.record(ctx, db, "changeUser", name+" "+what); err != nil {
			return err
		}
		_, err := db.Accounts().ChangeUser(ctx, name, func(u *account.User) error { f(u); return nil })
		if err != nil {
			return fmt.Errorf("user %q: %w", name, err)
		}
		fmt.Println(name, what)
		return nil
	})
}

type userRoleCmd struct {
	accounts
	Name string   `arg:"" help:"User name."`
	Role []string `arg:"" placeholder:"ROLE[@AREA]" help:"Roles from now on: viewer, author, technician, staff or admin; with @ and the code of an area only there and below."`
}

func (c *userRoleCmd) Run(ctx context.Context) error {
	grants, err := c.grants(ctx, c.Role)
	if err != nil {
		return err
	}
	return c.change(ctx, c.Name, "roles="+strings.Join(c.Role, " "), func(u *account.User) {
		account.KeepSince(grants, u.Grants)
		u.Grants = grants
	})
}

type userLinkCmd struct {
	accounts
	Name    string `arg:"" help:"User name."`
	Subject string `arg:"" help:"What the provider calls the user for ever, the claim sub. The page for logging in says it to who is not linked."`
	Issuer  string `required:"" name:"oidc-issuer" placeholder:"URL" env:"PHUKIN_OIDC_ISSUER" help:"The provider, as serve has it."`
}

func (c *userLinkCmd) Run(ctx context.Context) error {
	i := account.Identity{Issuer: c.Issuer, Subject: c.Subject}
	if err := account.CheckIdentity(i); err != nil {
		return usageError(err.Error())
	}
	err := c.change(ctx, c.Name, "identity="+i.String(), func(u *account.User) { u.Identity = i })
	if errors.Is(err, account.ErrTaken) {
		return fmt.Errorf("%s is another user's: phukin-hub user list says whose", i)
	}
	return err
}

type userUnlinkCmd struct {
	accounts
	Name string `arg:"" help:"User name."`
}

func (c *userUnlinkCmd) Run(ctx context.Context) error {
	return c.change(ctx, c.Name, "identity=none", func(u *account.User) { u.Identity = account.Identity{} })
}

type userSetupLinkCmd struct {
	accounts
	Name string `arg:"" optional:"" help:"User name; without one the link makes the first administrator."`
}

func (c *userSetupLinkCmd) Run(ctx context.Context) error {
	return c.with(ctx, func(db *sqlite.DB, desk *account.Desk) error {
		if c.Name == "" {
			if has, err := db.Accounts().HasAdmin(ctx); err != nil || has {
				return errors.Join(err, usageError("there is an administrator already: name a user"))
			}
		}
		if err := c.record(ctx, db, "createSetUpLink", c.Name); err != nil {
			return err
		}
		secret, l, err := desk.NewLink(ctx, c.Name)
		if err != nil {
			return err
		}
		c.tellLink(c.Name, secret, l)
		return nil
	})
}
