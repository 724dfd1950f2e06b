-- Migration 10: what fax services and mail servers tell afterwards, numbers that were found wrong, and the same bytes
-- that come twice.

ALTER TABLE delivery ADD COLUMN result_due_at INTEGER;  -- a result is promised until then; NULL: none is awaited
CREATE INDEX delivery_result_due ON delivery (result_due_at, id) WHERE result_due_at IS NOT NULL;
CREATE INDEX delivery_queued_by_route ON delivery (route, next_try_at, id) WHERE state = 'queued';
CREATE INDEX delivery_to ON delivery (address, created_at, id);

-- Numbers and addresses at which somebody else, or nobody, was found. A new verification takes them away.
CREATE TABLE failed_number (
  route       TEXT NOT NULL,                            -- a RouteKind
  address     TEXT NOT NULL CHECK (address <> ''),      -- the number or address
  since       INTEGER NOT NULL,                         -- when it was told
  delivery_id TEXT NOT NULL REFERENCES delivery (id),   -- of what
  detail      TEXT NOT NULL,                            -- in the service's words
  PRIMARY KEY (route, address)
) STRICT;

CREATE INDEX arrival_of_blob ON arrival (blob);
CREATE INDEX request_awaited_of ON request (clinic_id, created_at, id) WHERE state IN ('queued', 'sent', 'in_doubt');
