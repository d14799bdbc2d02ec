package wire_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"golang.org/x/crypto/nacl/box"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/wire"
	"github.com/phukin/phukin/hub/wire/wirepb"
)

func TestAListComesAsItWasSent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := genList().Draw(t, "list")
		p, err := wire.MarshalList(&l)
		if err != nil {
			t.Fatal(err)
		}
		again, err := wire.UnmarshalList(p)
		if err != nil || len(again.Bad) > 0 {
			t.Fatalf("%v, bad %v", err, again.Bad)
		}
		if fmt.Sprintf("%#v", again) != fmt.Sprintf("%#v", l) && (len(l.Cameras) > 0 || len(again.Cameras) > 0) {
			t.Fatalf("%#v\nwas %#v", again, l)
		}
		if q, err := wire.MarshalList(&again); err != nil || wire.ListDigest(q) != wire.ListDigest(p) {
			t.Fatalf("its digest is another: %v", err)
		}
	})
}

func TestACameraThatBreaksABoundDoesNotSpoilItsList(t *testing.T) {
	good := func(code string) *wirepb.Assigned {
		return &wirepb.Assigned{Camera: code, Address: "rtsp://192.0.2.1/x"}
	}
	for name, x := range map[string]struct {
		edit func(*wirepb.Assigned)
		want string // in the error; empty: it is good
	}{
		"as it is":                   {func(*wirepb.Assigned) {}, ""},
		"no code":                    {func(a *wirepb.Assigned) { a.Camera = "" }, "camera: code"},
		"a code with a slash":        {func(a *wirepb.Assigned) { a.Camera = "a/b" }, "camera: code"},
		"a camera that is there":     {func(a *wirepb.Assigned) { a.Camera = "first" }, "twice"},
		"no address":                 {func(a *wirepb.Assigned) { a.Address = "" }, "address: it is not of the form rtsp://"},
		"another scheme":             {func(a *wirepb.Assigned) { a.Address = "http://192.0.2.1/" }, "address: it is not of the form"},
		"no host":                    {func(a *wirepb.Assigned) { a.Address = "rtsp:///x" }, "address: it is not of the form"},
		"a password in the address":  {func(a *wirepb.Assigned) { a.Address = "rtsp://u:hunter2@192.0.2.1/" }, "address: it holds a user name or password"},
		"the longest address":        {func(a *wirepb.Assigned) { a.Address += strings.Repeat("y", 2048-len(a.Address)) }, ""},
		"an address longer than it":  {func(a *wirepb.Assigned) { a.Address += strings.Repeat("y", 2049-len(a.Address)) }, "address: it has 2049 bytes"},
		"the widest picture":         {func(a *wirepb.Assigned) { a.Width = 1 << 16 }, ""},
		"a wider one":                {func(a *wirepb.Assigned) { a.Width = 1<<16 + 1 }, "picture of 65537"},
		"a much higher one":          {func(a *wirepb.Assigned) { a.Height = math.MaxUint32 }, "picture of"},
		"a rate that is no number":   {func(a *wirepb.Assigned) { a.FrameRate = math.NaN() }, "frame_rate"},
		"a rate below 0":             {func(a *wirepb.Assigned) { a.FrameRate = -1 }, "frame_rate"},
		"the greatest rate":          {func(a *wirepb.Assigned) { a.FrameRate = 1000 }, ""},
		"a greater one":              {func(a *wirepb.Assigned) { a.FrameRate = 1000.5 }, "frame_rate"},
		"a short gap":                {func(a *wirepb.Assigned) { a.KeyframeGapMs = 99 }, "keyframe_gap_ms"},
		"a long gap":                 {func(a *wirepb.Assigned) { a.KeyframeGapMs = 600_001 }, "keyframe_gap_ms"},
		"a short interval":           {func(a *wirepb.Assigned) { a.LightIntervalMs = 99 }, "light_interval_ms"},
		"a long interval":            {func(a *wirepb.Assigned) { a.FullIntervalMs = 3_600_001 }, "full_interval_ms"},
		"an unknown depth":           {func(a *wirepb.Assigned) { a.Depth = 3 }, "depth 3"},
		"a depth of more than 8 bit": {func(a *wirepb.Assigned) { a.Depth = 257 }, "depth 255"},
		"an unknown transport":       {func(a *wirepb.Assigned) { a.Transport = 4 }, "transport 4"},
		"the longest credentials":    {func(a *wirepb.Assigned) { a.Sealed = make([]byte, 1024) }, ""},
		"longer ones":                {func(a *wirepb.Assigned) { a.Sealed = make([]byte, 1025) }, "sealed has 1025 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			a := good("second")
			x.edit(a)
			l, err := wire.UnmarshalList(encode(t, &wirepb.List{Version: 1, Revision: 3, Cameras: []*wirepb.Assigned{good("first"), a, good("third")}}))
			if err != nil {
				t.Fatal(err)
			}
			if x.want == "" {
				if len(l.Cameras) != 3 {
					t.Errorf("%+v", l)
				}
				return
			}
			if len(l.Cameras) != 2 || l.Cameras[0].Camera != "first" || l.Cameras[1].Camera != "third" || len(l.Bad) != 1 {
				t.Fatalf("%+v", l)
			}
			refused(t, l.Bad[0].Err, x.want)
			if strings.Contains(l.Bad[0].Err.Error(), "hunter2") {
				t.Error("the error tells the password")
			}
		})
	}
}

