//! Accounts, their sessions, and the tries to sign in. Never sees a password or a cookie, only hashes of
//! them; never deletes an account.

use super::super::{AccountStore, Result, TryAllowed};
use super::columns::{Json, Micros};
use super::fault::{Answer, conflict, found, not_found};
use super::requests::at_most;
use super::steps::changed_one;
use super::{SqliteStore, audit, sessions};
use crate::domain::account::{By, Login, Secret, Session, Tenant, User};
use crate::domain::id::UserId;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

/// The columns of an account, with the table's name because sessions are joined to it.
pub(super) const COLUMNS: &str = "account.id, account.login, account.name, account.mail, account.tenant, \
    account.office_id, account.clinic_id, account.roles, account.password_hash, account.active, account.sample, \
    account.created_at";

impl AccountStore for SqliteStore {
    fn put_user(&self, user: &User, by: &By, now: Timestamp) -> Result<()> {
        self.write("storing a user", |connection| put(connection, user, by, now))
    }

    fn user(&self, id: UserId) -> Result<User> {
        self.read("reading a user", |connection| user(connection, id))
    }

    fn user_by_login(&self, login: &Login) -> Result<Option<User>> {
        self.read("reading a user", |connection| by_login(connection, login))
    }

    fn users(&self, limit: usize) -> Result<Vec<User>> {
        self.read("listing users", |connection| list(connection, limit))
    }

    fn set_password(
        &self,
        id: UserId,
        password_hash: &Secret,
        keep: Option<&str>,
        by: &By,
        now: Timestamp,
    ) -> Result<()> {
        self.write("setting a password", |connection| {
            set_password(connection, id, password_hash, keep, by, now)
        })
    }

    fn open_session(
        &self,
        session: &Session,
        login_key: &str,
        from_address: &str,
        now: Timestamp,
    ) -> Result<()> {
        self.write("opening a session", |connection| {
            sessions::open(connection, session, login_key, from_address, now)
        })
    }

    fn session(&self, token_hash: &str) -> Result<Option<(Session, User)>> {
        self.read("reading a session", |connection| sessions::session(connection, token_hash))
    }

    fn touch_session(&self, token_hash: &str, now: Timestamp) -> Result<()> {
        self.write("noting that a session is used", |connection| sessions::touch(connection, token_hash, now))
    }

    fn close_session(&self, token_hash: &str, from_address: &str, now: Timestamp) -> Result<()> {
        self.write("closing a session", |connection| {
            sessions::close(connection, token_hash, from_address, now)
        })
    }

    fn close_sessions_of(&self, user: UserId, by: &By, now: Timestamp) -> Result<usize> {
        self.write("closing sessions", |connection| {
            let closed = sessions::close_all(connection, user, None)?;
            audit::changed(connection, by, ("user", &user.to_string()), "sessions_closed", now)?;
            Ok(closed)
        })
    }

    fn forget_sessions(&self, created_before: Timestamp, seen_before: Timestamp) -> Result<usize> {
        self.write("forgetting old sessions", |connection| {
            sessions::forget(connection, created_before, seen_before)
        })
    }

    fn begin_sign_in(
        &self,
        login_key: &str,
        since: Timestamp,
        most: u32,
        now: Timestamp,
    ) -> Result<TryAllowed> {
        self.write("counting a try to sign in", |connection| {
            sessions::begin_sign_in(connection, login_key, since, most, now)
        })
    }

    fn take_back_try(&self, key: &str, at: Timestamp) -> Result<()> {
        self.write("taking a try to sign in back", |connection| sessions::take_back_try(connection, key, at))
    }
}

/// One account.
pub(super) fn user(connection: &Connection, id: UserId) -> Answer<User> {
    let sql = format!("SELECT {COLUMNS} FROM account WHERE id = ?1");
    found(connection.prepare_cached(&sql)?.query_row([id], row_to_user), "user", id)
}

/// The name of whoever did something, for a sentence; the command line has none.
pub(super) fn name_of(connection: &Connection, id: Option<UserId>) -> Answer<String> {
    Ok(match id {
        Some(id) => format!("{}さん", user(connection, id)?.name),
        None => "管理者(コマンドライン)".to_owned(),
    })
}

fn by_login(connection: &Connection, login: &Login) -> Answer<Option<User>> {
    let sql = format!("SELECT {COLUMNS} FROM account WHERE login = ?1");
    Ok(connection.prepare_cached(&sql)?.query_row([login], row_to_user).optional()?)
}

