-- Migration 4: who uses the gateway, what they decide, and what they saw. Also replies that did not come on
-- paper, or that a person confirmed.

CREATE TABLE account (
  id            TEXT NOT NULL PRIMARY KEY,         -- UUID
  login         TEXT NOT NULL UNIQUE,              -- what is typed; lower-case
  name          TEXT NOT NULL,                     -- as it is written
  mail          TEXT,                              -- where notices go; NULL: nowhere
  tenant        TEXT NOT NULL,                     -- office, clinic or association
  office_id     TEXT REFERENCES office (id),       -- NULL exactly when the tenant is no office
  clinic_id     TEXT REFERENCES clinic (id),       -- NULL exactly when the tenant is no clinic
  roles         TEXT NOT NULL,                     -- JSON list of roles, sorted
  password_hash TEXT NOT NULL,                     -- PHC string of argon2id
  active        INTEGER NOT NULL,                  -- 0: cannot sign in. Accounts are never deleted
  sample        INTEGER NOT NULL,                  -- 1: invented (見本)
  created_at    INTEGER NOT NULL,                  -- since when
  CHECK (tenant IN ('office', 'clinic', 'association')),
  CHECK ((office_id IS NOT NULL) = (tenant = 'office')),
  CHECK ((clinic_id IS NOT NULL) = (tenant = 'clinic'))
) STRICT;

CREATE TABLE session (
  token_hash   TEXT NOT NULL PRIMARY KEY,              -- SHA-256 of the cookie's token, in hexadecimal
  account_id   TEXT NOT NULL REFERENCES account (id),  -- whose
  csrf_token   TEXT NOT NULL,                          -- what its forms carry
  created_at   INTEGER NOT NULL,                       -- signed in
  last_seen_at INTEGER NOT NULL                        -- last used
) STRICT;
CREATE INDEX session_of_account ON session (account_id);

-- Tries to sign in that have not succeeded; counted before the password is compared.
CREATE TABLE sign_in_try (
  place     INTEGER PRIMARY KEY,  -- order of writing; never an identity
  login_key TEXT NOT NULL,        -- SHA-256 of what was typed as the login
  at        INTEGER NOT NULL      -- when
) STRICT;
CREATE INDEX sign_in_try_of_login ON sign_in_try (login_key, at);
CREATE INDEX sign_in_try_at ON sign_in_try (at);

-- The audit log: append-only and chained (domain::audit).
CREATE TABLE audit (
  number        INTEGER NOT NULL PRIMARY KEY,  -- from 1, without gaps
  id            TEXT NOT NULL UNIQUE,          -- UUID
  at            INTEGER NOT NULL,              -- when
  who           TEXT,                          -- account; NULL: the command line, or a visitor without one
  what          TEXT NOT NULL,                 -- an Act
  record_kind   TEXT NOT NULL,                 -- what kind of record; '' none
  record_id     TEXT NOT NULL,                 -- which one; '' none
  from_address  TEXT NOT NULL,                 -- IP address, or console
  detail        TEXT NOT NULL,                 -- a word or two, without client data
  previous_hash TEXT NOT NULL UNIQUE,          -- the hash of the entry before
  hash          TEXT NOT NULL                  -- SHA-256 over all of the above
) STRICT;
CREATE INDEX audit_of_record ON audit (record_kind, record_id, number);
CREATE INDEX audit_of_account ON audit (who, number) WHERE who IS NOT NULL;
CREATE TRIGGER audit_never_changes BEFORE UPDATE ON audit
BEGIN SELECT RAISE (ABORT, 'the audit log is append-only: write a new entry'); END;
CREATE TRIGGER audit_never_goes BEFORE DELETE ON audit
BEGIN SELECT RAISE (ABORT, 'the audit log is append-only: write a new entry'); END;

-- Where the audit log ends, so that cutting its end off is noticed: exactly one row.
CREATE TABLE audit_end (
  id     INTEGER PRIMARY KEY CHECK (id = 1),  -- always 1
  number INTEGER NOT NULL,                    -- of the last entry; 0: none
  hash   TEXT NOT NULL                        -- of the last entry
) STRICT;
INSERT INTO audit_end (id, number, hash)
VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

