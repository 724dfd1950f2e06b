//! What waits for a person: the list, and one item with its picture beside the reading. Decides nothing
//! ([`super::review_decide`] does), and opens no byte that a stranger sent: a reader's process does.

use super::access::Resource;
use super::answer::Answer;
use super::request_page::{offered, options};
use super::requests::client_of;
use super::visit::Visit;
use super::{WebError, page::pages};
use crate::domain::audit::Act;
use crate::domain::id::ReviewId;
use crate::domain::reading::{BoxState, MAIL_TEXT, Reason, ReasonCode};
use crate::domain::request::{ArrivalPage, Request, ReviewDecision, ReviewItem, Verdict};
use crate::domain::sheet_number::RequestNumber;
use crate::flow::FlowError;
use crate::flow::candidates::{self as flow_candidates, Candidate, Why};
use crate::flow::mail_text::mail_text;
use crate::flow::review::{Proposal, kept_sheet, proposal};
use crate::form::answers::{Answers, check_answers};
use crate::form::definition::{FormDefinition, Label, ReplyField, ReplyKind};
use crate::form::reply::slot_option;
use crate::store::StoreError;
use axum::http::StatusCode;
use serde_json::Value;

/// Items that the list shows at the most.
const LIST_MAX: usize = 200;
/// Decided items that stand below, so that a slip can be taken back.
const DECIDED_SHOWN: usize = 10;

/// What the reviewer asked for or did wrong, for the page that comes back.
#[derive(Debug, Default)]
pub struct Said {
    /// The request number as it was typed.
    pub number: String,
    /// What is wrong, as a sentence in both languages.
    pub mistake: String,
    /// The mistake is about the reason for rejecting.
    pub rejecting: bool,
    /// The answers as they were posted are shown, not those that were read.
    pub posted: bool,
    /// The status of the page.
    pub status: StatusCode,
}

/// The list, the oldest first.
pub fn list(visit: &Visit) -> Result<Answer, WebError> {
    visit.reach(Resource::Review, "review", "list")?;
    visit.note(Act::View, "review", "list", visit.route.path)?;
    let items = visit.store().open_reviews(LIST_MAX)?;
    let rows: Vec<Value> = items.iter().map(|item| row(visit, item)).collect::<Result<_, _>>()?;
    let decided = visit.store().closed_reviews(DECIDED_SHOWN)?;
    let decided: Vec<Value> =
        decided.iter().map(|item| decided_row(visit, item)).collect::<Result<_, _>>()?;
    let done = done(visit)?;
    visit.page("review_list.html", context! { rows, decided, done, most => LIST_MAX })
}

/// One item.
pub fn show(visit: &Visit) -> Result<Answer, WebError> {
    let item = item(visit)?;
    if item.closed_at.is_none() {
        visit.web.looking.opened(item.id, visit.user()?.id, visit.now);
    }
    let said = Said { number: visit.query.get("number").to_owned(), ..Said::default() };
    page(visit, &item, said)
}

/// The picture of a page of the item's arrival.
pub fn picture(visit: &Visit) -> Result<Answer, WebError> {
    let item = item(visit)?;
    let number: u32 = visit.param("page")?;
    super::preview::arrived(visit, item.arrival_id, number)
}

/// The item that the path names; the visit is noted.
pub(super) fn item(visit: &Visit) -> Result<ReviewItem, WebError> {
    let id: ReviewId = visit.param("id")?;
    visit.reach(Resource::Review, "review", &id.to_string())?;
    let item = visit.store().review(id)?;
    visit.note(Act::View, "review", &id.to_string(), visit.route.path)?;
    Ok(item)
}

/// The request with the number as a person types it; a wrong digit is told.
pub(super) fn by_number(visit: &Visit, typed: &str) -> Result<Result<Request, String>, WebError> {
    let number = match RequestNumber::typed(typed) {
        Ok(number) => number,
        Err(mistake) => return Ok(Err(mistake.to_string())),
    };
    let unknown = || visit.text("review-no-request");
    Ok(visit.store().request_by_number(&number)?.ok_or_else(unknown))
}

