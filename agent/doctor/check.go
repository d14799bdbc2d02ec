package doctor

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/phukin/phukin/agent/uplink"
)

// Name says what kind of check it is: the field "name" in JSON.
type Name string

// The names, in the order of the report.
const (
	NameConfiguration Name = "configuration"
	NameClock         Name = "clock"
	NameDisk          Name = "disk"
	NameList          Name = "list" // of cameras, from the hub
	NameDNS           Name = "dns"
	NameBroker        Name = "broker"
	NameCamera        Name = "camera"
)

// Fault says what is wrong with this device: a closed list. Cameras have those
// of the contract (wire.Fault).
type Fault string

// The faults.
const (
	FaultConfiguration Fault = "config_invalid"
	FaultClock         Fault = "clock_wrong"      // the year cannot be
	FaultNotWritable   Fault = "spool_unwritable" // the spool's folder cannot be written
	FaultDiskFull      Fault = "disk_full"        // the spool's bound does not fit on the disk
	FaultList          Fault = "list_refused"     // the list of cameras that was kept is damaged, or cameras of it cannot be watched
	FaultName          Fault = "name_not_found"   // a host name has no address
	FaultTCP           Fault = "broker_tcp"       // no connection to the broker
	FaultTLS           Fault = "broker_tls"       // no TLS there
	FaultCertUntrusted Fault = "cert_untrusted"   // nobody trusted vouches for the broker's certificate
	FaultCertExpired   Fault = "cert_expired"     // it is not valid now
	FaultCertName      Fault = "cert_name"        // it is for another name
	FaultLogin         Fault = "broker_login"     // the broker does not answer a login
	FaultRejected      Fault = "broker_rejected"  // it refuses it
	FaultSubscribe     Fault = "broker_subscribe" // the agent may not read its own topic
	FaultPublish       Fault = "broker_publish"   // the agent may not write its own topic
)

// Faults lists every fault.
func Faults() []Fault {
	return []Fault{FaultConfiguration, FaultClock, FaultNotWritable, FaultDiskFull, FaultList, FaultName, FaultTCP, FaultTLS, FaultCertUntrusted,
		FaultCertExpired, FaultCertName, FaultLogin, FaultRejected, FaultSubscribe, FaultPublish}
}

// Check is something of this device to look at.
type Check struct {
	Name    Name
	Subject string // a file, a folder, a host
	// Look looks, within the time that it needs.
	Look func(context.Context) Finding
}

// Finding is what a check found.
type Finding struct {
	Fault  Fault // "": it is well
	Err    error // the detail, nil when it is well
	Facts  Facts
	Stages []uplink.StageTime // of the broker, those that were good
}

// Facts are what a check has to tell besides; each sets what it knows.
type Facts struct {
	Agent     string    // configuration: the agent's code
	Cameras   int       // configuration
	Assigned  bool      // configuration: the hub says which cameras
	List      *List     // list
	Time      time.Time // clock
	Free      int64     // disk: bytes, -1 when this system does not say
	Bound     int64     // disk: bytes that the spool may take
	Addresses []string  // name lookup
	ReachOnly bool      // broker: no login was tried, for the agent is running
}

// List is what is known of the list of cameras that the hub gave.
type List struct {
	Known    bool // one has come
	Revision uint32
	Received time.Time
	Cameras  int
}

func (c Check) run(ctx context.Context) (f Finding) {
	f = c.Look(ctx)
	if f.Fault != "" && f.Err == nil {
		f.Err = errors.New(string(f.Fault))
	}
	return f
}

// earliest is before this program was made, latest after anybody will run it.
var (
	earliest = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
)

// Clock checks that the year is one that can be. Nothing here knows the right
// time: the hub tells it to a running agent alone.
func Clock(now func() time.Time) Check {
	return Check{Name: NameClock, Look: func(context.Context) (f Finding) {
		f.Facts.Time = now()
		if f.Facts.Time.Before(earliest) || f.Facts.Time.After(latest) {
			f.Fault, f.Err = FaultClock, fmt.Errorf("it is not %s", f.Facts.Time.Format(time.DateOnly))
		}
		return f
	}}
}

