//! What people decide about items that wait, and replies by telephone: each decision a row of its own, the
//! item closed or opened only from the state that was seen. Checks no answer against a form.

use super::super::{NewConfirmed, NewPhoneReply, Result, ReviewStore};
use super::accounts::name_of;
use super::arrivals::{REVIEW, row_to_review};
use super::columns::Micros;
use super::fault::{Answer, Fault, conflict, found, refused};
use super::requests::{at_most, request};
use super::standing::settle;
use super::steps::{append, changed_one, note};
use super::{SqliteStore, arrivals, audit, handed_on, replies, splits};
use crate::domain::account::By;
use crate::domain::event::Subject;
use crate::domain::id::{DecisionId, ReplyId, RequestId, ReviewId};
use crate::domain::reading::{MAIL_TEXT, PageReading};
use crate::domain::request::{Reply, ReplySource, ReviewDecision, ReviewItem, Verdict, WithdrawnReply};
use crate::domain::sheet_number::SheetNumber;
use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

/// Decided items, the last first. Reads the index `review_closed` backwards.
pub(super) const CLOSED: &str = "SELECT id, arrival_id, page_number, request_id, reasons, created_at, closed_at \
    FROM review WHERE closed_at IS NOT NULL ORDER BY closed_at DESC, id DESC LIMIT ?1";

const DECISION: &str = "id, review_id, verdict, request_id, reply_id, why, at, account_id";

impl ReviewStore for SqliteStore {
    fn review(&self, id: ReviewId) -> Result<ReviewItem> {
        self.read("reading what waits", |connection| review(connection, id))
    }

    fn closed_reviews(&self, limit: usize) -> Result<Vec<ReviewItem>> {
        self.read("listing what was decided", |connection| closed(connection, limit))
    }

    fn decisions(&self, id: ReviewId) -> Result<Vec<ReviewDecision>> {
        self.read("reading decisions", |connection| decisions(connection, id))
    }

    fn confirm_review(&self, new: &NewConfirmed, by: &By, now: Timestamp) -> Result<Reply> {
        self.write("confirming a reply", |connection| confirm(connection, new, by, now))
    }

    fn reject_review(&self, id: ReviewId, why: &str, by: &By, now: Timestamp) -> Result<ReviewDecision> {
        self.write("rejecting what waited", |connection| reject(connection, id, why, by, now))
    }

    fn split_review(&self, id: ReviewId, by: &By, now: Timestamp) -> Result<Vec<ReviewItem>> {
        self.write("splitting what waited", |connection| splits::split(connection, id, by, now))
    }

    fn hand_on_review(&self, id: ReviewId, by: &By, now: Timestamp) -> Result<ReviewDecision> {
        self.write("handing a message on", |connection| handed_on::hand_on(connection, id, by, now))
    }

    fn undo_review(
        &self,
        id: ReviewId,
        decision: Option<DecisionId>,
        by: &By,
        now: Timestamp,
    ) -> Result<ReviewDecision> {
        self.write("taking a decision back", |connection| undo(connection, id, decision, by, now))
    }

    fn record_phone_reply(&self, new: &NewPhoneReply, by: &By, now: Timestamp) -> Result<Reply> {
        self.write("storing a reply by telephone", |connection| phone_reply(connection, new, by, now))
    }

    fn withdraw_phone_reply(&self, id: ReplyId, by: &By, now: Timestamp) -> Result<WithdrawnReply> {
        self.write("taking a reply back", |connection| withdraw_phone(connection, id, by, now))
    }

    fn withdrawn_replies(&self, request: RequestId) -> Result<Vec<WithdrawnReply>> {
        self.read("reading replies", |connection| replies::withdrawn(connection, request))
    }
}

pub(super) fn review(connection: &Connection, id: ReviewId) -> Answer<ReviewItem> {
    let sql = format!("SELECT {REVIEW} FROM review WHERE id = ?1");
    found(connection.prepare_cached(&sql)?.query_row([id], row_to_review), "item", id)
}

