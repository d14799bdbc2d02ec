package wire_test

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/wire"
	"github.com/phukin/phukin/hub/wire/wirepb"
)

func lives(t fataler, v *wirepb.Vitals) wire.LiveMessage {
	t.Helper()
	p, err := proto.Marshal(&wirepb.Live{Version: 1, Online: true, Vitals: v})
	if err != nil {
		t.Fatal(err)
	}
	m, err := wire.UnmarshalLive(p)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

type fataler interface {
	Helper()
	Fatal(args ...any)
}

func TestWhatADeviceCannotTellIsNotZero(t *testing.T) {
	if m := lives(t, nil); m.Vitals != nil {
		t.Errorf("vitals that were not sent are %+v", m.Vitals)
	}
	if m := lives(t, &wirepb.Vitals{}); m.Vitals == nil || *m.Vitals != (wire.Vitals{}) {
		t.Errorf("vitals without anything are %+v", m.Vitals)
	}
	zero := uint32(0)
	if m := lives(t, &wirepb.Vitals{UptimeS: &zero, Power: &zero}); *m.Vitals != (wire.Vitals{Uptime: wire.Read(0), Power: wire.Read(0)}) || m.Implausible != 0 {
		t.Errorf("zeros that were sent are %+v", m.Vitals)
	}
}

func TestWhatCannotBeIsPassedOverAndCounted(t *testing.T) {
	n := func(v uint32) *uint32 { return &v }
	c := func(v int32) *int32 { return &v }
	load := wire.Read(7)
	for _, x := range []struct {
		name string
		sent *wirepb.Vitals
		want wire.Vitals
		bad  int
	}{
		{"centuries", &wirepb.Vitals{UptimeS: n(4_000_000_000)}, wire.Vitals{}, 1},
		{"a load of millions", &wirepb.Vitals{LoadCenti: n(1_000_001)}, wire.Vitals{}, 1},
		{"no processor", &wirepb.Vitals{Cores: n(0)}, wire.Vitals{}, 1},
		{"too many processors", &wirepb.Vitals{Cores: n(4097)}, wire.Vitals{}, 1},
		{"no memory", &wirepb.Vitals{MemoryMib: n(0)}, wire.Vitals{}, 1},
		{"more available than there is", &wirepb.Vitals{MemoryMib: n(100), AvailableMib: n(101)}, wire.Vitals{}, 2},
		{"all of it available", &wirepb.Vitals{MemoryMib: n(100), AvailableMib: n(100)}, wire.Vitals{Memory: wire.Read(100), Available: wire.Read(100)}, 0},
		{"more free than there is", &wirepb.Vitals{DiskMib: n(100), FreeMib: n(101)}, wire.Vitals{}, 2},
		{"a disk of nothing", &wirepb.Vitals{DiskMib: n(0), FreeMib: n(0)}, wire.Vitals{Free: wire.Read(0)}, 1},
		{"colder than anywhere", &wirepb.Vitals{Celsius: c(-61)}, wire.Vitals{}, 1},
		{"hotter than a chip lives", &wirepb.Vitals{Celsius: c(151)}, wire.Vitals{}, 1},
		{"cold", &wirepb.Vitals{Celsius: c(-60)}, wire.Vitals{Temperature: wire.Read(-60)}, 0},
		{"bits of a newer agent", &wirepb.Vitals{Power: n(1<<20 | 2)}, wire.Vitals{Power: wire.Read(2)}, 0},
	} {
		x.sent.LoadCenti, x.want.Load = n(7), load
		if x.name == "a load of millions" {
			x.sent.LoadCenti, x.want.Load = n(1_000_001), wire.Reading{}
		}
		m := lives(t, x.sent)
		if *m.Vitals != x.want || m.Implausible != x.bad || !m.Online {
			t.Errorf("%s: %+v, %d implausible; want %+v, %d", x.name, *m.Vitals, m.Implausible, x.want, x.bad)
		}
	}
}

// What an agent makes is never more than a hub believes: what cannot be is left
// out before it is sent.
func TestWhatCannotBeIsNotSent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		wild := genReading(-1<<40, 1<<40)
		v := wire.Vitals{
			Uptime: wild.Draw(t, "uptime"), Load: wild.Draw(t, "load"), Cores: wild.Draw(t, "cores"), Memory: wild.Draw(t, "memory"), Available: wild.Draw(t, "available"),
			Temperature: wild.Draw(t, "temperature"), Disk: wild.Draw(t, "disk"), Free: wild.Draw(t, "free"), Power: wild.Draw(t, "power"),
		}
		good, _ := v.Plausible()
		m, err := wire.UnmarshalLive(wire.MarshalLive(&wire.LiveMessage{Online: true, Vitals: &v}))
		if err != nil || *m.Vitals != good || m.Implausible != 0 {
			t.Errorf("%+v came as %+v, %d implausible, error %v", v, m.Vitals, m.Implausible, err)
		}
	})
}

// The promise of the line: 34 bytes every 10 minutes are 0.1 kB a camera and day
// with 50 cameras an agent.
func TestVitalsCostFewBytes(t *testing.T) {
	v := wire.Vitals{
		Uptime: wire.Read(3 * 366 * 86400), Load: wire.Read(1250), Cores: wire.Read(4), Memory: wire.Read(7_900), Available: wire.Read(6_100),
		Temperature: wire.Read(85), Disk: wire.Read(976_000), Free: wire.Read(930_000), Power: wire.Read(15),
	}
	m := wire.LiveMessage{Online: true}
	without := len(wire.MarshalLive(&m))
	m.Vitals = &v
	if with := len(wire.MarshalLive(&m)); with-without > 34 {
		t.Errorf("vitals cost %d bytes, at most 34 are promised", with-without)
	} else {
		t.Logf("%d bytes", with-without)
	}
}