-- Replies again, with where they come from. A column that the source does not have is NULL.
CREATE TABLE reply_of_any_source (
  id           TEXT NOT NULL PRIMARY KEY,              -- UUID
  request_id   TEXT NOT NULL REFERENCES request (id),  -- which request it answers
  source       TEXT NOT NULL,                          -- paper, paper_confirmed or phone
  sheet_id     TEXT REFERENCES sheet (sheet_id),       -- on which sheet
  arrival_id   TEXT REFERENCES arrival (id),           -- in which arrival …
  page_number  INTEGER,                                -- … on which page; NULL: the arrival as a whole
  found_by     TEXT,                                   -- paper: what identified it
  review_id    TEXT REFERENCES review (id),            -- paper_confirmed: the item that waited
  corrected    INTEGER,                                -- paper_confirmed: 1: the person's answers, not the reading's
  account_id   TEXT REFERENCES account (id),           -- who confirmed it or wrote it down; NULL: at the command line
  said_by      TEXT,                                   -- phone: who at the clinic
  answers      TEXT NOT NULL,                          -- JSON {field: [options]}
  fingerprint  TEXT NOT NULL,                          -- SHA-256 of the answers, in hexadecimal
  handwriting  TEXT NOT NULL,                          -- JSON {field: blob}
  recorded_at  INTEGER NOT NULL,                       -- when
  FOREIGN KEY (arrival_id, page_number) REFERENCES arrival_page (arrival_id, number),
  CHECK (source IN ('paper', 'paper_confirmed', 'phone')),
  CHECK ((found_by IS NOT NULL) = (source = 'paper')),
  CHECK (source <> 'paper' OR (sheet_id IS NOT NULL AND page_number IS NOT NULL AND account_id IS NULL)),
  CHECK ((arrival_id IS NOT NULL) = (source <> 'phone')),
  CHECK ((review_id IS NOT NULL) = (source = 'paper_confirmed')),
  CHECK ((corrected IS NOT NULL) = (source = 'paper_confirmed')),
  CHECK ((said_by IS NOT NULL) = (source = 'phone'))
) STRICT;
INSERT INTO reply_of_any_source (id, request_id, source, sheet_id, arrival_id, page_number, found_by, answers,
  fingerprint, handwriting, recorded_at)
SELECT id, request_id, 'paper', sheet_id, arrival_id, page_number, found_by, answers, fingerprint, handwriting,
  recorded_at FROM reply;
DROP TABLE reply;
ALTER TABLE reply_of_any_source RENAME TO reply;
CREATE INDEX reply_of_request ON reply (request_id, recorded_at, id);

-- Replies that a person took back. The reply itself stays.
CREATE TABLE reply_withdrawn (
  reply_id   TEXT NOT NULL PRIMARY KEY REFERENCES reply (id),  -- which
  at         INTEGER NOT NULL,                                 -- when
  account_id TEXT REFERENCES account (id)                      -- who; NULL: at the command line
) STRICT;

CREATE TRIGGER reply_never_changes BEFORE UPDATE ON reply
BEGIN SELECT RAISE (ABORT, 'a reply on record is never changed: record another one'); END;
CREATE TRIGGER reply_never_goes BEFORE DELETE ON reply
BEGIN SELECT RAISE (ABORT, 'a reply on record is never deleted: take it back'); END;
CREATE TRIGGER reply_withdrawn_never_changes BEFORE UPDATE ON reply_withdrawn
BEGIN SELECT RAISE (ABORT, 'what was taken back stays so: record another reply'); END;
CREATE TRIGGER reply_withdrawn_never_goes BEFORE DELETE ON reply_withdrawn
BEGIN SELECT RAISE (ABORT, 'what was taken back stays so: record another reply'); END;
-- The program never records the same answer to one request twice by itself. (A person may confirm one.)
CREATE TRIGGER reply_twice BEFORE INSERT ON reply
WHEN NEW.source = 'paper' AND EXISTS (
  SELECT 1 FROM reply AS same WHERE same.request_id = NEW.request_id AND same.fingerprint = NEW.fingerprint
    AND NOT EXISTS (SELECT 1 FROM reply_withdrawn WHERE reply_id = same.id))
BEGIN SELECT RAISE (ABORT, 'this answer is on record already'); END;

-- What people decided about items that waited. Append-only; the last decision of an item counts.
CREATE TABLE review_decision (
  place      INTEGER PRIMARY KEY,                   -- order of writing; never an identity
  id         TEXT NOT NULL UNIQUE,                  -- UUID
  review_id  TEXT NOT NULL REFERENCES review (id),  -- about which item
  verdict    TEXT NOT NULL,                         -- a Verdict
  request_id TEXT REFERENCES request (id),          -- whose reply it became; NULL: none
  reply_id   TEXT REFERENCES reply (id),            -- the reply that it became, or that was taken back; NULL: none
  why        TEXT NOT NULL,                         -- as it was typed; '' none
  at         INTEGER NOT NULL,                      -- when
  account_id TEXT REFERENCES account (id)           -- who; NULL: at the command line
) STRICT;
CREATE INDEX review_decision_of_review ON review_decision (review_id, place);
CREATE TRIGGER review_decision_never_changes BEFORE UPDATE ON review_decision
BEGIN SELECT RAISE (ABORT, 'a decision is never changed: undo it'); END;
CREATE TRIGGER review_decision_never_goes BEFORE DELETE ON review_decision
BEGIN SELECT RAISE (ABORT, 'a decision is never deleted: undo it'); END;

CREATE INDEX review_closed ON review (closed_at, id) WHERE closed_at IS NOT NULL;
CREATE INDEX review_of_request ON review (request_id) WHERE closed_at IS NULL AND request_id IS NOT NULL;
CREATE INDEX delivery_in_doubt ON delivery (created_at, id) WHERE state = 'in_doubt';
