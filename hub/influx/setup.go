package influx

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/influxdata/influxdb-client-go/v2/domain"
)

// How long the server keeps a group of points that it forgets together.
const (
	observationShards = 24 * time.Hour
	ledgerShards      = 52 * 7 * 24 * time.Hour
)

// margin is how much longer than the hub the server keeps observations.
const margin = 7 * 24 * time.Hour

// kept is how long the server must keep observations at the least.
func (s *Store) kept() time.Duration { return s.o.Retention + margin }

// setUp finds out what the server is, and makes and checks what is needed
// there.
func (s *Store) setUp(ctx context.Context) error {
	health, err := s.client.Health(ctx)
	if err != nil {
		if code, _ := status(err); code != 0 {
			return setUpError(problem(err, "địa chỉ này không phải là InfluxDB 1.8 hay 2.x", "this is no InfluxDB 1.8 or 2.x"))
		}
		return setUpError(problem(err, "không kết nối được: hãy kiểm tra địa chỉ và máy chủ có đang chạy không", "it cannot be reached: check the address, and whether the server runs"))
	}
	version := ""
	if health.Version != nil {
		version = strings.TrimPrefix(*health.Version, "v")
	}
	if s.v1 = strings.HasPrefix(version, "1."); s.v1 {
		err = s.setUp1(ctx)
	} else {
		err = s.setUp2(ctx)
	}
	if err != nil {
		return err
	}
	s.query = s.client.QueryAPI(s.o.Org)
	if err := s.claim(ctx); err != nil {
		return err
	}
	if err := s.loadSeal(ctx); err != nil {
		return fmt.Errorf("read which months are sealed: %w", err)
	}
	s.o.Log.Info("history is kept in InfluxDB", "url", s.o.URL, "version", version, "ledger", s.ledger, "observations", s.obs)
	return nil
}

// setUp2 makes organisation and buckets of InfluxDB 2.x, and all of the server
// if nobody has set it up yet.
func (s *Store) setUp2(ctx context.Context) error {
	if s.o.Org == "" {
		return setUpError(problem(nil, "InfluxDB 2.x cần tên tổ chức: --influx-org", "InfluxDB 2.x needs the name of an organisation: --influx-org"))
	}
	s.ledger, s.obs = s.o.Bucket, s.o.Bucket+"_observations"
	if s.o.Token == "" {
		return setUpError(problem(nil, "thiếu mã truy cập (token): --influx-token-file", "the token is missing: --influx-token-file"))
	}
	if !s.o.Existing {
		if err := s.onboard(ctx); err != nil {
			return err
		}
	}
	org, err := s.organisation(ctx)
	if err != nil {
		return err
	}
	if err := s.bucket(ctx, org, s.ledger, 0, ledgerShards); err != nil {
		return err
	}
	return s.bucket(ctx, org, s.obs, s.kept(), observationShards)
}

// onboard sets up a server that is new: with our organisation, bucket and
// token, and a user phukin whose password is the token.
func (s *Store) onboard(ctx context.Context) error {
	var state struct {
		Allowed bool `json:"allowed"`
	}
	if err := s.ask(ctx, http.MethodGet, "api/v2/setup", &state); err != nil {
		return setUpError(problem(err, "máy chủ không cho biết đã được thiết lập chưa", "the server does not say whether it is set up"))
	}
	if !state.Allowed {
		return nil
	}
	if len(s.o.Token) < 8 {
		return setUpError(problem(nil, "máy chủ còn mới: mã truy cập (token) cần ít nhất 8 ký tự để thiết lập", "the server is new: the token must have at least 8 characters to set it up"))
	}
	_, err := s.client.SetupWithToken(ctx, "phukin", s.o.Token, s.o.Org, s.ledger, 0, s.o.Token)
	if err != nil {
		return setUpError(problem(err, "không thiết lập được máy chủ mới", "the new server cannot be set up"))
	}
	s.o.Log.Info("a new InfluxDB was set up; its user is phukin, whose password is the token", "org", s.o.Org)
	return nil
}

