//! The fields of a fillable sheet that came back, laid over what its page shows. The fields say what was ticked and
//! typed; the page must show the same. Where one contradicts the other, or the file is not as a clinic's viewer leaves
//! it, the page gets a reason and a person decides. Records nothing ([`super::file_page`] does), opens no bytes.
//!
//! # What is proven, and what is not
//!
//! The hidden token proves that the sheet is ours and which request it answers; whoever has the file has the token, as
//! whoever has the paper has its code. That the mail's From line names the clinic's verified mailbox is asked here; that
//! the line is true is the mail server's to find out.
//!
//! # Nothing filled in
//!
//! Drawing with a finger on an untouched sheet shows ticks that no field knows. It goes to a person with what the picture
//! seems to say, however sure the picture is: a viewer shows a note or a stamp in ways that the renderer here may not.

use super::Result;
use super::sheet_book::StoreBook;
use super::unpack::Origin;
use crate::domain::directory::Clinic;
use crate::domain::reading::{
    BoxReading, BoxState, FoundBy, PageReading, Problem, ProblemCode, Reason, ReasonCode, ZoneReading,
};
use crate::domain::sheet_number::SheetNumber;
use crate::form::layout::PageLayout;
use crate::pool::PoolPage;
use crate::read::book::{LookUp, SheetBook as _};
use crate::read::fillable::{FilledForm, may_have_fields};
use crate::store::Sheet;
use std::collections::BTreeMap;

/// The fields of one PDF, and where it came from.
pub(super) struct Fields<'a> {
    pub(super) name: &'a str,
    pub(super) bytes: &'a [u8],
    pub(super) form: Option<FilledForm>,
    pub(super) problems: Vec<Problem>,
    pub(super) origin: &'a Origin,
}

/// The sheet that the token names.
struct OfSheet<'a> {
    sheet_id: SheetNumber,
    layout: &'a PageLayout,
    form: &'a FilledForm,
}

