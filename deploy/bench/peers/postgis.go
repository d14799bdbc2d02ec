package peers

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ErrNoPostGIS says that PostGIS is not on this machine, and how to mend it.
var ErrNoPostGIS = errors.New("PostGIS is not there; mend it with: apt-get install --no-install-recommends postgresql-15-postgis-3")

// PostGIS is a database server of its own in a folder of its own, that can be
// reached by a socket in that folder alone. It serves one session.
type PostGIS struct {
	dir    string
	server *exec.Cmd
	psql   *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	said   *strings.Builder // by psql, on its standard error
	stop   context.CancelFunc
}

// StartPostGIS makes a database with PostGIS in it. Started by root, it runs as
// the user postgres, because it refuses to run as root. Close ends it. The
// error is ErrNoPostGIS if it is not installed.
func StartPostGIS(ctx context.Context) (p *PostGIS, err error) {
	bin, err := postgisPrograms()
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	p = &PostGIS{stop: stop, said: &strings.Builder{}}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("start PostGIS: %w", err), p.Close())
			p = nil
		}
	}()
	if p.dir, err = os.MkdirTemp("", "phukin-pg-"); err != nil {
		return nil, err
	}
	as, err := unprivileged(p.dir)
	if err != nil {
		return nil, err
	}
	run := func(name string, args ...string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, filepath.Join(bin, name), args...)
		cmd.Dir, cmd.SysProcAttr = p.dir, as
		cmd.Env = []string{"LC_ALL=C", "PATH=/usr/bin:/bin", "HOME=" + p.dir}
		cmd.WaitDelay = 5 * time.Second
		return cmd
	}
	data := filepath.Join(p.dir, "data")
	if out, err := run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	server := run("postgres", "-D", data, "-k", p.dir, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "logging_collector=off", "-c", "log_min_messages=log")
	server.Cancel = func() error { return server.Process.Signal(syscall.SIGINT) } // a fast shutdown
	log, err := server.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := server.Start(); err != nil {
		return nil, err
	}
	p.server = server
	if err := ready(log); err != nil {
		return nil, err
	}
	return p, p.connect(run("psql", "-X", "-q", "-A", "-t", "-F", "\t", "-h", p.dir, "-U", "postgres", "-d", "postgres", "-v", "ON_ERROR_STOP=1"))
}

// postgisPrograms gives the folder of the newest server that has PostGIS.
func postgisPrograms() (string, error) {
	found, err := filepath.Glob("/usr/share/postgresql/*/extension/postgis.control")
	if err != nil {
		return "", err
	}
	slices.Sort(found)
	for _, control := range slices.Backward(found) {
		bin := filepath.Join("/usr/lib/postgresql", filepath.Base(filepath.Dir(filepath.Dir(control))), "bin")
		if _, err := os.Stat(filepath.Join(bin, "initdb")); err == nil {
			if _, err := os.Stat(filepath.Join(bin, "psql")); err == nil {
				return bin, nil
			}
		}
	}
	return "", ErrNoPostGIS
}

// unprivileged gives the user that the server runs as, and the folder to it.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, os.Chown(dir, int(uid), int(gid))
}

// ready reads the server's log until it accepts connections, and goes on
// reading, so that the server never waits for a reader.
func ready(log io.Reader) error {
	r := bufio.NewReader(log)
	var said strings.Builder
	for {
		line, err := r.ReadString('\n')
		said.WriteString(line)
		switch {
		case err != nil:
			return fmt.Errorf("the server ended: %s", said.String())
		case strings.Contains(line, "ready to accept connections"):
			go func() { _, _ = io.Copy(io.Discard, r) }() // ends with the server
			return nil
		}
	}
}

// connect starts the one session.
func (p *PostGIS) connect(psql *exec.Cmd) error {
	var err error
	if p.in, err = psql.StdinPipe(); err != nil {
		return err
	}
	out, err := psql.StdoutPipe()
	if err != nil {
		return err
	}
	psql.Stderr = p.said
	if err := psql.Start(); err != nil {
		return err
	}
	p.psql, p.out = psql, bufio.NewReader(out)
	_, err = p.Query("set client_min_messages = warning; create extension postgis;")
	return err
}

const endOfAnswer = "-- end of the answer --"

// Query sends commands, each ended by a semicolon, and gives the rows of all
// their answers.
func (p *PostGIS) Query(commands string) (rows [][]string, err error) {
	if _, err := io.WriteString(p.in, commands+"\n\\echo "+endOfAnswer+"\n"); err != nil {
		return nil, p.failed(err)
	}
	for {
		line, err := p.out.ReadString('\n')
		if err != nil {
			return nil, p.failed(err)
		}
		line = strings.TrimSuffix(line, "\n")
		if line == endOfAnswer {
			return rows, nil
		}
		rows = append(rows, strings.Split(line, "\t"))
	}
}

// failed gives what psql said before it ended.
func (p *PostGIS) failed(err error) error {
	_ = p.in.Close()
	_ = p.psql.Wait() // what it said is the better error
	p.psql = nil
	return fmt.Errorf("psql: %w: %s", err, strings.TrimSpace(p.said.String()))
}

// Copy fills columns of a table, or a table.
func (p *PostGIS) Copy(table string, rows [][]string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "copy %s from stdin (format csv);\n", table)
	w := csv.NewWriter(&b)
	if err := w.WriteAll(rows); err != nil {
		return err
	}
	b.WriteString("\\.")
	_, err := p.Query(b.String())
	return err
}

// Backend gives the process that serves the session.
func (p *PostGIS) Backend() (pid int, err error) {
	rows, err := p.Query("select pg_backend_pid();")
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(rows[0][0])
}

// Close ends the server and removes its folder.
func (p *PostGIS) Close() error {
	if p.psql != nil {
		_ = p.in.Close()
		_ = p.psql.Wait() // it has nothing more to say
	}
	p.stop()
	if p.server != nil {
		_ = p.server.Wait() // it was told to end
	}
	return os.RemoveAll(p.dir)
}
