//! A fillable sheet that came back → what its fields hold. Only values (`V`) become answers, never what a box or a text
//! looks like; where looks contradict the value, that is a problem. Never knows a key: whether the token is
//! genuine is the caller's to ask, and an answer with a problem is a person's to decide.

mod drawn;
mod fields;
mod text;
mod whole;

use super::raster::guarded;
use crate::domain::reading::{Problem, ProblemCode};
use crate::form::fillable::{BOXES, SEAL, TEXTS};
use crate::form::layout::PageLayout;
use fields::{Field, Fields, Ticked};
use lopdf::{Document, LoadOptions};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
pub(super) use whole::is_whole;

/// A sheet has 70 kB; a viewer that saves adds a font.
const FILE_BYTES_MAX: usize = 8 << 20;
/// Every stream may hold objects, which are inflated on opening, each to [`STREAM_BYTES_MAX`].
const STREAMS_MAX: usize = 500;
/// No stream with objects of a sheet comes near.
const STREAM_BYTES_MAX: usize = 1 << 20;
/// A sheet has about 60.
const OBJECTS_MAX: usize = 20_000;

/// What the fields of one sheet hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilledForm {
    /// The sheet's code as it stands in the hidden field, not yet verified.
    pub token: String,
    /// The ticked options of every field with boxes. A field whose value is in doubt is absent, and a problem
    /// names it.
    pub answers: BTreeMap<String, Vec<String>>,
    /// The boxes that the file still has, ticked or not: field → options. See [`Self::lacks`].
    pub boxes: BTreeMap<String, BTreeSet<String>>,
    /// What was typed in every area; empty where nothing was.
    pub texts: BTreeMap<String, String>,
    /// True where something was drawn, stamped or noted on the pages besides.
    pub drawn_over: bool,
}

/// Words in a file that has fields, or their looks.
const SIGNS: [&[u8]; 2] = [b"/AcroForm", b"/Widget"];
/// Of a stream in which other objects hide.
const HIDES: &[u8] = b"/ObjStm";

