package account_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/hub/account"
)

var update = flag.Bool("update", false, "write the table into docs/security.md")

const page = "../../docs/security.md"

func TestEveryLineOfTheTableSaysWhoMay(t *testing.T) {
	seen := map[string]bool{}
	for _, o := range account.Operations {
		if seen[o.ID] {
			t.Errorf("%s stands twice", o.ID)
		}
		seen[o.ID] = true
		if asks := o.Extent == account.Area || o.Extent == account.Whole; asks != (len(o.Roles) > 0) {
			t.Errorf("%s: extent %s, roles %v", o.ID, o.Extent, o.Roles)
		}
		for _, r := range o.Roles {
			if _, err := account.ParseRole(string(r)); err != nil {
				t.Errorf("%s: %v", o.ID, err)
			}
		}
		if !slices.Contains(o.Roles, account.Admin) && len(o.Roles) > 0 {
			t.Errorf("%s: no administrator may", o.ID)
		}
		if o.Kind == account.Write && o.Extent != account.Own && slices.Contains(o.Roles, account.Viewer) {
			t.Errorf("%s: a viewer writes", o.ID)
		}
		if o.VI == "" || o.EN == "" {
			t.Errorf("%s has no name in both languages", o.ID)
		}
	}
	if len(seen) < 20 {
		t.Errorf("%d lines: the test does not look at anything", len(seen))
	}
}

// The table of docs/security.md is printed from the data.
func TestThePageHasTheTable(t *testing.T) {
	const begin, end = "<!-- table of operations: go test ./hub/account -update -->\n", "<!-- end of the table -->"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has no place for the table", page)
	}
	want := before + begin + table() + end + after
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(text) != want {
		t.Errorf("the table of %s is not that of the code: go test ./hub/account -update", page)
	}
}

func table() string {
	var b strings.Builder
	b.WriteString("\n| operation | viewer | author | technician | staff | admin | what · nội dung |\n|---|---|---|---|---|---|---|\n")
	for _, o := range account.Operations {
		b.WriteString("| `" + o.ID + "` |")
		for _, r := range account.Roles() {
			cell := "–"
			switch {
			case o.Extent == account.Free:
				cell = "free"
			case o.Extent == account.Own:
				cell = "own"
			case slices.Contains(o.Roles, r):
				cell = string(o.Extent)
			}
			b.WriteString(" " + cell + " |")
		}
		b.WriteString(" " + o.EN + " · " + o.VI + " |\n")
	}
	b.WriteString("\n")
	return b.String()
}

func TestWhoMayWhat(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	in := func(r account.Role, area string) account.Grant { return account.Grant{Role: r, Area: area, Since: at} }
	user := func(g ...account.Grant) account.Principal {
		return account.Principal{Name: "a", Via: account.ViaSession, Grants: g, Scope: account.ScopeWrite}
	}
	token := func(s account.Scope, g account.Grant) account.Principal {
		return account.Principal{Name: "t", Via: account.ViaToken, Grants: []account.Grant{g}, Scope: s}
	}
	nobody, anybody := account.Anybody(false), account.Anybody(true)
	for _, c := range []struct {
		name   string
		who    account.Principal
		op     string
		export bool
		reach  string // Key
		why    account.Refusal
	}{
		{"health is free", nobody, "getHealth", false, "", account.Allowed},
		{"nobody reads", nobody, "listCameras", false, "", account.WhoAreYou},
		{"nobody has a session", nobody, "getSession", false, "", account.WhoAreYou},
		{"anybody reads where access is open", anybody, "listCameras", false, "*", account.Allowed},
		{"and takes files", anybody, "listCameras", true, "*", account.Allowed},
		{"but must log in for more", anybody, "listQuarantine", false, "", account.WhoAreYou},
		{"and writes nothing", anybody, "createUser", false, "", account.WrongScope},
		{"a viewer reads everything", user(in(account.Viewer, "")), "listCameras", false, "*", account.Allowed},
		{"a viewer is no technician", user(in(account.Viewer, "")), "listQuarantine", false, "", account.WrongRole},
		{"a technician has the commune", user(in(account.Technician, "18562")), "listQuarantine", false, "18562@1800000000;", account.Allowed},
		{"two communes are in order", user(in(account.Technician, "2"), in(account.Staff, "1")), "listQuarantine", false, "1@1800000000;2@1800000000;", account.Allowed},
		{"two roles in one commune are one", user(in(account.Technician, "1"), in(account.Staff, "1")), "listCameras", false, "1@1800000000;", account.Allowed},
		{"a role reaches no farther than it is held", user(in(account.Viewer, ""), in(account.Technician, "1")), "listQuarantine", false, "1@1800000000;", account.Allowed},
		{"the whole wins", user(in(account.Viewer, ""), in(account.Technician, "1")), "listCameras", false, "*", account.Allowed},
		{"an administrator of a commune", user(in(account.Admin, "1")), "listUsers", false, "", account.WrongArea},
		{"an administrator", user(in(account.Admin, "")), "listUsers", false, "*", account.Allowed},
		{"a token to read takes no files", token(account.ScopeRead, in(account.Admin, "")), "listCameras", true, "", account.WrongScope},
		{"a token to read writes nothing", token(account.ScopeRead, in(account.Admin, "")), "createUser", false, "", account.WrongScope},
		{"a token to export writes nothing", token(account.ScopeExport, in(account.Admin, "")), "createUser", false, "", account.WrongScope},
		{"a token to export takes files", token(account.ScopeExport, in(account.Author, "")), "listCameras", true, "*", account.Allowed},
		{"a token to write does all of its role", token(account.ScopeWrite, in(account.Admin, "")), "createUser", false, "*", account.Allowed},
		{"a token to write is still a viewer's", token(account.ScopeWrite, in(account.Viewer, "")), "createUser", false, "", account.WrongRole},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, ok := account.OperationOf(c.op)
			if !ok {
				t.Fatal("no such operation")
			}
			reach, why := c.who.May(o, c.export)
			if why != c.why || reach.Key() != c.reach {
				t.Errorf("reach %q, refusal %d; want %q, %d", reach.Key(), why, c.reach, c.why)
			}
		})
	}
}

func TestGrantsAreReadAsTheyAreWritten(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	for text, ok := range map[string]bool{
		"viewer": true, "technician@18562": true, "admin@": false, "boss": false, "": false, "viewer@a b": false, "@18562": false, "viewer@1@2": false,
	} {
		g, err := account.ParseGrant(text, at)
		if (err == nil) != ok || ok && (g.String() != text || !g.Since.Equal(at)) {
			t.Errorf("%q: %v, %v", text, g, err)
		}
	}
	for _, bad := range [][]account.Grant{nil, {{Role: "boss"}}, {{Role: account.Viewer}, {Role: account.Viewer}}, make([]account.Grant, account.MostGrants+1)} {
		if account.CheckGrants(bad) == nil {
			t.Errorf("%v is taken", bad)
		}
	}
}

func TestNamesOfUsers(t *testing.T) {
	for name, ok := range map[string]bool{
		"an": true, "nguyen.van-an_2@xa": true, "1st": true, "a": false, "": false, "An": false, ".an": false, "an an": false, "ân": false,
		strings.Repeat("a", 64): true, strings.Repeat("a", 65): false, "an\n": false,
	} {
		if err := account.CheckName(name); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestANetworkIsWhatOneSubscriberHas(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64", "": "", "nonsense": "nonsense",
	} {
		if got := account.Network(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}