// organisation gives the identifier of ours, makes it if it may, or gives ""
// when the token may not see any.
func (s *Store) organisation(ctx context.Context) (string, error) {
	var found struct {
		Orgs []struct {
			ID string `json:"id"`
		} `json:"orgs"`
	}
	err := s.ask(ctx, http.MethodGet, "api/v2/orgs?org="+url.QueryEscape(s.o.Org), &found)
	if code, _ := status(err); code == http.StatusUnauthorized {
		return "", setUpError(explain(err))
	}
	if err == nil && len(found.Orgs) > 0 {
		return found.Orgs[0].ID, nil
	}
	// A token of two buckets alone sees no organisation: a question tells whether
	// there is one.
	_, qerr := s.client.QueryAPI(s.o.Org).Query(ctx, (&flux{bucket: s.ledger, measurement: "register", field: "id", from: 0, to: 1}).String())
	if _, message := status(qerr); qerr == nil || strings.Contains(message, "could not find bucket") {
		return "", nil
	}
	if s.o.Existing {
		return "", setUpError(problem(qerr, fmt.Sprintf("không có tổ chức %q", s.o.Org), fmt.Sprintf("there is no organisation %q", s.o.Org)))
	}
	org, cerr := s.client.OrganizationsAPI().CreateOrganizationWithName(ctx, s.o.Org)
	if cerr != nil || org.Id == nil {
		return "", setUpError(problem(qerr, fmt.Sprintf("không có tổ chức %q và mã truy cập không được phép tạo", s.o.Org), fmt.Sprintf("there is no organisation %q, and the token may not make one", s.o.Org)))
	}
	return *org.Id, nil
}

// bucket makes a bucket that keeps points for a time, 0 for ever, if it is not
// there, and checks that it does.
func (s *Store) bucket(ctx context.Context, org, name string, keep, shards time.Duration) error {
	var found struct {
		Buckets []domain.Bucket `json:"buckets"`
	}
	err := s.ask(ctx, http.MethodGet, "api/v2/buckets?org="+url.QueryEscape(s.o.Org)+"&name="+url.QueryEscape(name), &found)
	if code, _ := status(err); code == http.StatusUnauthorized {
		return setUpError(explain(err))
	}
	if err != nil || len(found.Buckets) == 0 {
		if s.o.Existing {
			return s.noBucket(err, name)
		}
		if org == "" {
			return setUpError(problem(err, fmt.Sprintf("không có bucket %q và mã truy cập không được phép tạo: hãy tạo bucket đó, hoặc dùng mã truy cập toàn quyền một lần", name),
				fmt.Sprintf("there is no bucket %q, and the token may not make one: make it, or use an all-access token once", name)))
		}
		seconds := int64(shards / time.Second)
		kind := domain.RetentionRuleTypeExpire
		_, err := s.client.BucketsAPI().CreateBucketWithNameWithID(ctx, org, name, domain.RetentionRule{Type: &kind, EverySeconds: int64(keep / time.Second), ShardGroupDurationSeconds: &seconds})
		if err != nil {
			return setUpError(problem(err, fmt.Sprintf("không có bucket %q và không tạo được", name), fmt.Sprintf("there is no bucket %q, and it cannot be made", name)))
		}
		return nil
	}
	if s.o.Existing {
		return nil
	}
	for _, rule := range found.Buckets[0].RetentionRules {
		if err := s.enough(name, time.Duration(rule.EverySeconds)*time.Second, keep); err != nil {
			return err
		}
	}
	return nil
}

// noBucket says that a history is not where it is said to be.
func (s *Store) noBucket(err error, name string) error {
	return setUpError(problem(err, fmt.Sprintf("không có bucket %q: hãy kiểm tra --influx-bucket", name), fmt.Sprintf("there is no bucket %q: check --influx-bucket", name)))
}

