package broker_test

import (
	"errors"
	"os"
	"testing"

	"github.com/phukin/phukin/hub/broker/brokertest"
)

// missing skips a test loudly, or fails it where every peer must be there.
func missing(t *testing.T, err error) {
	t.Helper()
	m := (*brokertest.MissingError)(nil)
	if !errors.As(err, &m) {
		return
	}
	if os.Getenv("PHUKIN_REQUIRE_PEERS") == "1" {
		t.Fatal(m)
	}
	t.Skip("LOUD SKIP: ", m)
}

func TestWhatAnAgentCanAndCannotDo(t *testing.T) {
	for _, k := range brokertest.Kinds() {
		t.Run(k.Name, func(t *testing.T) {
			t.Parallel()
			s, err := brokertest.Start(t.Context(), k, t.TempDir())
			missing(t, err)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			for _, c := range brokertest.Cases() {
				want := c.Want(k)
				if want == brokertest.NotHere {
					continue
				}
				t.Run(c.Name, func(t *testing.T) {
					if got, err := s.Run(&c); err != nil || got != want {
						t.Errorf("%s, %v; want %s", got, err, want)
					}
				})
			}
			if t.Failed() {
				t.Logf("the broker says:\n%s", s.Log())
			}
		})
	}
}
