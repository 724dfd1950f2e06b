-- Migration 7: papers that go along with a request.

CREATE TABLE attachment (
  id         TEXT NOT NULL,                          -- UUID
  request_id TEXT NOT NULL REFERENCES request (id),  -- with which request
  place      INTEGER NOT NULL,                       -- its place among them, from 1
  name       TEXT NOT NULL,                          -- the file's name, for people
  pages      TEXT NOT NULL,                          -- JSON [{width_px, height_px, percent, g4: blob}]
  PRIMARY KEY (request_id, place)
) STRICT;
CREATE TRIGGER attachment_never_changes BEFORE UPDATE ON attachment
BEGIN SELECT RAISE (ABORT, 'what went along with a request is never changed'); END;
CREATE TRIGGER attachment_never_goes BEFORE DELETE ON attachment
BEGIN SELECT RAISE (ABORT, 'what went along with a request is never removed'); END;
