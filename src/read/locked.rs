//! A PDF that opens with a passphrase → the same without. Tries those that it is given and no other; knows nobody whose
//! they are.

use super::fillable::{is_whole, load};
use super::raster::guarded;
use crate::domain::reading::{Problem, ProblemCode};

/// Whether the file says of itself that it is encrypted: the entry stands in its trailer, which never is.
#[must_use]
pub fn is_locked(bytes: &[u8]) -> bool {
    const ENTRY: &[u8] = b"/Encrypt";
    bytes.windows(ENTRY.len()).any(|window| window == ENTRY)
}

/// Opens the file with the first passphrase that fits.
///
/// # Errors
/// One problem: none fits ([`ProblemCode::Encrypted`]), or it is damaged, or larger than the limits. A locked file that was
/// damaged is not opened at all: what was saved last could be lost without a trace.
pub fn unlock(bytes: &[u8], passphrases: &[String]) -> Result<Vec<u8>, Problem> {
    guarded(|| attempt(bytes, passphrases)).unwrap_or_else(|| Err(damaged()))
}

fn attempt(bytes: &[u8], passphrases: &[String]) -> Result<Vec<u8>, Problem> {
    for passphrase in passphrases {
        match load(bytes, Some(passphrase)) {
            Ok(mut document) => {
                if !is_whole(bytes, &document) {
                    return Err(damaged());
                }
                let mut plain = Vec::new();
                document.save_to(&mut plain).map_err(|_| damaged())?;
                return Ok(plain);
            }
            Err(problem) if problem.code == ProblemCode::Encrypted => {}
            Err(problem) => return Err(problem),
        }
    }
    Err(Problem::new(
        ProblemCode::Encrypted,
        "PDFを、登録された合言葉で開けません。医療機関に電話で確かめてください / the PDF does not open with the passphrase on file: ask the clinic by telephone",
    ))
}

fn damaged() -> Problem {
    Problem::new(
        ProblemCode::Broken,
        "合言葉のかかったPDFが壊れています。送り直しを依頼してください / the locked PDF is damaged: ask for it again",
    )
}
