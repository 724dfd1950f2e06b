-- Migration 1: the tables. Ids are UUIDs as text, times whole microseconds since 1970 UTC, days ISO 8601
-- text, JSON text. Never changed once released: what is wrong here is mended by a later migration.

-- The gateway's own state: exactly one row.
CREATE TABLE gateway (
  id          INTEGER PRIMARY KEY CHECK (id = 1),  -- always 1: there is one gateway
  hold_reason TEXT                                 -- why sending is on hold; NULL: it is not
) STRICT;
INSERT INTO gateway (id, hold_reason) VALUES (1, NULL);

CREATE TABLE clinic (
  id                 TEXT NOT NULL PRIMARY KEY,  -- UUID
  code               TEXT NOT NULL,              -- 医療機関コード; '' unknown
  name               TEXT NOT NULL,              -- as it is written
  doctors            TEXT NOT NULL,              -- JSON list of doctors, the first is addressed
  tel                TEXT NOT NULL,              -- as it is printed
  care_manager_hours TEXT NOT NULL,              -- JSON list of ケアマネタイム rows
  sample             INTEGER NOT NULL            -- 1: invented (見本)
) STRICT;

CREATE TABLE clinic_route (
  clinic_id    TEXT NOT NULL REFERENCES clinic (id),  -- whose way
  place        INTEGER NOT NULL,                      -- order of preference, from 0
  kind         TEXT NOT NULL,                         -- a RouteKind
  address      TEXT NOT NULL CHECK (address <> ''),   -- fax digits or mail address, exactly as it is used
  verified_at  INTEGER,                               -- when a person made sure; NULL: nothing may be sent to it
  verified_how TEXT,                                  -- how; NULL exactly when verified_at is
  PRIMARY KEY (clinic_id, kind, address),
  CHECK ((verified_at IS NULL) = (verified_how IS NULL))
) STRICT;

CREATE TABLE office (
  id           TEXT NOT NULL PRIMARY KEY,  -- UUID
  code         TEXT NOT NULL,              -- 介護事業所番号; '' unknown
  name         TEXT NOT NULL,              -- as it is written
  care_manager TEXT NOT NULL,              -- who signs when nobody is named
  tel          TEXT NOT NULL,              -- as it is printed
  fax          TEXT NOT NULL,              -- domestic digits; '' unknown
  sample       INTEGER NOT NULL            -- 1: invented (見本)
) STRICT;

CREATE TABLE client (
  id        TEXT NOT NULL PRIMARY KEY,             -- UUID
  office_id TEXT NOT NULL REFERENCES office (id),  -- whose client
  client    TEXT NOT NULL                          -- JSON of the person
) STRICT;

CREATE TABLE form_version (
  id         TEXT NOT NULL,     -- the form's id
  version    INTEGER NOT NULL,  -- from 1
  definition TEXT NOT NULL,     -- JSON of the whole checked form
  PRIMARY KEY (id, version)
) STRICT;

-- The last serial number of each year; counted up in the transaction that stores the request.
CREATE TABLE request_counter (
  year INTEGER NOT NULL PRIMARY KEY,      -- four digits
  last INTEGER NOT NULL CHECK (last > 0)  -- the last serial number given out
) STRICT;

CREATE TABLE request (
  id            TEXT NOT NULL PRIMARY KEY,             -- UUID
  number        TEXT NOT NULL UNIQUE,                  -- YY-NNNNNN-C
  form_id       TEXT NOT NULL,                         -- the form …
  form_version  INTEGER NOT NULL,                      -- … and its version when it was filled
  office_id     TEXT NOT NULL REFERENCES office (id),  -- who asks
  clinic_id     TEXT NOT NULL REFERENCES clinic (id),  -- who is asked
  answers       TEXT NOT NULL,                         -- JSON of the filled fields
  state         TEXT NOT NULL,                         -- a RequestState
  due_on        TEXT,                                  -- last day in time; NULL: no reply is due
  overdue_since INTEGER,                               -- the flag 期限超過; NULL: never flagged. Stays as history
  created_at    INTEGER NOT NULL,                      -- handed over
  sent_at       INTEGER,                               -- first left; NULL: it never did, as far as is known
  answered_at   INTEGER,                               -- answer recorded; NULL: none
  FOREIGN KEY (form_id, form_version) REFERENCES form_version (id, version)
) STRICT;

-- The outbox.
CREATE TABLE delivery (
  id          TEXT NOT NULL PRIMARY KEY,              -- UUID
  request_id  TEXT NOT NULL REFERENCES request (id),  -- what is brought
  route       TEXT NOT NULL,                          -- a RouteKind
  address     TEXT NOT NULL CHECK (address <> ''),    -- the number or address that is really used
  state       TEXT NOT NULL,                          -- a DeliveryState
  attempts    INTEGER NOT NULL,                       -- tries, counted before each
  next_try_at INTEGER NOT NULL,                       -- not before
  sheet_id    TEXT REFERENCES sheet (sheet_id),       -- the sheet; NULL: not yet rendered
  last_detail TEXT NOT NULL,                          -- the last try's end in the server's words; '' none
  created_at  INTEGER NOT NULL,                       -- entered the outbox
  lease_token TEXT,                                   -- who is sending it; NULL: nobody
  lease_until INTEGER,                                -- others may take it after this; NULL: nobody has it
  CHECK ((lease_token IS NOT NULL) = (state = 'sending')),
  CHECK ((lease_until IS NOT NULL) = (state = 'sending'))
) STRICT;

