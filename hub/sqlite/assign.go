package sqlite

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/phukin/phukin/hub/assign"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

// Assign keeps what agents are given in the file. It implements assign.Store.
type Assign struct{ db *DB }

var _ assign.Store = Assign{}

// Assign gives the store of keys, credentials and lists.
func (d *DB) Assign() Assign { return Assign{d} }

// Changes implements assign.Store.
func (a Assign) Changes(ctx context.Context) (revision int, credentials int64, err error) {
	err = a.db.read.QueryRowContext(ctx, "SELECT (SELECT COALESCE(MAX(number), 0) FROM plan_revision), (SELECT n FROM credential_change)").Scan(&revision, &credentials)
	if err != nil {
		err = fmt.Errorf("look for a new revision of the plan: %w", err)
	}
	return revision, credentials, err
}

// Keys implements assign.Store.
func (a Assign) Keys(ctx context.Context) (map[string]assign.Key, error) {
	all := map[string]assign.Key{}
	err := scan(ctx, a.db.read, "SELECT agent, public_key, since_ms FROM agent_key", func(rows *sql.Rows) error {
		var k assign.Key
		var key string
		var since int64
		if err := rows.Scan(&k.Agent, &key, &since); err != nil {
			return err
		}
		var err error
		k.Key, err = keyOf(key)
		k.Since = time.UnixMilli(since)
		all[k.Agent] = k
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the agents' keys: %w", err)
	}
	return all, nil
}

// SetKey implements assign.Store.
func (a Assign) SetKey(ctx context.Context, k assign.Key) error {
	return a.change(ctx, "note the key of agent "+k.Agent,
		"INSERT INTO agent_key (agent, public_key, since_ms) VALUES (?, ?, ?) ON CONFLICT (agent) DO UPDATE SET public_key = excluded.public_key, since_ms = excluded.since_ms",
		k.Agent, hex.EncodeToString(k.Key[:]), k.Since.UnixMilli())
}

// Credentials implements assign.Store.
func (a Assign) Credentials(ctx context.Context) (map[string]assign.Credential, error) {
	all := map[string]assign.Credential{}
	err := scan(ctx, a.db.read, "SELECT camera, agent, public_key, sealed, at_ms, author FROM credential", func(rows *sql.Rows) error {
		var c assign.Credential
		var key, sealed string
		var at int64
		if err := rows.Scan(&c.Camera, &c.Agent, &key, &sealed, &at, &c.Author); err != nil {
			return err
		}
		var err error
		if c.Key, err = keyOf(key); err != nil {
			return err
		}
		c.Sealed, err = hex.DecodeString(sealed)
		c.At = time.UnixMilli(at)
		all[c.Camera] = c
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the cameras' credentials: %w", err)
	}
	return all, nil
}

// SetCredential implements assign.Store.
func (a Assign) SetCredential(ctx context.Context, c assign.Credential) error {
	_, err := a.credential(ctx, "keep the credentials of camera "+c.Camera,
		"INSERT INTO credential (camera, agent, public_key, sealed, at_ms, author) VALUES (?, ?, ?, ?, ?, ?) "+
			"ON CONFLICT (camera) DO UPDATE SET agent = excluded.agent, public_key = excluded.public_key, sealed = excluded.sealed, at_ms = excluded.at_ms, author = excluded.author",
		c.Camera, c.Agent, hex.EncodeToString(c.Key[:]), hex.EncodeToString(c.Sealed), c.At.UnixMilli(), c.Author)
	return err
}

// ForgetCredential implements assign.Store.
func (a Assign) ForgetCredential(ctx context.Context, camera string) (bool, error) {
	n, err := a.credential(ctx, "forget the credentials of camera "+camera, "DELETE FROM credential WHERE camera = ?", camera)
	return n > 0, err
}

// credential changes credentials, and has a hub that runs notice it.
func (a Assign) credential(ctx context.Context, what, statement string, args ...any) (n int64, err error) {
	err = a.db.update(ctx, func(tx *sql.Conn) error {
		r, err := tx.ExecContext(ctx, statement, args...)
		if err != nil {
			return err
		}
		if n, err = r.RowsAffected(); err != nil || n == 0 {
			return err
		}
		_, err = tx.ExecContext(ctx, "UPDATE credential_change SET n = n + 1")
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	return n, nil
}

// Sent implements assign.Store.
func (a Assign) Sent(ctx context.Context) (map[string]assign.Sent, error) {
	all := map[string]assign.Sent{}
	err := scan(ctx, a.db.read, "SELECT agent, revision, digest, sent_ms, taken_revision, taken_ms FROM agent_list", func(rows *sql.Rows) error {
		var s assign.Sent
		var digest string
		var sent, taken int64
		if err := rows.Scan(&s.Agent, &s.Revision, &digest, &sent, &s.TakenRevision, &taken); err != nil {
			return err
		}
		var err error
		s.Digest, err = strconv.ParseUint(digest, 16, 64)
		s.At = time.UnixMilli(sent)
		if taken != 0 {
			s.TakenAt = time.UnixMilli(taken)
		}
		all[s.Agent] = s
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list what agents were given: %w", err)
	}
	return all, nil
}

// NoteSent implements assign.Store.
func (a Assign) NoteSent(ctx context.Context, lists []assign.Sent) error {
	if len(lists) == 0 {
		return nil
	}
	err := a.db.update(ctx, func(tx *sql.Conn) error {
		for _, s := range lists {
			if _, err := tx.ExecContext(ctx, "INSERT INTO agent_list (agent, revision, digest, sent_ms, taken_revision, taken_ms) VALUES (?, ?, ?, ?, 0, 0) "+
				"ON CONFLICT (agent) DO UPDATE SET revision = excluded.revision, digest = excluded.digest, sent_ms = excluded.sent_ms",
				s.Agent, s.Revision, strconv.FormatUint(s.Digest, 16), s.At.UnixMilli()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("note what agents are given: %w", err)
	}
	return nil
}

// NoteTaken implements assign.Store.
func (a Assign) NoteTaken(ctx context.Context, lists []assign.Sent) error {
	err := a.db.update(ctx, func(tx *sql.Conn) error {
		for _, s := range lists {
			if _, err := tx.ExecContext(ctx, "UPDATE agent_list SET taken_revision = ?, taken_ms = ? WHERE agent = ?", s.TakenRevision, s.TakenAt.UnixMilli(), s.Agent); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("note which lists agents work from: %w", err)
	}
	return nil
}

func (a Assign) change(ctx context.Context, what, statement string, args ...any) error {
	err := a.db.update(ctx, func(tx *sql.Conn) error {
		_, err := tx.ExecContext(ctx, statement, args...)
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// Former implements assign.Store.
func (a Assign) Former(ctx context.Context, revision int) ([]assign.Former, error) {
	type pair struct{ camera, agent string }
	newest := map[pair]assign.Former{}
	err := scan(ctx, a.db.read, "SELECT w.row_key, w.content, w.to_revision, r.at_ms FROM plan_row w JOIN plan_revision r ON r.number = w.to_revision "+
		"WHERE w.table_name = ? AND w.to_revision <= ?", func(rows *sql.Rows) error {
		var f assign.Former
		var content string
		var at int64
		if err := rows.Scan(&f.Camera, &content, &f.Revision, &at); err != nil {
			return err
		}
		var cells struct {
			Agent string `json:"agent"`
		}
		if err := json.Unmarshal([]byte(content), &cells); err != nil {
			return err
		}
		f.Agent, f.At = cells.Agent, time.UnixMilli(at)
		if p := (pair{f.Camera, f.Agent}); f.Agent != "" && newest[p].Revision < f.Revision {
			newest[p] = f
		}
		return nil
	}, plan.Cameras, revision)
	if err != nil {
		return nil, fmt.Errorf("read who had cameras before: %w", err)
	}
	all := make([]assign.Former, 0, len(newest))
	for _, f := range newest {
		all = append(all, f)
	}
	return all, nil
}

func keyOf(text string) (k wire.Key, err error) {
	b, err := hex.DecodeString(text)
	if err == nil && len(b) != len(k) {
		err = fmt.Errorf("a key has %d bytes", len(b))
	}
	if err != nil {
		return k, err
	}
	return wire.Key(b), nil
}
