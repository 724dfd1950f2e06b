//! What the store knows of passphrases: that a clinic has one, and its sealed form, which says nothing without the keys.

use super::Result;
use crate::domain::account::By;
use crate::domain::id::ClinicId;
use jiff::Timestamp;

/// A clinic's passphrase as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedPassphrase {
    /// Whose.
    pub clinic_id: ClinicId,
    /// Sealed ([`crate::seal::sealed`]).
    pub sealed: String,
    /// Since when.
    pub set_at: Timestamp,
}

/// Passphrases of clinics. Every change writes that it was made, never what, to the audit log in the same transaction.
#[allow(missing_docs, clippy::missing_errors_doc)]
pub trait PassphraseStore: Send + Sync {
    /// Sets or replaces. `NotFound` when the clinic is not stored.
    fn set_passphrase(&self, clinic: ClinicId, sealed: &str, by: &By, now: Timestamp) -> Result<()>;
    /// Takes it away; false when there was none.
    fn remove_passphrase(&self, clinic: ClinicId, by: &By, now: Timestamp) -> Result<bool>;
    fn passphrase(&self, clinic: ClinicId) -> Result<Option<SealedPassphrase>>;
    /// The last set first, at most `limit`.
    fn passphrases(&self, limit: usize) -> Result<Vec<SealedPassphrase>>;
}
