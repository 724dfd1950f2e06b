//! Users: added, changed, given a password, let go. A user is never deleted, since the audit log names them.

use super::Result;
use crate::domain::account::{By, Login, Password, Role, Tenant, User};
use crate::domain::id::UserId;
use crate::seal::password;
use crate::store::Store;
use jiff::Timestamp;
use std::collections::BTreeSet;

/// A user to be added.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// What is typed to sign in.
    pub login: Login,
    /// The name as it is written.
    pub name: String,
    /// Where notices go.
    pub mail: Option<String>,
    /// The party.
    pub tenant: Tenant,
    /// At least one, fitting the party.
    pub roles: BTreeSet<Role>,
    /// The first password.
    pub password: Password,
    /// True for invented sample data.
    pub sample: bool,
}

/// Adds a user who may sign in at once.
///
/// # Errors
/// [`super::FlowError::Account`] for roles that do not fit; the store's `Conflict` when the login is
/// taken, `NotFound` when the office or clinic is not stored.
pub fn add(store: &dyn Store, new: NewUser, by: &By, now: Timestamp) -> Result<User> {
    let user = User {
        id: UserId::new_at(now),
        login: new.login,
        name: new.name,
        mail: new.mail,
        tenant: new.tenant,
        roles: new.roles,
        password_hash: password::hash(&new.password)?,
        active: true,
        sample: new.sample,
        created_at: now,
    };
    change(store, &user, by, now)?;
    Ok(user)
}

/// Stores a changed user; the password stays as it is.
///
/// # Errors
/// As of [`add`].
pub fn change(store: &dyn Store, user: &User, by: &By, now: Timestamp) -> Result<()> {
    user.check()?;
    Ok(store.put_user(user, by, now)?)
}

/// Lets a user go: no more sign-in, and every session is closed.
///
/// # Errors
/// When there is no such user.
pub fn deactivate(store: &dyn Store, id: UserId, by: &By, now: Timestamp) -> Result<User> {
    let user = User { active: false, ..store.user(id)? };
    store.put_user(&user, by, now)?;
    Ok(user)
}

/// Gives a user a new password, when the old one is lost, and closes every session.
///
/// # Errors
/// When there is no such user.
pub fn reset_password(store: &dyn Store, id: UserId, new: &Password, by: &By, now: Timestamp) -> Result<()> {
    Ok(store.set_password(id, &password::hash(new)?, None, by, now)?)
}
