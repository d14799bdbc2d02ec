package wire

import "github.com/phukin/phukin/hub/wire/wirepb"

// Reading is a value that may not be known. Nobody's zero is taken for one.
type Reading struct {
	Value int64
	Known bool
}

// Read makes a known reading.
func Read(v int64) Reading { return Reading{v, true} }

// Vitals is how a device itself is.
type Vitals struct {
	Uptime      Reading // seconds since the device started
	Load        Reading // hundredths: processes that run or wait, over the last 5 minutes
	Cores       Reading // processors that the agent may use
	Memory      Reading // MiB in all
	Available   Reading // MiB of it, for new programs without swapping
	Temperature Reading // of the processor, whole degrees Celsius
	Disk        Reading // MiB of the spool's disk in all
	Free        Reading // MiB of it that the agent may write yet
	Power       Reading // bits, see Power
}

// Power says what a device tells of its supply: bits of Vitals.Power.
type Power int64

// The bits of Power. A device that slows itself down is too hot or lacks power.
const (
	UnderVoltage     Power = 1 << iota // now
	UnderVoltageSeen                   // since the start
	Slowed                             // now
	SlowedSeen                         // since the start
	powerEnd
)

// vital is one of the vitals: its bounds, and where it stands.
type vital struct {
	low, high int64
	of        func(*Vitals) *Reading
	field     func(*wirepb.Vitals) **uint32
}

// vitals are all but the temperature, which alone may be below zero. Bounds are
// what a device of this kind can have, generously.
var vitals = []vital{
	{0, 100 * 366 * 86400, func(v *Vitals) *Reading { return &v.Uptime }, func(p *wirepb.Vitals) **uint32 { return &p.UptimeS }},
	{0, 1_000_000, func(v *Vitals) *Reading { return &v.Load }, func(p *wirepb.Vitals) **uint32 { return &p.LoadCenti }},
	{1, 4096, func(v *Vitals) *Reading { return &v.Cores }, func(p *wirepb.Vitals) **uint32 { return &p.Cores }},
	{1, 1 << 24, func(v *Vitals) *Reading { return &v.Memory }, func(p *wirepb.Vitals) **uint32 { return &p.MemoryMib }},
	{0, 1 << 24, func(v *Vitals) *Reading { return &v.Available }, func(p *wirepb.Vitals) **uint32 { return &p.AvailableMib }},
	{1, 1 << 30, func(v *Vitals) *Reading { return &v.Disk }, func(p *wirepb.Vitals) **uint32 { return &p.DiskMib }},
	{0, 1 << 30, func(v *Vitals) *Reading { return &v.Free }, func(p *wirepb.Vitals) **uint32 { return &p.FreeMib }},
	{0, int64(powerEnd) - 1, func(v *Vitals) *Reading { return &v.Power }, func(p *wirepb.Vitals) **uint32 { return &p.Power }},
}

// The bounds of a temperature, degrees Celsius.
const (
	leastCelsius = -60
	mostCelsius  = 150
)

// Plausible gives the vitals without the values that cannot be, and how many
// these were. What is free or available cannot be more than there is: neither of
// the two is believed then.
func (v Vitals) Plausible() (Vitals, int) {
	bad := 0
	drop := func(rs ...*Reading) {
		for _, r := range rs {
			*r = Reading{}
			bad++
		}
	}
	for i := range vitals {
		if r := vitals[i].of(&v); r.Known && (r.Value < vitals[i].low || r.Value > vitals[i].high) {
			drop(r)
		}
	}
	if r := &v.Temperature; r.Known && (r.Value < leastCelsius || r.Value > mostCelsius) {
		drop(r)
	}
	for _, of := range [][2]*Reading{{&v.Available, &v.Memory}, {&v.Free, &v.Disk}} {
		if part, all := of[0], of[1]; part.Known && all.Known && part.Value > all.Value {
			drop(part, all)
		}
	}
	return v, bad
}

// vitalsToPB leaves out what cannot be.
func vitalsToPB(v *Vitals) *wirepb.Vitals {
	good, _ := v.Plausible()
	pb := &wirepb.Vitals{}
	for i := range vitals {
		if r := vitals[i].of(&good); r.Known {
			n := uint32(r.Value)
			*vitals[i].field(pb) = &n
		}
	}
	if good.Temperature.Known {
		n := int32(good.Temperature.Value)
		pb.Celsius = &n
	}
	return pb
}

// vitalsFromPB gives what is plausible. Bits of power that are not known yet are
// passed over.
func vitalsFromPB(pb *wirepb.Vitals) (*Vitals, int) {
	var v Vitals
	for i := range vitals {
		if n := *vitals[i].field(pb); n != nil {
			*vitals[i].of(&v) = Read(int64(*n))
		}
	}
	v.Power.Value &= int64(powerEnd) - 1
	if pb.Celsius != nil {
		v.Temperature = Read(int64(*pb.Celsius))
	}
	good, bad := v.Plausible()
	return &good, bad
}
