package main

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/phukin/phukin/hub/account"
	"github.com/phukin/phukin/hub/sqlite"
)

func TestUsersAndTokensByCommand(t *testing.T) {
	db := filepath.Join(t.TempDir(), "hub.db")
	at := func(args ...string) []string {
		return append(args, "--db", db, "--plan", samplePlan, "--author", "thanh")
	}
	link := ok(t, at("user", "add", "an", "--role", "technician@18562,viewer", "--full-name", "Kỹ thuật viên", "--public-url", "https://phukin.example.vn/")...)
	if !strings.HasPrefix(link, "https://phukin.example.vn/setup/") {
		t.Errorf("%q", link)
	}
	ok(t, at("user", "add", "chef", "--role", "admin")...)
	if out := ok(t, "user", "list", "--db", db); !strings.Contains(out, "technician@18562") || !strings.Contains(out, "no password yet") {
		t.Errorf("%s", out)
	}
	ok(t, at("user", "role", "an", "staff")...)
	ok(t, at("user", "disable", "an")...)
	if out := ok(t, "user", "list", "--db", db); !strings.Contains(out, "staff") || strings.Contains(out, "technician") || !strings.Contains(out, "disabled") {
		t.Errorf("%s", out)
	}
	ok(t, at("user", "disable", "an", "--undo")...)
	if again := ok(t, at("user", "setup-link", "chef")...); again == "" {
		t.Error("no link")
	}
	token := strings.TrimSpace(ok(t, at("token", "create", "báo cáo", "--scope", "export", "--role", "author@18562", "--days", "7")...))
	out := ok(t, "token", "list", "--db", db)
	if !strings.HasPrefix(token, "phukin_") || strings.Contains(out, token) || !strings.Contains(out, "author@18562") || !strings.Contains(out, "báo cáo") || !strings.Contains(out, "thanh") {
		t.Errorf("%s\n%s", token, out)
	}
	id := strings.Split(token, "_")[1]
	ok(t, at("token", "revoke", id)...)
	if out := ok(t, "token", "list", "--db", db); !strings.Contains(out, "revoked") {
		t.Errorf("%s", out)
	}
	for _, c := range []struct {
		args  []string
		says  string
		usage bool
	}{
		{at("user", "add", "an", "--role", "viewer"), "taken", false},
		{at("user", "add", "Ân", "--role", "viewer"), "a–z", true},
		{at("user", "add", "binh", "--role", "boss"), "viewer, author", true},
		{at("user", "add", "binh", "--role", "viewer@99999"), "not in the plan", true},
		{at("user", "role", "nobody", "viewer"), "not known", false},
		{at("user", "disable", "nobody"), "not known", false},
		{at("user", "setup-link", "nobody"), "not known", false},
		{at("token", "create", "x", "--role", "viewer@"), "role@code", true},
		{at("token", "create", "x", "--days", "0"), "1 to 731", true},
		{at("token", "create", ""), "what the token is for", true},
		{at("token", "revoke", "ffffffff"), "not known", false},
		{[]string{"user", "list", "--db", db + ".none"}, "no such file", false},
	} {
		_, err := run(t, c.args...)
		if err == nil || !strings.Contains(err.Error(), c.says) || errors.As(err, new(usageError)) != c.usage {
			t.Errorf("%v: %v; want an error that says %q, of usage %t", c.args, err, c.says, c.usage)
		}
	}
	store, err := sqlite.Open(t.Context(), db, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	all, err := store.Accounts().Audit(t.Context(), account.Query{Who: "thanh", Limit: 100})
	if err != nil || len(all) < 8 || all[len(all)-1].Via != account.ViaCommand || !strings.Contains(all[len(all)-1].What, "an technician@18562") {
		t.Errorf("%+v %v", all, err)
	}
}
