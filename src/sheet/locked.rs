//! A PDF that opens with a passphrase alone: AES-256 of PDF 2.0 (ISO 32000-2 §7.6, revision 6). What a file looks like is
//! not changed.
//!
//! The standard encrypts texts and streams: what is printed, what is typed, the sheet's code. It leaves the names of
//! things as they are, so that whoever has the file, but not the passphrase, can see the ids of its boxes, and in one that
//! was answered which of them is ticked; not whose sheet it is.

use super::fillable::FillableError;
use crate::seal::keyring::to_hex;
use lopdf::encryption::crypt_filters::{Aes256CryptFilter, CryptFilter};
use lopdf::{Document, EncryptionState, EncryptionVersion, Object, Permissions, StringFormat};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The crypt filter's name (ISO 32000-2 table 25).
const FILTER: &[u8] = b"StdCF";

/// What only chance knows: the caller draws it.
#[derive(Clone, Copy)]
pub struct LockKeys {
    /// Encrypts the file.
    pub file_key: [u8; 32],
    /// The owner's password, which nobody knows, so that the passphrase is the only one.
    pub owner: [u8; 32],
    /// Names the file (ISO 32000-2 §14.4), which an encrypted one must have.
    pub id: [u8; 16],
}

/// Locks the file with `passphrase` (printable ASCII).
///
/// # Errors
/// [`FillableError::Pdf`].
pub fn lock(pdf: &[u8], passphrase: &str, keys: &LockKeys) -> Result<Vec<u8>, FillableError> {
    let mut document = Document::load_mem(pdf)?;
    "2.0".clone_into(&mut document.version);
    let id = Object::String(keys.id.to_vec(), StringFormat::Hexadecimal);
    document.trailer.set("ID", vec![id.clone(), id]);
    let filter: Arc<dyn CryptFilter> = Arc::new(Aes256CryptFilter);
    let owner = to_hex(&keys.owner);
    let state = EncryptionState::try_from(EncryptionVersion::V5 {
        encrypt_metadata: true,
        crypt_filters: BTreeMap::from([(FILTER.to_vec(), filter)]),
        file_encryption_key: &keys.file_key,
        stream_filter: FILTER.to_vec(),
        string_filter: FILTER.to_vec(),
        owner_password: &owner,
        user_password: passphrase,
        permissions: Permissions::all(),
    })?;
    document.encrypt(&state)?;
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).map_err(lopdf::Error::from)?;
    Ok(bytes)
}
