package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"github.com/phukin/phukin/hub/assign"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/sqlite"
	"github.com/phukin/phukin/hub/wire"
)

type cameraCmd struct {
	Credentials credentialsCmd `cmd:"" help:"User names and passwords of cameras, sealed to the agent that watches each: nobody at the hub can open them."`
}

type credentialsCmd struct {
	Set    credentialsSetCmd    `cmd:"" help:"Enter a camera's user name and password. The password is asked for, or read from standard input."`
	List   credentialsListCmd   `cmd:"" help:"List the cameras whose credentials are kept, and say which their agents cannot open."`
	Forget credentialsForgetCmd `cmd:"" help:"Forget a camera's credentials; its agent is told to."`
}

// servedDB is the hub's database with the plan that the hub serves.
type servedDB struct {
	database
	Plan string `placeholder:"DIR" env:"PHUKIN_PLAN" help:"Folder of the plan, if the hub serves one; the newest revision in the database when absent."`
}

// with opens both and calls f.
func (d *servedDB) with(ctx context.Context, f func(*sqlite.DB, *plan.Plan) error) (err error) {
	p, err := servedPlan(ctx, d.Plan, d.DB)
	if err != nil {
		return err
	}
	db, err := d.existing(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return f(db, p)
}

type credentialsSetCmd struct {
	servedDB
	Camera string `arg:"" help:"Code of the camera in the plan."`
	User   string `required:"" short:"u" placeholder:"NAME" help:"User name at the camera."`
	Author string `placeholder:"NAME" env:"PHUKIN_AUTHOR" help:"Who enters them; the user of this machine when absent."`
}

func (c *credentialsSetCmd) Run(ctx context.Context) error {
	return c.with(ctx, func(db *sqlite.DB, p *plan.Plan) error { return c.set(ctx, db, p, os.Stdin, os.Stderr) })
}

func (c *credentialsSetCmd) set(ctx context.Context, db *sqlite.DB, p *plan.Plan, in *os.File, tell io.Writer) error {
	keys, err := db.Assign().Keys(ctx)
	if err != nil {
		return err
	}
	// Whether it can be sealed is known before anybody types a password.
	if _, err := assign.Seal(p, keys, c.Camera, wire.Credentials{}); err != nil {
		return err
	}
	password, err := readPassword(in, tell, c.Camera)
	if err != nil {
		return err
	}
	sealed, err := assign.Seal(p, keys, c.Camera, wire.Credentials{Username: c.User, Password: password})
	if err != nil {
		return err
	}
	sealed.At, sealed.Author = time.Now(), c.Author
	if sealed.Author == "" {
		if u, err := user.Current(); err == nil {
			sealed.Author = u.Username
		}
	}
	if err := db.Assign().SetCredential(ctx, sealed); err != nil {
		return err
	}
	_, err = fmt.Fprintf(tell, "credentials of camera %s are sealed to the key %s of agent %s\n", c.Camera, sealed.Key, sealed.Agent)
	if err == nil && p.Camera(c.Camera).Address.Reveal() == "" {
		_, err = fmt.Fprintf(tell, "camera %s has no address in the plan yet: until it has one it is in nobody's list\n", c.Camera)
	}
	return err
}

// readPassword asks for a password without showing it, or reads the first line
// of an input that is no keyboard.
func readPassword(in *os.File, tell io.Writer, camera string) (string, error) {
	if term.IsTerminal(int(in.Fd())) {
		_, _ = fmt.Fprintf(tell, "password of camera %s: ", camera)
		p, err := term.ReadPassword(int(in.Fd()))
		_, _ = fmt.Fprintln(tell)
		if err != nil {
			return "", fmt.Errorf("read the password: %w", err)
		}
		return string(p), nil
	}
	line, err := bufio.NewReader(io.LimitReader(in, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password from standard input: %w", err)
	}
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", errors.New("there is no password on standard input: write it there on one line, or run this at a terminal")
	}
	return line, nil
}

type credentialsListCmd struct{ servedDB }

func (c *credentialsListCmd) Run(ctx context.Context) error {
	return c.with(ctx, func(db *sqlite.DB, p *plan.Plan) error { return listCredentials(ctx, db.Assign(), p, os.Stdout) })
}

func listCredentials(ctx context.Context, s assign.Store, p *plan.Plan, out io.Writer) error {
	keys, err := s.Keys(ctx)
	if err != nil {
		return err
	}
	all, err := s.Credentials(ctx)
	if err != nil {
		return err
	}
	var codes []string
	for code := range all {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	lost := assign.Lost(p, keys, all)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "CAMERA\tAGENT\tKEY\tENTERED\tBY\tSTATE")
	for _, code := range codes {
		e, state := all[code], "in order"
		switch camera := p.Camera(code); {
		case camera == nil:
			state = "the camera is not in the plan"
		case !slices.Contains(lost, code):
		case camera.Agent != e.Agent:
			state = fmt.Sprintf("cannot be opened: the plan gives the camera to agent %s now; enter them again", camera.Agent)
		default:
			state = fmt.Sprintf("cannot be opened: the agent's key is %s now; enter them again", keys[e.Agent].Key)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", code, e.Agent, e.Key, e.At.Local().Format("2006-01-02 15:04"), e.Author, state)
	}
	return t.Flush()
}

type credentialsForgetCmd struct {
	database
	Camera string `arg:"" help:"Code of the camera."`
}

func (c *credentialsForgetCmd) Run(ctx context.Context) (err error) {
	db, err := c.existing(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	had, err := db.Assign().ForgetCredential(ctx, c.Camera)
	if err == nil && !had {
		err = fmt.Errorf("no credentials of camera %s are kept", c.Camera)
	}
	return err
}
