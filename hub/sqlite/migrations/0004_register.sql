-- The register of a history whose observations and ledger days are kept in
-- another store: where the observations of each batch are there.

-- One row once the file is such a register.
CREATE TABLE register (
  id TEXT NOT NULL -- names it in the other store, which belongs to it
);

CREATE TABLE entered (
  id        INTEGER PRIMARY KEY, -- in the order they came
  agent     INTEGER NOT NULL REFERENCES agent (id),
  epoch     INTEGER NOT NULL, -- as in identity
  first_seq INTEGER NOT NULL,
  n         INTEGER NOT NULL, -- observations
  at        INTEGER NOT NULL, -- Unix nanoseconds: where they are
  sum       INTEGER NOT NULL, -- the 64 bits of an unsigned number
  first_day INTEGER NOT NULL, -- these as in batch
  last_day  INTEGER NOT NULL,
  keep_day  INTEGER NOT NULL
);
CREATE UNIQUE INDEX entered_at ON entered (agent, at);
CREATE INDEX entered_days ON entered (agent, last_day, first_day, keep_day);

-- Which cameras an agent reported.
CREATE INDEX camera_agent_agent ON camera_agent (agent);
