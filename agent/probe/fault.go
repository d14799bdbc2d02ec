package probe

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"github.com/phukin/phukin/hub/wire"
)

// fall is why a probe ended below fresh. Its text is Result.Err.
type fall struct {
	rung   wire.Rung // RungNone means the rung that is being climbed
	fault  wire.Fault
	status int // RTSP status that was the fault, or 0
	err    error
}

func (f *fall) Error() string {
	if f.fault == wire.FaultNone { // not the camera's
		return fmt.Sprintf("%s: %v", f.rung, f.err)
	}
	return fmt.Sprintf("%s: %s: %v", f.rung, f.fault, f.err)
}

func (f *fall) Unwrap() error { return f.err }

func fell(fault wire.Fault, format string, args ...any) *fall {
	return &fall{fault: fault, err: fmt.Errorf(format, args...)}
}

// errMalformed marks what breaks RTSP's framing; after it the connection
// cannot be read any more.
var errMalformed = errors.New("protocol broken")

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errMalformed, fmt.Sprintf(format, args...))
}

// Winsock numbers, which package syscall does not map to its own names.
const (
	wsaENETUNREACH  = syscall.Errno(10051)
	wsaECONNABORTED = syscall.Errno(10053)
	wsaECONNRESET   = syscall.Errno(10054)
	wsaETIMEDOUT    = syscall.Errno(10060)
	wsaECONNREFUSED = syscall.Errno(10061)
	wsaEHOSTUNREACH = syscall.Errno(10065)
)

// connectFall gives the fall for an error of the rung connect.
func connectFall(err error) *fall {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		switch errno {
		case syscall.ECONNREFUSED, wsaECONNREFUSED:
			return fell(wire.FaultRefused, "connect: %w", errno)
		case syscall.ECONNRESET, syscall.ECONNABORTED, wsaECONNRESET, wsaECONNABORTED:
			return fell(wire.FaultClosed, "connect: %w", errno)
		case syscall.ETIMEDOUT, wsaETIMEDOUT:
			return fell(wire.FaultTimeout, "connect: %w", errno)
		case syscall.EHOSTUNREACH, syscall.ENETUNREACH, wsaEHOSTUNREACH, wsaENETUNREACH:
			return fell(wire.FaultUnreachable, "connect: %w", errno)
		}
	}
	if isTimeout(err) {
		return fell(wire.FaultTimeout, "connect: no answer in time")
	}
	return fell(wire.FaultUnreachable, "connect: %w", err)
}

// ioFall gives the fall for an error of reading from or writing to the camera
// while doing what.
func ioFall(what string, err error) *fall {
	switch {
	case errors.Is(err, errMalformed):
		return fell(wire.FaultMalformed, "%s: %w", what, err)
	case isTimeout(err):
		return fell(wire.FaultTimeout, "%s: no answer in time", what)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fell(wire.FaultClosed, "%s: the camera closed the connection", what)
	}
	// What breaks TLS after the handshake.
	var rhe tls.RecordHeaderError
	var oe *net.OpError
	if errors.As(err, &rhe) || errors.As(err, &oe) && oe.Op == "local error" {
		return fell(wire.FaultMalformed, "%s: what the camera sends is not TLS any more", what)
	}
	// Whatever else a socket says (reset, broken pipe, aborted): it is gone. The
	// number is enough; the error around it names our ephemeral port.
	var errno syscall.Errno
	if errors.As(err, &errno) {
		err = errno
	}
	return fell(wire.FaultClosed, "%s: %w", what, err)
}

func isTimeout(err error) bool {
	var ne net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &ne) && ne.Timeout()
}

// clip makes foreign text fit for an error: short, quoted by %q by the caller.
func clip(s string) string {
	const most = 40
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}

// clipText makes the text of an error of a library, which may quote foreign
// bytes, fit for an error of ours.
func clipText(s string) string {
	const most = 100
	out := make([]byte, 0, most)
	for _, b := range []byte(s) {
		if b < ' ' || b >= 0x7f {
			b = '.'
		}
		if out = append(out, b); len(out) == most {
			break
		}
	}
	return string(out)
}
