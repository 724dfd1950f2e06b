//! The bytes of a file that a stranger sent → its pages in black and white. What a file is, is seen
//! from its content, never from its name. Nothing here opens a file, reads a clock or knows a sheet;
//! a page that cannot be had is told as a problem and never sinks the pages beside it.
//!
//! Sizes are checked before anything is allocated or inflated ([`Limits`]); what cannot be foreseen
//! (time, the renderer's own memory, a stack that overflows) is left to the limits of the child
//! process in which this runs.

mod bits;
mod ccitt;
mod lenient_g4;
mod limits;
mod pdf;
mod picture;
mod resolution;
mod resync;
mod spans;
mod threshold;
mod tiff;
mod trouble;
mod turn;

#[cfg(test)]
mod samples;

pub use limits::Limits;
pub(super) use pdf::fitted_pages;

use super::bitmap::RasterPage;
use crate::domain::reading::Problem;

/// The kinds of file that are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// TIFF of either byte order, as fax machines and mail-to-fax services make it.
    Tiff,
    /// PDF.
    Pdf,
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
}

/// What a file is, by its first bytes. A PDF may have up to 1 kB of anything before its header (ISO
/// 32000-1 annex H.3.4.1); mail gateways do write such files.
#[must_use]
pub fn sniff(bytes: &[u8]) -> Option<FileKind> {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    if starts(b"II\x2a\0") || starts(b"MM\0\x2a") || starts(b"II\x2b\0") || starts(b"MM\0\x2b") {
        Some(FileKind::Tiff)
    } else if starts(b"\x89PNG\r\n\x1a\n") {
        Some(FileKind::Png)
    } else if starts(b"\xff\xd8\xff") {
        Some(FileKind::Jpeg)
    } else if bytes.get(..bytes.len().min(1024))?.windows(5).any(|five| five == b"%PDF-") {
        Some(FileKind::Pdf)
    } else {
        None
    }
}

/// Opens a file and calls `each` page by page, so that a long fax is never held as a whole. What is
/// wrong with one page is in that page; what is wrong with the file, and each page that could not be
/// had at all, is returned.
pub fn open(bytes: &[u8], limits: &Limits, each: &mut dyn FnMut(RasterPage)) -> Vec<Problem> {
    if let Some(problem) = refused(bytes, limits) {
        return vec![problem];
    }
    match sniff(bytes) {
        Some(FileKind::Tiff) => tiff::open(bytes, limits, each),
        Some(FileKind::Pdf) => pdf::open(bytes, limits, each),
        Some(FileKind::Png | FileKind::Jpeg) => picture::open(bytes, limits, each),
        None => vec![trouble::unknown_kind()],
    }
}

/// Renders every page of a PDF at `dpi_x` × `dpi_y` pixels an inch, as a fax machine would scan it,
/// whatever the pages are made of.
#[must_use]
pub fn rasterize_pdf(
    bytes: &[u8],
    dpi_x: f64,
    dpi_y: f64,
    limits: &Limits,
) -> (Vec<RasterPage>, Vec<Problem>) {
    if let Some(problem) = refused(bytes, limits) {
        return (Vec::new(), vec![problem]);
    }
    pdf::rasterize(bytes, (dpi_x, dpi_y), limits)
}

fn refused(bytes: &[u8], limits: &Limits) -> Option<Problem> {
    if bytes.is_empty() {
        return Some(trouble::empty());
    }
    (bytes.len() > limits.max_file_bytes).then(|| trouble::file_too_large(limits.max_file_bytes))
}

/// Runs a decoder that is not ours; `None` if it panics, so that its page alone is lost.
pub(super) fn guarded<T>(decode: impl FnOnce() -> T) -> Option<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(decode)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reading::ProblemCode;

    #[test]
    fn a_file_is_what_its_content_says() {
        let late_pdf = [&[b'\n'; 900][..], b"%PDF-1.4"].concat();
        let too_late = [&[b'\n'; 1020][..], b"%PDF-1.4"].concat();
        let cases: &[(&[u8], Option<FileKind>)] = &[
            (b"II\x2a\0....", Some(FileKind::Tiff)),
            (b"MM\0\x2a....", Some(FileKind::Tiff)),
            (b"%PDF-1.7\n", Some(FileKind::Pdf)),
            (&late_pdf, Some(FileKind::Pdf)),
            (&too_late, None),
            (b"\x89PNG\r\n\x1a\n", Some(FileKind::Png)),
            (b"\xff\xd8\xff\xe0", Some(FileKind::Jpeg)),
            (b"PK\x03\x04", None),
            (b"<html>", None),
            (b"", None),
        ];
        for (bytes, expected) in cases {
            assert_eq!(sniff(bytes), *expected, "{:?}", bytes.get(..8));
        }
    }

    #[test]
    fn what_cannot_be_opened_is_said_in_one_problem() {
        let small = Limits { max_file_bytes: 4, ..Limits::default() };
        let cases: &[(&[u8], &Limits, ProblemCode)] = &[
            (b"", &Limits::default(), ProblemCode::Empty),
            (b"hello there", &Limits::default(), ProblemCode::UnknownKind),
            (b"II\x2a\0\x08\0\0\0", &small, ProblemCode::TooLarge),
            (b"II\x2a\0\x08\0\0\0", &Limits::default(), ProblemCode::Broken),
            (b"II\x2b\0\x08\0\0\0", &Limits::default(), ProblemCode::Broken),
            (b"%PDF-1.4\n", &Limits::default(), ProblemCode::Broken),
            (b"\x89PNG\r\n\x1a\n", &Limits::default(), ProblemCode::Broken),
            (b"\xff\xd8\xff\xe0", &Limits::default(), ProblemCode::Broken),
        ];
        for (bytes, limits, code) in cases {
            let problems = open(bytes, limits, &mut |_| panic!("no page in {bytes:?}"));
            let codes: Vec<_> = problems.iter().map(|problem| problem.code).collect();
            assert_eq!(codes, [*code], "{bytes:?}");
        }
    }
}
