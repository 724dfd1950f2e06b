//! Signing in and out, and whose session a cookie opens. Tries are counted before the password is
//! compared; an unknown login costs the same work as a wrong password and gives the same sentence.
//! Blocks for some tens of milliseconds and takes 19 MiB: call it where blocking is allowed.

use super::{FlowError, Result};
use crate::domain::account::{By, Login, Password, Secret, Session, User, session_is_live};
use crate::domain::account::{SESSION_ABSOLUTE, SESSION_IDLE};
use crate::domain::audit::{Act, NewAudit};
use crate::seal::{digest, password, token};
use crate::store::{Store, TryAllowed};
use jiff::{SignedDuration, Timestamp};
use std::net::{IpAddr, Ipv6Addr};

/// Wrong tries of one login within [`TRIES_WITHIN`], after which the next is refused.
const TRIES: u32 = 5;
/// Wrong tries from one address within [`TRIES_WITHIN`], whatever the login, after which the next is refused: one
/// password tried on many logins stops here. An office is one address to the outside; ten of its people who
/// mistype until their own login waits do not shut out the eleventh, and who gets in costs it nothing.
const TRIES_OF_ADDRESS: u32 = 50;
/// 5 in 15 minutes are 480 a day: nothing against 13 characters, and a person waits no longer than a coffee.
const TRIES_WITHIN: SignedDuration = SignedDuration::from_mins(15);
/// A session's last use is noted to this, so that looking at a page is not a write each time.
const SEEN_TO: SignedDuration = SignedDuration::from_mins(1);

/// A new session.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// For the cookie; kept nowhere else.
    pub token: Secret,
    /// The session as it is stored.
    pub session: Session,
    /// Who.
    pub user: User,
}

/// Signs in with what was typed. Every sign-in is a new session with a new token.
///
/// # Errors
/// [`FlowError::WrongSignIn`], [`FlowError::TooManySignIns`].
pub fn sign_in(
    store: &dyn Store,
    typed_login: &str,
    typed_password: &str,
    from_address: &str,
    now: Timestamp,
) -> Result<SignedIn> {
    let login = typed_login.parse::<Login>().ok();
    let key = login_key(login.as_ref(), typed_login);
    let user = login.map(|login| store.user_by_login(&login)).transpose()?.flatten();
    may_try(store, &key, user.as_ref(), from_address, now)?;
    let address = address_key(from_address);
    may_try_from(store, (&address, &key), user.as_ref(), from_address, now)?;
    let typed = Password::typed(typed_password);
    let right = match &user {
        Some(user) => password::is_password(&typed, &user.password_hash)?,
        None => password::is_nobodys(&typed)?,
    };
    match user {
        Some(user) if right && user.active => {
            store.take_back_try(&address, now)?;
            open(store, user, &key, from_address, now)
        }
        user => Err(failed(store, user.as_ref(), "wrong", from_address, now)?),
    }
}

/// The live session that the cookie opens, with its user, and notes that it is used.
///
/// # Errors
/// When the store fails; never because of what the cookie says.
pub fn resume(store: &dyn Store, token: &str, now: Timestamp) -> Result<Option<(Session, User)>> {
    let live = look_up(store, token, now)?;
    if let Some((session, _)) = &live
        && now.duration_since(session.last_seen_at) >= SEEN_TO
    {
        store.touch_session(&session.token_hash, now)?;
    }
    Ok(live)
}

/// The live session that the cookie opens, with its user; does not count as a use.
///
/// # Errors
/// As [`resume`].
pub fn look_up(store: &dyn Store, token: &str, now: Timestamp) -> Result<Option<(Session, User)>> {
    let found = store.session(&token::hash(token))?;
    Ok(found.filter(|(session, _)| session_is_live(session, now)))
}

/// Signs out; the cookie opens nothing any more.
///
/// # Errors
/// When the store fails.
pub fn sign_out(store: &dyn Store, token: &str, from_address: &str, now: Timestamp) -> Result<()> {
    Ok(store.close_session(&token::hash(token), from_address, now)?)
}