impl Fields<'_> {
    /// Lays the fields over the pages of their file as they were read from their pictures. A file without fields of ours
    /// keeps its pages as they are.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) fn lay_over(&self, book: &StoreBook, pages: &mut Vec<PoolPage>) -> Result<()> {
        let Some(form) = &self.form else {
            doubt_all(pages, &self.unreadable());
            return Ok(());
        };
        match book.look_up(&form.token) {
            LookUp::Known { sheet_id, layout } => {
                let Some(sheet) = book.store.sheet(&sheet_id)? else {
                    doubt_all(pages, &[Reason::new(ReasonCode::SheetUnknown, sheet_id.as_str())]);
                    return Ok(());
                };
                if self.problems.is_empty() && !form.drawn_over {
                    Self::without_papers(book, &sheet, pages)?;
                }
                let mut reasons = self.of_file(form, &layout);
                let request = book.store.request(sheet.request_id)?;
                reasons.extend(self.of_sender(&book.store.clinic(request.clinic_id)?));
                let sheet = OfSheet { sheet_id, layout: &layout, form };
                self.answered(&sheet, &reasons, pages);
            }
            LookUp::UnknownSheet { sheet_id } => {
                doubt_all(pages, &[Reason::new(ReasonCode::SheetUnknown, sheet_id.as_str())]);
            }
            LookUp::Forged | LookUp::NotOurs => doubt_all(pages, &[Reason::new(ReasonCode::CodeForged, "")]),
        }
        Ok(())
    }

    /// Why no page of the file is an answer, when its fields could not be read; empty when it has none of ours.
    fn unreadable(&self) -> Vec<Reason> {
        let none = |problem: &Problem| problem.code == ProblemCode::SheetNotFound;
        let ours = |problem: &Problem| problem.code == ProblemCode::CodeForged;
        if self.problems.iter().all(none)
            || !self.problems.iter().any(ours) && !may_have_fields(self.bytes, &self.problems)
        {
            return Vec::new();
        }
        self.problems.iter().filter(|problem| !none(problem)).map(unclear).collect()
    }

    /// What is doubtful in the file, whatever the page shows.
    fn of_file(&self, form: &FilledForm, layout: &PageLayout) -> Vec<Reason> {
        let mut reasons: Vec<Reason> = self.problems.iter().map(unclear).collect();
        let lost = form.lacks(layout);
        reasons.extend(lost.into_iter().map(|field| Reason::new(ReasonCode::FieldsMissing, field)));
        if form.drawn_over {
            reasons.push(Reason::new(ReasonCode::DrawnOver, ""));
        }
        reasons
    }

    /// Whether the mail came from a mailbox that the clinic has on file and that is verified. A file that somebody laid
    /// down has no sender.
    fn of_sender(&self, clinic: &Clinic) -> Option<Reason> {
        (!self.origin.is_of(clinic)).then(|| Reason::new(ReasonCode::SenderUnknown, ""))
    }

    /// Takes away the papers that went along with the sheet: nothing is filled into them, and nobody has drawn on the file.
    fn without_papers(book: &StoreBook, sheet: &Sheet, pages: &mut Vec<PoolPage>) -> Result<()> {
        let papers = book.store.attachments(sheet.request_id)?;
        let own = sheet.layout.pages.len();
        let last = own + papers.iter().map(|paper| paper.pages.len()).sum::<usize>();
        pages.retain(|page| {
            let reading = &page.reading;
            let behind = (own + 1..=last).contains(&(reading.page_in_file as usize));
            let unknown = reading.reasons.iter().all(|reason| reason.code == ReasonCode::SheetNotFound);
            !(behind && unknown && reading.sheet_id.is_none() && reading.boxes.is_empty())
        });
        Ok(())
    }

    /// The answered page of the file; every other page with boxes is another sheet's, of which the fields say nothing.
    fn answered(&self, sheet: &OfSheet, reasons: &[Reason], pages: &mut Vec<PoolPage>) {
        let is_it = |page: &PoolPage| {
            page.reading.sheet_id.as_ref() == Some(&sheet.sheet_id)
                && page.reading.page == Some(sheet.layout.page)
        };
        let found = pages.iter().filter(|page| is_it(page)).count();
        for page in pages.iter_mut() {
            if is_it(page) {
                sheet.lay_over(page);
                doubt(&mut page.reading, reasons);
                if found > 1 {
                    doubt(&mut page.reading, &[Reason::new(ReasonCode::FieldsDiffer, "")]);
                }
            } else if !page.reading.boxes.is_empty() {
                doubt(
                    &mut page.reading,
                    &[Reason::new(ReasonCode::Other, "beside the fields of another sheet")],
                );
            }
        }
        if found == 0 {
            let mut unseen = PoolPage { reading: sheet.unseen(self.name), crops: Vec::new(), shown: None };
            doubt(&mut unseen.reading, reasons);
            pages.push(unseen);
        }
    }
}

