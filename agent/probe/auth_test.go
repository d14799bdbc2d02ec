package probe_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/phukin/phukin/agent/probe"
)

func TestDigestAgreesWithTheExamplesOfTheRFCs(t *testing.T) {
	const nonce = `realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"`
	const later = `realm="http-auth@example.org", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", qop="auth, auth-int", opaque="5ccc069c403ebaf9f0171e9517f40e41"`
	for _, tc := range []struct{ name, pass, challenge, response string }{
		{"RFC 2617 §3.5, qop=auth", "Circle Of Life", `Digest ` + nonce + `, qop="auth,auth-int"`, "6629fae49393a05397450978507c4ef1"},
		{"RFC 2069 §2.4 as amended, without qop", "CircleOfLife", `Digest ` + nonce, "1949323746fe6a43ef61f9606e7febea"},
		{"RFC 7616 §3.9.1, MD5", "Circle of Life", `Digest ` + later + `, algorithm=MD5`, "8ca523f5e9506fed4657c9700eebdbec"},
		{"RFC 7616 §3.9.1, SHA-256", "Circle of Life", `Digest ` + later + `, algorithm=SHA-256`, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cs := probe.ParseChallenges([]string{tc.challenge})
			if len(cs) != 1 {
				t.Fatalf("%d challenges", len(cs))
			}
			cnonce := "0a4f113b"
			if strings.Contains(tc.challenge, "http-auth@") {
				cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
			}
			got := probe.Digest("Mufasa", tc.pass, "GET", "/dir/index.html", cs[0], cnonce)
			for _, part := range []string{`response="` + tc.response + `"`, `username="Mufasa"`, `opaque="5ccc069c403ebaf9f0171e9517f40e41"`, `uri="/dir/index.html"`} {
				if !strings.Contains(got, part) {
					t.Errorf("%s\nlacks %s", got, part)
				}
			}
			if q := strings.Contains(got, `, qop=auth, nc=00000001, cnonce="`+cnonce+`"`); q != strings.Contains(tc.challenge, "qop") {
				t.Errorf("qop in %s", got)
			}
		})
	}
}

func TestChallengesAreReadAsCamerasWriteThem(t *testing.T) {
	for _, tc := range []struct {
		name   string
		values []string
		want   string // scheme and realm of each
	}{
		{"one", []string{`Digest realm="IP Camera(1)", nonce="a"`}, `digest "IP Camera(1)";`},
		{"two fields", []string{`Digest realm="a", nonce="b"`, `Basic realm="c"`}, `digest "a";basic "c";`},
		{"two in one", []string{`Digest realm="a", nonce="b", Basic realm="c"`}, `digest "a";basic "c";`},
		{"a scheme without parameters", []string{`Negotiate, NTLM, basic REALM=x`}, `negotiate "";ntlm "";basic "x";`},
		{"spaces around the equals sign", []string{`Digest realm = "a" , nonce= b`}, `digest "a";`},
		{"an escaped quote", []string{`Basic realm="a\"b, Digest c"`}, `basic "a\"b, Digest c";`},
		{"quotes without end", []string{`Digest realm="a`}, `digest "";`},
		{"nothing", []string{"", "  ", `"`, "=", ",,"}, ``},
		{"more than can be meant", []string{strings.Repeat("Basic realm=x,", 100)}, strings.Repeat(`basic "x";`, 8)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var b strings.Builder
			for _, c := range probe.ParseChallenges(tc.values) {
				fmt.Fprintf(&b, `%s "%s";`, c.Scheme(), c.Param("realm"))
			}
			if diff := cmp.Diff(tc.want, b.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func FuzzChallenges(f *testing.F) {
	f.Add(`Digest realm="IP Camera(1)", nonce="a", qop="auth,auth-int", stale=TRUE, algorithm=MD5`)
	f.Add(`Negotiate, NTLM, basic REALM=x, Digest a="b\"c`)
	f.Add(`"\`)
	f.Fuzz(func(t *testing.T, s string) {
		cs := probe.ParseChallenges([]string{s, s})
		if len(cs) > 8 {
			t.Errorf("%d challenges", len(cs))
		}
		for _, c := range cs {
			if strings.ContainsAny(c.Scheme(), " \"\r\n") || strings.Contains(probe.Digest("u", "hunter2", "SETUP", "rtsp://h/", c, "c"), "hunter2") {
				t.Errorf("scheme %q", c.Scheme())
			}
		}
	})
}

func TestANonceIsCountedAsLongAsItIsGiven(t *testing.T) {
	const qop = `Digest realm="r", qop="auth", algorithm=SHA-256-sess, nonce=`
	got, err := probe.Credentials(qop+`"a"`, qop+`"a"`, qop+`"b"`)
	if err != nil {
		t.Fatal(err)
	}
	part := func(s, name string) string {
		_, v, _ := strings.Cut(s, name+"=")
		v, _, _ = strings.Cut(v, ",")
		return v
	}
	for i, want := range []string{"00000001", "00000002", "00000003", "00000004", "00000001", "00000002"} {
		if nc := part(got[i], " nc"); nc != want {
			t.Errorf("request %d has nc=%s, want %s", i+1, nc, want)
		}
		if c := part(got[i], "cnonce"); (c == part(got[0], "cnonce")) != (i < 4) || len(c) != 18 {
			t.Errorf("request %d has cnonce=%s, the first has %s", i+1, c, part(got[0], "cnonce"))
		}
	}
}