/// Reads the fields of a PDF. `None` when it has none of ours, with the reason in the problems.
#[must_use]
pub fn read_fields(bytes: &[u8]) -> (Option<FilledForm>, Vec<Problem>) {
    let (fields, aspect) = match guarded(|| look(bytes)) {
        Some(Ok(seen)) => seen,
        Some(Err(problem)) => return (None, vec![problem]),
        None => return (None, vec![stopped()]),
    };
    let mut problems = Vec::new();
    let ours: Vec<_> = fields.0.iter().filter(|(name, _)| is_ours(name)).collect();
    let Some(token) = token(&fields, !ours.is_empty(), &mut problems) else { return (None, problems) };
    let mut form = FilledForm { token, drawn_over: aspect.drawn_over, ..FilledForm::default() };
    if !aspect.whole {
        problems.push(damaged());
    }
    let mut doubtful = Vec::new();
    for (name, field) in ours {
        let parts: Vec<_> = name.split('.').collect();
        match *parts.as_slice() {
            [BOXES, id] if is_id(id) => form.add_group(id, field, &mut doubtful),
            [BOXES, id, option] if is_id(id) && is_id(option) => {
                form.add_box(id, option, field, &mut doubtful);
            }
            [TEXTS, id] if is_id(id) => form.add_text(id, field, &mut problems),
            _ => problems.push(strange_name()),
        }
    }
    for field in doubtful {
        // What is sure of the other boxes is no answer while one box is in doubt.
        form.answers.remove(&field);
        let problem = contradiction(&field);
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    (Some(form), problems)
}

/// Whether a PDF of which [`read_fields`] could read nothing, for these problems, may have fields all the same. Then its
/// picture alone is no answer. A file that is only larger than any sheet is a scan: its hidden objects are its own.
#[must_use]
pub fn may_have_fields(bytes: &[u8], problems: &[Problem]) -> bool {
    let has = |sign: &[u8]| bytes.windows(sign.len()).any(|window| window == sign);
    let large = problems.iter().all(|problem| problem.code == ProblemCode::TooLarge);
    SIGNS.into_iter().any(has) || !large && has(HIDES)
}

/// What concerns the file as a whole.
struct Aspect {
    whole: bool,
    drawn_over: bool,
}

fn look(bytes: &[u8]) -> Result<(Fields, Aspect), Problem> {
    let document = open(bytes)?;
    let fields = Fields::of(&document)?;
    let drawn_over = drawn::is_drawn_over(&document, &fields);
    Ok((fields, Aspect { whole: is_whole(bytes, &document), drawn_over }))
}

impl FilledForm {
    /// True when nothing was ticked and nothing typed.
    #[must_use]
    pub fn is_untouched(&self) -> bool {
        self.answers.values().all(Vec::is_empty) && self.texts.values().all(|text| text.trim().is_empty())
    }

    /// What the answered page has and the file has lost, as `field.option` or `field`. A lost box was perhaps ticked:
    /// then a person decides.
    #[must_use]
    pub fn lacks(&self, page: &PageLayout) -> Vec<String> {
        let has_box =
            |field: &str, option: &str| self.boxes.get(field).is_some_and(|options| options.contains(option));
        let boxes = page.boxes.iter().filter(|one| !has_box(&one.field, &one.option));
        let zones = page.zones.iter().filter(|zone| !self.texts.contains_key(&zone.field));
        let boxes = boxes.map(|one| format!("{}.{}", one.field, one.option));
        boxes.chain(zones.map(|zone| zone.field.clone())).collect()
    }

    /// A field that takes one box.
    fn add_group(&mut self, id: &str, field: &Field, doubtful: &mut Vec<String>) {
        self.boxes.entry(id.to_owned()).or_default().extend(field.options());
        let chosen = self.answers.entry(id.to_owned()).or_default();
        match field.ticked() {
            Ticked::Nothing => {}
            Ticked::Option(option) if is_id(&option) => chosen.push(option),
            _ => doubtful.push(id.to_owned()),
        }
    }

    /// A box of its own, whose only value is itself.
    fn add_box(&mut self, id: &str, option: &str, field: &Field, doubtful: &mut Vec<String>) {
        self.boxes.entry(id.to_owned()).or_default().insert(option.to_owned());
        let chosen = self.answers.entry(id.to_owned()).or_default();
        match field.ticked() {
            Ticked::Nothing => {}
            Ticked::Option(value) if value == option => chosen.push(value),
            _ => doubtful.push(id.to_owned()),
        }
    }

    fn add_text(&mut self, id: &str, field: &Field, problems: &mut Vec<Problem>) {
        let (typed, doubt) = field.typed();
        problems.extend(doubt.map(|doubt| doubt.problem(id)));
        self.texts.insert(id.to_owned(), typed);
    }
}

/// The file's objects, of a file that needs no passphrase.
fn open(bytes: &[u8]) -> Result<Document, Problem> {
    load(bytes, None)
}

/// The file's objects, opened with `passphrase` if it is locked.
pub(super) fn load(bytes: &[u8], passphrase: Option<&str>) -> Result<Document, Problem> {
    let streams = bytes.windows(6).filter(|window| window == b"stream").count() / 2;
    if bytes.len() > FILE_BYTES_MAX || streams > STREAMS_MAX {
        return Err(too_large());
    }
    let options = LoadOptions {
        password: passphrase.map(str::to_owned),
        max_decompressed_size: Some(STREAM_BYTES_MAX),
        ..LoadOptions::default()
    };
    let document = match Document::load_mem_with_options(bytes, options) {
        Ok(document) => document,
        Err(lopdf::Error::Decompress(_)) => return Err(too_large()),
        Err(lopdf::Error::InvalidPassword | lopdf::Error::Decryption(_)) => return Err(encrypted()),
        Err(_) => return Err(broken()),
    };
    if document.is_encrypted() {
        return Err(encrypted());
    }
    if document.objects.len() > OBJECTS_MAX { Err(too_large()) } else { Ok(document) }
}

fn token(fields: &Fields, has_others: bool, problems: &mut Vec<Problem>) -> Option<String> {
    let token = fields.0.get(SEAL).map(Field::typed);
    match token {
        Some((token, None)) if !token.is_empty() => return Some(token),
        Some(_) => problems.push(Problem::new(
            ProblemCode::CodeForged,
            "用紙の識別コードが読めないか、複数あります / the hidden code of the sheet is unreadable or there are several",
        )),
        None if has_others => problems.push(Problem::new(
            ProblemCode::CodeForged,
            "入力欄はありますが、用紙の識別コードがありません / there are fields, but the hidden code of the sheet is gone",
        )),
        None => problems.push(Problem::new(
            ProblemCode::SheetNotFound,
            "このPDFに連絡票の入力欄はありません(印刷用に変換されたPDFなど)。画像として読み取ってください / the PDF has no fields of a sheet (it may have been flattened): read it as a picture",
        )),
    }
    None
}

fn is_ours(name: &str) -> bool {
    matches!(name.split('.').next(), Some(BOXES | TEXTS))
}

/// An id of a form: lower case letters, digits and `_`.
fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

fn contradiction(field: &str) -> Problem {
    Problem::new(
        ProblemCode::Other,
        format!(
            "「{field}」の値がはっきりしません。PDFを開いて確かめてください / the value of '{field}' is contradictory or unknown: open the PDF and look"
        ),
    )
}

fn strange_name() -> Problem {
    Problem::new(
        ProblemCode::Other,
        "用紙にない入力欄があります。PDFを開いて確かめてください / there are fields that no sheet has: open the PDF and look",
    )
}

fn too_large() -> Problem {
    Problem::new(
        ProblemCode::TooLarge,
        "PDFが大きすぎます。送り直しを依頼してください / the PDF is larger than the limits: ask for it again",
    )
}

fn encrypted() -> Problem {
    Problem::new(
        ProblemCode::Encrypted,
        "PDFに開くためのパスワードがかかっています。パスワードなしで送り直すよう依頼してください / the PDF needs a password to be opened: ask for it without one",
    )
}

fn broken() -> Problem {
    Problem::new(
        ProblemCode::Broken,
        "PDFとして読めません。送り直しを依頼してください / the file cannot be read as a PDF: ask for it again",
    )
}

fn damaged() -> Problem {
    Problem::new(
        ProblemCode::Broken,
        "PDFの一部が壊れています。PDFを開いて確かめるか、送り直しを依頼してください / a part of the PDF is damaged: open it and look, or ask for it again",
    )
}

/// A decoder panicked.
fn stopped() -> Problem {
    Problem::new(
        ProblemCode::Broken,
        "PDFの読み取りが途中で止まりました。送り直しを依頼してください / reading the PDF stopped half-way: ask for it again",
    )
}
