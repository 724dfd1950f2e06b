//! What arrived is stored durably first and read afterwards. Reading may fail, be killed or take long: the
//! bytes stay, and what cannot be read by itself waits for a person with its reason.

use super::fields::Fields;
use super::file_page::file_page;
use super::mail_answer::{Whose, whose};
use super::passphrase::{self, Opened};
use super::sheet_book::StoreBook;
use super::told::{Heard, Listener, about};
use super::unpack::{self, Origin, Unpacked, unpack};
use super::{Clock, Result};
use crate::domain::backoff::BackoffRule;
use crate::domain::id::ArrivalId;
use crate::domain::reading::{BoxState, FoundBy, MAIL_TEXT, Problem, ProblemCode, Reason, ReasonCode};
use crate::domain::request::{Arrival, ArrivalPage, BlobId, ReplyAnswers};
use crate::domain::sheet_number::SheetNumber;
use crate::mail::classify::{Class, Verdict};
use crate::mail::marks::marked;
use crate::mail::parse::ParsedMail;
use crate::mail::profile::FaxProfile;
use crate::mail::results::{everything, request_numbers_in};
use crate::pool::{Pool, PoolPage, Proposals};
use crate::read::raster::{FileKind, sniff};
use crate::seal::keyring::Keyring;
use crate::seal::random;
use crate::store::{ArrivalOutcome, Filed, Lease, NewArrival, PageOutcome, Recorded, Store};
use jiff::{SignedDuration, Timestamp};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// How often reading an arrival is begun before a person gets the raw bytes: what killed the program five
/// times will do so again.
const MAX_TRIES: u32 = 5;
/// A reading that takes longer is taken over by another worker.
const READING_LEASE: SignedDuration = SignedDuration::from_mins(15);

/// What became of one arrival.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ingested {
    /// The arrival.
    pub arrival: Arrival,
    /// What it gave.
    pub filed: Filed,
}

/// Stores the bytes under `source_key`, to which their hash is added: a source that uses a name again for
/// something else does not hide it. When this returns, the source may be told that they are safe.
///
/// # Errors
/// When they are not: then the source must keep them.
pub fn store_arrival(
    store: &dyn Store,
    source_key: &str,
    name: &str,
    bytes: &[u8],
    now: Timestamp,
) -> Result<Recorded> {
    let blob = store.blobs().put(bytes)?;
    let new = NewArrival {
        id: ArrivalId::new_at(now),
        source_key: format!("{source_key}#{}", blob.0),
        name: name.to_owned(),
        blob,
    };
    Ok(store.record_arrival(&new, now)?)
}

/// Reads one waiting arrival (`only`, or the oldest) and files what it gave. `None` when nothing waits.
///
/// # Errors
/// When the store fails; the arrival is read again later.
pub fn read_arrival(
    store: &dyn Store,
    with: &Reading<'_>,
    only: Option<ArrivalId>,
    clock: &Clock,
) -> Result<Option<Ingested>> {
    let now = clock.now();
    let lease = Lease { token: random::token()?, until: now + READING_LEASE };
    let Some(arrival) = store.lease_arrival(only, &lease, now)? else { return Ok(None) };
    if arrival.tries > MAX_TRIES {
        let reasons = [Reason::new(ReasonCode::FileProblem, "reading it failed five times")];
        let review = store.quarantine_arrival(arrival.id, &reasons, &lease, clock.now())?;
        return Ok(Some(Ingested { arrival, filed: Filed { reviews: vec![review], ..Filed::default() } }));
    }
    let bytes = store.blobs().get(&arrival.blob)?;
    let Reading { pool, keyring, .. } = *with;
    let book = StoreBook { store, keyring };
    let (proposals, now) = (pool.proposals(), clock.now());
    let opener = Opener { store, with, book: &book, arrival: &arrival, proposals, now };
    let outcome = opener.open(&bytes)?;
    let filed = store.finish_arrival(arrival.id, &outcome, &lease, clock.now())?;
    tracing::info!(
        arrival = %arrival.id,
        pages = outcome.pages.len(),
        answered = filed.answered.len(),
        messages = filed.messages.len(),
        reviews = filed.reviews.len(),
        "an arrival was read"
    );
    Ok(Some(Ingested { arrival, filed }))
}

/// What an arrival is read with.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    /// The readers.
    pub pool: &'a Pool,
    /// Proves what is ours.
    pub keyring: &'a Keyring,
    /// The fax service; `None` where there is none.
    pub service: Option<&'a FaxProfile>,
    /// When a fax that met a busy line is tried again.
    pub backoff: BackoffRule,
}

/// Opens one arrival.
struct Opener<'a> {
    store: &'a dyn Store,
    with: &'a Reading<'a>,
    book: &'a StoreBook<'a>,
    arrival: &'a Arrival,
    proposals: Proposals<'a>,
    now: Timestamp,
}