/// Sets a new password for whoever knows the old one, and closes the user's other sessions.
///
/// # Errors
/// [`FlowError::WrongSignIn`], [`FlowError::TooManySignIns`], [`FlowError::Account`].
pub fn change_password(
    store: &dyn Store,
    (session, user): (&Session, &User),
    typed_old: &str,
    typed_new: &str,
    from_address: &str,
    now: Timestamp,
) -> Result<()> {
    let new = Password::new(typed_new)?;
    may_try(store, &login_key(Some(&user.login), ""), Some(user), from_address, now)?;
    let stored = store.user(user.id)?.password_hash;
    if !password::is_password(&Password::typed(typed_old), &stored)? {
        return Err(failed(store, Some(user), "wrong", from_address, now)?);
    }
    let by = By::user(user.id, from_address);
    Ok(store.set_password(user.id, &password::hash(&new)?, Some(&session.token_hash), &by, now)?)
}

/// Forgets sessions that are over; for a job that runs now and then.
///
/// # Errors
/// When the store fails.
pub fn forget_old_sessions(store: &dyn Store, now: Timestamp) -> Result<usize> {
    Ok(store.forget_sessions(now - SESSION_ABSOLUTE, now - SESSION_IDLE)?)
}

fn may_try(
    store: &dyn Store,
    key: &str,
    user: Option<&User>,
    from_address: &str,
    now: Timestamp,
) -> Result<()> {
    match store.begin_sign_in(key, now - TRIES_WITHIN, TRIES, now)? {
        TryAllowed::Yes => Ok(()),
        TryAllowed::NotBefore(at) => {
            failed(store, user, "too_many", from_address, now)?;
            Err(too_many(at, now))
        }
    }
}

/// The same for the address, after the login's own count: who is refused there costs the address nothing, and
/// who is refused here costs the login nothing.
fn may_try_from(
    store: &dyn Store,
    (address, login): (&str, &str),
    user: Option<&User>,
    from_address: &str,
    now: Timestamp,
) -> Result<()> {
    match store.begin_sign_in(address, now - TRIES_WITHIN, TRIES_OF_ADDRESS, now)? {
        TryAllowed::Yes => Ok(()),
        TryAllowed::NotBefore(at) => {
            store.take_back_try(login, now)?;
            failed(store, user, "too_many_from_address", from_address, now)?;
            Err(too_many(at, now))
        }
    }
}

/// Rounded up: who comes back when told is let in.
fn too_many(at: Timestamp, now: Timestamp) -> FlowError {
    FlowError::TooManySignIns { minutes: (at.duration_since(now).as_secs() / 60 + 1).max(1) }
}

fn open(store: &dyn Store, user: User, key: &str, from_address: &str, now: Timestamp) -> Result<SignedIn> {
    let token = token::new()?;
    let session = Session {
        token_hash: token::hash(token.expose()),
        user_id: user.id,
        csrf_token: token::new()?,
        created_at: now,
        last_seen_at: now,
    };
    store.open_session(&session, key, from_address, now)?;
    Ok(SignedIn { token, session, user })
}

/// Notes a failed try; a login that is nobody's is not written down, it may be a password.
fn failed(
    store: &dyn Store,
    user: Option<&User>,
    why: &str,
    from_address: &str,
    now: Timestamp,
) -> Result<FlowError> {
    let new = NewAudit {
        who: None,
        what: Act::SignInFailed,
        record_kind: "user".to_owned(),
        record_id: user.map(|user| user.id.to_string()).unwrap_or_default(),
        from_address: from_address.to_owned(),
        detail: why.to_owned(),
    };
    store.append_audit(&new, now)?;
    Ok(FlowError::WrongSignIn)
}

/// Of IPv6 the network: whoever has one address of it has all of them (RFC 6177 §2).
fn address_key(from_address: &str) -> String {
    let network = match from_address.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V6(address)) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).to_string(),
        Ok(IpAddr::V4(address)) => address.to_string(),
        Err(_) => from_address.to_owned(),
    };
    // Never what a login could hash to.
    digest::derived("sign-in-address", &network)
}

fn login_key(login: Option<&Login>, typed: &str) -> String {
    token::hash(login.map_or(typed, Login::as_str))
}