/// The page of an item: what came, what was read, what can be decided.
pub(super) fn page(visit: &Visit, item: &ReviewItem, mut said: Said) -> Result<Answer, WebError> {
    let store = visit.store();
    let assigning = item.request_id.is_none() && !said.number.is_empty();
    let request = match item.request_id {
        Some(id) => Some(store.request(id)?),
        None if assigning => match by_number(visit, &said.number)? {
            Ok(request) => Some(request),
            Err(mistake) => {
                said.mistake = mistake;
                said.status = StatusCode::UNPROCESSABLE_ENTITY;
                None
            }
        },
        None => None,
    };
    let arrival = store.arrival(item.arrival_id)?;
    let pages = store.arrival_pages(item.arrival_id)?;
    let seen = pages.iter().find(|page| Some(page.number) == item.page_number);
    let proposal = proposal(store, item)?;
    let target =
        request.map(|request| target(visit, item, &request, seen, proposal.as_ref(), &said)).transpose()?;
    let decisions = store.decisions(item.id)?;
    let form = item.request_id.map(|id| form_of(visit, id)).transpose()?;
    let its = |page: &&ArrivalPage| item.page_number.is_none_or(|number| page.number == number);
    let with_picture = |page: &&ArrivalPage| !page.reading.found_by.is_mail();
    let shown: Vec<u32> = pages.iter().filter(its).filter(with_picture).map(|page| page.number).collect();
    let mail = mail_text(store, item.arrival_id)?.map(|mail| {
        context! { from => mail.from, subject => mail.subject, text => mail.text, cut => mail.cut, attached => mail.attached, signed => mail.signed }
    });
    let status = said.status;
    let answer = visit.page(
        "review_item.html",
        context! {
            id => item.id.to_string(),
            reasons => reasons(visit, item, form.as_ref()),
            received_at => arrival.received_at,
            file => arrival.name,
            page_number => item.page_number,
            pages => shown,
            mail,
            looking => if item.closed_at.is_none() { looking(visit, item.id)? } else { None },
            candidates => candidates(visit, item)?,
            open => item.closed_at.is_none(),
            kept => kept(visit, item)?,
            sure => proposal.as_ref().is_some_and(|proposal| proposal.mistake.is_none()),
            target,
            assigning,
            number => said.number,
            mistake => said.mistake,
            rejecting => said.rejecting,
            why => visit.form.get("why"),
            last => decisions.last().map(|last| decision(visit, last)).transpose()?,
            done => done(visit)?,
            waiting => store.open_reviews(LIST_MAX)?.len(),
        },
    )?;
    Ok(answer.with_status(status))
}

/// The request that the item answers, with every field of its reply.
fn target(
    visit: &Visit,
    item: &ReviewItem,
    request: &Request,
    seen: Option<&ArrivalPage>,
    proposal: Option<&Proposal>,
    said: &Said,
) -> Result<Value, WebError> {
    visit.note(Act::View, "request", &request.id.to_string(), visit.route.path)?;
    let form = visit.store().form(&request.form_id, request.form_version)?;
    let answers = check_answers(&form, &request.answers).map_err(FlowError::Answers)?;
    let view = FieldsView { visit, item, seen, proposal, answers: &answers, posted: said.posted };
    let fields: Vec<Value> = form.replies.iter().filter_map(|field| view.field(field)).collect();
    let client = client_of(&form, request);
    let words = |field: &ReplyField| {
        let text = seen?.reading.texts.get(&field.id)?;
        Some(context! { label => field.label, text })
    };
    let beside = seen.and_then(|page| page.reading.texts.get(MAIL_TEXT));
    let made_out = |field: &ReplyField| {
        let text = seen?.reading.proposals.get(&field.id)?;
        Some(context! { label => field.label, text })
    };
    Ok(context! {
        made_out => form.replies.iter().filter_map(made_out).collect::<Vec<_>>(),
        number => request.number.to_string(),
        title => form.title,
        clinic => visit.store().clinic(request.clinic_id)?.name,
        office => visit.store().office(request.office_id)?.name,
        client,
        sent_at => request.sent_at,
        state => request.state.as_str(),
        fields,
        mail_text => beside,
        typed => form.replies.iter().filter_map(words).collect::<Vec<_>>(),
    })
}

/// What every field of a reply is shown with.
struct FieldsView<'a> {
    visit: &'a Visit,
    item: &'a ReviewItem,
    seen: Option<&'a ArrivalPage>,
    proposal: Option<&'a Proposal>,
    answers: &'a Answers,
    /// True: what was posted is shown, not what was read.
    posted: bool,
}