// enough says whether a bucket keeps points as long as it must, 0 being for
// ever.
func (s *Store) enough(bucket string, keeps, must time.Duration) error {
	if keeps == 0 || must > 0 && keeps >= must {
		return nil
	}
	vi, en := "mãi mãi", "for ever"
	if must > 0 {
		hours := strconv.Itoa(int(must.Hours()))
		vi, en = "ít nhất "+hours+" giờ", "for at least "+hours+" hours"
	}
	return setUpError(problem(nil, fmt.Sprintf("bucket %q chỉ giữ dữ liệu %v, cần giữ %s", bucket, keeps, vi), fmt.Sprintf("bucket %q keeps its points for %v, it must keep them %s", bucket, keeps, en)))
}

// observationPolicy is the retention policy of observations on InfluxDB 1.8.
const observationPolicy = "observations"

// setUp1 makes database and retention policies of InfluxDB 1.8.
func (s *Store) setUp1(ctx context.Context) error {
	db, policy, ok := strings.Cut(s.o.Bucket, "/")
	if !ok || db == "" || policy == "" || strings.Contains(policy, "/") || policy == observationPolicy {
		return setUpError(problem(nil, "với InfluxDB 1.8, --influx-bucket có dạng database/policy, ví dụ phukin/ledger", "with InfluxDB 1.8 --influx-bucket is of the form database/policy, such as phukin/ledger"))
	}
	s.ledger, s.obs = s.o.Bucket, db+"/"+observationPolicy
	policies, err := s.policies(ctx, db)
	if err != nil {
		return err
	}
	for _, p := range []struct {
		name         string
		keep, shards time.Duration
		make         string
	}{
		{policy, 0, ledgerShards, "DURATION INF REPLICATION 1 SHARD DURATION 364d"},
		{observationPolicy, s.kept(), observationShards, fmt.Sprintf("DURATION %dh REPLICATION 1 SHARD DURATION 1d", int(s.kept().Hours()))},
	} {
		keeps, there := policies[p.name]
		if s.o.Existing {
			if !there {
				return s.noBucket(nil, db+"/"+p.name)
			}
			continue
		}
		if !there {
			statement := fmt.Sprintf("CREATE RETENTION POLICY %s ON %s %s", quote(p.name), quote(db), p.make)
			if _, err := s.influxQL(ctx, statement); err != nil {
				return setUpError(problem(err, "không có retention policy và không tạo được; quản trị viên hãy chạy: "+statement, "there is no such retention policy, and it cannot be made; an administrator may say: "+statement))
			}
			continue
		}
		if err := s.enough(db+"/"+p.name, keeps, p.keep); err != nil {
			return err
		}
	}
	return nil
}

// policies gives how long the retention policies of a database keep points, 0
// for ever. It makes the database if it is not there.
func (s *Store) policies(ctx context.Context, db string) (map[string]time.Duration, error) {
	show := "SHOW RETENTION POLICIES ON " + quote(db)
	rows, err := s.influxQL(ctx, show)
	if err != nil && strings.Contains(err.Error(), "database not found") {
		if s.o.Existing {
			return nil, s.noBucket(err, db)
		}
		create := "CREATE DATABASE " + quote(db)
		if _, err := s.influxQL(ctx, create); err != nil {
			return nil, setUpError(problem(err, "không có database và không tạo được; quản trị viên hãy chạy: "+create, "there is no such database, and it cannot be made; an administrator may say: "+create))
		}
		rows, err = s.influxQL(ctx, show)
	}
	if err != nil {
		if p := explain(err); p != nil {
			return nil, setUpError(p)
		}
		return nil, setUpError(problem(err, "tài khoản không được đọc database "+db, "the user may not read the database "+db))
	}
	policies := map[string]time.Duration{}
	for _, row := range rows {
		if len(row) < 2 {
			continue
		}
		name, _ := row[0].(string)
		text, _ := row[1].(string)
		if policies[name], err = time.ParseDuration(text); err != nil {
			return nil, fmt.Errorf("retention policy %s: %w", name, err)
		}
	}
	return policies, nil
}

