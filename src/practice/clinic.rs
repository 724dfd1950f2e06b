//! The practice clinic: a mail with a sheet comes in, somebody ticks it with a pen, the fax machine sends
//! it, and the fax service mails the page back. It knows a sheet by its layout file alone, and writes down
//! what it ticked, so that others can compare.

use super::damage::{Damage, Resolution, fax};
use super::fax_tiff::encode_g3;
use super::hand::{Filled, Manner, fill_in};
use crate::form::layout::{Layout, PageLayout};
use crate::mail::parse;
use crate::read::bitmap::RasterPage;
use crate::read::raster::{self, Limits};
use rand::Rng;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Dots an inch of the paper in the practice clinic: fine enough that a pen's edge is smooth.
const PAPER_DPI: f64 = 300.0;
const PX_PER_MM: f64 = PAPER_DPI / 25.4;

/// Why the practice clinic could not answer.
#[derive(Debug, thiserror::Error)]
pub enum PracticeError {
    /// The mail has no sheet.
    #[error("the mail that reached the practice clinic has no PDF")]
    NoSheet,
    /// The sheet could not be printed.
    #[error("the practice clinic could not print the sheet: {0}")]
    NotPrinted(String),
}

/// What was ticked on a sheet: reply field → options, and the areas that were written in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticked {
    /// Every reply field with boxes; none ticked is an empty list.
    pub answers: BTreeMap<String, Vec<String>>,
    /// Handwriting areas.
    pub written: Vec<String>,
}

impl Ticked {
    fn note(&mut self, layout: &PageLayout, filled: &Filled) {
        for (one, done) in layout.boxes.iter().zip(&filled.boxes) {
            let options = self.answers.entry(one.field.clone()).or_default();
            if done.is_chosen() {
                options.push(one.option.clone());
            }
        }
        let written = layout.zones.iter().zip(&filled.zones).filter(|(_, written)| **written);
        self.written.extend(written.map(|(zone, _)| zone.field.clone()));
    }
}

/// How the practice clinic sends its answers.
#[derive(Debug, Clone, Copy)]
pub struct Sending {
    /// Its fax machine.
    pub resolution: Resolution,
    /// How bad the line is: 0 none, 1 as bad as ordinary lines get.
    pub damage: f64,
}

/// An answered sheet.
#[derive(Debug, Clone, PartialEq)]
pub struct AnsweredSheet {
    /// What the pen did.
    pub ticked: Ticked,
    /// The fax: TIFF, Group 3.
    pub tiff: Vec<u8>,
}

/// Takes the sheet out of a mail.
///
/// # Errors
/// [`PracticeError::NoSheet`].
pub fn sheet_of(mail: &[u8]) -> Result<Vec<u8>, PracticeError> {
    let attachments = parse::parse(mail).attachments;
    let pdf = attachments.into_iter().find(|file| raster::sniff(&file.bytes) == Some(raster::FileKind::Pdf));
    Ok(pdf.ok_or(PracticeError::NoSheet)?.bytes)
}

/// Prints the sheet, ticks it at random, and faxes every page back.
///
/// # Errors
/// [`PracticeError::NotPrinted`].
pub fn answer(
    pdf: &[u8],
    layout: &Layout,
    sending: Sending,
    rng: &mut impl Rng,
) -> Result<AnsweredSheet, PracticeError> {
    let (printed, problems) = raster::rasterize_pdf(pdf, PAPER_DPI, PAPER_DPI, &Limits::default());
    // What is attached need not come back.
    if printed.len() < layout.pages.len() {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        return Err(PracticeError::NotPrinted(problems.join("; ")));
    }
    let mut ticked = Ticked::default();
    let mut faxed: Vec<RasterPage> = Vec::new();
    for (paper, layout) in printed.into_iter().zip(&layout.pages) {
        let mut paper = paper.bitmap;
        let filled = fill_in(&mut paper, PX_PER_MM, layout, Manner::Plain, rng);
        ticked.note(layout, &filled);
        let damage = Damage::random(rng, sending.damage);
        faxed.push(fax(&paper, PX_PER_MM, sending.resolution, &damage, rng));
    }
    let pages: Vec<_> = faxed.iter().map(|page| (&page.bitmap, page.dpi_x, page.dpi_y)).collect();
    Ok(AnsweredSheet { ticked, tiff: encode_g3(&pages) })
}

/// The mail that a fax service sends for a received fax: no reference to anything, as real ones have none.
#[must_use]
pub fn fax_service_mail(tiff: &[u8], caller: &str, received: u64) -> Vec<u8> {
    let boundary = format!("=_practice_{received:016x}");
    let mut mail = String::new();
    let _ = write!(
        mail,
        "From: fax-service@practice.example\r\nTo: answers@gateway.example\r\n\
         Subject: Fax received from \"{caller}\"\r\nMessage-ID: <fax-{received:016x}@practice.example>\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n\
         --{boundary}\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nA fax is attached.\r\n\
         --{boundary}\r\nContent-Type: image/tiff; name=\"fax.tif\"\r\n\
         Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"fax.tif\"\r\n\r\n"
    );
    for line in base64(tiff).as_bytes().chunks(76) {
        mail.push_str(&String::from_utf8_lossy(line));
        mail.push_str("\r\n");
    }
    let _ = write!(mail, "--{boundary}--\r\n");
    mail.into_bytes()
}

/// RFC 4648 §4.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits =
            chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let letter = ALPHABET[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (bytes, expected) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(bytes.as_bytes()), expected);
        }
    }

    #[test]
    fn the_fax_mail_brings_the_tiff_unchanged() {
        let tiff: Vec<u8> = (0..1000_u32).map(|n| (n * 7) as u8).collect();
        let mail = parse::parse(&fax_service_mail(&tiff, "0300000001", 1));
        assert_eq!(mail.attachments.len(), 1);
        assert_eq!(mail.attachments[0].bytes, tiff);
        assert!(mail.problems.is_empty(), "{:?}", mail.problems);
    }
}
