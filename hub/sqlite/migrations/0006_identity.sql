-- Who a user is at a provider of OpenID Connect; both empty: nobody there.

ALTER TABLE account ADD COLUMN issuer  TEXT NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN subject TEXT NOT NULL DEFAULT '';

CREATE UNIQUE INDEX account_identity ON account (issuer, subject) WHERE issuer <> '';
