-- Migration 3: what runs often reads only what is due, and what must not happen twice cannot.

-- flag_overdue: due, not flagged, awaiting an answer.
CREATE INDEX request_due ON request (due_on, id)
  WHERE overdue_since IS NULL AND state IN ('queued', 'sent', 'in_doubt');
CREATE INDEX request_created ON request (created_at, id);

-- lease_delivery: queued, by time.
CREATE INDEX delivery_queued ON delivery (next_try_at, id) WHERE state = 'queued';
-- At most one delivery to an address is out, whoever runs.
CREATE UNIQUE INDEX delivery_sending ON delivery (address) WHERE state = 'sending';
CREATE INDEX delivery_held ON delivery (id) WHERE state = 'held';
CREATE INDEX delivery_of_request ON delivery (request_id, created_at);
-- A delivery has at most one attempt under way.
CREATE UNIQUE INDEX attempt_open ON attempt (delivery_id) WHERE ended_at IS NULL;

CREATE INDEX arrival_waiting ON arrival (received_at, id) WHERE state = 'waiting';
CREATE INDEX arrival_reading ON arrival (lease_until) WHERE state = 'reading';
CREATE INDEX review_open ON review (created_at, arrival_id, page_number, id) WHERE closed_at IS NULL;

CREATE INDEX event_of_subject ON event (subject, subject_id, place);
CREATE INDEX client_of_office ON client (office_id);
-- A fax number belongs to one clinic.
CREATE UNIQUE INDEX route_fax ON clinic_route (address) WHERE kind = 'fax_by_mail';
