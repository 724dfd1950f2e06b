//! One-time links: stored as hashes, tried, answered by. Each act is one transaction with its entry of the
//! audit log. Compares no digits and keeps no token.

use super::super::{LinkAnswered, LinkStore, LinkTry, NewLink, NewLinkPass, NewLinkReply, Result};
use super::columns::Micros;
use super::fault::{Answer, conflict, found};
use super::requests::request;
use super::reviews::stored_time;
use super::steps::{append, changed_one, note};
use super::{SqliteStore, audit, replies};
use crate::domain::account::By;
use crate::domain::audit::Act;
use crate::domain::event::Subject;
use crate::domain::id::{LinkId, RequestId};
use crate::domain::link::{Link, LinkClosed, LinkPass, WRONG_TRIES};
use crate::domain::request::{Reply, ReplySource};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};

const COLUMNS: &str = "id, request_id, created_at, account_id, expires_at, wrong_tries, revoked_at, used_at";

/// The links of a request. Reads the index `link_of_request`.
pub(super) const OF_REQUEST: &str = "SELECT id, request_id, created_at, account_id, expires_at, wrong_tries, \
    revoked_at, used_at FROM link WHERE request_id = ?1 ORDER BY created_at, id";
/// Passes that open nothing any more. Reads the index `link_pass_until`.
pub(super) const OLD_PASSES: &str = "DELETE FROM link_pass WHERE expires_at <= ?1";

impl LinkStore for SqliteStore {
    fn put_link(&self, new: &NewLink, by: &By, now: Timestamp) -> Result<Link> {
        self.write("storing a link", |connection| put(connection, new, by, now))
    }

    fn link(&self, id: LinkId) -> Result<Link> {
        self.read("reading a link", |connection| link(connection, id))
    }

    fn link_by_token(&self, token_hash: &str) -> Result<Option<Link>> {
        self.read("reading a link", |connection| by_token(connection, token_hash))
    }

    fn links(&self, request: RequestId) -> Result<Vec<Link>> {
        self.read("listing links", |connection| of_request(connection, request))
    }

    fn revoke_link(&self, id: LinkId, by: &By, now: Timestamp) -> Result<Link> {
        self.write("revoking a link", |connection| revoke(connection, id, by, now))
    }

    fn try_link(
        &self,
        id: LinkId,
        right: bool,
        pass: &NewLinkPass,
        from_address: &str,
        now: Timestamp,
    ) -> Result<LinkTry> {
        let by = By { user: None, from_address: from_address.to_owned() };
        self.write("trying a link", |connection| try_digits(connection, id, right, pass, &by, now))
    }

    fn link_pass(&self, token_hash: &str, now: Timestamp) -> Result<Option<LinkPass>> {
        self.read("reading a pass", |connection| pass(connection, token_hash, now))
    }

    fn answer_by_link(&self, new: &NewLinkReply, from_address: &str, now: Timestamp) -> Result<LinkAnswered> {
        let by = By { user: None, from_address: from_address.to_owned() };
        self.write("recording an answer by link", |connection| answer(connection, new, &by, now))
    }
}

fn put(connection: &Connection, new: &NewLink, by: &By, now: Timestamp) -> Answer<Link> {
    if request(connection, new.request_id)?.state.is_ended() {
        return Err(conflict("この連絡票は取り消されたか完了しているため、リンクを作れません"));
    }
    let standing =
        of_request(connection, new.request_id)?.into_iter().filter(|link| link.revoked_at.is_none());
    standing.map(|link| revoke(connection, link.id, by, now)).collect::<Answer<Vec<_>>>()?;
    let sql = "INSERT INTO link (id, request_id, token_hash, created_at, account_id, expires_at, wrong_tries) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0)";
    let values =
        params![new.id, new.request_id, new.token_hash, Micros(now), by.user, Micros(new.expires_at)];
    connection.prepare_cached(sql)?.execute(values)?;
    happened(connection, new.request_id, new.id, "link_issued", now)?;
    audit::changed(connection, by, ("link", &new.id.to_string()), "issued", now)?;
    link(connection, new.id)
}

fn revoke(connection: &Connection, id: LinkId, by: &By, now: Timestamp) -> Answer<Link> {
    let link = link(connection, id)?;
    if link.revoked_at.is_some() {
        return Ok(link);
    }
    let sql = "UPDATE link SET revoked_at = ?2 WHERE id = ?1";
    changed_one(connection.prepare_cached(sql)?.execute(params![id, Micros(now)])?)?;
    connection.prepare_cached("DELETE FROM link_pass WHERE link_id = ?1")?.execute([id])?;
    happened(connection, link.request_id, id, "link_revoked", now)?;
    audit::changed(connection, by, ("link", &id.to_string()), "revoked", now)?;
    Ok(Link { revoked_at: Some(stored_time(now)), ..link })
}

fn try_digits(
    connection: &Connection,
    id: LinkId,
    right: bool,
    pass: &NewLinkPass,
    by: &By,
    now: Timestamp,
) -> Answer<LinkTry> {
    connection.prepare_cached(OLD_PASSES)?.execute([Micros(now)])?;
    let link = link(connection, id)?;
    let who = ("link", &*id.to_string());
    if let Some(closed) = closed(connection, &link, now)? {
        audit::acted(connection, by, Act::SignInFailed, who, closed.as_str(), now)?;
        return Ok(LinkTry::Closed(closed));
    }
    if right {
        let sql = "INSERT INTO link_pass (token_hash, link_id, expires_at) VALUES (?1, ?2, ?3)";
        connection.prepare_cached(sql)?.execute(params![pass.token_hash, id, Micros(pass.expires_at)])?;
        audit::acted(connection, by, Act::SignIn, who, "digits", now)?;
        return Ok(LinkTry::Opened);
    }
    let sql = "UPDATE link SET wrong_tries = wrong_tries + 1 WHERE id = ?1";
    changed_one(connection.prepare_cached(sql)?.execute([id])?)?;
    audit::acted(connection, by, Act::SignInFailed, who, "wrong_digits", now)?;
    let left = WRONG_TRIES.saturating_sub(link.wrong_tries + 1);
    if left > 0 {
        return Ok(LinkTry::Wrong { left });
    }
    happened(connection, link.request_id, id, "link_locked", now)?;
    Ok(LinkTry::Closed(LinkClosed::Locked))
}

