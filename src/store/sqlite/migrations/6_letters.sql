-- Migration 6: the outbox carries more than sheets: withdrawals (取消), links, tests of numbers, notices.

ALTER TABLE request ADD COLUMN asked_by TEXT REFERENCES account (id);  -- who asked; NULL: at the command line

-- The outbox again, since a request is no longer what every letter belongs to. What points to it finds its rows
-- again before the transaction ends.
PRAGMA defer_foreign_keys = ON;
CREATE TABLE delivery_of_sheets AS SELECT * FROM delivery;
DROP TABLE delivery;

-- Tests of numbers: a page with a code goes out, and comes back or is read out.
CREATE TABLE number_test (
  id          TEXT NOT NULL PRIMARY KEY,             -- UUID
  clinic_id   TEXT NOT NULL REFERENCES clinic (id),  -- whose number
  route       TEXT NOT NULL,                         -- a RouteKind
  address     TEXT NOT NULL CHECK (address <> ''),   -- what is tested, as it was then
  code        TEXT NOT NULL,                         -- six digits, printed on the page
  account_id  TEXT REFERENCES account (id),          -- who asked for it; NULL: at the command line
  created_at  INTEGER NOT NULL,                      -- when
  wrong_tries INTEGER NOT NULL,                      -- codes read out wrongly
  sheet_id    TEXT UNIQUE,                           -- number of the page; NULL: not yet rendered
  layout      TEXT,                                  -- JSON of its geometry
  pdf         TEXT,                                  -- blob
  arrival_id  TEXT REFERENCES arrival (id),          -- the page that came back …
  page_number INTEGER,                               -- … on which page of it
  returned_at INTEGER,                               -- … and when; NULL: none did
  ended_at    INTEGER,                               -- NULL: still open
  ended       TEXT,                                  -- a TestEnd
  CHECK ((layout IS NOT NULL) = (sheet_id IS NOT NULL)),
  CHECK ((pdf IS NOT NULL) = (sheet_id IS NOT NULL)),
  CHECK ((arrival_id IS NOT NULL) = (returned_at IS NOT NULL)),
  CHECK ((page_number IS NOT NULL) = (returned_at IS NOT NULL)),
  CHECK ((ended IS NOT NULL) = (ended_at IS NOT NULL))
) STRICT;
-- One test at a time for a way of a clinic.
CREATE UNIQUE INDEX number_test_open ON number_test (clinic_id, route) WHERE ended_at IS NULL;
CREATE INDEX number_test_of_clinic ON number_test (clinic_id, created_at, id);
CREATE INDEX number_test_to ON number_test (address, created_at);
CREATE INDEX number_test_returned ON number_test (returned_at, id) WHERE returned_at IS NOT NULL AND ended_at IS NULL;

CREATE TABLE delivery (
  id             TEXT NOT NULL PRIMARY KEY,              -- UUID
  letter         TEXT NOT NULL,                          -- a Letter
  request_id     TEXT REFERENCES request (id),           -- sheet, cancel_notice, link: of which request
  number_test_id TEXT REFERENCES number_test (id),       -- number_test: which one
  account_id     TEXT REFERENCES account (id),           -- notice: to whom
  route          TEXT NOT NULL,                          -- a RouteKind
  address        TEXT NOT NULL CHECK (address <> ''),    -- the number or address that is really used
  state          TEXT NOT NULL,                          -- a DeliveryState
  attempts       INTEGER NOT NULL,                       -- tries, counted before each
  next_try_at    INTEGER NOT NULL,                       -- not before
  sheet_id       TEXT REFERENCES sheet (sheet_id),       -- sheet: the paper; NULL: not yet rendered
  last_detail    TEXT NOT NULL,                          -- the last try's end in the server's words; '' none
  created_at     INTEGER NOT NULL,                       -- entered the outbox
  lease_token    TEXT,                                   -- who is sending it; NULL: nobody
  lease_until    INTEGER,                                -- others may take it after this; NULL: nobody has it
  CHECK (letter IN ('sheet', 'cancel_notice', 'link', 'number_test', 'notice')),
  CHECK ((request_id IS NOT NULL) = (letter IN ('sheet', 'cancel_notice', 'link'))),
  CHECK ((number_test_id IS NOT NULL) = (letter = 'number_test')),
  CHECK ((account_id IS NOT NULL) = (letter = 'notice')),
  CHECK (sheet_id IS NULL OR letter = 'sheet'),
  CHECK ((lease_token IS NOT NULL) = (state = 'sending')),
  CHECK ((lease_until IS NOT NULL) = (state = 'sending'))
) STRICT;
INSERT INTO delivery (id, letter, request_id, route, address, state, attempts, next_try_at, sheet_id, last_detail,
  created_at, lease_token, lease_until)
SELECT id, 'sheet', request_id, route, address, state, attempts, next_try_at, sheet_id, last_detail, created_at,
  lease_token, lease_until FROM delivery_of_sheets;
DROP TABLE delivery_of_sheets;

CREATE INDEX delivery_queued ON delivery (next_try_at, id) WHERE state = 'queued';
CREATE UNIQUE INDEX delivery_sending ON delivery (address) WHERE state = 'sending';
CREATE INDEX delivery_held ON delivery (id) WHERE state = 'held';
CREATE INDEX delivery_of_request ON delivery (request_id, created_at);
CREATE INDEX delivery_in_doubt ON delivery (created_at, id) WHERE state = 'in_doubt';
CREATE INDEX delivery_of_test ON delivery (number_test_id) WHERE number_test_id IS NOT NULL;
CREATE INDEX withdrawal_failed ON delivery (created_at, request_id)
  WHERE letter = 'cancel_notice' AND state IN ('undelivered', 'in_doubt');
-- A notice that waits takes in what happens meanwhile; a user has one at a time.
CREATE UNIQUE INDEX notice_waiting ON delivery (account_id)
  WHERE letter = 'notice' AND attempts = 0 AND state IN ('queued', 'held');

-- What a notice tells.
CREATE TABLE notice_item (
  delivery_id TEXT NOT NULL REFERENCES delivery (id),  -- in which notice
  request_id  TEXT NOT NULL REFERENCES request (id),   -- about which request
  about       TEXT NOT NULL,                           -- a NoticeAbout
  PRIMARY KEY (delivery_id, request_id, about)
) STRICT;

-- Events up to here are told. What happened before there were notices is told to nobody.
ALTER TABLE gateway ADD COLUMN noticed_to INTEGER NOT NULL DEFAULT 0;
UPDATE gateway SET noticed_to = (SELECT COALESCE(MAX(place), 0) FROM event);