fn list(connection: &Connection, limit: usize) -> Answer<Vec<User>> {
    let sql = format!("SELECT {COLUMNS} FROM account ORDER BY login LIMIT ?1");
    let mut statement = connection.prepare_cached(&sql)?;
    Ok(statement.query_map([at_most(limit)], row_to_user)?.collect::<rusqlite::Result<_>>()?)
}

fn put(connection: &Connection, new: &User, by: &By, now: Timestamp) -> Answer<()> {
    assert_tenant(connection, new.tenant)?;
    let same_login = by_login(connection, &new.login)?;
    if same_login.is_some_and(|other| other.id != new.id) {
        return Err(conflict(
            "このログイン名はほかの方が使っています。別の名前にしてください (the login is another user's: choose another one)",
        ));
    }
    let sql = format!("SELECT {COLUMNS} FROM account WHERE id = ?1");
    let before = connection.prepare_cached(&sql)?.query_row([new.id], row_to_user).optional()?;
    upsert(connection, new)?;
    let subject = new.id.to_string();
    let Some(before) = before else {
        return audit::changed(connection, by, ("user", &subject), "added", now);
    };
    // A session never has more rights than its user has now.
    if !new.active || before.roles != new.roles || before.tenant != new.tenant {
        sessions::close_all(connection, new.id, None)?;
    }
    let act = match (before.active, new.active) {
        (true, false) => "deactivated",
        (false, true) => "activated",
        _ => "changed",
    };
    audit::changed(connection, by, ("user", &subject), act, now)
}

fn upsert(connection: &Connection, new: &User) -> Answer<()> {
    let (tenant, office, clinic) = match new.tenant {
        Tenant::Office(id) => ("office", Some(id), None),
        Tenant::Clinic(id) => ("clinic", None, Some(id)),
        Tenant::Association => ("association", None, None),
    };
    let sql = "INSERT INTO account (id, login, name, mail, tenant, office_id, clinic_id, roles, password_hash, \
               active, sample, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) \
               ON CONFLICT (id) DO UPDATE SET login = excluded.login, name = excluded.name, \
               mail = excluded.mail, tenant = excluded.tenant, office_id = excluded.office_id, \
               clinic_id = excluded.clinic_id, roles = excluded.roles, active = excluded.active, \
               sample = excluded.sample";
    connection.prepare_cached(sql)?.execute(params![
        new.id,
        new.login,
        new.name,
        new.mail,
        tenant,
        office,
        clinic,
        Json(&new.roles),
        new.password_hash.expose(),
        new.active,
        new.sample,
        Micros(new.created_at),
    ])?;
    Ok(())
}

fn assert_tenant(connection: &Connection, tenant: Tenant) -> Answer<()> {
    let exists = |sql: &str, id: &dyn rusqlite::ToSql| connection.prepare_cached(sql)?.exists([id]);
    match tenant {
        Tenant::Office(id) if !exists("SELECT 1 FROM office WHERE id = ?1", &id)? => {
            Err(not_found("office", id))
        }
        Tenant::Clinic(id) if !exists("SELECT 1 FROM clinic WHERE id = ?1", &id)? => {
            Err(not_found("clinic", id))
        }
        _ => Ok(()),
    }
}

fn set_password(
    connection: &Connection,
    id: UserId,
    password_hash: &Secret,
    keep: Option<&str>,
    by: &By,
    now: Timestamp,
) -> Answer<()> {
    user(connection, id)?;
    let sql = "UPDATE account SET password_hash = ?2 WHERE id = ?1";
    changed_one(connection.prepare_cached(sql)?.execute(params![id, password_hash.expose()])?)?;
    sessions::close_all(connection, id, keep)?;
    audit::changed(connection, by, ("user", &id.to_string()), "password_set", now)
}

pub(super) fn row_to_user(row: &Row<'_>) -> rusqlite::Result<User> {
    // The table's CHECKs keep the tenant and its id together.
    let tenant = match (row.get("office_id")?, row.get("clinic_id")?) {
        (Some(office), _) => Tenant::Office(office),
        (None, Some(clinic)) => Tenant::Clinic(clinic),
        (None, None) => Tenant::Association,
    };
    Ok(User {
        id: row.get("id")?,
        login: row.get("login")?,
        name: row.get("name")?,
        mail: row.get("mail")?,
        tenant,
        roles: row.get::<_, Json<_>>("roles")?.0,
        password_hash: Secret::new(row.get::<_, String>("password_hash")?),
        active: row.get("active")?,
        sample: row.get("sample")?,
        created_at: row.get::<_, Micros>("created_at")?.0,
    })
}
