-- The plan and its revisions. Kept to the SQL that SQLite and PostgreSQL
-- share: no types of their own, no WITHOUT ROWID, numbers given by the program.

CREATE TABLE plan_revision (
  number  INTEGER NOT NULL PRIMARY KEY, -- 1, 2, 3 …
  at_ms   BIGINT  NOT NULL,             -- Unix milliseconds
  author  TEXT    NOT NULL,
  reason  TEXT    NOT NULL,
  reverts INTEGER NOT NULL,             -- revision that this one restores, 0 for none
  added   INTEGER NOT NULL,             -- rows
  changed INTEGER NOT NULL,
  removed INTEGER NOT NULL,
  digest  TEXT    NOT NULL              -- SHA-256 of the whole plan, in hex
);

-- Rows of the plan's tables, each with the revisions it stood in:
-- from_revision and those after it, up to but without to_revision. What is
-- written here once is never changed, but for the end of its time.
CREATE TABLE plan_row (
  table_name    TEXT    NOT NULL,
  row_key       TEXT    NOT NULL,
  from_revision INTEGER NOT NULL REFERENCES plan_revision (number),
  to_revision   INTEGER NOT NULL,       -- 2147483647: it still stands
  content       TEXT    NOT NULL,       -- JSON object of the cells that are not empty, by column
  PRIMARY KEY (table_name, row_key, from_revision)
);
CREATE INDEX plan_row_to ON plan_row (to_revision);
