package api

import (
	"crypto/sha256"
	"encoding/base64"
	"html/template"
)

// pageStyle is the style of the pages where people log in. It asks nothing of a
// browser that one of 2012 does not have.
const pageStyle = `
body { font: 16px/1.5 "Segoe UI", Roboto, Arial, sans-serif; color: #1b1b1b; background: #f4f5f7; margin: 0; padding: 24px 12px; }
main { display: block; max-width: 420px; margin: 0 auto; padding: 20px 24px; background: #fff; border: 1px solid #c9ccd1; }
h1 { font-size: 22px; margin: 0 0 16px; }
label { display: block; margin: 12px 0 4px; }
input[type=text], input[type=password] { font: inherit; width: 100%; padding: 8px; border: 1px solid #6b7078; -moz-box-sizing: border-box; box-sizing: border-box; }
button, a.button { font: inherit; display: inline-block; margin-top: 18px; padding: 9px 20px; color: #fff; background: #0b5394; border: 0; cursor: pointer; text-decoration: none; }
a.button, button.other { color: #0b5394; background: #fff; border: 1px solid #0b5394; }
.problem { padding: 8px 12px; margin: 0 0 12px; background: #fdecea; border-left: 4px solid #b3261e; }
.en { color: #55595f; font-size: 14px; }
span.en:before { content: " · "; }
`

// pagePolicy allows the pages their own style, their empty icon and their own
// forms.
var pagePolicy = func() string {
	sum := sha256.Sum256([]byte(pageStyle))
	return "default-src 'none'; img-src data:; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}()

var pages = template.Must(template.New("").Parse(`
{{- define "head"}}<!doctype html>
<html lang="vi">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Title.VI}} – Phủ Kín</title>
<link rel="icon" href="data:,">
<style>{{.Style}}</style>
</head>
<body>
<main>
<h1>{{.Title.VI}} <span class="en" lang="en">{{.Title.EN}}</span></h1>
{{with .Problem}}<div class="problem" role="alert">{{.VI}}<br><span lang="en">{{.EN}}</span></div>
{{end}}{{end}}
{{- define "foot"}}</main>
</body>
</html>
{{end}}
{{- define "login"}}{{template "head" .}}
{{- if .Known}}<p>Bạn đang đăng nhập: <b>{{.Name}}</b>.<br><span lang="en" class="en">You are logged in as {{.Name}}.</span></p>
<p><a href="./">Về trang chính</a> <span class="en" lang="en"><a href="./">to the page</a></span></p>
<form method="post" action="logout">
<input type="hidden" name="form" value="{{.Form}}">
<button type="submit">Đăng xuất · Log out</button>
</form>
{{- else}}<form method="post" action="login">
<input type="hidden" name="form" value="{{.Form}}">
<label for="name">Tên đăng nhập <span class="en" lang="en">User name</span></label>
<input type="text" id="name" name="name" value="{{.Name}}" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="64" required autofocus>
<label for="password">Mật khẩu <span class="en" lang="en">Password</span></label>
<input type="password" id="password" name="password" autocomplete="current-password" maxlength="{{.Most}}" required>
<button type="submit">Đăng nhập · Log in</button>
</form>
{{with .Provider}}<p><a class="button" href="login/oidc">Đăng nhập bằng {{.}} · Log in by {{.}}</a></p>
{{end}}<p class="en">Quên mật khẩu: xin quản trị viên một liên kết đặt mật khẩu.<br><span lang="en">Forgotten the password: ask the administrator for a set-up link.</span></p>
{{- end}}
{{template "foot" .}}{{end}}
{{- define "setup"}}{{template "head" .}}
{{- if not .Fixed}}<p>Tạo tài khoản quản trị viên đầu tiên của máy chủ này.<br><span class="en" lang="en">This makes the first administrator of this hub.</span></p>
{{end}}<form method="post">
<input type="hidden" name="form" value="{{.Form}}">
<label for="name">Tên đăng nhập <span class="en" lang="en">User name</span></label>
<input type="text" id="name" name="name" value="{{.Name}}" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="64" required{{if .Fixed}} readonly{{end}}>
<label for="password">Mật khẩu, ít nhất {{.Least}} ký tự <span class="en" lang="en">Password, at least {{.Least}} characters</span></label>
<input type="password" id="password" name="password" autocomplete="new-password" minlength="{{.Least}}" maxlength="{{.Most}}" required>
<label for="again">Nhập lại mật khẩu <span class="en" lang="en">The password again</span></label>
<input type="password" id="again" name="again" autocomplete="new-password" minlength="{{.Least}}" maxlength="{{.Most}}" required>
<button type="submit">Lưu · Save</button>
</form>
{{if and .Provider .Fixed}}<form method="post" action="{{.Secret}}/oidc">
<input type="hidden" name="form" value="{{.Form}}">
<p>Hoặc đăng nhập bằng {{.Provider}} từ nay, không cần mật khẩu. <span class="en" lang="en">Or log in by {{.Provider}} from now on, without a password.</span></p>
<button type="submit" class="other">Nối với {{.Provider}} · Link to {{.Provider}}</button>
</form>
{{end}}{{template "foot" .}}{{end}}
{{- define "provider"}}{{template "head" .}}<p>Ai đăng nhập ở {{.Provider}} bây giờ thì từ nay là <b>{{.Name}}</b> ở máy chủ này. Hãy đăng nhập bằng tài khoản của chính mình.<br><span class="en" lang="en">Whoever logs in at {{.Provider}} now is {{.Name}} here from now on. Please use an account that is your own.</span></p>
<p><a class="button" href="{{.Address}}">Đến {{.Provider}} · Go to {{.Provider}}</a></p>
{{template "foot" .}}{{end}}
{{- define "sorry"}}{{template "head" .}}<p><a href="{{.Base}}login">Đăng nhập</a> <span class="en" lang="en"><a href="{{.Base}}login">log in</a></span></p>
{{template "foot" .}}{{end}}
`))