// Disk checks that the spool's folder can be written (or made), and that what
// the spool may still grow to fits. free gives the free bytes at a path, -1 when
// it is not known; nil asks the system.
func Disk(dir string, bound int64, free func(path string) (int64, error)) Check {
	if free == nil {
		free = freeBytes
	}
	return Check{Name: NameDisk, Subject: dir, Look: func(context.Context) (f Finding) {
		f.Facts.Bound, f.Facts.Free = bound, -1
		at := dir
		for {
			st, err := os.Stat(at)
			if err == nil && !st.IsDir() {
				f.Fault, f.Err = FaultNotWritable, fmt.Errorf("%s is not a folder", at)
				return f
			}
			if err == nil {
				break
			}
			up := filepath.Dir(at)
			if !errors.Is(err, os.ErrNotExist) || up == at {
				f.Fault, f.Err = FaultNotWritable, err
				return f
			}
			at = up
		}
		t, err := os.CreateTemp(at, ".phukin-check-*")
		if err != nil {
			f.Fault, f.Err = FaultNotWritable, err
			return f
		}
		_, err = t.Write(make([]byte, 4096))
		if err = errors.Join(err, t.Close(), os.Remove(t.Name())); err != nil {
			f.Fault, f.Err = FaultNotWritable, err
			return f
		}
		n, err := free(at)
		if err != nil || n < 0 {
			return f // a system that does not say is no fault
		}
		f.Facts.Free = n
		if used := sizeOf(dir); n+used < bound {
			f.Fault, f.Err = FaultDiskFull, fmt.Errorf("%d MiB are free, the spool holds %d and may grow to %d", n>>20, used>>20, bound>>20)
		}
		return f
	}}
}

// sizeOf gives the bytes of the files in dir and below.
func sizeOf(dir string) (n int64) {
	_ = filepath.WalkDir(dir, func(_ string, e os.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		if i, err := e.Info(); err == nil && i.Mode().IsRegular() {
			n += i.Size()
		}
		return nil
	})
	return n
}

// resolveTimeout bounds the lookup of one name.
const resolveTimeout = 3 * time.Second

// DNS checks that a host name has an address. lookup is
// net.Resolver.LookupHost, nil asks the system.
func DNS(host string, lookup func(context.Context, string) ([]string, error)) Check {
	if lookup == nil {
		lookup = net.DefaultResolver.LookupHost
	}
	return Check{Name: NameDNS, Subject: host, Look: func(ctx context.Context) (f Finding) {
		ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
		defer cancel()
		addrs, err := lookup(ctx, host)
		if len(addrs) == 0 || err != nil {
			f.Fault, f.Err = FaultName, errors.New("no address")
			if err != nil {
				f.Err = err
			}
		}
		f.Facts.Addresses = addrs[:min(len(addrs), 4)]
		return f
	}}
}

// Broker checks every stage of being connected. examine is uplink.Examine of
// the broker at addr; reachOnly says that it does not log in, because the
// agent is running and would lose its connection.
func Broker(addr string, reachOnly bool, examine func(context.Context) ([]uplink.StageTime, error)) Check {
	return Check{Name: NameBroker, Subject: addr, Look: func(ctx context.Context) (f Finding) {
		f.Stages, f.Err = examine(ctx)
		f.Fault, f.Facts.ReachOnly = brokerFault(f.Err), reachOnly
		return f
	}}
}

func brokerFault(err error) Fault {
	var (
		ce        *uplink.ConnectError
		untrusted x509.UnknownAuthorityError
		invalid   x509.CertificateInvalidError
		name      x509.HostnameError
	)
	switch {
	case err == nil:
		return ""
	case errors.Is(err, uplink.ErrRejected):
		return FaultRejected
	case errors.As(err, &untrusted):
		return FaultCertUntrusted
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return FaultCertExpired
	case errors.As(err, &name):
		return FaultCertName
	case !errors.As(err, &ce):
		return FaultTCP
	}
	switch ce.Stage {
	case uplink.StageTLS:
		return FaultTLS
	case uplink.StageLogin:
		return FaultLogin
	case uplink.StageSubscribe:
		return FaultSubscribe
	case uplink.StagePublish:
		return FaultPublish
	}
	return FaultTCP
}