impl Opener<'_> {
    fn open(&self, bytes: &[u8]) -> Result<ArrivalOutcome> {
        let Unpacked { files, problems, origin, mail } = unpack(&self.arrival.name, bytes);
        let mut outcome = ArrivalOutcome::default();
        let mut notice = false;
        if let Some((mail, verdict)) = &mail {
            match self.listener().hear(bytes, mail, verdict)? {
                Heard::About(told, reason) => {
                    outcome.told.push((told, reason));
                    notice = true;
                }
                Heard::Unclear(reason) => {
                    outcome.whole.push(reason);
                    notice = true;
                }
                Heard::Nothing => {
                    let told = unpack::notice(verdict.class);
                    outcome.whole.extend(told.map(|code| Reason::new(code, about(&verdict.recipients))));
                }
            }
        }
        if !notice {
            outcome.whole.extend(problems);
        }
        for (name, bytes) in &files {
            self.open_file(name, bytes, &origin, &mut outcome)?;
        }
        if notice {
            outcome
                .pages
                .iter_mut()
                .filter(is_as_it_was_sent)
                .for_each(|(_, outcome)| *outcome = PageOutcome::Nothing);
        }
        if let Some((mail, verdict)) = mail.as_ref().filter(|_| !notice) {
            self.words(mail, verdict, &origin, &mut outcome)?;
        }
        if outcome.pages.is_empty() && outcome.whole.is_empty() && outcome.told.is_empty() {
            outcome.whole.push(Reason::new(ReasonCode::NoAttachment, ""));
        }
        contradicting(&mut outcome.pages);
        nobodys(&mut outcome);
        Ok(outcome)
    }

    fn listener(&self) -> Listener<'_> {
        let Reading { keyring, service, backoff, .. } = self.with;
        Listener { store: self.store, keyring, service: *service, backoff, now: self.now }
    }

    /// What stands in the mail's own text: an answer, words beside one, or nothing.
    fn words(
        &self,
        mail: &ParsedMail,
        verdict: &Verdict,
        origin: &Origin,
        outcome: &mut ArrivalOutcome,
    ) -> Result<()> {
        if verdict.class != Class::Other || mail.auto_submitted {
            // No machine answers for a doctor. (A page that one passed on was read.)
            if outcome.pages.is_empty() && outcome.whole.is_empty() {
                outcome.whole.push(Reason::new(ReasonCode::AutoReply, ""));
            }
            return Ok(());
        }
        let Some(whose) = whose(self.store, self.with.keyring, &marked(mail))? else {
            if outcome.pages.is_empty() {
                let named = request_numbers_in(&everything(mail));
                let reasons =
                    named.iter().map(|number| Reason::new(ReasonCode::NumberInMail, number.as_str()));
                outcome.whole.extend(reasons);
            }
            return Ok(());
        };
        let said = whose.said(self.store, &mail.text)?;
        if outcome.pages.is_empty() || said.answers() {
            if let Some(reading) = whose.page(self.store, &said, origin)? {
                let number = outcome.pages.len() as u32 + 1;
                let filed = file_page(self.store, &reading, &BTreeMap::new())?;
                if matches!(filed, PageOutcome::Review { .. }) {
                    unsure_together(&whose, &mut outcome.pages);
                }
                let page =
                    ArrivalPage { arrival_id: self.arrival.id, number, reading, crops: BTreeMap::new() };
                outcome.pages.push((page, filed));
            }
            return Ok(());
        }
        beside(&whose, said.words(), &mut outcome.pages);
        Ok(())
    }

    fn open_file(
        &self,
        name: &str,
        bytes: &[u8],
        origin: &Origin,
        outcome: &mut ArrivalOutcome,
    ) -> Result<()> {
        let opened = match passphrase::opened(self.store, self.with.pool, self.book.keyring, origin, bytes)? {
            Opened::AsItIs => Cow::Borrowed(bytes),
            Opened::Plain(plain) => Cow::Owned(plain),
            Opened::Locked(problems) => {
                outcome.whole.extend(problems.iter().map(reason_of));
                return Ok(());
            }
        };
        let bytes = opened.as_ref();
        let mut read = self.with.pool.read(name, bytes, self.book);
        if sniff(bytes) == Some(FileKind::Pdf) {
            let (form, problems) = self.with.pool.fields(bytes);
            Fields { name, bytes, form, problems, origin }.lay_over(self.book, &mut read.pages)?;
        }
        for page in read.pages {
            let number = outcome.pages.len() as u32 + 1;
            let entry = self.file(page, number)?;
            outcome.pages.push(entry);
        }
        outcome.whole.extend(read.problems.iter().map(reason_of));
        Ok(())
    }

    fn file(&self, mut page: PoolPage, number: u32) -> Result<(ArrivalPage, PageOutcome)> {
        let mut crops: BTreeMap<String, BlobId> = BTreeMap::new();
        for (field, png) in &page.crops {
            crops.insert(field.clone(), self.store.blobs().put(png)?);
            if let Some(text) = self.proposals.propose(png) {
                page.reading.proposals.insert(field.clone(), text);
            }
        }
        let outcome = file_page(self.store, &page.reading, &crops)?;
        Ok((ArrivalPage { arrival_id: self.arrival.id, number, reading: page.reading, crops }, outcome))
    }
}

