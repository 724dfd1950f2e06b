-- Migration 8: passphrases that are agreed with clinics, for the files that are mailed to them.

CREATE TABLE clinic_passphrase (
  clinic_id TEXT NOT NULL PRIMARY KEY REFERENCES clinic (id),  -- whose
  sealed    TEXT NOT NULL CHECK (sealed <> ''),                -- sealed under the gateway's keys, never in the clear
  set_at    INTEGER NOT NULL                                   -- since when
) STRICT;
