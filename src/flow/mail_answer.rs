//! The answer that stands in the text of a mail: which request it answers, by a sealed token of ours, and what the block
//! in it says, read by the rules of the request's form like a page. Without such a token the mail answers nothing by
//! itself; with a doubt it waits for a person. Records nothing ([`super::file_page`] decides, the store files).

use super::file_page::offered_slots;
use super::unpack::Origin;
use super::{FlowError, Result};
use crate::domain::directory::Clinic;
use crate::domain::id::AttemptId;
use crate::domain::reading::{FoundBy, MAIL_TEXT, PageReading, Reason, ReasonCode, ZoneReading};
use crate::domain::request::{Delivery, Request};
use crate::domain::sheet_number::RequestNumber;
use crate::form::answers::check_answers;
use crate::form::definition::{FormDefinition, ReplyKind};
use crate::mail::block::{self, Block, Doubt, TextAnswer};
use crate::mail::marks::{Marked, marked};
use crate::mail::parse::ParsedMail;
use crate::seal::keyring::Keyring;
use crate::seal::mail_token::{self, Place};
use crate::sheet::slot_text;
use crate::store::{Sheet, Store};
use std::collections::BTreeMap;

/// Characters of a mail's own words that are kept beside an answer; the mail itself is kept whole.
const WORDS_MAX: usize = 4_000;

/// Which request a mail answers, and what says so.
pub(super) struct Whose {
    pub(super) request: Request,
    /// The sheet that the clinic has.
    pub(super) sheet: Sheet,
    pub(super) by: FoundBy,
    clinic: Clinic,
}

/// What a mail would be matched with, for whoever asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    /// The request.
    pub request: RequestNumber,
    /// What names it.
    pub by: FoundBy,
    /// True when the mail says that it is from a verified mailbox of the clinic.
    pub sender_known: bool,
    /// What its text says, read with the request's own block.
    pub text_answer: TextAnswer,
}

/// Which request a mail answers by a token of ours, and what its text says about it; `None` without one. Stores nothing.
///
/// # Errors
/// When the store fails.
pub fn matched(store: &dyn Store, keyring: &Keyring, mail: &ParsedMail) -> Result<Option<Matched>> {
    let Some(whose) = whose(store, keyring, &marked(mail))? else { return Ok(None) };
    let text_answer = whose.said(store, &mail.text)?.answer;
    let sender_known = Origin::Mail(mail.from.clone()).is_of(&whose.clinic);
    Ok(Some(Matched { request: whose.request.number, by: whose.by, sender_known, text_answer }))
}

/// What a mail says in its own words.
pub(super) struct Said {
    block: Option<Block>,
    answer: TextAnswer,
}

/// The request whose mail this one answers: by the address that it was sent to, or by the mail that it refers to. `None`
/// without a token of ours, and where tokens name several requests.
///
/// # Errors
/// When the store fails.
pub(super) fn whose(store: &dyn Store, keyring: &Keyring, marked: &Marked) -> Result<Option<Whose>> {
    let of = |place, tokens: &[String]| -> Vec<AttemptId> {
        tokens.iter().filter_map(|token| mail_token::read(keyring, place, token)).collect()
    };
    let addressed = of(Place::ReplyTo, &marked.addressed);
    let (by, attempts) = if addressed.is_empty() {
        (FoundBy::Thread, of(Place::MessageId, &marked.referred))
    } else {
        (FoundBy::ReplyAddress, addressed)
    };
    let mut found: Option<(Delivery, Request)> = None;
    for attempt in attempts {
        let Some(delivery) = store.delivery_of_attempt(attempt)? else { continue };
        let Some(request_id) = delivery.request_id() else { continue };
        match &found {
            Some((_, request)) if request.id != request_id => return Ok(None),
            Some(_) => {}
            None => found = Some((delivery, store.request(request_id)?)),
        }
    }
    let Some((delivery, request)) = found else { return Ok(None) };
    // A mail with a link brought no sheet: the request's own is what is answered.
    let own = delivery.sheet_id;
    let any =
        || Ok::<_, FlowError>(store.letters(request.id)?.into_iter().rev().find_map(|one| one.sheet_id));
    let sheet_id = if own.is_some() { own } else { any()? };
    let Some(sheet) = sheet_id.map(|id| store.sheet(&id)).transpose()?.flatten() else { return Ok(None) };
    let clinic = store.clinic(request.clinic_id)?;
    Ok(Some(Whose { request, sheet, by, clinic }))
}

