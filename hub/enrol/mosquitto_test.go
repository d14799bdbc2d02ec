package enrol_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/hub/enrol"
	"github.com/phukin/phukin/hub/wire"
)

func empty(t *testing.T) *enrol.Mosquitto {
	t.Helper()
	m, err := enrol.ReadMosquitto(nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func issue(t *testing.T, m *enrol.Mosquitto, code string) string {
	t.Helper()
	token, err := m.Issue(code)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// That Mosquitto takes it is tested with hub/broker.
func TestMosquittosFileKeepsWhatItHas(t *testing.T) {
	m := empty(t)
	hub, a, b := issue(t, m, enrol.HubUser), issue(t, m, "a"), issue(t, m, "b")
	text, err := m.Text()
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{hub, a, b} {
		if strings.Contains(string(text), token) {
			t.Error("a token stands in the file")
		}
	}
	again, err := enrol.ReadMosquitto(text)
	if err != nil {
		t.Fatal(err)
	}
	if got := again.Codes(); !slices.Equal(got, []string{"a", "b", enrol.HubUser}) {
		t.Errorf("logins: %v", got)
	}
	second, err := again.Text()
	if err != nil || string(second) != string(text) {
		t.Errorf("the file changes when it is read and written: %v", err)
	}
	if issue(t, again, "a") == a {
		t.Error("the same token twice")
	}
	if len(again.Clients) != 3 || len(again.Roles) != 3 {
		t.Errorf("%d logins and %d roles after a new token, want 3", len(again.Clients), len(again.Roles))
	}
	if !again.Remove("b") || again.Remove("b") || len(again.Clients) != 2 || len(again.Roles) != 2 {
		t.Error("b is not gone, or somebody else is")
	}
}

func TestAnAgentsRightsAtMosquittoNameItsShard(t *testing.T) {
	m := empty(t)
	issue(t, m, "a")
	for _, acl := range m.Roles[0].ACLs {
		p := strings.Split(acl.Topic, "/")
		p[1] = "1"
		agent, channel, err := wire.ParseTopic(strings.Join(p, "/"))
		if err != nil || agent != "a" || !acl.Allow {
			t.Errorf("%+v: %v", acl, err)
		}
		if sends := acl.Type == "publishClientSend"; sends == (channel == wire.Down || channel == wire.Plan) {
			t.Errorf("%+v", acl)
		}
	}
	if n := len(m.Roles[0].ACLs); n != 6 {
		t.Errorf("%d rights", n)
	}
}

func TestACodeThatIsNoneGetsNoLogin(t *testing.T) {
	for _, code := range []string{"", "a/b", "+", "#", "$SYS"} {
		if _, err := empty(t).Issue(code); err == nil {
			t.Errorf("%q gets one", code)
		}
	}
	if _, err := enrol.Issue(t.Context(), newRegistry(), enrol.HubUser, time.Time{}); err == nil {
		t.Error("an agent is enrolled under the hub's name")
	}
}

func TestAFileOfOthersIsRefused(t *testing.T) {
	m := empty(t)
	m.Default.Subscribe = true
	open, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"not JSON":          "phukin-hub:$7$101$x",
		"with other fields": `{"clients":[{"username":"admin","textName":"Dynsec admin user"}]}`,
		"open to all":       string(open),
	} {
		if _, err := enrol.ReadMosquitto([]byte(text)); err == nil {
			t.Errorf("a file that is %s is taken", name)
		}
	}
}

// A file that an older phukin-hub made lacks rights that came later.
func TestWhoIsThereGetsTheRightsOfThisVersion(t *testing.T) {
	m := empty(t)
	issue(t, m, enrol.HubUser)
	issue(t, m, "a")
	want := [][]enrol.MosquittoACL{slices.Clone(m.Roles[0].ACLs), slices.Clone(m.Roles[1].ACLs)}
	for i := range m.Roles {
		m.Roles[i].ACLs = m.Roles[i].ACLs[:4]
	}
	password := m.Clients[1].Password
	issue(t, m, "b")
	for i := range want {
		if !slices.Equal(m.Roles[i].ACLs, want[i]) {
			t.Errorf("%s: %v", m.Roles[i].Rolename, m.Roles[i].ACLs)
		}
	}
	if m.Clients[1].Password != password {
		t.Error("a's token is another")
	}
}
