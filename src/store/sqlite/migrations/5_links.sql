-- Migration 5: one-time links by which a clinic answers, and replies that came by them.

CREATE TABLE link (
  id          TEXT NOT NULL PRIMARY KEY,              -- UUID
  request_id  TEXT NOT NULL REFERENCES request (id),  -- what it opens
  token_hash  TEXT NOT NULL UNIQUE,                   -- SHA-256 of its token, in hexadecimal
  created_at  INTEGER NOT NULL,                       -- since when
  account_id  TEXT REFERENCES account (id),           -- who made it; NULL: at the command line
  expires_at  INTEGER NOT NULL,                       -- from then on it opens nothing
  wrong_tries INTEGER NOT NULL,                       -- wrong digits so far
  revoked_at  INTEGER,                                -- taken back, or replaced; NULL: neither
  used_at     INTEGER                                 -- first answered by; NULL: not yet
) STRICT;
CREATE INDEX link_of_request ON link (request_id, created_at, id);
-- A request has one link at a time, whoever makes it.
CREATE UNIQUE INDEX link_in_force ON link (request_id) WHERE revoked_at IS NULL;

-- Whoever gave the right digits may look and answer for a while.
CREATE TABLE link_pass (
  token_hash TEXT NOT NULL PRIMARY KEY,           -- SHA-256 of the cookie's token, in hexadecimal
  link_id    TEXT NOT NULL REFERENCES link (id),  -- whose
  expires_at INTEGER NOT NULL                     -- from then on the digits are asked for again
) STRICT;
CREATE INDEX link_pass_until ON link_pass (expires_at);

-- Replies again, with one more source. What points to them is made again too, since a table that is pointed
-- to cannot be dropped.
CREATE TABLE reply_with_link (
  id           TEXT NOT NULL PRIMARY KEY,              -- UUID
  request_id   TEXT NOT NULL REFERENCES request (id),  -- which request it answers
  source       TEXT NOT NULL,                          -- paper, paper_confirmed, phone or link
  sheet_id     TEXT REFERENCES sheet (sheet_id),       -- on which sheet
  arrival_id   TEXT REFERENCES arrival (id),           -- in which arrival …
  page_number  INTEGER,                                -- … on which page; NULL: the arrival as a whole
  found_by     TEXT,                                   -- paper: what identified it
  review_id    TEXT REFERENCES review (id),            -- paper_confirmed: the item that waited
  corrected    INTEGER,                                -- paper_confirmed: 1: the person's answers, not the reading's
  account_id   TEXT REFERENCES account (id),           -- who confirmed it or wrote it down; NULL: at the command line
  said_by      TEXT,                                   -- phone, link: who at the clinic; '' not said
  link_id      TEXT REFERENCES link (id),              -- link: by which
  answers      TEXT NOT NULL,                          -- JSON {field: [options]}
  fingerprint  TEXT NOT NULL,                          -- SHA-256 of the answers, in hexadecimal
  handwriting  TEXT NOT NULL,                          -- JSON {field: blob}
  texts        TEXT NOT NULL,                          -- JSON {field: text}, typed in place of handwriting
  recorded_at  INTEGER NOT NULL,                       -- when
  FOREIGN KEY (arrival_id, page_number) REFERENCES arrival_page (arrival_id, number),
  CHECK (source IN ('paper', 'paper_confirmed', 'phone', 'link')),
  CHECK ((found_by IS NOT NULL) = (source = 'paper')),
  CHECK (source <> 'paper' OR (sheet_id IS NOT NULL AND page_number IS NOT NULL AND account_id IS NULL)),
  CHECK ((arrival_id IS NOT NULL) = (source IN ('paper', 'paper_confirmed'))),
  CHECK ((review_id IS NOT NULL) = (source = 'paper_confirmed')),
  CHECK ((corrected IS NOT NULL) = (source = 'paper_confirmed')),
  CHECK ((said_by IS NOT NULL) = (source IN ('phone', 'link'))),
  CHECK ((link_id IS NOT NULL) = (source = 'link')),
  CHECK (source <> 'link' OR account_id IS NULL)
) STRICT;
INSERT INTO reply_with_link (id, request_id, source, sheet_id, arrival_id, page_number, found_by, review_id,
  corrected, account_id, said_by, answers, fingerprint, handwriting, texts, recorded_at)
SELECT id, request_id, source, sheet_id, arrival_id, page_number, found_by, review_id, corrected, account_id,
  said_by, answers, fingerprint, handwriting, '{}', recorded_at FROM reply;

CREATE TABLE withdrawn_with_link (
  reply_id   TEXT NOT NULL PRIMARY KEY REFERENCES reply_with_link (id),  -- which
  at         INTEGER NOT NULL,                                           -- when
  account_id TEXT REFERENCES account (id)                                -- who; NULL: at the command line
) STRICT;
INSERT INTO withdrawn_with_link (reply_id, at, account_id) SELECT reply_id, at, account_id FROM reply_withdrawn;

CREATE TABLE decision_with_link (
  place      INTEGER PRIMARY KEY,                       -- order of writing; never an identity
  id         TEXT NOT NULL UNIQUE,                      -- UUID
  review_id  TEXT NOT NULL REFERENCES review (id),      -- about which item
  verdict    TEXT NOT NULL,                             -- a Verdict
  request_id TEXT REFERENCES request (id),              -- whose reply it became; NULL: none
  reply_id   TEXT REFERENCES reply_with_link (id),      -- the reply that it became, or that was taken back; NULL: none
  why        TEXT NOT NULL,                             -- as it was typed; '' none
  at         INTEGER NOT NULL,                          -- when
  account_id TEXT REFERENCES account (id)               -- who; NULL: at the command line
) STRICT;
INSERT INTO decision_with_link (place, id, review_id, verdict, request_id, reply_id, why, at, account_id)
SELECT place, id, review_id, verdict, request_id, reply_id, why, at, account_id FROM review_decision;

DROP TABLE review_decision;
DROP TABLE reply_withdrawn;
DROP TABLE reply;
ALTER TABLE reply_with_link RENAME TO reply;
ALTER TABLE withdrawn_with_link RENAME TO reply_withdrawn;
ALTER TABLE decision_with_link RENAME TO review_decision;

CREATE INDEX reply_of_request ON reply (request_id, recorded_at, id);
CREATE INDEX review_decision_of_review ON review_decision (review_id, place);
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
CREATE TRIGGER review_decision_never_changes BEFORE UPDATE ON review_decision
BEGIN SELECT RAISE (ABORT, 'a decision is never changed: undo it'); END;
CREATE TRIGGER review_decision_never_goes BEFORE DELETE ON review_decision
BEGIN SELECT RAISE (ABORT, 'a decision is never deleted: undo it'); END;
