//! What every sheet carries with it: its fonts, cut down to what it says, and few bytes, since fax services and clinics'
//! mailboxes set limits.

use super::{example, forms, sheet};
use crate::longest::longest_answers;
use lopdf::{Dictionary, Document, Object};
use renraku::form::answers::check_answers;
use renraku::typeset::font::Face;
use std::collections::BTreeSet;

/// Of a sheet of one page.
const ONE_PAGE_MOST_BYTES: usize = 80_000;
/// Of a sheet of several pages with the longest answers, for which the field set no limit: a page has the characters
/// of the one before it in its fonts already.
const MORE_PAGES_MOST_BYTES: usize = 160_000;
/// A subset has some hundred of a font's many thousand characters.
const SUBSET_MOST_SHARE: f64 = 0.03;

/// A font of a page: its name and its embedded file, unpacked.
struct Embedded {
    name: String,
    bytes: usize,
}

/// Every font that a page names, each once. Fails on one that is not embedded.
fn embedded(document: &Document) -> Vec<Embedded> {
    let mut seen = BTreeSet::new();
    let mut fonts = Vec::new();
    for page in document.page_iter() {
        for font in document.get_page_fonts(page).unwrap().into_values() {
            let descendant = font.get(b"DescendantFonts").and_then(Object::as_array).unwrap()[0].clone();
            let descendant = dictionary(document, &descendant);
            let descriptor = dictionary(document, descendant.get(b"FontDescriptor").unwrap());
            let name = name(font);
            assert_eq!(name, self::name(descendant), "the two names of one font");
            let file =
                [b"FontFile2".as_slice(), b"FontFile3"].into_iter().find_map(|key| descriptor.get(key).ok());
            let (_, file) =
                document.dereference(file.unwrap_or_else(|| panic!("{name} is not embedded"))).unwrap();
            let bytes = file.as_stream().unwrap().get_plain_content().unwrap().len();
            assert!(font.has(b"ToUnicode"), "{name}: its text cannot be searched or read aloud");
            if seen.insert(name.clone()) {
                fonts.push(Embedded { name, bytes });
            }
        }
    }
    fonts
}

fn dictionary<'a>(document: &'a Document, object: &'a Object) -> &'a Dictionary {
    document.dereference(object).unwrap().1.as_dict().unwrap()
}

fn name(font: &Dictionary) -> String {
    String::from_utf8(font.get(b"BaseFont").and_then(Object::as_name).unwrap().to_vec()).unwrap()
}

/// `ABCDEF+BIZUDGothic`: the tag of ISO 32000-1 §9.6.4, and the font that it was cut from.
fn cut_from(name: &str) -> Option<Face> {
    let (tag, font) = name.split_once('+')?;
    let is_tag = tag.len() == 6 && tag.bytes().all(|letter| letter.is_ascii_uppercase());
    [Face::Regular, Face::Bold, Face::Names].into_iter().find(|face| is_tag && face.font().name == font)
}

#[test]
fn every_font_is_embedded_and_cut_down_and_every_sheet_is_small() {
    for form in forms() {
        for (which, json) in [("example", example(&form.id)), ("longest", longest_answers(&form))] {
            let sheet = sheet(&form, &check_answers(&form, &json).unwrap()).unwrap();
            let document = Document::load_mem(&sheet.pdf).unwrap();
            let fonts = embedded(&document);
            assert!(fonts.len() >= 2, "{} {which}: two weights", form.id);
            for font in &fonts {
                let face =
                    cut_from(&font.name).unwrap_or_else(|| panic!("{} {which}: {}", form.id, font.name));
                let share = font.bytes as f64 / face.font().bytes.len() as f64;
                assert!(share <= SUBSET_MOST_SHARE, "{} {which}: {} has {share:.3}", form.id, font.name);
            }
            let (pages, bytes) = (sheet.layout.pages.len(), sheet.pdf.len());
            println!("{:20} {which:8} {pages} pages {bytes:7} bytes", form.id);
            let most = if pages == 1 { ONE_PAGE_MOST_BYTES } else { MORE_PAGES_MOST_BYTES };
            assert!(bytes <= most, "{} {which}: {bytes} bytes on {pages} pages", form.id);
        }
    }
}

#[test]
fn a_name_without_a_tag_is_seen() {
    assert_eq!(cut_from("ABCDEF+BIZUDGothic-Bold"), Some(Face::Bold));
    for name in ["BIZUDGothic", "ABCDE+BIZUDGothic", "abcdef+BIZUDGothic", "ABCDEF+Helvetica"] {
        assert_eq!(cut_from(name), None, "{name}");
    }
}