impl FieldsView<'_> {
    fn field(&self, field: &ReplyField) -> Option<Value> {
        let many = matches!(field.kind, ReplyKind::ChooseMany { .. } | ReplyKind::Slots { .. });
        let name = format!("r.{}", field.id);
        let chosen = self.chosen(field, &name, many);
        let mut choices: Vec<Value> = options(field)
            .iter()
            .map(|option| {
                let (id, seen) = (&option.id, self.box_seen(&field.id, &option.id));
                context! { id, label => option.label, checked => chosen.contains(id), seen }
            })
            .collect();
        for (nth, slot) in (1..).zip(offered(field, self.answers)) {
            let id = slot_option(nth);
            let (seen, checked) = (self.box_seen(&field.id, &id), chosen.contains(&id));
            choices.push(context! { id, slot, checked, seen });
        }
        let about = |reason: &&Reason| reason.detail.split('.').next() == Some(field.id.as_str());
        let doubt = self.item.reasons.iter().find(about).map(|reason| reason_key(reason.code));
        (!choices.is_empty()).then(|| {
            context! { id => field.id, name, label => field.label, required => field.required, many, choices, doubt }
        })
    }

    /// What is ticked on the screen. Where one is asked for and several were read, none: the person chooses.
    fn chosen(&self, field: &ReplyField, name: &str, many: bool) -> Vec<String> {
        if self.posted {
            return self.visit.form.all(name).map(str::to_owned).collect();
        }
        let read = self.proposal.and_then(|proposal| proposal.answers.get(&field.id));
        let read = read.cloned().unwrap_or_default();
        if many || read.len() < 2 { read } else { Vec::new() }
    }

    /// What the reader saw in the box, when it is worth a word: everything but an empty one.
    fn box_seen(&self, field: &str, option: &str) -> Option<&'static str> {
        self.proposal?;
        let boxes = &self.seen?.reading.boxes;
        let one = boxes.iter().find(|one| one.field == field && one.option == option)?;
        match one.state {
            BoxState::Empty => None,
            BoxState::Marked | BoxState::Circled => Some("marked"),
            BoxState::Cancelled => Some("cancelled"),
            BoxState::Unsure => Some("unsure"),
        }
    }
}

fn row(visit: &Visit, item: &ReviewItem) -> Result<Value, WebError> {
    let form = item.request_id.map(|id| form_of(visit, id)).transpose()?;
    let request = item.request_id.map(|id| visit.store().request(id)).transpose()?;
    Ok(context! {
        id => item.id.to_string(),
        number => request.map(|request| request.number.to_string()),
        reasons => reasons(visit, item, form.as_ref()),
        looking => looking(visit, item.id)?,
        at => item.created_at,
    })
}

/// Another reviewer who has the item open.
fn looking(visit: &Visit, item: ReviewId) -> Result<Option<Value>, WebError> {
    let other = visit.web.looking.other(item, visit.user()?.id, visit.now);
    let view = |(user, at)| {
        let name = visit.store().user(user)?.name;
        Ok(context! { name, at })
    };
    other.map(view).transpose()
}

fn decided_row(visit: &Visit, item: &ReviewItem) -> Result<Value, WebError> {
    let last = visit.store().decisions(item.id)?.pop();
    let request = item.request_id.or(last.as_ref().and_then(|last| last.request_id));
    let request = request.map(|id| visit.store().request(id)).transpose()?;
    Ok(context! {
        id => item.id.to_string(),
        number => request.map(|request| request.number.to_string()),
        last => last.map(|last| decision(visit, &last)).transpose()?,
    })
}

fn decision(visit: &Visit, decision: &ReviewDecision) -> Result<Value, WebError> {
    let who = match decision.by {
        Some(id) => visit.store().user(id).map(|user| user.name)?,
        None => String::new(),
    };
    Ok(context! {
        id => decision.id.to_string(),
        verdict => decision.verdict.as_str(),
        undone => decision.verdict == Verdict::Undone,
        at => decision.at,
        why => decision.why,
        who,
    })
}

/// The sheet that a clinic keeps, which a person can hand on to its office.
fn kept(visit: &Visit, item: &ReviewItem) -> Result<Option<Value>, WebError> {
    let Some(sheet) = kept_sheet(visit.store(), item)? else { return Ok(None) };
    let title = visit.store().form(&sheet.form_id, sheet.form_version)?.title;
    let clinic = visit.store().clinic(sheet.clinic_id)?.name;
    let office = visit.store().office(sheet.office_id)?.name;
    Ok(Some(context! { title, clinic, office }))
}

/// Requests that the item may answer, the likeliest first.
fn candidates(visit: &Visit, item: &ReviewItem) -> Result<Vec<Value>, WebError> {
    let view = |one: Candidate| {
        let form = visit.store().form(&one.request.form_id, one.request.form_version)?;
        let why = match one.why {
            Why::Number => "number",
            Why::Sender => "sender",
            Why::Caller => "caller",
            Why::SameFax => "same_fax",
        };
        Ok(
            context! { number => one.request.number.to_string(), clinic => one.clinic, title => form.title, why },
        )
    };
    flow_candidates::candidates(visit.store(), item)?.into_iter().map(view).collect()
}

