package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/account"
	"github.com/phukin/phukin/hub/plan"
)

// UserList is the answer of /users.
type UserList struct {
	Head
	Page
	Items []UserRow `json:"items"`
}

// UserRow is one user.
type UserRow struct {
	Name     string     `json:"name"`
	FullName string     `json:"full_name,omitempty"`
	Roles    []GrantRow `json:"roles"`
	Disabled bool       `json:"disabled"`
	Ready    bool       `json:"ready" doc:"A password was set"`
	Created  time.Time  `json:"created"`
}

var userList = &listOf[UserRow]{
	id: "users", name: Text{"Tài khoản", "Users"}, sort: "name", key: func(u *UserRow) string { return u.Name },
	parts: []part[UserRow]{
		one("name", column("name", "Tên đăng nhập", "User name"), func(u *UserRow) any { return u.Name }),
		one("full_name", column("full_name", "Họ tên", "Full name"), func(u *UserRow) any { return u.FullName }),
		one("roles", column("roles", "Vai trò", "Roles"), func(u *UserRow) any { return rolesText(u.Roles) }),
		one("disabled", column("disabled", "Bị khóa", "Disabled"), func(u *UserRow) any { return u.Disabled }),
		one("ready", column("ready", "Đã đặt mật khẩu", "Password set"), func(u *UserRow) any { return u.Ready }),
		one("created", column("created", "Tạo lúc", "Created"), func(u *UserRow) any { return u.Created.Format(time.RFC3339) }),
	},
}

// Table gives a row for each user.
func (l *UserList) Table() Table { return userList.table(l.Items, &l.Page) }

func rolesText(rows []GrantRow) string {
	parts := make([]string, len(rows))
	for i, g := range rows {
		parts[i] = account.Grant{Role: account.Role(g.Role), Area: g.Area}.String()
	}
	return strings.Join(parts, " ")
}

func userRow(u *account.User) UserRow {
	return UserRow{Name: u.Name, FullName: u.FullName, Roles: grantRows(u.Grants), Disabled: u.Disabled, Ready: u.Password != "", Created: u.Created.UTC()}
}

type usersInput struct {
	Conditional
	Listing
	Role     string `query:"role" enum:"viewer,author,technician,staff,admin" doc:"Only users who have this role, anywhere"`
	Disabled string `query:"disabled" enum:"true,false" doc:"Only users who are disabled, or who are not"`
}

// UserAnswer is the answer of a change of one user.
type UserAnswer struct {
	Head
	UserRow
}

// LinkAnswer is a set-up link, with the user that it is for.
type LinkAnswer struct {
	Head
	UserRow
	Link    string    `json:"link" doc:"Where the user sets a password, once; shown this once"`
	Expires time.Time `json:"link_expires"`
}

type newUserInput struct {
	Body struct {
		Name     string     `json:"name" minLength:"2" maxLength:"64" doc:"Logs in with it: 2 to 64 of a–z, 0–9, '.', '-', '_', '@'"`
		FullName string     `json:"full_name,omitempty" maxLength:"100"`
		Roles    []GrantRow `json:"roles" minItems:"1" maxItems:"64"`
	}
}

type userInput struct {
	Name string `path:"name" maxLength:"64"`
}

type changeUserInput struct {
	Name string `path:"name" maxLength:"64"`
	Body struct {
		FullName *string     `json:"full_name,omitempty" maxLength:"100" doc:"Left out: stays"`
		Roles    *[]GrantRow `json:"roles,omitempty" maxItems:"64" doc:"All roles from now on; left out: they stay"`
		Disabled *bool       `json:"disabled,omitempty" doc:"A disabled user is logged out, and in no more; left out: stays"`
	}
}

