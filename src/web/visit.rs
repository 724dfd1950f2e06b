//! One visit of one route: who comes, what was asked, and the only way to a client's data. Every thing that a
//! page shows or changes is asked for here, goes through the access function and leaves its line in the log.

use super::access::{Decision, Denial, Resource, decide};
use super::answer::Answer;
use super::message::Language;
use super::page::pages;
use super::pairs::Pairs;
use super::posted::Upload;
use super::routes::{Method, Route};
use super::{Web, WebError};
use crate::domain::account::{By, Secret, Session, Tenant, User};
use crate::domain::audit::{Act, NewAudit};
use crate::domain::id::{MessageId, OfficeId, RequestId};
use crate::domain::message::Message;
use crate::domain::request::Request;
use crate::store::Store;
use jiff::Timestamp;
use serde_json::Value;
use std::str::FromStr;
use std::sync::Arc;

/// A user with the session.
#[derive(Debug, Clone)]
pub struct Signed {
    /// Who.
    pub user: User,
    /// By which session.
    pub session: Session,
}

/// A visit.
pub struct Visit {
    /// What the pages work with.
    pub web: Arc<Web>,
    /// The row of the table.
    pub route: &'static Route,
    /// The path that was asked for.
    pub path: String,
    /// The parts of it that the route names.
    pub params: Pairs,
    /// What stands behind the `?`.
    pub query: Pairs,
    /// What was posted.
    pub form: Pairs,
    /// The files that were posted with it.
    pub files: Vec<Upload>,
    /// The language of the page.
    pub language: Language,
    /// When.
    pub now: Timestamp,
    /// From which address.
    pub from_address: String,
    /// Who is signed in.
    pub signed: Option<Signed>,
    /// The pass of a link that the visitor holds, as the cookie says it.
    pub pass: Option<Secret>,
    /// What every form of the page carries.
    pub csrf: String,
    /// Where the log stood when the visit began: what a page shows is never older than that.
    pub seen: u64,
}

impl Visit {
    /// Everything that is stored. For client data use the methods below, which ask first.
    #[must_use]
    pub fn store(&self) -> &dyn Store {
        self.web.store.as_ref()
    }

    /// The part `name` of the path.
    ///
    /// # Errors
    /// [`WebError::NotFound`] when it is not what it should be.
    pub fn param<T: FromStr>(&self, name: &str) -> Result<T, WebError> {
        self.params.get(name).parse().map_err(|_| WebError::NotFound)
    }

    /// Who is signed in.
    ///
    /// # Errors
    /// [`WebError::Denied`] when nobody is: not after the door let the visit in by a rule that needs it.
    pub fn user(&self) -> Result<&User, WebError> {
        self.signed.as_ref().map(|signed| &signed.user).ok_or(WebError::Denied(Denial::SignIn))
    }

    /// The user and the address, for the records.
    ///
    /// # Errors
    /// As [`Self::user`].
    pub fn by(&self) -> Result<By, WebError> {
        Ok(By::user(self.user()?.id, self.from_address.as_str()))
    }

    /// The user's own office, to whose clients the rule of the route gives access.
    ///
    /// # Errors
    /// [`WebError::Denied`] for a user without one.
    pub fn office(&self) -> Result<OfficeId, WebError> {
        let Tenant::Office(office) = self.user()?.tenant else {
            return Err(WebError::Denied(Denial::Role));
        };
        self.reach(Resource::Clients(office), "office", &office.to_string())?;
        Ok(office)
    }

    /// A request whose data may be shown or changed; the visit is noted.
    ///
    /// # Errors
    /// [`WebError::NotFound`] when there is none, or none for this user.
    pub fn request(&self, id: RequestId) -> Result<Request, WebError> {
        let request = self.request_unseen(id)?;
        self.note(Act::View, "request", &id.to_string(), self.route.path)?;
        Ok(request)
    }

    /// A request of which no client data is shown.
    ///
    /// # Errors
    /// [`WebError::NotFound`] when there is none, or none for this user.
    pub fn request_unseen(&self, id: RequestId) -> Result<Request, WebError> {
        let request = self.store().request(id)?;
        let resource = Resource::Request(request.office_id, request.clinic_id);
        self.reach(resource, "request", &id.to_string())?;
        Ok(request)
    }

    /// What came on a blank sheet, which may be shown or noted as seen; the visit is noted.
    ///
    /// # Errors
    /// [`WebError::NotFound`] when there is none, or none for this user.
    pub fn message(&self, id: MessageId) -> Result<Message, WebError> {
        let message = self.store().message(id)?;
        self.reach(Resource::Message(message.office_id), "message", &id.to_string())?;
        self.note(Act::View, "message", &id.to_string(), self.route.path)?;
        Ok(message)
    }

    /// Asks the access function; a denial is noted.
    ///
    /// # Errors
    /// [`WebError::Denied`].
    pub fn reach(&self, resource: Resource, kind: &str, id: &str) -> Result<(), WebError> {
        let user = self.signed.as_ref().map(|signed| &signed.user);
        match decide(&self.route.rule, user, resource) {
            Decision::Allow => Ok(()),
            Decision::Deny(denial) => {
                self.note(Act::Denied, kind, id, denial.as_str())?;
                Err(WebError::Denied(denial))
            }
        }
    }

    /// Writes a line of the audit log. No page goes out whose line could not be written.
    ///
    /// # Errors
    /// When the store fails.
    pub fn note(&self, what: Act, kind: &str, id: &str, detail: &str) -> Result<(), WebError> {
        let new = NewAudit {
            who: self.signed.as_ref().map(|signed| signed.user.id),
            what,
            record_kind: kind.to_owned(),
            record_id: id.to_owned(),
            from_address: self.from_address.clone(),
            detail: detail.to_owned(),
        };
        self.store().append_audit(&new, self.now)?;
        Ok(())
    }

    /// A text of the catalogue.
    #[must_use]
    pub fn text(&self, key: &str) -> String {
        pages(self.language).messages().text(key, &[])
    }

    /// A text of the catalogue with its values.
    #[must_use]
    pub fn text_with(&self, key: &str, args: &[(&str, String)]) -> String {
        pages(self.language).messages().text(key, args)
    }

    /// The page `name` with `context`, in the frame that every page has.
    ///
    /// # Errors
    /// [`WebError::Page`] when the template is wrong.
    pub fn page(&self, name: &str, context: Value) -> Result<Answer, WebError> {
        let user = self.signed.as_ref().map(|signed| {
            let roles: Vec<_> = signed.user.roles.iter().map(|role| role.as_str()).collect();
            context! { name => signed.user.name, roles }
        });
        let mut frame = context! {
            language => self.language.code(),
            csrf => self.csrf,
            seen => self.seen,
            here => self.path,
            shown_by_get => self.route.method == Method::Get,
            sample => self.web.settings.sample,
            hold => if user.is_some() { self.store().hold()? } else { None },
            user,
        };
        if let (Some(frame), Value::Object(context)) = (frame.as_object_mut(), context) {
            frame.extend(context);
        }
        Ok(Answer::html(pages(self.language).render(name, &frame)?))
    }
}