/// What the reviewer has just decided, for the word of thanks and the way back.
fn done(visit: &Visit) -> Result<Option<Value>, WebError> {
    let Ok(id) = visit.query.get("done").parse::<ReviewId>() else { return Ok(None) };
    let last = match visit.store().decisions(id) {
        Ok(mut decisions) => decisions.pop(),
        Err(StoreError::NotFound { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let own = last.filter(|last| last.by == visit.user().ok().map(|user| user.id));
    let view = |last: ReviewDecision| {
        let decision = decision(visit, &last)?;
        Ok(context! { item => id.to_string(), decision })
    };
    own.map(view).transpose()
}

fn form_of(visit: &Visit, id: crate::domain::id::RequestId) -> Result<FormDefinition, WebError> {
    let request = visit.store().request(id)?;
    Ok(visit.store().form(&request.form_id, request.form_version)?)
}

/// The reasons as sentences; each says which field it is about, where it is about one.
fn reasons(visit: &Visit, item: &ReviewItem, form: Option<&FormDefinition>) -> Vec<String> {
    let messages = pages(visit.language).messages();
    let sentence = |reason: &Reason| {
        let about = form.and_then(|form| label_of(form, &reason.detail)).map(|label| match visit.language {
            super::message::Language::Japanese => label.ja.clone(),
            super::message::Language::English => label.en.clone(),
        });
        let text = match reason.page_of().filter(|_| reason.code == ReasonCode::PagesMissing) {
            Some((page, count)) => messages.text("reason-page_missing", &page_args(page, count)),
            None => messages.text(&format!("reason-{}", reason_key(reason.code)), &[]),
        };
        match about {
            Some(about) => messages.text("reason-about", &[("about", about), ("reason", text)]),
            // A problem of the file already is a sentence in both languages.
            None if reason.detail.contains(" / ") => visit.language.half(&reason.detail).to_owned(),
            None if is_notice(reason.code) && !reason.detail.is_empty() => {
                messages.text("reason-about", &[("about", reason.detail.clone()), ("reason", text)])
            }
            None => text,
        }
    };
    let mut sentences: Vec<String> = item.reasons.iter().map(sentence).collect();
    sentences.dedup();
    sentences
}

/// A server's notice; its detail is whom it speaks of.
fn is_notice(code: ReasonCode) -> bool {
    matches!(
        code,
        ReasonCode::MailBounced
            | ReasonCode::MailDelayed
            | ReasonCode::MailArrived
            | ReasonCode::MailComplaint
            | ReasonCode::NumberInMail
            | ReasonCode::ResultUnclear
    )
}

/// A page and how many there are, for a message.
pub(super) fn page_args(page: u8, count: u8) -> [(&'static str, String); 2] {
    [("page", page.to_string()), ("count", count.to_string())]
}

/// The label of the field that `field` or `field.option` names.
fn label_of<'a>(form: &'a FormDefinition, detail: &str) -> Option<&'a Label> {
    let id = detail.split('.').next()?;
    form.replies.iter().find(|field| field.id == id).map(|field| &field.label)
}

fn reason_key(code: ReasonCode) -> &'static str {
    code.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::message::{Language, keys};

    #[test]
    fn every_verdict_has_its_words() {
        use Verdict::{Assigned, Confirmed, HandedOn, Joined, Rejected, Split, Undone};
        for verdict in [Confirmed, Assigned, Rejected, Split, Joined, HandedOn, Undone] {
            for place in ["verdict", "review-done", "review-closed"] {
                let key = format!("{place}-{}", verdict.as_str());
                assert!(keys(Language::Japanese).contains(key.as_str()), "{key}");
            }
        }
    }

    #[test]
    fn every_reason_has_its_sentence() {
        for code in [
            ReasonCode::BoxUnsure,
            ReasonCode::NothingChosen,
            ReasonCode::SeveralChosen,
            ReasonCode::BoxCancelled,
            ReasonCode::SheetNotFound,
            ReasonCode::CodeForged,
            ReasonCode::SheetUnknown,
            ReasonCode::LayoutMismatch,
            ReasonCode::NotVerified,
            ReasonCode::InkOutside,
            ReasonCode::Handwriting,
            ReasonCode::FileProblem,
            ReasonCode::NoAttachment,
            ReasonCode::MailBounced,
            ReasonCode::MailDelayed,
            ReasonCode::MailArrived,
            ReasonCode::MailComplaint,
            ReasonCode::AutoReply,
            ReasonCode::MailLoop,
            ReasonCode::ResultUnclear,
            ReasonCode::NumberInMail,
            ReasonCode::MailText,
            ReasonCode::SecondAnswer,
            ReasonCode::RequestEnded,
            ReasonCode::PagesMissing,
            ReasonCode::NumberDenied,
            ReasonCode::FieldsUnclear,
            ReasonCode::FieldsMissing,
            ReasonCode::FieldsDiffer,
            ReasonCode::FieldsEmpty,
            ReasonCode::DrawnOver,
            ReasonCode::SenderUnknown,
            ReasonCode::NothingWritten,
            ReasonCode::SplitOff,
            ReasonCode::Other,
        ] {
            let key = format!("reason-{}", reason_key(code));
            assert!(keys(Language::Japanese).contains(key.as_str()), "{key}");
        }
    }
}
