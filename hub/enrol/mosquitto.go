package enrol

import (
	"bytes"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/phukin/phukin/hub/wire"
)

// HubUser is the hub's user name and client id at a broker outside of it. No
// agent can have this code there.
const HubUser = "phukin-hub"

// Mosquitto is the file of Mosquitto's plugin for dynamic security: who may
// log in, under which client id, and who may do what. Its own access list
// cannot refuse a subscription, and lets everybody join a share group.
//
// Each client has a role of its own, so that an agent's rights name its shard.
// Nobody has the right to change the file through the broker.
type Mosquitto struct {
	Clients []MosquittoClient `json:"clients"`
	Groups  []struct{}        `json:"groups"`
	Roles   []MosquittoRole   `json:"roles"`
	Default MosquittoDefault  `json:"defaultACLAccess"`
}

// MosquittoClient is a login.
type MosquittoClient struct {
	Username   string          `json:"username"`
	ClientID   string          `json:"clientid"` // the only one it may have
	Password   string          `json:"password"` // PBKDF2 with SHA-512, base64
	Salt       string          `json:"salt"`     // base64
	Iterations int             `json:"iterations"`
	Roles      []MosquittoName `json:"roles"`
}

// MosquittoName names a role.
type MosquittoName struct {
	Rolename string `json:"rolename"`
}

// MosquittoRole is a list of rights.
type MosquittoRole struct {
	Rolename string         `json:"rolename"`
	ACLs     []MosquittoACL `json:"acls"`
}

// MosquittoACL is a right.
type MosquittoACL struct {
	Type  string `json:"acltype"`
	Topic string `json:"topic"`
	Allow bool   `json:"allow"`
}

// MosquittoDefault is what holds where no right is given.
type MosquittoDefault struct {
	Send        bool `json:"publishClientSend"`
	Receive     bool `json:"publishClientReceive"`
	Subscribe   bool `json:"subscribe"`
	Unsubscribe bool `json:"unsubscribe"`
}

// ReadMosquitto reads the file; an empty one has no clients. One that was made
// by other means, or changed through the broker, is refused.
func ReadMosquitto(text []byte) (*Mosquitto, error) {
	m := &Mosquitto{Clients: []MosquittoClient{}, Groups: []struct{}{}, Roles: []MosquittoRole{}, Default: MosquittoDefault{Unsubscribe: true}}
	if len(bytes.TrimSpace(text)) == 0 {
		return m, nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(m); err != nil {
		return nil, fmt.Errorf("the file is not one that phukin-hub made: %w", err)
	}
	if m.Default != (MosquittoDefault{Unsubscribe: true}) {
		return nil, errors.New("the file gives everybody rights that nobody must have: defaultACLAccess")
	}
	return m, nil
}

// Issue gives an agent, or the hub as HubUser, a login, or a new token in
// place of the one it has. The token is nowhere else to be had. Everybody who
// is there gets the rights of this version besides, and keeps the token.
func (m *Mosquitto) Issue(code string) (token string, err error) {
	if err := wire.CheckCode(code); err != nil {
		return "", fmt.Errorf("agent: %w", err)
	}
	token = newToken()
	salt := make([]byte, 12)
	_, _ = rand.Read(salt) // never fails: it ends the program instead
	// A token is random, so nothing slow is needed; the broker does nothing
	// else while it computes.
	const iterations = 101
	key, err := pbkdf2.Key(sha512.New, token, salt, iterations, sha512.Size)
	if err != nil {
		return "", fmt.Errorf("hash of the token: %w", err)
	}
	m.Remove(code)
	for i := range m.Roles {
		m.Roles[i].ACLs = rights(m.Roles[i].Rolename)
	}
	m.Clients = append(m.Clients, MosquittoClient{
		Username: code, ClientID: code, Iterations: iterations,
		Password: base64.StdEncoding.EncodeToString(key), Salt: base64.StdEncoding.EncodeToString(salt),
		Roles: []MosquittoName{{code}},
	})
	m.Roles = append(m.Roles, MosquittoRole{code, rights(code)})
	return token, nil
}

// Remove takes a login away, and says whether there was one.
func (m *Mosquitto) Remove(code string) bool {
	n := len(m.Clients)
	m.Clients = slices.DeleteFunc(m.Clients, func(c MosquittoClient) bool { return c.Username == code })
	m.Roles = slices.DeleteFunc(m.Roles, func(r MosquittoRole) bool { return r.Rolename == code })
	return len(m.Clients) < n
}

// Codes lists who has a login.
func (m *Mosquitto) Codes() (codes []string) {
	for _, c := range m.Clients {
		codes = append(codes, c.Username)
	}
	slices.Sort(codes)
	return codes
}

// Text gives the file.
func (m *Mosquitto) Text() ([]byte, error) {
	text, err := json.MarshalIndent(m, "", "\t")
	return append(text, '\n'), err
}

// rights gives those of a code. "+" stands for the major version of the
// contract.
func rights(code string) []MosquittoACL {
	if code == HubUser {
		up, live, down, plan := wire.TopicFilter(wire.Up), wire.TopicFilter(wire.Live), wire.TopicFilter(wire.Down), wire.TopicFilter(wire.Plan)
		return []MosquittoACL{
			{"subscribePattern", up, true}, {"publishClientReceive", up, true},
			{"subscribePattern", live, true}, {"publishClientReceive", live, true},
			{"publishClientSend", down, true}, {"publishClientSend", plan, true},
		}
	}
	up, live, down, plan := anyVersion(code, wire.Up), anyVersion(code, wire.Live), anyVersion(code, wire.Down), anyVersion(code, wire.Plan)
	return []MosquittoACL{
		{"publishClientSend", up, true}, {"publishClientSend", live, true},
		{"subscribePattern", down, true}, {"publishClientReceive", down, true},
		{"subscribePattern", plan, true}, {"publishClientReceive", plan, true},
	}
}

// anyVersion gives the pattern of an agent's channel in every major version.
func anyVersion(code string, c wire.Channel) string {
	return strings.Replace(wire.Topic(code, c), "phukin/"+strconv.Itoa(wire.Version)+"/", "phukin/+/", 1)
}