fn answer(connection: &Connection, new: &NewLinkReply, by: &By, now: Timestamp) -> Answer<LinkAnswered> {
    let link = link(connection, new.link_id)?;
    if let Some(closed) = closed(connection, &link, now)? {
        return Ok(LinkAnswered::Closed(closed));
    }
    let last = replies::in_force(connection, link.request_id)?.pop();
    match last {
        Some(last) if says_the_same(new, &last) => Ok(LinkAnswered::Repeated(last)),
        Some(last) if new.seen != Some(last.id) => Ok(LinkAnswered::Overtaken(last)),
        last => record(connection, &link, new, last.as_ref(), by, now).map(LinkAnswered::Recorded),
    }
}

fn record(
    connection: &Connection,
    link: &Link,
    new: &NewLinkReply,
    last: Option<&Reply>,
    by: &By,
    now: Timestamp,
) -> Answer<Reply> {
    // The last one recorded counts: it sorts last even when the clock was set back in between.
    let after = last.map(|last| last.recorded_at.saturating_add(SignedDuration::from_micros(1)));
    let recorded_at =
        after.and_then(std::result::Result::ok).map_or(stored_time(now), |after| after.max(stored_time(now)));
    let reply = Reply {
        id: new.id,
        request_id: link.request_id,
        source: ReplySource::Link { link_id: link.id, name: new.name.clone() },
        answers: new.answers.clone(),
        handwriting: std::collections::BTreeMap::new(),
        texts: new.texts.clone(),
        recorded_at,
    };
    replies::record(connection, &reply, "by link", now)?;
    let sql = "UPDATE link SET used_at = COALESCE(used_at, ?2) WHERE id = ?1";
    changed_one(connection.prepare_cached(sql)?.execute(params![link.id, Micros(now)])?)?;
    let (what, detail) = if last.is_some() {
        ("reply_amended", "amended by link")
    } else {
        ("link_answer", "answered by link")
    };
    let subject = link.request_id.to_string();
    append(connection, &note(Subject::Request, &subject, what, &new.id.to_string(), now))?;
    audit::changed(connection, by, ("request", &subject), &format!("{detail} {}", link.id), now)?;
    Ok(reply)
}

/// True when nothing would be added to what is on record. The name counts only against another answer by a
/// link: on paper it was written by hand.
fn says_the_same(new: &NewLinkReply, last: &Reply) -> bool {
    let same_name = match &last.source {
        ReplySource::Link { name, .. } => *name == new.name,
        _ => new.name.is_empty(),
    };
    last.answers == new.answers && last.texts == new.texts && same_name
}

fn closed(connection: &Connection, link: &Link, now: Timestamp) -> Answer<Option<LinkClosed>> {
    Ok(link.closed(request(connection, link.request_id)?.state, now))
}

fn happened(
    connection: &Connection,
    request: RequestId,
    id: LinkId,
    what: &str,
    now: Timestamp,
) -> Answer<()> {
    append(connection, &note(Subject::Request, &request.to_string(), what, &id.to_string(), now))
}

fn link(connection: &Connection, id: LinkId) -> Answer<Link> {
    let sql = format!("SELECT {COLUMNS} FROM link WHERE id = ?1");
    found(connection.prepare_cached(&sql)?.query_row([id], row_to_link), "link", id)
}

fn by_token(connection: &Connection, token_hash: &str) -> Answer<Option<Link>> {
    let sql = format!("SELECT {COLUMNS} FROM link WHERE token_hash = ?1");
    Ok(connection.prepare_cached(&sql)?.query_row([token_hash], row_to_link).optional()?)
}

fn of_request(connection: &Connection, request: RequestId) -> Answer<Vec<Link>> {
    let mut statement = connection.prepare_cached(OF_REQUEST)?;
    Ok(statement.query_map([request], row_to_link)?.collect::<rusqlite::Result<_>>()?)
}

fn pass(connection: &Connection, token_hash: &str, now: Timestamp) -> Answer<Option<LinkPass>> {
    let sql = "SELECT link_id, expires_at FROM link_pass WHERE token_hash = ?1 AND expires_at > ?2";
    let row = |row: &Row<'_>| {
        Ok(LinkPass { link_id: row.get("link_id")?, expires_at: row.get::<_, Micros>("expires_at")?.0 })
    };
    Ok(connection.prepare_cached(sql)?.query_row(params![token_hash, Micros(now)], row).optional()?)
}

fn row_to_link(row: &Row<'_>) -> rusqlite::Result<Link> {
    let moment = |name: &str| Ok::<_, rusqlite::Error>(row.get::<_, Option<Micros>>(name)?.map(|at| at.0));
    Ok(Link {
        id: row.get("id")?,
        request_id: row.get("request_id")?,
        created_at: row.get::<_, Micros>("created_at")?.0,
        created_by: row.get("account_id")?,
        expires_at: row.get::<_, Micros>("expires_at")?.0,
        wrong_tries: row.get("wrong_tries")?,
        revoked_at: moment("revoked_at")?,
        used_at: moment("used_at")?,
    })
}
