-- History and agents. Kept to the SQL that SQLite and PostgreSQL share, but
-- for WITHOUT ROWID and BLOB.

CREATE TABLE agent (
  id         INTEGER PRIMARY KEY,
  code       TEXT    NOT NULL UNIQUE,
  token_hash TEXT    NOT NULL DEFAULT '', -- SHA-256 of its token in hex; empty: not enrolled
  enrolled   INTEGER NOT NULL DEFAULT 0   -- Unix milliseconds
);

CREATE TABLE camera (
  id          INTEGER PRIMARY KEY,
  code        TEXT    NOT NULL UNIQUE,
  enrolled    INTEGER NOT NULL,            -- day number
  verified    INTEGER,                     -- day number, null if never
  measured_at INTEGER NOT NULL DEFAULT 0,  -- Unix milliseconds
  codec       INTEGER NOT NULL DEFAULT 0,
  width       INTEGER NOT NULL DEFAULT 0,
  height      INTEGER NOT NULL DEFAULT 0,
  frame_rate  REAL    NOT NULL DEFAULT 0
);

-- Which agents ever reported a camera.
CREATE TABLE camera_agent (
  camera INTEGER NOT NULL REFERENCES camera (id),
  agent  INTEGER NOT NULL REFERENCES agent (id),
  PRIMARY KEY (camera, agent)
) WITHOUT ROWID;

-- Observations as they came: a row a batch, the payload in wire format.
CREATE TABLE batch (
  id        INTEGER PRIMARY KEY,
  agent     INTEGER NOT NULL REFERENCES agent (id),
  epoch     INTEGER NOT NULL, -- the 64 bits of the unsigned number
  first_seq INTEGER NOT NULL,
  to_ms     INTEGER NOT NULL, -- greatest To
  received  INTEGER NOT NULL, -- Unix milliseconds
  payload   BLOB    NOT NULL
);

-- Which days a batch touches. No foreign key: SQLite would look through all
-- of this for every batch that is forgotten.
CREATE TABLE batch_day (
  agent INTEGER NOT NULL,
  day   INTEGER NOT NULL,
  batch INTEGER NOT NULL,
  PRIMARY KEY (agent, day, batch)
) WITHOUT ROWID;

-- Which sequence numbers are committed: disjoint runs [first_seq, next_seq)
-- that do not touch, so a healthy agent has one row an epoch.
CREATE TABLE committed (
  agent     INTEGER NOT NULL REFERENCES agent (id),
  epoch     INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  next_seq  INTEGER NOT NULL,
  PRIMARY KEY (agent, epoch, first_seq)
) WITHOUT ROWID;

-- Days of agents whose ledger is behind their batches.
CREATE TABLE unfolded (
  agent INTEGER NOT NULL REFERENCES agent (id),
  day   INTEGER NOT NULL,
  PRIMARY KEY (agent, day)
) WITHOUT ROWID;

CREATE TABLE ledger_day (
  day      INTEGER NOT NULL,
  camera   INTEGER NOT NULL REFERENCES camera (id),
  revision INTEGER NOT NULL,
  written  INTEGER NOT NULL, -- Unix milliseconds
  timeline BLOB    NOT NULL,
  PRIMARY KEY (day, camera)
) WITHOUT ROWID;

-- Messages that could not be taken: the newest of each agent, and how many
-- there ever were.
CREATE TABLE refused (
  id       INTEGER PRIMARY KEY,
  agent    TEXT    NOT NULL,
  received INTEGER NOT NULL,
  reason   TEXT    NOT NULL,
  payload  BLOB    NOT NULL
);
CREATE INDEX refused_agent ON refused (agent);
CREATE TABLE refused_count (
  agent TEXT    PRIMARY KEY,
  n     INTEGER NOT NULL
) WITHOUT ROWID;

-- One row: observations that ended before this moment are forgotten.
CREATE TABLE pruned (before_ms INTEGER NOT NULL);
INSERT INTO pruned (before_ms) VALUES (0);