/// The sheet without any mark: what a service attaches to its word about a fax. Whatever else came with a notice is read like
/// every other page.
fn is_as_it_was_sent((page, outcome): &&mut (ArrivalPage, PageOutcome)) -> bool {
    let unmarked = page.reading.boxes.iter().all(|one| one.state == BoxState::Empty)
        && page.reading.zones.iter().all(|zone| !zone.ink);
    let asks_alone =
        |reasons: &[Reason]| reasons.iter().all(|reason| reason.code == ReasonCode::NothingChosen);
    unmarked && matches!(outcome, PageOutcome::Review { sheet_id: Some(_), reasons } if asks_alone(reasons))
}

/// What the text says of an answer is not clear: the page that came with it is not recorded either before a person has
/// read both.
fn unsure_together(whose: &Whose, pages: &mut [(ArrivalPage, PageOutcome)]) {
    for (_, outcome) in pages {
        if let PageOutcome::Reply { sheet_id, .. } = outcome
            && *sheet_id == whose.sheet.sheet_id
        {
            let reasons = vec![Reason::new(ReasonCode::MailText, "")];
            *outcome = PageOutcome::Review { sheet_id: Some(sheet_id.clone()), reasons };
        }
    }
}

/// Words that came with pages, kept beside the answer on the first page of that sheet's request.
fn beside(whose: &Whose, words: String, pages: &mut [(ArrivalPage, PageOutcome)]) {
    if words.is_empty() {
        return;
    }
    let is_its = |page: &&mut (ArrivalPage, PageOutcome)| {
        page.0.reading.sheet_id.as_ref() == Some(&whose.sheet.sheet_id)
    };
    let Some((page, outcome)) = pages.iter_mut().find(is_its) else { return };
    page.reading.texts.insert(MAIL_TEXT.to_owned(), words.clone());
    if let PageOutcome::Reply { texts, .. } = outcome {
        texts.insert(MAIL_TEXT.to_owned(), words);
    }
}

/// Pages of one arrival, without any sheet, from which they are one item and not one each. An item can be assigned to
/// one request alone, and a clinic may put several replies into a fax: so many that none can be read are none.
const NOBODYS_PAGES: usize = 30;

/// Pages on which no sheet was found are shown together when there are many.
fn nobodys(outcome: &mut ArrivalOutcome) {
    let is_nobodys = |outcome: &PageOutcome| {
        matches!(outcome, PageOutcome::Review { sheet_id: None, reasons }
            if reasons.iter().all(|reason| reason.code == ReasonCode::SheetNotFound))
    };
    let numbers: Vec<String> = outcome
        .pages
        .iter()
        .filter(|(_, outcome)| is_nobodys(outcome))
        .map(|(page, _)| page.number.to_string())
        .collect();
    if numbers.len() < NOBODYS_PAGES {
        return;
    }
    let whose = outcome.pages.iter_mut().map(|(_, outcome)| outcome);
    whose.filter(|outcome| is_nobodys(outcome)).for_each(|outcome| *outcome = PageOutcome::Nothing);
    let detail = if numbers.len() == outcome.pages.len() {
        format!("{} pages", numbers.len())
    } else {
        format!("pages {}", numbers.join(", "))
    };
    outcome.whole.push(Reason::new(ReasonCode::SheetNotFound, detail));
}

/// Two files in one mail that were filled in differently: which of them the doctor meant, a person asks.
fn contradicting(pages: &mut [(ArrivalPage, PageOutcome)]) {
    let mut said: BTreeMap<SheetNumber, Vec<ReplyAnswers>> = BTreeMap::new();
    for (_, outcome) in pages.iter() {
        if let PageOutcome::Reply { sheet_id, answers, found_by, .. } = outcome
            && (*found_by == FoundBy::Fields || found_by.is_mail())
        {
            said.entry(sheet_id.clone()).or_default().push(answers.clone());
        }
    }
    said.retain(|_, answers| answers.iter().any(|one| *one != answers[0]));
    for (_, outcome) in pages {
        if let PageOutcome::Reply { sheet_id, .. } = outcome
            && said.contains_key(sheet_id)
        {
            let reasons = vec![Reason::new(ReasonCode::SecondAnswer, "")];
            *outcome = PageOutcome::Review { sheet_id: Some(sheet_id.clone()), reasons };
        }
    }
}

fn reason_of(problem: &Problem) -> Reason {
    let code = match problem.code {
        ProblemCode::CodeForged => ReasonCode::CodeForged,
        ProblemCode::SheetUnknown => ReasonCode::SheetUnknown,
        ProblemCode::SheetNotFound => ReasonCode::SheetNotFound,
        _ => ReasonCode::FileProblem,
    };
    Reason::new(code, problem.sentence.as_str())
}