func (s *Server) registerUsers() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "listUsers", Method: http.MethodGet, Path: "/api/v1/users", Tags: []string{"accounts"},
		Summary: "All users with their roles",
	}, func(ctx context.Context, in *usersInput) (*answer[UserList], error) {
		users, err := f.Accounts.Users(ctx)
		if err != nil {
			return nil, err
		}
		pages, err := newPager(ctx, userList, &in.Listing)
		if err != nil {
			return nil, err
		}
		for i := range users {
			row := userRow(&users[i])
			if (in.Role == "" || slices.ContainsFunc(row.Roles, func(g GrantRow) bool { return g.Role == in.Role })) && (in.Disabled == "" || in.Disabled == strconv.FormatBool(row.Disabled)) {
				pages.add(&row)
			}
		}
		list := &UserList{}
		list.Items, list.Page = pages.rows()
		return respond(in.Conditional, list, f.Now(), f.Plan.Simulated)
	})
	register(s, huma.Operation{
		OperationID: "createUser", Method: http.MethodPost, Path: "/api/v1/users", Tags: []string{"accounts"},
		Summary: "Add a user, and get the link where the user sets a password", DefaultStatus: http.StatusCreated, Errors: []int{http.StatusConflict},
	}, func(ctx context.Context, in *newUserInput) (*plainAnswer[LinkAnswer], error) {
		u := account.User{Name: in.Body.Name, FullName: in.Body.FullName}
		accessOf(ctx).about = fmt.Sprintf("%.70q %s", u.Name, rolesText(in.Body.Roles))
		var err error
		if u.Grants, err = f.grants(in.Body.Roles, nil, inRoles); err != nil {
			return nil, err
		}
		if err := account.CheckName(u.Name); err != nil {
			return nil, invalidIn("body.name", u.Name, "hãy viết 2 đến 64 ký tự trong a–z, 0–9, '.', '-', '_', '@', bắt đầu bằng chữ hoặc số", "write 2 to 64 of a–z, 0–9, '.', '-', '_', '@', beginning with a letter or digit")
		}
		if err := account.CheckFullName(u.FullName); err != nil {
			return nil, notPlain("body.full_name", u.FullName)
		}
		secret, link, err := f.desk.AddUser(ctx, u)
		if err != nil {
			return nil, accountError(err, userNamed(u.Name))
		}
		return f.linkAnswer(ctx, u.Name, secret, link)
	})
	register(s, huma.Operation{
		OperationID: "changeUser", Method: http.MethodPatch, Path: "/api/v1/users/{name}", Tags: []string{"accounts"},
		Summary: "Change a user's full name or roles, disable or enable", Errors: []int{http.StatusConflict},
	}, func(ctx context.Context, in *changeUserInput) (*plainAnswer[UserAnswer], error) {
		a := accessOf(ctx)
		var changes []string
		if in.Body.Roles != nil {
			changes = append(changes, "roles="+rolesText(*in.Body.Roles))
		}
		if in.Body.Disabled != nil {
			changes = append(changes, fmt.Sprintf("disabled=%t", *in.Body.Disabled))
		}
		a.about = strings.Join(changes, " ")
		u, err := f.Accounts.ChangeUser(ctx, in.Name, func(u *account.User) error { return f.change(u, in) })
		f.desk.Forget()
		if err != nil {
			return nil, accountError(err, userNamed(in.Name))
		}
		return plain(f, &UserAnswer{UserRow: userRow(&u)})
	})
	register(s, huma.Operation{
		OperationID: "createSetUpLink", Method: http.MethodPost, Path: "/api/v1/users/{name}/set-up-link", Tags: []string{"accounts"},
		Summary: "A new link where a user sets a password, in place of an earlier one", DefaultStatus: http.StatusCreated,
	}, func(ctx context.Context, in *userInput) (*plainAnswer[LinkAnswer], error) {
		secret, link, err := f.desk.NewLink(ctx, in.Name)
		if err != nil {
			return nil, accountError(err, userNamed(in.Name))
		}
		return f.linkAnswer(ctx, in.Name, secret, link)
	})
}

func (f *figures) change(u *account.User, in *changeUserInput) error {
	if in.Body.FullName != nil {
		if err := account.CheckFullName(*in.Body.FullName); err != nil {
			return notPlain("body.full_name", *in.Body.FullName)
		}
		u.FullName = *in.Body.FullName
	}
	if in.Body.Disabled != nil {
		u.Disabled = *in.Body.Disabled
	}
	if in.Body.Roles == nil {
		return nil
	}
	grants, err := f.grants(*in.Body.Roles, u.Grants, inRoles)
	if err == nil {
		u.Grants = grants
	}
	return err
}

func userNamed(name string) Text {
	return Text{"tài khoản " + strconv.Quote(name), "user " + strconv.Quote(name)}
}

// notPlain refuses a text of more lines than one.
func notPlain(at, text string) error {
	return invalidIn(at, text, "hãy viết chữ thường trên một dòng, không có ký tự điều khiển", "write plain text on one line, without control characters")
}

// inRoles says where the i-th of a body's roles stands.
func inRoles(i int) string { return fmt.Sprintf("body.roles[%d].", i) }

// grants reads roles for a user who has some already; those that stay keep
// since when they are. At says where in the body the i-th stands.
func (f *figures) grants(rows []GrantRow, had []account.Grant, at func(i int) string) ([]account.Grant, error) {
	all := make([]account.Grant, len(rows))
	now := f.Now()
	for i, r := range rows {
		if r.Area != "" && f.Plan.AreaOn(r.Area, plan.DateOf(now, f.Plan.Location)) == nil {
			return nil, invalidIn(at(i)+"area", r.Area, "hôm nay kế hoạch không có địa bàn này", "is not an area of the plan today")
		}
		all[i] = account.Grant{Role: account.Role(r.Role), Area: r.Area, Since: now}
	}
	account.KeepSince(all, had)
	if len(all) == 0 {
		return nil, invalidIn("body.roles", nil, "cần ít nhất một vai trò", "at least one role is needed")
	}
	for i, g := range all {
		if slices.ContainsFunc(all[:i], func(o account.Grant) bool { return o.Role == g.Role && o.Area == g.Area }) {
			return nil, invalidIn(strings.TrimSuffix(at(i), "."), g.String(), "đã có ở trên", "stands twice")
		}
	}
	if err := account.CheckGrants(all); err != nil { // what the schema refuses already
		return nil, err
	}
	return all, nil
}

func (f *figures) linkAnswer(ctx context.Context, name string, secret account.Secret, link account.Link) (*plainAnswer[LinkAnswer], error) {
	u, err := f.Accounts.User(ctx, name)
	if err != nil {
		return nil, err
	}
	return plain(f, &LinkAnswer{UserRow: userRow(&u), Link: SetUpLink(f.Public, secret), Expires: link.Expires.UTC()})
}

// SetUpLink gives the address of the page where a secret is used. Without the
// address of the server it is the path alone.
func SetUpLink(public string, secret account.Secret) string {
	return strings.TrimRight(public, "/") + "/setup/" + secret.Reveal()
}

// plainAnswer is an answer that is never kept.
type plainAnswer[T any] struct {
	CacheControl string `header:"Cache-Control"`
	Body         *T
}

func plain[T any, P headed[T]](f *figures, body P) (*plainAnswer[T], error) {
	*body.head() = Head{AsOf: f.Now(), Simulated: f.Plan.Simulated}
	return &plainAnswer[T]{"no-store", body}, nil
}
