//! The administrator's users: list, add, let go ([`super::user_change`] changes one). No password is ever shown or sent back, not even in a form
//! that comes back with mistakes.

use super::WebError;
use super::access::Resource;
use super::answer::Answer;
use super::pairs::Pairs;
use super::visit::Visit;
use crate::domain::account::{AccountMistake, Login, PASSWORD_MIN_CHARS, Password, Role, Tenant, User};
use crate::domain::id::UserId;
use crate::domain::identifier::MailAddress;
use crate::flow::FlowError;
use crate::flow::users::{self as flow, NewUser};
use crate::store::StoreError;
use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Users that the list shows at the most.
const LIST_MAX: usize = 1000;
/// The most characters of a name.
const NAME_MAX: usize = 100;

/// The list.
pub fn list(visit: &Visit) -> Result<Answer, WebError> {
    visit.reach(Resource::Gateway, "user", "list")?;
    page(visit, "")
}

/// The empty form.
pub fn blank(visit: &Visit) -> Result<Answer, WebError> {
    visit.reach(Resource::Gateway, "user", "new")?;
    form(visit, &Map::new())
}

/// Adds a user, who may sign in at once.
pub fn add(visit: &Visit) -> Result<Answer, WebError> {
    visit.reach(Resource::Gateway, "user", "new")?;
    let again = |wrong: &Map<String, Value>, status| Ok(form(visit, wrong)?.with_status(status));
    let new = match read(visit) {
        Ok(new) => new,
        Err(wrong) => return again(&wrong, StatusCode::UNPROCESSABLE_ENTITY),
    };
    match flow::add(visit.store(), new, &visit.by()?, visit.now) {
        Ok(_) => Ok(Answer::see_other("/admin/users?notice=added")),
        Err(FlowError::Account(mistake)) => {
            again(&one("roles", &mistake.to_string()), StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(FlowError::Store(StoreError::Conflict(taken))) => {
            again(&one("login", &taken), StatusCode::CONFLICT)
        }
        Err(error) => Err(error.into()),
    }
}

/// Lets a user go. Nobody lets themselves go: the last administrator would lock everybody out.
pub fn deactivate(visit: &Visit) -> Result<Answer, WebError> {
    let id: UserId = visit.param("id")?;
    visit.reach(Resource::Gateway, "user", &id.to_string())?;
    if visit.user()?.id == id {
        return Ok(page(visit, &visit.text("user-not-oneself"))?.with_status(StatusCode::CONFLICT));
    }
    flow::deactivate(visit.store(), id, &visit.by()?, visit.now)?;
    Ok(Answer::see_other("/admin/users?notice=deactivated"))
}

fn page(visit: &Visit, mistake: &str) -> Result<Answer, WebError> {
    let users = visit.store().users(LIST_MAX)?;
    let own = visit.user()?.id;
    let users: Vec<Value> = users.iter().map(|user| row(visit, user, own)).collect::<Result<_, _>>()?;
    let notice = visit.query.get("notice");
    let notice = if ["added", "changed", "deactivated"].contains(&notice) { notice } else { "" };
    visit.page("users.html", context! { users, mistake, notice })
}

fn row(visit: &Visit, user: &User, own: UserId) -> Result<Value, WebError> {
    let roles: Vec<&str> = user.roles.iter().map(|role| role.as_str()).collect();
    Ok(context! {
        id => user.id.to_string(),
        login => user.login.as_str(),
        name => user.name,
        mail => user.mail,
        roles,
        party => party(visit, user.tenant)?,
        active => user.active,
        oneself => user.id == own,
    })
}

/// The party's name; empty for the association, which the page names in its language.
fn party(visit: &Visit, tenant: Tenant) -> Result<String, WebError> {
    Ok(match tenant {
        Tenant::Office(id) => visit.store().office(id)?.name,
        Tenant::Clinic(id) => visit.store().clinic(id)?.name,
        Tenant::Association => String::new(),
    })
}

fn form(visit: &Visit, wrong: &Map<String, Value>) -> Result<Answer, WebError> {
    let line = |name: &str| visit.form.get(name).to_owned();
    let store = visit.store();
    let party = |tenant: Tenant, name: String| context! { id => tenant.to_string(), name };
    let offices: Vec<Value> =
        store.offices()?.into_iter().map(|office| party(Tenant::Office(office.id), office.name)).collect();
    let clinics: Vec<Value> =
        store.clinics()?.into_iter().map(|clinic| party(Tenant::Clinic(clinic.id), clinic.name)).collect();
    visit.page(
        "user_form.html",
        context! {
            login => line("user_login"),
            name => line("name"),
            mail => line("mail"),
            tenant => line("tenant"),
            chosen => visit.form.all("role").collect::<Vec<_>>(),
            roles => Role::ALL.iter().map(|role| role.as_str()).collect::<Vec<_>>(),
            offices,
            clinics,
            wrong,
            password_min => PASSWORD_MIN_CHARS,
        },
    )
}

/// The user as typed, or what is wrong: field → sentence.
fn read(visit: &Visit) -> Result<NewUser, Map<String, Value>> {
    let posted = &visit.form;
    let mut wrong = Map::new();
    let name = name(posted, &mut wrong);
    let mail = mail(posted, &mut wrong);
    let roles = roles(posted, &mut wrong);
    let mut note = |field: &str, sentence: String| {
        wrong.entry(field.to_owned()).or_insert_with(|| json!(sentence));
    };
    let login = posted.get("user_login").parse::<Login>().map_err(|it| note("login", it.to_string())).ok();
    let tenant =
        posted.get("tenant").parse::<Tenant>().map_err(|_| note("tenant", TENANT_WRONG.to_owned())).ok();
    // A blank at the end of a password is part of it.
    let password = Password::new(posted.all("new_password").next().unwrap_or_default());
    let password = password.map_err(|mistake| note("password", mistake.to_string())).ok();
    match (login, tenant, password, wrong.is_empty()) {
        (Some(login), Some(tenant), Some(password), true) => {
            Ok(NewUser { login, name, mail, tenant, roles, password, sample: false })
        }
        _ => Err(wrong),
    }
}

/// The name, or what is wrong with it.
pub(super) fn name(posted: &Pairs, wrong: &mut Map<String, Value>) -> String {
    let name = posted.get("name");
    if name.is_empty() || name.chars().count() > NAME_MAX {
        wrong.insert("name".to_owned(), json!(NAME_WRONG));
    }
    name.to_owned()
}

/// Where notices go; nowhere when nothing was typed.
pub(super) fn mail(posted: &Pairs, wrong: &mut Map<String, Value>) -> Option<String> {
    let typed = Some(posted.get("mail")).filter(|typed| !typed.is_empty())?;
    match MailAddress::parse(typed) {
        Ok(mail) => Some(mail.as_str().to_owned()),
        Err(mistake) => {
            wrong.insert("mail".to_owned(), json!(mistake.to_string()));
            None
        }
    }
}

/// At least one role.
pub(super) fn roles(posted: &Pairs, wrong: &mut Map<String, Value>) -> BTreeSet<Role> {
    let roles: Result<BTreeSet<Role>, AccountMistake> = posted.all("role").map(str::parse).collect();
    match roles {
        Ok(roles) if !roles.is_empty() => return roles,
        Ok(_) => wrong.insert("roles".to_owned(), json!(AccountMistake::NoRole.to_string())),
        Err(mistake) => wrong.insert("roles".to_owned(), json!(mistake.to_string())),
    };
    BTreeSet::new()
}

const NAME_WRONG: &str = "氏名を100字以内で入力してください / enter a name of at most 100 characters";
const TENANT_WRONG: &str = "所属を選んでください / choose the party";

fn one(field: &str, sentence: &str) -> Map<String, Value> {
    Map::from_iter([(field.to_owned(), json!(sentence))])
}
