//! The administrator changes a user: name, mail, roles, and a new password when the old one is lost. Login and party stay: they
//! are what the audit log knows. Nobody takes their own administration away.

use super::WebError;
use super::access::Resource;
use super::answer::Answer;
use super::pairs::Pairs;
use super::users::{mail, name, roles};
use super::visit::Visit;
use crate::domain::account::{PASSWORD_MIN_CHARS, Password, Role, User};
use crate::domain::id::UserId;
use crate::flow::FlowError;
use crate::flow::users::{change, reset_password};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

/// The form with what is stored.
pub fn edit(visit: &Visit) -> Result<Answer, WebError> {
    let user = user(visit)?;
    let mut typed = Pairs::default();
    typed.add("name", &user.name);
    typed.add("mail", user.mail.as_deref().unwrap_or_default());
    for role in &user.roles {
        typed.add("role", role.as_str());
    }
    page(visit, &user, &typed, &Map::new())
}

/// Stores what changed. A new password closes every session of the user.
pub fn save(visit: &Visit) -> Result<Answer, WebError> {
    let user = user(visit)?;
    let posted = &visit.form;
    let mut wrong = Map::new();
    let changed = User {
        name: name(posted, &mut wrong),
        mail: mail(posted, &mut wrong),
        roles: roles(posted, &mut wrong),
        ..user.clone()
    };
    let own = visit.user()?.id == user.id;
    if own && !changed.roles.contains(&Role::Administrator) && !wrong.contains_key("roles") {
        wrong.insert("roles".to_owned(), json!(visit.text("user-not-own-role")));
    }
    // A blank at the end of a password is part of it; an empty field leaves the old one.
    let typed = posted.all("new_password").next().unwrap_or_default();
    let password = if typed.is_empty() { Ok(None) } else { Password::new(typed).map(Some) };
    let password = password.unwrap_or_else(|mistake| {
        wrong.insert("password".to_owned(), json!(mistake.to_string()));
        None
    });
    if !wrong.is_empty() {
        return again(visit, &user, &wrong);
    }
    match change(visit.store(), &changed, &visit.by()?, visit.now) {
        Ok(()) => {}
        Err(FlowError::Account(mistake)) => {
            wrong.insert("roles".to_owned(), json!(mistake.to_string()));
            return again(visit, &user, &wrong);
        }
        Err(error) => return Err(error.into()),
    }
    if let Some(password) = password {
        reset_password(visit.store(), user.id, &password, &visit.by()?, visit.now)?;
    }
    Ok(Answer::see_other("/admin/users?notice=changed"))
}

fn user(visit: &Visit) -> Result<User, WebError> {
    let id: UserId = visit.param("id")?;
    visit.reach(Resource::Gateway, "user", &id.to_string())?;
    Ok(visit.store().user(id)?)
}

fn again(visit: &Visit, user: &User, wrong: &Map<String, Value>) -> Result<Answer, WebError> {
    Ok(page(visit, user, &visit.form, wrong)?.with_status(StatusCode::UNPROCESSABLE_ENTITY))
}

fn page(visit: &Visit, user: &User, typed: &Pairs, wrong: &Map<String, Value>) -> Result<Answer, WebError> {
    visit.page(
        "user_change.html",
        context! {
            id => user.id.to_string(),
            login => user.login.as_str(),
            name => typed.get("name"),
            mail => typed.get("mail"),
            chosen => typed.all("role").collect::<Vec<_>>(),
            roles => Role::ALL.iter().map(|role| role.as_str()).collect::<Vec<_>>(),
            wrong,
            password_min => PASSWORD_MIN_CHARS,
        },
    )
}
