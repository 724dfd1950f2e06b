//! Sessions and the tries that were made to open one. Compares no password and decides no time-out.

use super::super::TryAllowed;
use super::accounts::{COLUMNS, row_to_user, user};
use super::audit;
use super::columns::Micros;
use super::fault::{Answer, conflict};
use crate::domain::account::{By, Secret, Session, User};
use crate::domain::audit::Act;
use crate::domain::id::UserId;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

/// The try of a login which, being the oldest of the last `?3`, has to grow old before the next. Reads the
/// index `sign_in_try_of_login`.
pub(super) const FULL_SINCE: &str =
    "SELECT at FROM sign_in_try WHERE login_key = ?1 AND at > ?2 ORDER BY at DESC LIMIT 1 OFFSET ?3";
/// Tries that count for nobody any more. Reads the index `sign_in_try_at`.
pub(super) const OLD_TRIES: &str = "DELETE FROM sign_in_try WHERE at <= ?1";

/// Stores a session of an active user and forgets the tries that failed before it.
pub(super) fn open(
    connection: &Connection,
    session: &Session,
    login_key: &str,
    from_address: &str,
    now: Timestamp,
) -> Answer<()> {
    if !user(connection, session.user_id)?.active {
        return Err(conflict("この利用者は使えなくなっています。管理者にお問い合わせください"));
    }
    let sql = "INSERT INTO session (token_hash, account_id, csrf_token, created_at, last_seen_at) \
               VALUES (?1, ?2, ?3, ?4, ?5)";
    connection.prepare_cached(sql)?.execute(params![
        session.token_hash,
        session.user_id,
        session.csrf_token.expose(),
        Micros(session.created_at),
        Micros(session.last_seen_at),
    ])?;
    connection.prepare_cached("DELETE FROM sign_in_try WHERE login_key = ?1")?.execute([login_key])?;
    signed(connection, session.user_id, Act::SignIn, from_address, now)
}

/// The session and its active user.
pub(super) fn session(connection: &Connection, token_hash: &str) -> Answer<Option<(Session, User)>> {
    let sql = format!(
        "SELECT {COLUMNS}, token_hash, csrf_token, session.created_at AS opened_at, last_seen_at FROM session \
         JOIN account ON account.id = session.account_id WHERE token_hash = ?1 AND account.active = 1"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let found = statement.query_row([token_hash], |row| {
        let user = row_to_user(row)?;
        let session = Session {
            token_hash: row.get("token_hash")?,
            user_id: user.id,
            csrf_token: Secret::new(row.get::<_, String>("csrf_token")?),
            created_at: row.get::<_, Micros>("opened_at")?.0,
            last_seen_at: row.get::<_, Micros>("last_seen_at")?.0,
        };
        Ok((session, user))
    });
    Ok(found.optional()?)
}

/// Notes a use; a use that was earlier changes nothing.
pub(super) fn touch(connection: &Connection, token_hash: &str, now: Timestamp) -> Answer<()> {
    let sql = "UPDATE session SET last_seen_at = ?2 WHERE token_hash = ?1 AND last_seen_at < ?2";
    connection.prepare_cached(sql)?.execute(params![token_hash, Micros(now)])?;
    Ok(())
}

/// Closes a session, if it is there.
pub(super) fn close(
    connection: &Connection,
    token_hash: &str,
    from_address: &str,
    now: Timestamp,
) -> Answer<()> {
    let sql = "DELETE FROM session WHERE token_hash = ?1 RETURNING account_id";
    let closed: Option<UserId> =
        connection.prepare_cached(sql)?.query_row([token_hash], |row| row.get(0)).optional()?;
    closed.map_or(Ok(()), |user| signed(connection, user, Act::SignOut, from_address, now))
}

/// Closes every session of the user but one.
pub(super) fn close_all(connection: &Connection, user: UserId, keep: Option<&str>) -> Answer<usize> {
    let sql = "DELETE FROM session WHERE account_id = ?1 AND token_hash IS NOT ?2";
    Ok(connection.prepare_cached(sql)?.execute(params![user, keep])?)
}

/// Forgets sessions that are over.
pub(super) fn forget(
    connection: &Connection,
    created_before: Timestamp,
    seen_before: Timestamp,
) -> Answer<usize> {
    let sql = "DELETE FROM session WHERE created_at < ?1 OR last_seen_at < ?2";
    Ok(connection.prepare_cached(sql)?.execute(params![Micros(created_before), Micros(seen_before)])?)
}

/// Counts a try, unless there were too many.
pub(super) fn begin_sign_in(
    connection: &Connection,
    login_key: &str,
    since: Timestamp,
    most: u32,
    now: Timestamp,
) -> Answer<TryAllowed> {
    connection.prepare_cached(OLD_TRIES)?.execute([Micros(since)])?;
    let values = params![login_key, Micros(since), i64::from(most) - 1];
    let full = connection.prepare_cached(FULL_SINCE)?.query_row(values, |row| row.get::<_, Micros>(0));
    if let Some(oldest) = full.optional()? {
        let window = now.duration_since(since);
        return Ok(TryAllowed::NotBefore(oldest.0.saturating_add(window).unwrap_or(now)));
    }
    let sql = "INSERT INTO sign_in_try (login_key, at) VALUES (?1, ?2)";
    connection.prepare_cached(sql)?.execute(params![login_key, Micros(now)])?;
    Ok(TryAllowed::Yes)
}

/// Takes one try back, of those of that moment.
pub(super) fn take_back_try(connection: &Connection, key: &str, at: Timestamp) -> Answer<()> {
    let sql = "DELETE FROM sign_in_try WHERE place = \
               (SELECT place FROM sign_in_try WHERE login_key = ?1 AND at = ?2 LIMIT 1)";
    connection.prepare_cached(sql)?.execute(params![key, Micros(at)])?;
    Ok(())
}

fn signed(connection: &Connection, id: UserId, act: Act, from_address: &str, now: Timestamp) -> Answer<()> {
    audit::acted(connection, &By::user(id, from_address), act, ("user", &id.to_string()), "", now)
}