CREATE TABLE attempt (
  id              TEXT NOT NULL PRIMARY KEY,               -- UUID
  delivery_id     TEXT NOT NULL REFERENCES delivery (id),  -- of which delivery
  number          INTEGER NOT NULL,                        -- from 1
  started_at      INTEGER NOT NULL,                        -- committed before connecting
  body_started_at INTEGER,                                 -- committed before the text leaves; NULL: nothing left
  ended_at        INTEGER,                                 -- NULL: still under way
  outcome         TEXT,                                    -- an AttemptEnd; NULL exactly when ended_at is
  detail          TEXT NOT NULL,                           -- the server's words; '' none
  UNIQUE (delivery_id, number),
  CHECK ((ended_at IS NULL) = (outcome IS NULL))
) STRICT;

-- Sheets as rendered. They stay, so that an old sheet can be read whenever it comes back.
CREATE TABLE sheet (
  sheet_id    TEXT NOT NULL PRIMARY KEY,               -- 11 characters of base32
  request_id  TEXT NOT NULL REFERENCES request (id),   -- of which request
  delivery_id TEXT NOT NULL REFERENCES delivery (id),  -- for which delivery
  layout      TEXT NOT NULL,                           -- JSON of its geometry
  pdf         TEXT NOT NULL,                           -- blob
  rendered_at INTEGER NOT NULL                         -- when
) STRICT;

-- The few different frames of all sheets: where corner squares and code may stand.
CREATE TABLE frame (
  frame        TEXT NOT NULL PRIMARY KEY,  -- JSON of the frame
  last_used_at INTEGER NOT NULL            -- when a sheet with it was last rendered
) STRICT;

CREATE TABLE arrival (
  id          TEXT NOT NULL PRIMARY KEY,  -- UUID
  source_key  TEXT NOT NULL UNIQUE,       -- where it came from and which one it was there
  name        TEXT NOT NULL,              -- for people
  blob        TEXT NOT NULL,              -- the bytes as they came
  received_at INTEGER NOT NULL,           -- stored
  state       TEXT NOT NULL,              -- an ArrivalState
  tries       INTEGER NOT NULL,           -- readings begun, counted before each
  lease_token TEXT,                       -- who reads it; NULL: nobody
  lease_until INTEGER,                    -- others may take it after this; NULL: nobody has it
  CHECK ((lease_token IS NOT NULL) = (state = 'reading')),
  CHECK ((lease_until IS NOT NULL) = (state = 'reading'))
) STRICT;

CREATE TABLE arrival_page (
  arrival_id TEXT NOT NULL REFERENCES arrival (id),  -- of which arrival
  number     INTEGER NOT NULL,                       -- from 1, over all attachments
  reading    TEXT NOT NULL,                          -- JSON of what was read
  crops      TEXT NOT NULL,                          -- JSON {field: blob} of the handwriting areas
  PRIMARY KEY (arrival_id, number)
) STRICT;

-- Replies on record. Two equal ones for one request cannot be stored.
CREATE TABLE reply (
  id          TEXT NOT NULL PRIMARY KEY,               -- UUID
  request_id  TEXT NOT NULL REFERENCES request (id),   -- which request it answers
  sheet_id    TEXT NOT NULL REFERENCES sheet (sheet_id), -- on which sheet
  arrival_id  TEXT NOT NULL,                           -- in which arrival …
  page_number INTEGER NOT NULL,                        -- … on which page
  answers     TEXT NOT NULL,                           -- JSON {field: [options]}
  fingerprint TEXT NOT NULL,                           -- SHA-256 of the answers, in hexadecimal
  handwriting TEXT NOT NULL,                           -- JSON {field: blob}
  found_by    TEXT NOT NULL,                           -- what identified it
  recorded_at INTEGER NOT NULL,                        -- when
  UNIQUE (request_id, fingerprint),
  FOREIGN KEY (arrival_id, page_number) REFERENCES arrival_page (arrival_id, number)
) STRICT;

-- What waits for a person (要確認).
CREATE TABLE review (
  id          TEXT NOT NULL PRIMARY KEY,              -- UUID
  arrival_id  TEXT NOT NULL REFERENCES arrival (id),  -- what arrived
  page_number INTEGER,                                -- its page; NULL: the arrival as a whole
  request_id  TEXT REFERENCES request (id),           -- by its verified code; NULL: not known
  reasons     TEXT NOT NULL,                          -- JSON list of reasons
  created_at  INTEGER NOT NULL,                       -- since when
  closed_at   INTEGER                                 -- a person was done with it; NULL: it waits
) STRICT;

-- The log. Append-only (migration 2).
CREATE TABLE event (
  place      INTEGER PRIMARY KEY,   -- order of writing in this file; never an identity
  id         TEXT NOT NULL UNIQUE,  -- UUID
  at         INTEGER NOT NULL,      -- when
  subject    TEXT NOT NULL,         -- a Subject
  subject_id TEXT NOT NULL,         -- which one
  what       TEXT NOT NULL,         -- what happened
  from_state TEXT,                  -- the state before; NULL: no state changed
  to_state   TEXT,                  -- the state after; NULL: no state changed
  detail     TEXT NOT NULL          -- without client data; '' none
) STRICT;
