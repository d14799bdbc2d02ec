-- What agents are given: their keys, sealed credentials, and which list each
-- has. Kept to the SQL that SQLite and PostgreSQL share; bytes are in hex.

CREATE TABLE agent_key (
  agent      TEXT   NOT NULL PRIMARY KEY, -- code
  public_key TEXT   NOT NULL,             -- X25519, as its last hello had it
  since_ms   BIGINT NOT NULL              -- Unix milliseconds: when it was first heard
);

-- Cameras' credentials, sealed to the key of an agent: nobody here can open
-- them.
CREATE TABLE credential (
  camera     TEXT   NOT NULL PRIMARY KEY, -- code
  agent      TEXT   NOT NULL,             -- code
  public_key TEXT   NOT NULL,             -- to which it is sealed
  sealed     TEXT   NOT NULL,
  at_ms      BIGINT NOT NULL,             -- Unix milliseconds
  author     TEXT   NOT NULL
);

-- One row: grows with every change of credential, so that a hub that runs
-- notices what another process did.
CREATE TABLE credential_change (n BIGINT NOT NULL);
INSERT INTO credential_change (n) VALUES (0);

-- The newest list of each agent, and the newest that it said it works from.
CREATE TABLE agent_list (
  agent          TEXT    NOT NULL PRIMARY KEY, -- code
  revision       INTEGER NOT NULL,             -- of the plan
  digest         TEXT    NOT NULL,             -- 64 bits
  sent_ms        BIGINT  NOT NULL,             -- Unix milliseconds
  taken_revision INTEGER NOT NULL,
  taken_ms       BIGINT  NOT NULL              -- 0: never
);