impl OfSheet<'_> {
    /// The fields in the place of what the picture shows, with every contradiction between them. Of an untouched sheet
    /// the picture stays.
    fn lay_over(&self, page: &mut PoolPage) {
        let picture = &mut page.reading;
        if self.form.is_untouched() {
            let is_marked = |one: &BoxReading| one.state != BoxState::Empty;
            let marked = picture.boxes.iter().any(is_marked) || picture.zones.iter().any(|zone| zone.ink);
            if marked || !picture.reasons.is_empty() {
                doubt(picture, &[Reason::new(ReasonCode::FieldsEmpty, "")]);
            }
            return;
        }
        let contradictions = self.contradictions(picture);
        picture.boxes = self.boxes();
        picture.zones = self.zones();
        picture.texts = self.texts();
        picture.found_by = FoundBy::Fields;
        picture.needs_person = false;
        picture.reasons.clear();
        doubt(picture, &contradictions);
        // The words are kept as words; what else lies in an area is kept as its picture.
        page.crops.retain(|(field, _)| !picture.texts.contains_key(field));
    }

    /// What the picture says otherwise, or in doubt.
    fn contradictions(&self, picture: &PageReading) -> Vec<Reason> {
        let of_box = |code: ReasonCode| matches!(code, ReasonCode::BoxUnsure | ReasonCode::BoxCancelled);
        let mut reasons: Vec<Reason> =
            picture.reasons.iter().filter(|reason| !of_box(reason.code)).cloned().collect();
        for (field, shown) in self.boxes().iter().zip(&picture.boxes) {
            let same = (&field.field, &field.option) == (&shown.field, &shown.option);
            let agrees = match shown.state {
                BoxState::Empty => field.state == BoxState::Empty,
                BoxState::Marked | BoxState::Circled => field.state == BoxState::Marked,
                BoxState::Cancelled | BoxState::Unsure => false,
            };
            // What the fields leave open has its reason already.
            if !same || !agrees && field.state != BoxState::Unsure {
                reasons
                    .push(Reason::new(ReasonCode::FieldsDiffer, format!("{}.{}", field.field, field.option)));
            }
        }
        if picture.boxes.len() != self.layout.boxes.len() {
            reasons.push(Reason::new(ReasonCode::FieldsDiffer, ""));
        }
        let drawn = picture.zones.iter().filter(|zone| zone.ink && !self.texts().contains_key(&zone.field));
        reasons.extend(drawn.map(|zone| Reason::new(ReasonCode::DrawnOver, &zone.field)));
        reasons
    }

    /// What the fields say about every box of the page; unsure where their values are in doubt or lost.
    fn boxes(&self) -> Vec<BoxReading> {
        let of_box = |one: &crate::form::layout::TickBox| {
            let there = self.form.boxes.get(&one.field).is_some_and(|all| all.contains(&one.option));
            let state = match self.form.answers.get(&one.field) {
                Some(chosen) if chosen.contains(&one.option) => BoxState::Marked,
                Some(_) if there => BoxState::Empty,
                _ => BoxState::Unsure,
            };
            let quality = if state == BoxState::Unsure { 0.0 } else { 1.0 };
            BoxReading { field: one.field.clone(), option: one.option.clone(), state, quality }
        };
        self.layout.boxes.iter().map(of_box).collect()
    }

    fn zones(&self) -> Vec<ZoneReading> {
        let texts = self.texts();
        let of_zone = |zone: &crate::form::layout::Zone| ZoneReading {
            field: zone.field.clone(),
            ink: texts.contains_key(&zone.field),
        };
        self.layout.zones.iter().map(of_zone).collect()
    }

    fn texts(&self) -> BTreeMap<String, String> {
        let typed = self.form.texts.iter().map(|(field, text)| (field.clone(), text.trim().to_owned()));
        typed.filter(|(_, text)| !text.is_empty()).collect()
    }

    /// The sheet's page is not among those that could be read: what the fields say is shown, and nothing recorded.
    fn unseen(&self, name: &str) -> PageReading {
        PageReading {
            file: name.to_owned(),
            page_in_file: 1,
            sheet_id: Some(self.sheet_id.clone()),
            page: Some(self.layout.page),
            found_by: FoundBy::Fields,
            rotation_deg: 0.0,
            dpi: [0.0, 0.0],
            quality: 0.0,
            needs_person: true,
            reasons: vec![Reason::new(ReasonCode::FieldsDiffer, "")],
            boxes: self.boxes(),
            zones: self.zones(),
            texts: self.texts(),
            proposals: BTreeMap::new(),
            problems: Vec::new(),
        }
    }
}

/// A problem of the file is a sentence for a person already.
fn unclear(problem: &Problem) -> Reason {
    let code = match problem.code {
        ProblemCode::CodeForged => ReasonCode::CodeForged,
        _ => ReasonCode::FieldsUnclear,
    };
    Reason::new(code, problem.sentence.as_str())
}

fn doubt_all(pages: &mut [PoolPage], reasons: &[Reason]) {
    for page in pages {
        doubt(&mut page.reading, reasons);
    }
}

fn doubt(reading: &mut PageReading, reasons: &[Reason]) {
    for reason in reasons {
        reading.needs_person = true;
        if !reading.reasons.contains(reason) {
            reading.reasons.push(reason.clone());
        }
    }
}