func TestAListThatIsNoneIsRefused(t *testing.T) {
	many := &wirepb.List{Version: 1}
	for i := range wire.MaxList + 1 {
		many.Cameras = append(many.Cameras, &wirepb.Assigned{Camera: fmt.Sprint(i), Address: "rtsp://h/"})
	}
	for name, x := range map[string]struct {
		payload []byte
		want    string
	}{
		"nothing":            {nil, "contract version 0"},
		"noise":              {[]byte("\xff\xff\xff"), "decode message"},
		"another version":    {encode(t, &wirepb.List{Version: 2}), "contract version 2"},
		"too many":           {encode(t, many), "1001 cameras, at most 1000"},
		"longer than a MQTT": {make([]byte, wire.MaxMessage+1), "at most 262144"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := wire.UnmarshalList(x.payload)
			refused(t, err, x.want)
		})
	}
}

func TestWhatTheOtherSideWouldNotTakeIsNotSent(t *testing.T) {
	long := wire.List{}
	for i := range 200 {
		long.Cameras = append(long.Cameras, wire.Assigned{Camera: fmt.Sprint(i), Address: "rtsp://h/" + strings.Repeat("x", 2000)})
	}
	_, err := wire.MarshalList(&long)
	refused(t, err, "200 cameras make")
	_, err = wire.MarshalList(&wire.List{Cameras: make([]wire.Assigned, wire.MaxList+1)})
	refused(t, err, "1001 cameras")
	_, err = wire.MarshalList(&wire.List{Cameras: []wire.Assigned{{Camera: "c", Address: "rtsp://u@h/"}}})
	refused(t, err, "camera 0 (c): address: it holds")
	_, err = wire.MarshalList(&wire.List{Cameras: []wire.Assigned{{Camera: "c", Address: "rtsp://h/\xff"}}})
	refused(t, err, "list: ")
}

func TestCredentialsOpenForTheirAgentAndCameraAlone(t *testing.T) {
	private, public, err := wire.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := wire.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := wire.PublicKey(private); err != nil || again != public {
		t.Fatalf("public key %s, was %s: %v", again, public, err)
	}
	lengths := map[int]bool{}
	rapid.Check(t, func(t *rapid.T) {
		c := wire.Credentials{Username: rapid.StringN(0, -1, wire.MaxCredential).Draw(t, "user name"), Password: rapid.StringN(0, -1, wire.MaxCredential).Draw(t, "password")}
		camera := genCode().Draw(t, "camera")
		sealed, err := wire.Seal(public, camera, c)
		if err != nil {
			t.Fatal(err)
		}
		if len(sealed) > wire.MaxSealed || (len(sealed)-box.AnonymousOverhead)%64 != 0 {
			t.Fatalf("%d bytes", len(sealed))
		}
		lengths[len(sealed)] = true
		if got, err := wire.Open(private, camera, sealed); err != nil || got != c {
			t.Fatalf("opened: %#v, %v", got, err)
		}
		if _, err := wire.Open(other, camera, sealed); !errors.Is(err, wire.ErrSealed) {
			t.Fatalf("with another key: %v", err)
		}
		if _, err := wire.Open(private, camera+"x", sealed); err == nil || !strings.Contains(err.Error(), "those of camera") {
			t.Fatalf("for another camera: %v", err)
		}
		sealed[rapid.IntRange(0, len(sealed)-1).Draw(t, "at")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		// The highest bit of a point of the curve counts for nothing.
		if got, err := wire.Open(private, camera, sealed); err == nil && got != c {
			t.Fatalf("a changed box opens as %v", got)
		}
	})
	if len(lengths) > 10 {
		t.Errorf("%d lengths: they tell the password's", len(lengths))
	}
}

func TestCredentialsThatAreTooLongAreNotSealed(t *testing.T) {
	_, public, err := wire.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]wire.Credentials{
		"user name has 257 bytes": {Username: strings.Repeat("u", 257)},
		"password has 257 bytes":  {Password: strings.Repeat("p", 257)},
		"not UTF-8":               {Password: "\xff"},
	} {
		_, err := wire.Seal(public, "c", c)
		refused(t, err, want)
	}
	_, err = wire.Seal(public, "a/b", wire.Credentials{})
	refused(t, err, "camera: code")
}

func TestCredentialsDoNotPrint(t *testing.T) {
	c := wire.Credentials{Username: "viewer", Password: "hunter2"}
	for _, s := range []string{fmt.Sprint(c), fmt.Sprintf("%v %+v %#v %s", c, c, c, c), fmt.Sprintf("%v", &c)} {
		if strings.Contains(s, "hunter2") || strings.Contains(s, "viewer") {
			t.Errorf("printed: %s", s)
		}
	}
}

func sealRaw(t testing.TB, to wire.Key, text []byte) []byte {
	t.Helper()
	public := [32]byte(to)
	sealed, err := box.SealAnonymous(nil, text, &public, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestWhatIsInTheBoxIsBoundedToo(t *testing.T) {
	private, public, err := wire.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	long, err := proto.Marshal(&wirepb.Credentials{Camera: "c", Password: strings.Repeat("p", 257)})
	if err != nil {
		t.Fatal(err)
	}
	for want, sealed := range map[string][]byte{
		"more than 256 bytes":       sealRaw(t, public, long),
		"cannot be read":            sealRaw(t, public, []byte("\xff\xff")),
		"those of camera":           sealRaw(t, public, nil),
		"1025 bytes":                make([]byte, 1025),
		wire.ErrSealed.Error():      []byte("short"),
		"not sealed to this device": nil,
	} {
		_, err := wire.Open(private, "c", sealed)
		refused(t, err, want)
	}
}
