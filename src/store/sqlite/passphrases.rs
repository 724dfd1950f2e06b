//! Passphrases of clinics, sealed. Opens none.

use super::super::{PassphraseStore, Result, SealedPassphrase};
use super::columns::Micros;
use super::fault::{Answer, not_found};
use super::requests::at_most;
use super::{SqliteStore, audit};
use crate::domain::account::By;
use crate::domain::id::ClinicId;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

impl PassphraseStore for SqliteStore {
    fn set_passphrase(&self, clinic: ClinicId, sealed: &str, by: &By, now: Timestamp) -> Result<()> {
        self.write("setting a passphrase", |connection| set(connection, clinic, sealed, by, now))
    }

    fn remove_passphrase(&self, clinic: ClinicId, by: &By, now: Timestamp) -> Result<bool> {
        self.write("removing a passphrase", |connection| remove(connection, clinic, by, now))
    }

    fn passphrase(&self, clinic: ClinicId) -> Result<Option<SealedPassphrase>> {
        self.read("reading a passphrase", |connection| of_clinic(connection, clinic))
    }

    fn passphrases(&self, limit: usize) -> Result<Vec<SealedPassphrase>> {
        self.read("listing passphrases", |connection| {
            let sql = "SELECT clinic_id, sealed, set_at FROM clinic_passphrase ORDER BY set_at DESC, clinic_id LIMIT ?1";
            let mut statement = connection.prepare_cached(sql)?;
            Ok(statement.query_map([at_most(limit)], row_to_passphrase)?.collect::<rusqlite::Result<_>>()?)
        })
    }
}

fn set(connection: &Connection, clinic: ClinicId, sealed: &str, by: &By, now: Timestamp) -> Answer<()> {
    let known = "SELECT 1 FROM clinic WHERE id = ?1";
    if !connection.prepare_cached(known)?.exists([clinic])? {
        return Err(not_found("clinic", clinic));
    }
    let act = match of_clinic(connection, clinic)? {
        Some(_) => "passphrase_changed",
        None => "passphrase_set",
    };
    let sql = "INSERT INTO clinic_passphrase (clinic_id, sealed, set_at) VALUES (?1, ?2, ?3) \
               ON CONFLICT (clinic_id) DO UPDATE SET sealed = excluded.sealed, set_at = excluded.set_at";
    connection.prepare_cached(sql)?.execute(params![clinic, sealed, Micros(now)])?;
    audit::changed(connection, by, ("clinic", &clinic.to_string()), act, now)
}

fn remove(connection: &Connection, clinic: ClinicId, by: &By, now: Timestamp) -> Answer<bool> {
    let sql = "DELETE FROM clinic_passphrase WHERE clinic_id = ?1";
    if connection.prepare_cached(sql)?.execute([clinic])? == 0 {
        return Ok(false);
    }
    audit::changed(connection, by, ("clinic", &clinic.to_string()), "passphrase_removed", now)?;
    Ok(true)
}

fn of_clinic(connection: &Connection, clinic: ClinicId) -> Answer<Option<SealedPassphrase>> {
    let sql = "SELECT clinic_id, sealed, set_at FROM clinic_passphrase WHERE clinic_id = ?1";
    Ok(connection.prepare_cached(sql)?.query_row([clinic], row_to_passphrase).optional()?)
}

fn row_to_passphrase(row: &Row<'_>) -> rusqlite::Result<SealedPassphrase> {
    Ok(SealedPassphrase {
        clinic_id: row.get("clinic_id")?,
        sealed: row.get("sealed")?,
        set_at: row.get::<_, Micros>("set_at")?.0,
    })
}
