//! Papers that go along with a request (添付), such as tables 1 to 3 of a care plan: already black and white, as
//! a fax carries them.

use super::id::AttachmentId;
use super::request::BlobId;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Dots an inch, across and down: as fine as a fine fax is across (ITU-T T.4 §2).
pub const ATTACHED_DPI: f64 = 204.0;
/// The same in pixels a millimetre.
pub const ATTACHED_PX_A_MM: f64 = ATTACHED_DPI / 25.4;
/// Where a page of an attachment is put: between the edges that a fax machine cannot print.
pub const ATTACHED_WIDTH_MM: f64 = 190.0;
/// Where a page of an attachment is put: below the stamp.
pub const ATTACHED_HEIGHT_MM: f64 = 264.0;
/// The most bytes of a file: a care plan is 0.3 MB, scanned in colour 5 MB.
pub const ATTACHED_FILE_BYTES: usize = 10 << 20;
/// The most attached pages of a request: a clinic's fax prints one in ten seconds, and somebody must read them.
pub const ATTACHED_PAGES: usize = 10;
/// The most bytes of one request's attached pages in black and white: what a mail-to-fax service takes beside the
/// sheet. Ten dense pages have 0.8 MB; only a photograph's noise has more.
pub const ATTACHED_BYTES: usize = 3 << 20;
/// The longest name of a file that is kept.
const NAME_CHARS: usize = 100;
/// A page that is made smaller than this is hard to read after a fax of 98 lines an inch.
const READABLE_PERCENT: u32 = 80;

/// A page in black and white, as large as it is printed.
#[derive(Clone, PartialEq, Eq)]
pub struct AttachedPage {
    /// Pixels across, at [`ATTACHED_DPI`].
    pub width_px: u32,
    /// Pixels down, at [`ATTACHED_DPI`].
    pub height_px: u32,
    /// How large it is beside the original.
    pub percent: u32,
    /// The pixels in Group 4 (ITU-T T.6), 0 being white.
    pub g4: Vec<u8>,
}

/// The size alone: the pixels are a client's data.
impl fmt::Debug for AttachedPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AttachedPage({} x {} px, {} %)", self.width_px, self.height_px, self.percent)
    }
}

/// A paper with its pages, before it belongs to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// Chosen when it was added.
    pub id: AttachmentId,
    /// The file's name, for people.
    pub name: String,
    /// At least one.
    pub pages: Vec<AttachedPage>,
}

impl Paper {
    /// All bytes of its pages.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.pages.iter().map(|page| page.g4.len()).sum()
    }

    /// How large its smallest page is beside the original, where that is hard to read.
    #[must_use]
    pub fn hard_to_read_percent(&self) -> Option<u32> {
        self.pages.iter().map(|page| page.percent).min().filter(|percent| *percent < READABLE_PERCENT)
    }
}

/// A paper of a stored request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its id.
    pub id: AttachmentId,
    /// The file's name, for people.
    pub name: String,
    /// In order.
    pub pages: Vec<StoredPage>,
}

/// A page of a stored paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredPage {
    /// Pixels across.
    pub width_px: u32,
    /// Pixels down.
    pub height_px: u32,
    /// How large it is beside the original.
    pub percent: u32,
    /// The pixels in Group 4.
    pub g4: BlobId,
}

/// Why papers cannot go along. Each text says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AttachmentMistake {
    /// The file could not be opened; the sentence is the reader's.
    #[error("{0}")]
    File(String),
    /// More pages than anybody faxes.
    #[error(
        "添付は合わせて{ATTACHED_PAGES}ページまでです(今は{0}ページ)。ページを減らすか、2回に分けてお送りください / at most {ATTACHED_PAGES} attached pages (now {0}): leave some out or send two requests"
    )]
    TooManyPages(usize),
    /// More bytes than a fax service takes.
    #[error(
        "添付が、FAXで送れる大きさを超えます。ページを減らすか、写真ではなく文書から作ったPDFを選んでください / the attached pages are more than can be sent: leave some out, or choose PDFs made from a document, not from photographs"
    )]
    TooLarge,
    /// What was added is not there any more.
    #[error(
        "添付したファイルが残っていません。もう一度選んでください / the attached file is not here any more: choose it again"
    )]
    Gone,
}

/// Checks all papers of a request together.
///
/// # Errors
/// [`AttachmentMistake`].
pub fn check_papers<'a>(papers: impl IntoIterator<Item = &'a Paper>) -> Result<(), AttachmentMistake> {
    let (pages, bytes) = papers
        .into_iter()
        .fold((0, 0), |(pages, bytes), paper| (pages + paper.pages.len(), bytes + paper.bytes()));
    if pages > ATTACHED_PAGES {
        return Err(AttachmentMistake::TooManyPages(pages));
    }
    if bytes > ATTACHED_BYTES { Err(AttachmentMistake::TooLarge) } else { Ok(()) }
}

/// A file's name as it is shown: its last part, without what cannot be seen, not too long.
#[must_use]
pub fn shown_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = last.chars().filter(|character| !character.is_control()).take(NAME_CHARS).collect();
    let name = name.trim();
    if name.is_empty() { "添付.pdf".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn paper(pages: usize, bytes: usize, percent: u32) -> Paper {
        let page = AttachedPage { width_px: 8, height_px: 8, percent, g4: vec![0; bytes] };
        Paper {
            id: AttachmentId::new_at(Timestamp::UNIX_EPOCH),
            name: "見本.pdf".to_owned(),
            pages: vec![page; pages],
        }
    }

    #[test]
    fn the_papers_of_a_request_are_counted_together() {
        assert_eq!(check_papers([&paper(4, 10, 100), &paper(6, 10, 100)]), Ok(()));
        assert_eq!(
            check_papers([&paper(4, 10, 100), &paper(7, 10, 100)]),
            Err(AttachmentMistake::TooManyPages(11))
        );
        let half = ATTACHED_BYTES / 2;
        assert_eq!(check_papers([&paper(1, half, 100), &paper(1, half, 100)]), Ok(()));
        assert_eq!(
            check_papers([&paper(1, half, 100), &paper(1, half + 1, 100)]),
            Err(AttachmentMistake::TooLarge)
        );
    }

    #[test]
    fn a_page_that_became_small_is_told() {
        assert_eq!(paper(2, 1, 80).hard_to_read_percent(), None);
        assert_eq!(paper(2, 1, 79).hard_to_read_percent(), Some(79));
    }

    #[test]
    fn a_name_is_the_last_part_of_what_a_browser_says() {
        for (given, shown) in [
            ("第1表.pdf", "第1表.pdf"),
            (r"C:\見本\第1表.pdf", "第1表.pdf"),
            ("../../etc/passwd", "passwd"),
            ("a\r\nb\0.pdf", "ab.pdf"),
            ("", "添付.pdf"),
            (" / ", "添付.pdf"),
        ] {
            assert_eq!(shown_name(given), shown, "{given:?}");
        }
        assert_eq!(shown_name(&"長".repeat(300)).chars().count(), NAME_CHARS);
    }
}
