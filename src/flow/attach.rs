//! A PDF that somebody chose → a paper that can go along with a request, opened where a stranger's bytes do no harm.
//! What cannot be faxed is refused now, while whoever chose it is there.

use super::Result;
use crate::domain::attachment::{AttachmentMistake, Paper, check_papers, shown_name};
use crate::domain::id::AttachmentId;
use crate::pool::Pool;
use jiff::Timestamp;

/// Opens the file; `name` is what the browser or the command line calls it.
///
/// # Errors
/// [`AttachmentMistake`]: one sentence for whoever chose it.
pub fn open(pool: &Pool, name: &str, bytes: &[u8], now: Timestamp) -> Result<Paper> {
    let pages = pool.attachment(bytes).map_err(|problem| {
        // Which of several files it is about, whoever chose them must see.
        AttachmentMistake::File(format!("{}: {}", shown_name(name), problem.sentence))
    })?;
    let paper = Paper { id: AttachmentId::new_at(now), name: shown_name(name), pages };
    check_papers([&paper])?;
    Ok(paper)
}
