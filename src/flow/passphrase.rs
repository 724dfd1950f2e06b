//! 合言葉: the passphrase that is agreed with a clinic. Set, taken away, used to lock what is mailed to it and to open what
//! it mails back. It is kept sealed under the gateway's keys and shown to nobody again.

use super::unpack::Origin;
use super::{FlowError, Result};
use crate::domain::account::{By, Secret};
use crate::domain::directory::RouteKind;
use crate::domain::id::ClinicId;
use crate::domain::passphrase::Passphrase;
use crate::domain::reading::Problem;
use crate::pool::Pool;
use crate::read::locked::is_locked;
use crate::read::raster::{FileKind, sniff};
use crate::seal::keyring::Keyring;
use crate::seal::{random, sealed};
use crate::sheet::locked::{LockKeys, lock};
use crate::store::Store;
use jiff::Timestamp;

/// Passphrases that are tried on a file at the most: each costs some milliseconds of a reader's time.
const TRIED_MAX: usize = 20;

/// Sets or replaces the passphrase.
///
/// # Errors
/// [`FlowError::Passphrase`] for one that is none; when there is no such clinic.
pub fn set(
    store: &dyn Store,
    keyring: &Keyring,
    clinic: ClinicId,
    typed: &str,
    by: &By,
    now: Timestamp,
) -> Result<()> {
    let passphrase = Passphrase::new(typed)?;
    let secret = Secret::new(passphrase.expose().to_owned());
    let sealed = sealed::seal(keyring, &about(clinic), &secret)?;
    Ok(store.set_passphrase(clinic, &sealed, by, now)?)
}

/// Takes it away: files go out open from now on. False when there was none.
///
/// # Errors
/// When the store fails.
pub fn remove(store: &dyn Store, clinic: ClinicId, by: &By, now: Timestamp) -> Result<bool> {
    Ok(store.remove_passphrase(clinic, by, now)?)
}

/// The clinic's passphrase, if it has one.
///
/// # Errors
/// [`FlowError::Missing`] when it cannot be opened: then nothing may leave as if there were none.
pub(super) fn of_clinic(
    store: &dyn Store,
    keyring: &Keyring,
    clinic: ClinicId,
) -> Result<Option<Passphrase>> {
    let Some(kept) = store.passphrase(clinic)? else { return Ok(None) };
    let opened = sealed::open(keyring, &about(clinic), &kept.sealed);
    let passphrase = opened.and_then(|secret| Passphrase::new(secret.expose()).ok());
    passphrase.map(Some).ok_or(FlowError::Missing(
        "医療機関の合言葉を、今の鍵で開けません。合言葉を設定し直してください / the clinic's passphrase cannot be opened with the present keys: set it again",
    ))
}

/// The file, locked.
///
/// # Errors
/// When there is no randomness, or the PDF is none of ours.
pub fn locked(pdf: &[u8], passphrase: &Passphrase) -> Result<Vec<u8>> {
    let keys = LockKeys { file_key: random::bytes()?, owner: random::bytes()?, id: random::bytes()? };
    Ok(lock(pdf, passphrase.expose(), &keys)?)
}

/// What became of a file that may be locked.
pub(super) enum Opened {
    /// It is not locked, or opens for everybody.
    AsItIs,
    /// The same file without its lock. Kept in memory alone.
    Plain(Vec<u8>),
    /// It stays locked.
    Locked(Vec<Problem>),
}

/// Opens a locked file that arrived, in a reader's process. Where no passphrase is known it is left as it is: what reads it
/// says that it is locked.
///
/// # Errors
/// When the store fails.
pub(super) fn opened(
    store: &dyn Store,
    pool: &Pool,
    keyring: &Keyring,
    origin: &Origin,
    bytes: &[u8],
) -> Result<Opened> {
    if sniff(bytes) != Some(FileKind::Pdf) || !is_locked(bytes) {
        return Ok(Opened::AsItIs);
    }
    let passphrases = candidates(store, keyring, origin)?;
    if passphrases.is_empty() {
        return Ok(Opened::AsItIs);
    }
    Ok(match pool.unlock(bytes, passphrases) {
        Ok(plain) => Opened::Plain(plain),
        Err(problems) => Opened::Locked(problems),
    })
}

/// What a locked file that arrived may open with: the passphrase of the clinic that the mail says it is from, then
/// those that were set last.
///
/// # Errors
/// When the store fails.
fn candidates(store: &dyn Store, keyring: &Keyring, origin: &Origin) -> Result<Vec<String>> {
    let mut kept = store.passphrases(usize::MAX)?;
    if let Origin::Mail(Some(from)) = origin {
        let clinics = store.clinics()?;
        let is_from = |clinic: ClinicId| {
            let its = clinics.iter().find(|one| one.id == clinic).map(|one| one.routes.as_slice());
            its.unwrap_or_default()
                .iter()
                .any(|route| route.kind == RouteKind::PlainMail && route.address.eq_ignore_ascii_case(from))
        };
        kept.sort_by_key(|one| !is_from(one.clinic_id));
    }
    let opened = kept.iter().take(TRIED_MAX).filter_map(|one| {
        let opened = sealed::open(keyring, &about(one.clinic_id), &one.sealed);
        if opened.is_none() {
            tracing::warn!(clinic = %one.clinic_id, "a passphrase cannot be opened with the present keys");
        }
        opened
    });
    Ok(opened.map(|secret| secret.expose().to_owned()).collect())
}

fn about(clinic: ClinicId) -> String {
    format!("passphrase of clinic {clinic}")
}
