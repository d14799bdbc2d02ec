package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/account"
)

// TokenList is the answer of /tokens.
type TokenList struct {
	Head
	Page
	Items []TokenRow `json:"items"`
}

// TokenRow is one token, without what lets in.
type TokenRow struct {
	ID      string     `json:"id"`
	Name    string     `json:"name" doc:"What it is for"`
	Scope   string     `json:"scope" enum:"read,export,write"`
	Role    string     `json:"role" enum:"viewer,author,technician,staff,admin"`
	Area    string     `json:"area,omitempty" doc:"Code of the area, with all below it; absent for the whole plan"`
	Created time.Time  `json:"created"`
	Expires time.Time  `json:"expires"`
	Author  string     `json:"author"`
	Revoked bool       `json:"revoked"`
	Used    *time.Time `json:"used,omitempty" doc:"The last time, to the minute"`
}

// tokenList is newest first.
var tokenList = &listOf[TokenRow]{
	id: "tokens", name: Text{"Mã truy cập", "Tokens"}, sort: "-created", key: func(r *TokenRow) string { return r.ID },
	parts: []part[TokenRow]{
		one("id", column("id", "Số", "Id"), func(r *TokenRow) any { return r.ID }),
		one("name", column("name", "Dùng cho", "For"), func(r *TokenRow) any { return r.Name }),
		one("scope", column("scope", "Phạm vi", "Scope"), func(r *TokenRow) any { return r.Scope }),
		one("role", column("role", "Vai trò", "Role"), func(r *TokenRow) any { return r.Role }),
		one("area", column("area", "Địa bàn", "Area"), func(r *TokenRow) any { return r.Area }),
		one("created", column("created", "Tạo lúc", "Created"), func(r *TokenRow) any { return r.Created.Format(time.RFC3339) }),
		one("expires", column("expires", "Hết hạn", "Expires"), func(r *TokenRow) any { return r.Expires.Format(time.RFC3339) }),
		one("author", column("author", "Người tạo", "Made by"), func(r *TokenRow) any { return r.Author }),
		one("revoked", column("revoked", "Đã thu hồi", "Revoked"), func(r *TokenRow) any { return r.Revoked }),
		one("used", column("used", "Dùng lần cuối", "Last used"), func(r *TokenRow) any { return momentCell(r.Used) }),
	},
}

// Table gives a row for each token.
func (l *TokenList) Table() Table { return tokenList.table(l.Items, &l.Page) }

type tokensInput struct {
	Conditional
	Listing
	Scope   string `query:"scope" enum:"read,export,write" doc:"Only tokens of this scope"`
	Role    string `query:"role" enum:"viewer,author,technician,staff,admin" doc:"Only tokens of this role"`
	Revoked string `query:"revoked" enum:"true,false" doc:"Only tokens that are revoked, or that are not"`
}

func tokenRow(t *account.Token) TokenRow {
	return TokenRow{
		ID: t.ID, Name: t.Name, Scope: string(t.Scope), Role: string(t.Grant.Role), Area: t.Grant.Area,
		Created: t.Created.UTC(), Expires: t.Expires.UTC(), Author: t.Author, Revoked: t.Revoked, Used: moments(t.Used),
	}
}

// TokenAnswer is a token.
type TokenAnswer struct {
	Head
	TokenRow
	Token string `json:"token,omitempty" doc:"What lets in, for the header Authorization: Bearer; shown this once"`
}

type newTokenInput struct {
	Body struct {
		Name    string     `json:"name" minLength:"1" maxLength:"100" doc:"What it is for"`
		Scope   string     `json:"scope" enum:"read,export,write" doc:"read: JSON; export: files as well; write: changes as well"`
		Role    string     `json:"role" enum:"viewer,author,technician,staff,admin"`
		Area    string     `json:"area,omitempty" maxLength:"64" doc:"Code of an area; left out: the whole plan"`
		Expires *time.Time `json:"expires,omitempty" doc:"At most 731 days from now; left out: 90 days from now"`
	}
}

type tokenInput struct {
	ID string `path:"id" maxLength:"16"`
}

// refusedToken says what is wrong with a token that account.CheckToken refuses.
func refusedToken(t *account.Token) error {
	if life := t.Expires.Sub(t.Created); life <= 0 || life > account.LongestTokens {
		days := int(account.LongestTokens.Hours() / 24)
		return invalidIn("body.expires", t.Expires.Format(time.RFC3339), fmt.Sprintf("phải ở sau lúc này, nhiều nhất %d ngày", days), fmt.Sprintf("must be after now, by at most %d days", days))
	}
	return notPlain("body.name", t.Name)
}

func (s *Server) registerTokens() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "listTokens", Method: http.MethodGet, Path: "/api/v1/tokens", Tags: []string{"accounts"},
		Summary: "All tokens, the newest first",
	}, func(ctx context.Context, in *tokensInput) (*answer[TokenList], error) {
		tokens, err := f.Accounts.Tokens(ctx)
		if err != nil {
			return nil, err
		}
		pages, err := newPager(ctx, tokenList, &in.Listing)
		if err != nil {
			return nil, err
		}
		for i := range tokens {
			row := tokenRow(&tokens[i])
			if (in.Scope == "" || row.Scope == in.Scope) && (in.Role == "" || row.Role == in.Role) && (in.Revoked == "" || in.Revoked == strconv.FormatBool(row.Revoked)) {
				pages.add(&row)
			}
		}
		list := &TokenList{}
		list.Items, list.Page = pages.rows()
		return respond(in.Conditional, list, f.Now(), f.Plan.Simulated)
	})
	register(s, huma.Operation{
		OperationID: "createToken", Method: http.MethodPost, Path: "/api/v1/tokens", Tags: []string{"accounts"},
		Summary: "Make a token for a program", DefaultStatus: http.StatusCreated,
	}, func(ctx context.Context, in *newTokenInput) (*plainAnswer[TokenAnswer], error) {
		a := accessOf(ctx)
		grants, err := f.grants([]GrantRow{{in.Body.Role, in.Body.Area}}, nil, func(int) string { return "body." })
		if err != nil {
			return nil, err
		}
		t := account.Token{Name: in.Body.Name, Scope: account.Scope(in.Body.Scope), Grant: grants[0], Author: a.who.Name, Created: f.Now()}
		if in.Body.Expires != nil {
			t.Expires = *in.Body.Expires
		} else {
			t.Expires = t.Created.Add(account.TokenLife)
		}
		if err := account.CheckToken(&t, t.Created); err != nil {
			return nil, refusedToken(&t)
		}
		secret, t, err := f.desk.NewToken(ctx, t)
		if err != nil {
			return nil, err
		}
		a.about = fmt.Sprintf("%s %q %s %s", t.ID, t.Name, t.Scope, t.Grant)
		return plain(f, &TokenAnswer{TokenRow: tokenRow(&t), Token: secret.Reveal()})
	})
	register(s, huma.Operation{
		OperationID: "revokeToken", Method: http.MethodDelete, Path: "/api/v1/tokens/{id}", Tags: []string{"accounts"},
		Summary: "Revoke a token",
	}, func(ctx context.Context, in *tokenInput) (*plainAnswer[TokenAnswer], error) {
		t, err := f.Accounts.RevokeToken(ctx, in.ID)
		f.desk.Forget()
		if err != nil {
			return nil, accountError(err, Text{"mã truy cập " + strconv.Quote(in.ID), "token " + strconv.Quote(in.ID)})
		}
		return plain(f, &TokenAnswer{TokenRow: tokenRow(&t)})
	})
}