// influxQL says a statement to InfluxDB 1.8 and gives the rows of the answer.
func (s *Store) influxQL(ctx context.Context, statement string) ([][]any, error) {
	var answer struct {
		Results []struct {
			Error  string `json:"error"`
			Series []struct {
				Values [][]any `json:"values"`
			} `json:"series"`
		} `json:"results"`
	}
	if err := s.ask(ctx, http.MethodPost, "query?q="+url.QueryEscape(statement), &answer); err != nil {
		return nil, err
	}
	var rows [][]any
	for _, r := range answer.Results {
		if r.Error != "" {
			return nil, fmt.Errorf("InfluxDB says: %s", r.Error)
		}
		for _, series := range r.Series {
			rows = append(rows, series.Values...)
		}
	}
	return rows, nil
}

// ask sends a request that the client has no method for, and reads the answer.
func (s *Store) ask(ctx context.Context, method, path string, answer any) error {
	service := s.client.HTTPService()
	req, err := http.NewRequestWithContext(ctx, method, service.ServerURL()+path, http.NoBody)
	if err != nil {
		return err
	}
	herr := service.DoHTTPRequest(req, nil, func(resp *http.Response) error {
		defer func() { _ = resp.Body.Close() }() // it is read
		return json.NewDecoder(http.MaxBytesReader(nil, resp.Body, 1<<20)).Decode(answer)
	})
	if herr != nil {
		return herr
	}
	return nil
}

// claim notes in the ledger's bucket which register it belongs to, and so
// tries the right to read and to write both; it refuses those of another.
func (s *Store) claim(ctx context.Context) error {
	const moment = dayNs // 2 January 1970
	var owner string
	q := flux{bucket: s.ledger, measurement: "register", field: "id", from: moment, to: moment + 1}
	if err := s.read(ctx, &q, func(_ int64, _, id string) error { owner = id; return nil }); err != nil {
		return s.notAllowed(err)
	}
	switch {
	case owner == s.o.Register:
	case owner == "" && s.o.Existing:
		return setUpError(problem(nil, fmt.Sprintf("bucket %q không chứa lịch sử nào của Phủ Kín: hãy kiểm tra --influx-bucket", s.ledger), fmt.Sprintf("bucket %q holds no history of Phủ Kín: check --influx-bucket", s.ledger)))
	case owner != "":
		return setUpError(problem(nil, fmt.Sprintf("bucket %q thuộc về một cơ sở dữ liệu SQLite khác của Phủ Kín: hãy dùng lại tệp đó, hoặc chọn bucket khác", s.ledger),
			fmt.Sprintf("bucket %q belongs to another SQLite database of Phủ Kín: use that file again, or another bucket", s.ledger)))
	default:
		if err := s.write(ctx, s.ledger, strconv.AppendInt([]byte(`register id="`+s.o.Register+`" `), moment, 10)); err != nil {
			return s.notAllowed(err)
		}
	}
	if s.o.Existing {
		return nil
	}
	now := s.o.Now().UnixNano()
	if err := s.write(ctx, s.obs, strconv.AppendInt([]byte(`register id="`+s.o.Register+`" `), now, 10)); err != nil {
		return s.notAllowed(err)
	}
	q = flux{bucket: s.obs, measurement: "register", field: "id", from: now, to: now + 1}
	owner = ""
	if err := s.read(ctx, &q, func(_ int64, _, id string) error { owner = id; return nil }); err != nil {
		return s.notAllowed(err)
	}
	if owner != s.o.Register {
		return setUpError(problem(nil, "mã truy cập (token) không được đọc những gì đã ghi", "the token may not read what it wrote"))
	}
	return nil
}

func (s *Store) notAllowed(err error) error {
	if p := explain(err); p != nil {
		return setUpError(p)
	}
	return err
}