fn closed(connection: &Connection, limit: usize) -> Answer<Vec<ReviewItem>> {
    let mut statement = connection.prepare_cached(CLOSED)?;
    Ok(statement.query_map([at_most(limit)], row_to_review)?.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn decisions(connection: &Connection, id: ReviewId) -> Answer<Vec<ReviewDecision>> {
    let sql = format!("SELECT {DECISION} FROM review_decision WHERE review_id = ?1 ORDER BY place");
    let mut statement = connection.prepare_cached(&sql)?;
    Ok(statement.query_map([id], row_to_decision)?.collect::<rusqlite::Result<_>>()?)
}

fn confirm(connection: &Connection, new: &NewConfirmed, by: &By, now: Timestamp) -> Answer<Reply> {
    let item = review(connection, new.review_id)?;
    request(connection, new.request_id)?;
    if item.request_id.is_some_and(|verified| verified != new.request_id) {
        return Err(refused(
            "この紙の確認コードは別の連絡のものです。その連絡の返事として確認してください / the verified code of this page \
             is another request's: confirm it there",
        ));
    }
    close(connection, &item, now)?;
    let reply = reply_of(connection, &item, new, by, now)?;
    let detail = format!("{} by a person", new.verdict.as_str());
    replies::record(connection, &reply, &detail, now)?;
    let decision = ReviewDecision {
        id: DecisionId::new_at(now),
        review_id: item.id,
        verdict: new.verdict,
        request_id: Some(new.request_id),
        reply_id: Some(reply.id),
        why: String::new(),
        at: reply.recorded_at,
        by: by.user,
    };
    decide(connection, &decision, by, now)?;
    Ok(reply)
}

/// The item's page as a reply: its sheet and its handwriting stay with it.
fn reply_of(
    connection: &Connection,
    item: &ReviewItem,
    new: &NewConfirmed,
    by: &By,
    now: Timestamp,
) -> Answer<Reply> {
    let pages = arrivals::pages(connection, item.arrival_id)?;
    let page = pages.into_iter().find(|page| Some(page.number) == item.page_number);
    let mut texts = page.as_ref().map(|page| page.reading.texts.clone()).unwrap_or_default();
    let mut handwriting = page.as_ref().map(|page| page.crops.clone()).unwrap_or_default();
    if let Some(page) = &page
        && is_anothers(connection, &page.reading, new.request_id)?
    {
        // What stands in the other sheet's fields is no answer to this request. A mail's words are for whom the person says.
        handwriting.clear();
        texts.retain(|field, _| field == MAIL_TEXT);
    }
    Ok(Reply {
        id: ReplyId::new_at(now),
        request_id: new.request_id,
        source: ReplySource::PaperConfirmed {
            review_id: item.id,
            sheet_id: match &page {
                Some(page) if item.request_id.is_some() => sheet_of(connection, &page.reading)?,
                _ => None,
            },
            arrival_id: item.arrival_id,
            page_number: item.page_number,
            corrected: new.corrected,
            confirmed_by: by.user,
        },
        answers: new.answers.clone(),
        handwriting,
        texts,
        recorded_at: stored_time(now),
    })
}

/// True when the page is the sheet of another request than `request_id`.
fn is_anothers(connection: &Connection, reading: &PageReading, request_id: RequestId) -> Answer<bool> {
    let Some(sheet_id) = &reading.sheet_id else { return Ok(false) };
    let sheet = super::sheets::sheet(connection, sheet_id)?;
    Ok(sheet.is_some_and(|sheet| sheet.request_id != request_id))
}

/// The sheet that the reading names, when it is one of ours.
fn sheet_of(connection: &Connection, reading: &PageReading) -> Answer<Option<SheetNumber>> {
    let Some(sheet_id) = &reading.sheet_id else { return Ok(None) };
    Ok(super::sheets::sheet(connection, sheet_id)?.map(|sheet| sheet.sheet_id))
}

fn reject(
    connection: &Connection,
    id: ReviewId,
    why: &str,
    by: &By,
    now: Timestamp,
) -> Answer<ReviewDecision> {
    let item = review(connection, id)?;
    close(connection, &item, now)?;
    let decision = decide_alone(connection, id, Verdict::Rejected, why, by, now)?;
    if let Some(request) = item.request_id {
        settle(connection, request, "nothing in it", now)?;
    }
    Ok(decision)
}

/// Takes the last decision back.
fn undo(
    connection: &Connection,
    id: ReviewId,
    seen: Option<DecisionId>,
    by: &By,
    now: Timestamp,
) -> Answer<ReviewDecision> {
    let item = review(connection, id)?;
    let last = decisions(connection, id)?.pop().filter(|last| last.verdict != Verdict::Undone);
    let Some(last) = last.filter(|_| item.closed_at.is_some()) else {
        return Err(conflict("この項目は確認待ちです。取り消す決定はありません"));
    };
    if seen.is_some_and(|seen| seen != last.id) {
        return Err(decided_by(connection, &last)?);
    }
    match last.verdict {
        Verdict::Split => splits::join(connection, id, by, now)?,
        Verdict::HandedOn => handed_on::take_back(connection, &item, now)?,
        Verdict::Joined => {
            return Err(conflict(
                "分けた元の項目に戻されています。元の項目を確認してください / it went back to the item that it was part of: look at that one",
            ));
        }
        Verdict::Confirmed | Verdict::Assigned | Verdict::Rejected | Verdict::Undone => {}
    }
    let sql = "UPDATE review SET closed_at = NULL WHERE id = ?1 AND closed_at IS NOT NULL";
    changed_one(connection.prepare_cached(sql)?.execute([id])?)?;
    if let Some(reply) = last.reply_id {
        replies::withdraw(connection, reply, by.user, now)?;
    }
    let undone = ReviewDecision {
        id: DecisionId::new_at(now),
        verdict: Verdict::Undone,
        why: String::new(),
        at: stored_time(now),
        by: by.user,
        ..last
    };
    decide(connection, &undone, by, now)?;
    if let Some(request) = undone.request_id.or(item.request_id) {
        settle(connection, request, "a decision was taken back", now)?;
    }
    Ok(undone)
}

fn phone_reply(connection: &Connection, new: &NewPhoneReply, by: &By, now: Timestamp) -> Answer<Reply> {
    request(connection, new.request_id)?;
    if let Some(known) = replies::known(connection, new.id)? {
        return Ok(known);
    }
    let reply = Reply {
        id: new.id,
        request_id: new.request_id,
        source: ReplySource::Phone { written_by: by.user, said_by: new.said_by.clone() },
        answers: new.answers.clone(),
        handwriting: std::collections::BTreeMap::new(),
        texts: new.texts.clone(),
        recorded_at: stored_time(now),
    };
    replies::record(connection, &reply, "by telephone", now)?;
    let subject = new.request_id.to_string();
    append(connection, &note(Subject::Request, &subject, "phone_answer", &new.id.to_string(), now))?;
    audit::changed(connection, by, ("request", &subject), "phone_answer", now)?;
    Ok(reply)
}

fn withdraw_phone(connection: &Connection, id: ReplyId, by: &By, now: Timestamp) -> Answer<WithdrawnReply> {
    let reply = replies::reply(connection, id)?;
    if !matches!(reply.source, ReplySource::Phone { .. }) {
        return Err(refused(
            "紙の返事はここでは取り下げられません。確認の画面で決定を取り消してください / a reply on paper is taken back by \
             undoing the decision about its page",
        ));
    }
    replies::withdraw(connection, id, by.user, now)?;
    let subject = reply.request_id.to_string();
    append(connection, &note(Subject::Request, &subject, "reply_withdrawn", &id.to_string(), now))?;
    audit::changed(connection, by, ("request", &subject), "reply_withdrawn", now)?;
    settle(connection, reply.request_id, "a reply was taken back", now)?;
    Ok(WithdrawnReply { reply, withdrawn_at: stored_time(now), withdrawn_by: by.user })
}

/// Closes an item that is open; whoever comes second is told who was first.
pub(super) fn close(connection: &Connection, item: &ReviewItem, now: Timestamp) -> Answer<()> {
    let sql = "UPDATE review SET closed_at = ?2 WHERE id = ?1 AND closed_at IS NULL";
    if connection.prepare_cached(sql)?.execute(params![item.id, Micros(now)])? == 1 {
        return Ok(());
    }
    match decisions(connection, item.id)?.pop() {
        Some(last) => Err(decided_by(connection, &last)?),
        None => Err(conflict("この項目はすでに処理されています")),
    }
}

fn decided_by(connection: &Connection, last: &ReviewDecision) -> Answer<Fault> {
    let verdict = match last.verdict {
        Verdict::Confirmed => "確認",
        Verdict::Assigned => "割り当て",
        Verdict::Rejected => "却下",
        Verdict::Split => "分割",
        Verdict::Joined => "元の項目に戻す",
        Verdict::HandedOn => "事業所に渡す",
        Verdict::Undone => "取り消し",
    };
    let at =
        last.at.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(9))).strftime("%-m月%-d日 %-H時%-M分");
    let name = name_of(connection, last.by)?;
    Ok(conflict(format!("この項目は{name}が{at}に処理しました({verdict})")))
}

