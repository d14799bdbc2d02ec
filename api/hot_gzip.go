package api

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/flate"
	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

// hotLevel is how hard answers that are kept are compressed.
const hotLevel = 6

// squeezed is what of an answer stays the same while nothing changes. It is
// compressed once, when the first client wants that.
type squeezed struct {
	plain []byte

	mu      sync.Mutex
	deflate []byte // RFC 1951, to the end of the stream; nil before it is wanted
	sum     uint32 // CRC-32 of plain
}

// gzipHeader is that of a member without a name and a time (RFC 1952 §2.3).
var gzipHeader = []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255}

// gzip gives head and rest as one member of gzip: the head, which is shorter
// than 64 KiB, as it is, in a block that is stored.
func (s *squeezed) gzip(head []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.deflate == nil {
		var b bytes.Buffer
		w, err := flate.NewWriter(&b, hotLevel)
		if err == nil {
			_, err = w.Write(s.plain)
		}
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			panic(err) // the level is known, and a buffer takes all
		}
		s.deflate, s.sum = bytes.Clone(b.Bytes()), crc32.ChecksumIEEE(s.plain)
	}
	b := make([]byte, 0, len(gzipHeader)+5+len(head)+len(s.deflate)+8)
	b = append(b, gzipHeader...)
	sum := s.sum
	if len(head) > 0 {
		// A block that is not the last, stored from the next byte on (RFC 1951 §3.2.4).
		n := uint16(len(head))
		b = append(b, 0)
		b = binary.LittleEndian.AppendUint16(b, n)
		b = binary.LittleEndian.AppendUint16(b, ^n)
		b = append(b, head...)
		sum = joinSums(crc32.ChecksumIEEE(head), s.sum, len(s.plain))
	}
	b = append(b, s.deflate...)
	b = binary.LittleEndian.AppendUint32(b, sum)
	return binary.LittleEndian.AppendUint32(b, uint32(len(head)+len(s.plain))) // modulo 2³² (RFC 1952 §2.3.1)
}

// follow takes over what was compressed before, if it is the same.
func (s *squeezed) follow(former *squeezed) {
	former.mu.Lock()
	defer former.mu.Unlock()
	if former.deflate != nil && bytes.Equal(s.plain, former.plain) {
		s.deflate, s.sum = former.deflate, former.sum
	}
}

// joinSums gives the CRC-32 of two texts together, from that of each and the
// length of the second: n zero bytes behind the first multiply its remainder by
// x to the power of 8n, modulo the polynomial.
func joinSums(first, second uint32, n int) uint32 {
	factor := uint32(1) << 31 // 1: the highest bit has the lowest power
	square := uint32(1) << 23 // x⁸
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			factor = timesModulo(factor, square)
		}
		square = timesModulo(square, square)
	}
	return timesModulo(first, factor) ^ second
}

// timesModulo multiplies two polynomials over GF(2) modulo that of CRC-32.
func timesModulo(a, b uint32) uint32 {
	product := uint32(0)
	for bit := uint32(1) << 31; bit != 0; bit >>= 1 {
		if a&bit != 0 {
			product ^= b
		}
		if b&1 == 1 {
			b = b>>1 ^ crc32.IEEE
		} else {
			b >>= 1
		}
	}
	return product
}

// compressed compresses the answers of the API that are not kept, for clients
// that take gzip. Those that are kept are compressed once for all.
func compressed() echo.MiddlewareFunc {
	zip := middleware.GzipWithConfig(middleware.GzipConfig{MinLength: leastGzip})
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		zipped := zip(next)
		return func(c echo.Context) error {
			r := c.Request()
			if !isAPI(r.URL.Path) || c.Path() == eventsPath {
				return next(c)
			}
			if a := accessOf(r.Context()); (a == nil || a.hot.server == 0) && acceptsGzip(r.Header.Get("Accept-Encoding")) {
				return zipped(c)
			}
			h := c.Response().Header()
			h.Add("Vary", "Accept-Encoding")
			if a := accessOf(r.Context()); a != nil && a.hot.server == 0 {
				c.Response().Before(func() {
					if a.body != nil { // or else it would come in chunks
						h.Set("Content-Length", strconv.Itoa(len(a.body)))
					}
				})
			}
			return next(c)
		}
	}
}

// acceptsGzip says whether an Accept-Encoding header takes gzip (RFC 9110
// §12.5.3).
func acceptsGzip(header string) bool {
	if header == "gzip" {
		return true
	}
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
			continue
		}
		key, value, found := strings.Cut(strings.TrimSpace(params), "=")
		if !found || !strings.EqualFold(strings.TrimSpace(key), "q") {
			return true
		}
		q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		return err == nil && q > 0 && q <= 1
	}
	return false
}
