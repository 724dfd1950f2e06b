-- Migration 2: what happened is never rewritten. (REPLACE is caught as well: the writer runs with
-- recursive_triggers, without which SQLite would delete the old row silently.)
CREATE TRIGGER event_never_changes BEFORE UPDATE ON event
BEGIN SELECT RAISE (ABORT, 'the event log is append-only: write a new event'); END;
CREATE TRIGGER event_never_goes BEFORE DELETE ON event
BEGIN SELECT RAISE (ABORT, 'the event log is append-only: write a new event'); END;
CREATE TRIGGER reply_never_changes BEFORE UPDATE ON reply
BEGIN SELECT RAISE (ABORT, 'a reply on record is never changed: record another one'); END;