/// Writes down a decision that gave no reply.
pub(super) fn decide_alone(
    connection: &Connection,
    review_id: ReviewId,
    verdict: Verdict,
    why: &str,
    by: &By,
    now: Timestamp,
) -> Answer<ReviewDecision> {
    let decision = ReviewDecision {
        id: DecisionId::new_at(now),
        review_id,
        verdict,
        request_id: None,
        reply_id: None,
        why: why.to_owned(),
        at: stored_time(now),
        by: by.user,
    };
    decide(connection, &decision, by, now)?;
    Ok(decision)
}

/// Writes a decision down: its row, its event, and its entry of the audit log.
fn decide(connection: &Connection, decision: &ReviewDecision, by: &By, now: Timestamp) -> Answer<()> {
    let sql = "INSERT INTO review_decision (id, review_id, verdict, request_id, reply_id, why, at, account_id) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    connection.prepare_cached(sql)?.execute(params![
        decision.id,
        decision.review_id,
        decision.verdict,
        decision.request_id,
        decision.reply_id,
        decision.why,
        Micros(decision.at),
        decision.by,
    ])?;
    let (subject, verdict) = (decision.review_id.to_string(), decision.verdict.as_str());
    append(connection, &note(Subject::Review, &subject, verdict, &decision.id.to_string(), now))?;
    if let Some(request) = decision.request_id {
        let what = if decision.verdict == Verdict::Undone { "reply_withdrawn" } else { "reply_confirmed" };
        append(connection, &note(Subject::Request, &request.to_string(), what, &subject, now))?;
    }
    audit::changed(connection, by, ("review", &subject), verdict, now)
}

fn row_to_decision(row: &Row<'_>) -> rusqlite::Result<ReviewDecision> {
    Ok(ReviewDecision {
        id: row.get("id")?,
        review_id: row.get("review_id")?,
        verdict: row.get("verdict")?,
        request_id: row.get("request_id")?,
        reply_id: row.get("reply_id")?,
        why: row.get("why")?,
        at: row.get::<_, Micros>("at")?.0,
        by: row.get("account_id")?,
    })
}

/// A moment as it is stored and read again.
pub(super) fn stored_time(now: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
}
