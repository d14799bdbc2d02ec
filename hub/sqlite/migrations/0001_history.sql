-- History and agents. Kept to the SQL that SQLite and PostgreSQL share, but
-- for WITHOUT ROWID and BLOB.

CREATE TABLE agent (
  id         INTEGER PRIMARY KEY,
  code       TEXT    NOT NULL UNIQUE,
  token_hash TEXT    NOT NULL DEFAULT '', -- SHA-256 of its token in hex; empty: not enrolled
  enrolled   INTEGER NOT NULL DEFAULT 0,  -- Unix milliseconds
  released   INTEGER NOT NULL DEFAULT 0   -- 1: the next hello is taken, whoever says it
);

-- The epochs that an agent spoke with; the greatest n is the one it speaks
-- with now.
CREATE TABLE identity (
  agent   INTEGER NOT NULL REFERENCES agent (id),
  epoch   INTEGER NOT NULL, -- the 64 bits of the unsigned number
  n       INTEGER NOT NULL,
  session INTEGER NOT NULL, -- the last one taken; as epoch
  boot    INTEGER NOT NULL, -- as epoch
  first   INTEGER NOT NULL, -- Unix milliseconds
  last    INTEGER NOT NULL,
  PRIMARY KEY (agent, epoch)
) WITHOUT ROWID;

-- Agents whose identity is in doubt.
CREATE TABLE conflict (
  agent INTEGER PRIMARY KEY REFERENCES agent (id),
  what  TEXT    NOT NULL,
  first INTEGER NOT NULL, -- Unix milliseconds
  last  INTEGER NOT NULL,
  n     INTEGER NOT NULL
);

CREATE TABLE camera (
  id          INTEGER PRIMARY KEY,
  code        TEXT    NOT NULL UNIQUE,
  enrolled    INTEGER,                     -- day number, null if only a wrong clock speaks of it
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
  epoch     INTEGER NOT NULL, -- as in identity
  first_seq INTEGER NOT NULL,
  first_day INTEGER NOT NULL, -- day numbers: its observations lie in these
  last_day  INTEGER NOT NULL,
  keep_day  INTEGER NOT NULL, -- it is forgotten when this day is; last_day but for clocks that are wrong
  received  INTEGER NOT NULL, -- Unix milliseconds
  payload   BLOB    NOT NULL
);
CREATE INDEX batch_days ON batch (agent, last_day, first_day, keep_day);

-- Which sequence numbers are accounted for: disjoint runs [first_seq, next_seq)
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
  timeline BLOB    NOT NULL,
  PRIMARY KEY (day, camera)
) WITHOUT ROWID;

-- Older days in chunks: the counts of a camera's year in one row, the timelines
-- and revisions of a camera's month in another. Years and months are counted
-- from 1969 on.
CREATE TABLE ledger_counts (
  id   INTEGER PRIMARY KEY, -- camera × 2048 + year
  days BLOB NOT NULL
);
CREATE TABLE ledger_lines (
  id   INTEGER PRIMARY KEY, -- camera × 16384 + month
  days BLOB NOT NULL
);

-- One row: days before this one are in chunks, or rows of ledger_day that are
-- about to go there.
CREATE TABLE sealed (before_day INTEGER NOT NULL);
INSERT INTO sealed (before_day) VALUES (-2147483648);

-- One row: the time zone of days by its name in the IANA list, empty until it
-- is known.
CREATE TABLE zone (name TEXT NOT NULL);
INSERT INTO zone (name) VALUES ('');

-- Revisions of closed days, for ever.
CREATE TABLE ledger_change (
  camera   INTEGER NOT NULL REFERENCES camera (id),
  day      INTEGER NOT NULL,
  revision INTEGER NOT NULL, -- that the day has had since
  at_ms    INTEGER NOT NULL, -- Unix milliseconds
  before_up      INTEGER NOT NULL, -- seconds; outages are a number
  before_degraded INTEGER NOT NULL,
  before_down    INTEGER NOT NULL,
  before_unknown INTEGER NOT NULL,
  before_outages INTEGER NOT NULL,
  after_up       INTEGER NOT NULL,
  after_degraded INTEGER NOT NULL,
  after_down     INTEGER NOT NULL,
  after_unknown  INTEGER NOT NULL,
  after_outages  INTEGER NOT NULL,
  PRIMARY KEY (camera, day, revision)
) WITHOUT ROWID;
CREATE INDEX ledger_change_at ON ledger_change (at_ms);

-- What could not be taken: the newest of each agent, and how much there ever
-- was.
CREATE TABLE quarantine (
  id        INTEGER PRIMARY KEY AUTOINCREMENT, -- an id is never given twice
  agent     INTEGER NOT NULL REFERENCES agent (id),
  epoch     INTEGER NOT NULL, -- as in identity
  first_seq INTEGER NOT NULL,
  count     INTEGER NOT NULL, -- records; 0 if the message did not say
  received  INTEGER NOT NULL, -- Unix milliseconds
  reason    TEXT    NOT NULL,
  payload   BLOB    NOT NULL
);
CREATE INDEX quarantine_agent ON quarantine (agent);
CREATE TABLE quarantine_count (
  agent    INTEGER PRIMARY KEY REFERENCES agent (id),
  messages INTEGER NOT NULL, -- ever
  records  INTEGER NOT NULL  -- ever
);

-- Records that agents declared lost, for ever.
CREATE TABLE gap (
  agent    INTEGER NOT NULL REFERENCES agent (id),
  epoch    INTEGER NOT NULL, -- as in identity
  seq      INTEGER NOT NULL, -- its own number
  from_seq INTEGER NOT NULL, -- [from_seq, next_seq) is lost
  next_seq INTEGER NOT NULL,
  begin_ms INTEGER NOT NULL, -- Unix milliseconds, 0 if not known
  end_ms   INTEGER NOT NULL,
  clock    INTEGER NOT NULL,
  why      INTEGER NOT NULL,
  received INTEGER NOT NULL, -- Unix milliseconds
  PRIMARY KEY (agent, epoch, seq)
) WITHOUT ROWID;

-- One row: observations that ended before this moment are forgotten.
CREATE TABLE pruned (before_ms INTEGER NOT NULL);
INSERT INTO pruned (before_ms) VALUES (0);
