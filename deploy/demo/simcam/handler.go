package simcam

import (
	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/auth"
	"github.com/bluenviron/gortsplib/v4/pkg/base"

	"github.com/phukin/phukin/deploy/demo/clips"
)

const (
	// realm is the protection space of the camera's Digest challenge.
	realm = "simulated camera"
	// serverName hides that all cameras are one library.
	serverName = "phukin-simcam"
)

// digest is the only way to authenticate, as with most cameras.
var digest = []auth.ValidateMethod{auth.ValidateMethodDigestMD5}

// peer is what the camera remembers of a connection. Only the connection's own
// goroutine, or a session's while that one waits for it, touches it.
type peer struct {
	nonce string
	clip  *clips.Clip // last described; nil before DESCRIBE
}

// handler answers requests. It is apart from Camera so that its methods, exported
// for gortsplib, are not part of Camera's API.
type handler struct{ c *Camera }

// OnConnOpen implements gortsplib.ServerHandlerOnConnOpen.
func (h *handler) OnConnOpen(ctx *gortsplib.ServerHandlerOnConnOpenCtx) {
	p := &peer{}
	nonce, err := auth.GenerateNonce()
	if err != nil {
		h.c.log.Warn("no nonce", "error", err)
		ctx.Conn.Close()
	}
	p.nonce = nonce
	ctx.Conn.SetUserData(p)
}

// OnDescribe implements gortsplib.ServerHandlerOnDescribe.
func (h *handler) OnDescribe(ctx *gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	if res := h.refuse(ctx.Conn, ctx.Request, ctx.Path, ctx.Query); res != nil {
		return res, nil, nil
	}
	clip := h.c.clip()
	desc := audioDescription()
	if h.c.Behaviour() != NoVideo {
		var err error
		if desc, err = describe(clip); err != nil {
			return h.broken(err), nil, nil
		}
	}
	body, err := desc.Marshal(false)
	if err != nil {
		return h.broken(err), nil, nil
	}
	ctx.Conn.UserData().(*peer).clip = clip
	return &base.Response{StatusCode: base.StatusOK, Body: body}, nil, nil
}

// OnSetup implements gortsplib.ServerHandlerOnSetup.
func (h *handler) OnSetup(ctx *gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	if res := h.refuse(ctx.Conn, ctx.Request, ctx.Path, ctx.Query); res != nil {
		return res, nil, nil
	}
	switch h.c.Behaviour() {
	case Busy:
		return &base.Response{StatusCode: base.StatusNotEnoughBandwidth}, nil, nil
	case UnsupportedTransport:
		return &base.Response{StatusCode: base.StatusUnsupportedTransport}, nil, nil
	case NoVideo:
		return &base.Response{StatusCode: base.StatusNotFound}, nil, nil
	}
	clip := ctx.Conn.UserData().(*peer).clip
	if clip == nil {
		clip = h.c.clip()
	}
	v, err := h.c.viewer(ctx.Session, clip)
	if err != nil {
		return h.broken(err), nil, nil
	}
	return &base.Response{StatusCode: base.StatusOK}, v.stream, nil
}

// OnPlay implements gortsplib.ServerHandlerOnPlay.
func (h *handler) OnPlay(ctx *gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	if res := h.refuse(ctx.Conn, ctx.Request, ctx.Path, ctx.Query); res != nil {
		return res, nil
	}
	if v := h.c.find(ctx.Session); v != nil {
		v.arm()
	}
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// OnResponse implements gortsplib.ServerHandlerOnResponse. The answer to PLAY
// passes here when the session is ready to take packets, which it is not yet in
// OnPlay: a picture sent there could reach the reader in part.
func (h *handler) OnResponse(conn *gortsplib.ServerConn, res *base.Response) {
	res.Header["Server"] = base.HeaderValue{serverName}
	if ss := conn.Session(); ss != nil && res.StatusCode == base.StatusOK {
		if v := h.c.find(ss); v != nil {
			v.begin()
		}
	}
}

// OnSessionClose implements gortsplib.ServerHandlerOnSessionClose.
func (h *handler) OnSessionClose(ctx *gortsplib.ServerHandlerOnSessionCloseCtx) {
	h.c.forget(ctx.Session)
}

// OnStreamWriteError implements gortsplib.ServerHandlerOnStreamWriteError: a reader
// that does not keep up.
func (h *handler) OnStreamWriteError(ctx *gortsplib.ServerHandlerOnStreamWriteErrorCtx) {
	h.c.log.Debug("packet not sent", "error", ctx.Error)
}

// OnDecodeError implements gortsplib.ServerHandlerOnDecodeError: a reader's RTCP
// that makes no sense.
func (h *handler) OnDecodeError(ctx *gortsplib.ServerHandlerOnDecodeErrorCtx) {
	h.c.log.Debug("packet not understood", "error", ctx.Error)
}

// refuse returns the answer to a request that may not pass, nil for one that may.
// Passwords are asked for before paths, so that nobody can find paths without one.
func (h *handler) refuse(conn *gortsplib.ServerConn, req *base.Request, path, query string) *base.Response {
	b := h.c.Behaviour()
	if h.c.cfg.Username != "" || b == WrongPassword {
		nonce := conn.UserData().(*peer).nonce
		err := auth.Validate(req, h.c.cfg.Username, h.c.cfg.Password, digest, realm, nonce)
		if err != nil || b == WrongPassword {
			return &base.Response{
				StatusCode: base.StatusUnauthorized,
				Header:     base.Header{"WWW-Authenticate": auth.GenerateWWWAuthenticate(digest, realm, nonce)},
			}
		}
	}
	if path != h.c.path || query != h.c.query || (b == NotFound && req.Method != base.Play) {
		return &base.Response{StatusCode: base.StatusNotFound}
	}
	return nil
}

func (h *handler) broken(err error) *base.Response {
	h.c.log.Warn("request failed", "error", err)
	return &base.Response{StatusCode: base.StatusInternalServerError}
}