/// The block of a request's form.
///
/// # Errors
/// When what was filled does not fit its form any more.
pub(super) fn block_of(form: &FormDefinition, request: &Request) -> Result<Option<Block>> {
    let answers = check_answers(form, &request.answers).map_err(FlowError::Answers)?;
    let slots: Option<Vec<String>> = form.replies.iter().find_map(|reply| match &reply.kind {
        ReplyKind::Slots { field } => Some(answers.slots(field).iter().map(slot_text).collect()),
        _ => None,
    });
    Ok(Block::new(form, &request.number, &slots.unwrap_or_default()))
}

impl Whose {
    /// What the text says about the request.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) fn said(&self, store: &dyn Store, text: &str) -> Result<Said> {
        let form = store.form(&self.request.form_id, self.request.form_version)?;
        let block = block_of(&form, &self.request)?;
        let answer = block::read(text, block.as_ref()).unwrap_or_else(|| TextAnswer {
            comment: text.trim().to_owned(),
            doubts: vec![Doubt::NothingMarked],
            ..TextAnswer::default()
        });
        Ok(Said { block, answer })
    }

    /// The text as a page of the sheet that it answers; `None` for a sheet without pages.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) fn page(
        &self,
        store: &dyn Store,
        said: &Said,
        origin: &Origin,
    ) -> Result<Option<PageReading>> {
        let asks = |page: &&crate::form::layout::PageLayout| !page.boxes.is_empty() || !page.zones.is_empty();
        let pages = &self.sheet.layout.pages;
        let Some(page) = pages.iter().find(asks).or(pages.first()) else { return Ok(None) };
        let form = store.form(&self.request.form_id, self.request.form_version)?;
        let slots = offered_slots(&form, &self.request.answers)?;
        let mut reasons: Vec<Reason> = Vec::new();
        if !said.answer.is_sure() || said.block.is_none() {
            reasons.push(Reason::new(ReasonCode::MailText, ""));
        }
        if !origin.is_of(&self.clinic) {
            reasons.push(Reason::new(ReasonCode::SenderUnknown, ""));
        }
        let (boxes, zones) = match &said.block {
            Some(block) => (said.answer.boxes(block), said.answer.zones(block)),
            None => (Vec::new(), Vec::new()),
        };
        let decided = crate::form::reply::decide(&form, &boxes, &zones, slots);
        let quality = if reasons.is_empty() && decided.is_sure() { 1.0 } else { 0.0 };
        Ok(Some(PageReading {
            file: "mail".to_owned(),
            page_in_file: 1,
            sheet_id: Some(self.sheet.sheet_id.clone()),
            page: Some(page.page),
            found_by: self.by,
            rotation_deg: 0.0,
            dpi: [0.0, 0.0],
            quality,
            needs_person: !reasons.is_empty(),
            reasons,
            texts: said.texts(&zones),
            boxes,
            zones,
            proposals: BTreeMap::new(),
            problems: Vec::new(),
        }))
    }
}

impl Said {
    /// True when the text is more than words: it marks something, or something in it is unclear.
    pub(super) fn answers(&self) -> bool {
        let untouched =
            |doubt: &Doubt| matches!(doubt, Doubt::NothingMarked | Doubt::Unanswered(_) | Doubt::NoRequest);
        !self.answer.marked.is_empty() || !self.answer.doubts.iter().all(untouched)
    }

    /// The mail's own words, cut where they are long; empty where there are none.
    pub(super) fn words(&self) -> String {
        let words = self.answer.comment.trim();
        match words.char_indices().nth(WORDS_MAX) {
            Some((end, _)) => format!("{}…", &words[..end]),
            None => words.to_owned(),
        }
    }

    /// The words in the form's area for them, or under the name of the mail's own text where the form has none.
    fn texts(&self, zones: &[ZoneReading]) -> BTreeMap<String, String> {
        let words = self.words();
        if words.is_empty() {
            return BTreeMap::new();
        }
        let area = zones.iter().find(|zone| zone.ink).map_or(MAIL_TEXT, |zone| zone.field.as_str());
        BTreeMap::from([(area.to_owned(), words)])
    }
}
