-- Who may do what, and who did what. Kept to the SQL that SQLite and PostgreSQL
-- share. Times are Unix milliseconds; hashes are SHA-256 in hex.

CREATE TABLE account (
  name        TEXT    NOT NULL PRIMARY KEY,
  full_name   TEXT    NOT NULL,
  password    TEXT    NOT NULL, -- argon2id with its parameters; empty until it was set
  disabled    INTEGER NOT NULL, -- 0 or 1
  created_ms  BIGINT  NOT NULL
);

CREATE TABLE account_grant (
  account  TEXT   NOT NULL REFERENCES account (name),
  role     TEXT   NOT NULL,
  area     TEXT   NOT NULL, -- code; empty: the whole plan
  since_ms BIGINT NOT NULL, -- the area is the one that had the code then
  PRIMARY KEY (account, role, area)
);

-- Set-up links that can still be used.
CREATE TABLE account_link (
  hash       TEXT   NOT NULL PRIMARY KEY,
  account    TEXT   NOT NULL, -- empty: makes the first administrator
  expires_ms BIGINT NOT NULL
);

CREATE TABLE account_session (
  hash       TEXT   NOT NULL PRIMARY KEY,
  account    TEXT   NOT NULL REFERENCES account (name),
  created_ms BIGINT NOT NULL,
  seen_ms    BIGINT NOT NULL
);
CREATE INDEX account_session_account ON account_session (account);

CREATE TABLE account_token (
  id         TEXT    NOT NULL PRIMARY KEY,
  hash       TEXT    NOT NULL UNIQUE,
  name       TEXT    NOT NULL,
  scope      TEXT    NOT NULL,
  role       TEXT    NOT NULL,
  area       TEXT    NOT NULL, -- as in account_grant
  created_ms BIGINT  NOT NULL,
  expires_ms BIGINT  NOT NULL,
  author     TEXT    NOT NULL,
  revoked    INTEGER NOT NULL, -- 0 or 1
  used_ms    BIGINT  NOT NULL  -- 0: never
);

CREATE TABLE audit (
  id        INTEGER NOT NULL PRIMARY KEY, -- in the order they began
  at_ms     BIGINT  NOT NULL,
  who       TEXT    NOT NULL, -- empty: anybody
  via       TEXT    NOT NULL,
  operation TEXT    NOT NULL,
  what      TEXT    NOT NULL,
  address   TEXT    NOT NULL,
  status    INTEGER NOT NULL, -- of HTTP; 0: it never ended
  n         INTEGER NOT NULL, -- acts
  last_ms   BIGINT  NOT NULL  -- of the newest of them
);
CREATE INDEX audit_who ON audit (who, id);
CREATE INDEX audit_operation ON audit (operation, id);
