-- Migration 11: items that a person split, messages that a person handed on and may take back, and notices of messages.

ALTER TABLE review ADD COLUMN split_from TEXT REFERENCES review (id);  -- the item that a person split; NULL: it came so
CREATE INDEX review_split ON review (split_from) WHERE split_from IS NOT NULL;
CREATE INDEX review_of_arrival ON review (arrival_id);
CREATE TRIGGER review_split_stays BEFORE UPDATE OF split_from ON review
BEGIN SELECT RAISE (ABORT, 'where an item came from never changes'); END;

ALTER TABLE message ADD COLUMN withdrawn_at INTEGER;  -- whoever handed it on took it back before anybody looked; NULL: it counts
CREATE TRIGGER message_seen_stays BEFORE UPDATE OF withdrawn_at ON message WHEN OLD.seen_at IS NOT NULL
BEGIN SELECT RAISE (ABORT, 'a message that was seen cannot be taken back'); END;

-- What a notice tells besides requests: messages that came.
CREATE TABLE notice_message (
  delivery_id TEXT NOT NULL REFERENCES delivery (id),  -- in which notice
  message_id  TEXT NOT NULL REFERENCES message (id),   -- of which message
  PRIMARY KEY (delivery_id, message_id)
) STRICT;
