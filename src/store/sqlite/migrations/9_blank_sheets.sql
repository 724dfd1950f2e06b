-- Migration 9: sheets without a request that clinics keep, and what comes on them.

CREATE TABLE blank_sheet (
  sheet_id     TEXT NOT NULL PRIMARY KEY,             -- its number
  form_id      TEXT NOT NULL,                         -- the blank sheet's own form …
  form_version INTEGER NOT NULL,                      -- … as it was printed
  clinic_id    TEXT NOT NULL REFERENCES clinic (id),  -- who keeps it
  office_id    TEXT NOT NULL REFERENCES office (id),  -- whom it is addressed to
  layout       TEXT NOT NULL,                         -- JSON of its geometry
  pdf          TEXT NOT NULL,                         -- blob
  made_at      INTEGER NOT NULL,                      -- when
  account_id   TEXT REFERENCES account (id),          -- by whom; NULL: at the command line
  FOREIGN KEY (form_id, form_version) REFERENCES form_version (id, version)
) STRICT;
CREATE TRIGGER blank_sheet_never_changes BEFORE UPDATE ON blank_sheet
BEGIN SELECT RAISE (ABORT, 'a blank sheet lies at a clinic as it was printed: make another one'); END;
CREATE TRIGGER blank_sheet_never_goes BEFORE DELETE ON blank_sheet
BEGIN SELECT RAISE (ABORT, 'copies of a blank sheet may come at any time: it is never removed'); END;

CREATE TABLE message (
  id          TEXT NOT NULL PRIMARY KEY,                      -- UUID
  sheet_id    TEXT NOT NULL REFERENCES blank_sheet (sheet_id),  -- on which sheet
  office_id   TEXT NOT NULL REFERENCES office (id),           -- for whom: the sheet's office
  arrival_id  TEXT NOT NULL REFERENCES arrival (id),          -- in which arrival …
  page_number INTEGER NOT NULL,                               -- … on which page of it
  boxes       TEXT NOT NULL,                                  -- JSON of the boxes as they were read
  reasons     TEXT NOT NULL,                                  -- JSON of what was doubtful
  handwriting TEXT NOT NULL,                                  -- JSON {field: blob}
  received_at INTEGER NOT NULL,                               -- when it arrived
  seen_at     INTEGER,                                        -- the first look; NULL: none yet
  seen_by     TEXT REFERENCES account (id),                   -- who looked; NULL: nobody yet, or at the command line
  CHECK (seen_by IS NULL OR seen_at IS NOT NULL),
  UNIQUE (arrival_id, page_number)
) STRICT;
CREATE INDEX message_unseen ON message (office_id, received_at, id) WHERE seen_at IS NULL;
CREATE INDEX message_seen ON message (office_id, received_at, id) WHERE seen_at IS NOT NULL;
CREATE TRIGGER message_never_changes BEFORE UPDATE OF id, sheet_id, office_id, arrival_id, page_number, boxes, reasons,
  handwriting, received_at ON message
BEGIN SELECT RAISE (ABORT, 'a message is kept as it came'); END;
CREATE TRIGGER message_seen_once BEFORE UPDATE OF seen_at, seen_by ON message WHEN OLD.seen_at IS NOT NULL
BEGIN SELECT RAISE (ABORT, 'whoever looked first stays on record'); END;
CREATE TRIGGER message_never_goes BEFORE DELETE ON message
BEGIN SELECT RAISE (ABORT, 'a message is kept as it came'); END;
