//! The one table of routes. The router, `renraku routes --json` and the tests are made from it; there is no
//! other way to add a route. A page is added by a row here, a function in its area's file and a template.

use super::access::Rule;
use super::answer::Answer;
use super::visit::Visit;
use super::{
    WebError, blank_sheets, clients, clinics, home, incoming, language, link, live, new_request, number_test,
    offices, outbox, passphrase, preview, report, request_page, requests, review, review_decide, sign_in,
    site, user_change, users,
};
use crate::domain::account::Role;
use serde::Serialize;
use std::fmt;

/// What answers: a plain function on a thread that may wait for the store.
pub type Handler = fn(&Visit) -> Result<Answer, WebError>;

/// How a route is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Changes nothing.
    Get,
    /// May change something.
    Post,
}

impl Method {
    /// As HTTP writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// Whether the form's token is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Csrf {
    /// It is.
    Checked,
    /// It is not, for this reason.
    Exempt(&'static str),
}

/// Who may keep a copy of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cache {
    /// Nobody.
    NoStore,
    /// Everybody, for a year: the name changes with the content.
    Immutable,
}

/// One row.
pub struct Route {
    /// How it is asked.
    pub method: Method,
    /// Its path; `{name}` stands for one part.
    pub path: &'static str,
    /// Who may.
    pub rule: Rule,
    /// Whether a token is asked for.
    pub csrf: Csrf,
    /// Who may keep the answer.
    pub cache: Cache,
    /// Whether files are taken from whoever is signed in.
    pub files: bool,
    /// What answers.
    pub handler: Handler,
}

/// Those who write and read requests of their own office.
pub const OFFICE: &[Role] = &[Role::CareManager, Role::OfficeManager];

/// Those who decide about what could not be read by itself.
pub const REVIEWER: &[Role] = &[Role::Reviewer];

/// Those who look at the reports.
pub const ASSOCIATION: &[Role] = &[Role::Association];

/// Those who keep the directory, the users and the outbox.
pub const ADMINISTRATOR: &[Role] = &[Role::Administrator];

/// Those whose first page shows what waits at the desks.
pub const DESKS: &[Role] = &[Role::Association, Role::Reviewer, Role::Administrator];

/// Everybody who has an account.
pub const EVERYBODY: &[Role] = Role::ALL;

/// Every route.
#[rustfmt::skip]
pub const ROUTES: &[Route] = &[
    // For everybody, without an account.
    get("/healthz", Rule::Public("says only whether the gateway is well"), site::health),
    Route { cache: Cache::Immutable, ..get("/assets/{name}", Rule::Public("style sheets and scripts"), site::asset) },
    get("/sign-in", Rule::Public("where one signs in"), sign_in::show),
    post("/sign-in", Rule::Public("where one signs in"), sign_in::enter),
    post("/language", Rule::Public("the language of the pages"), language::choose),
    // A clinic's one-time link.
    get("/a/{token}", Rule::Public("asks for the clinic's digits and shows no client data"), link::ask),
    post("/a/{token}", Rule::Public("where the clinic's digits are given"), link::unlock),
    get("/a/{token}/answer", Rule::Link, link::show),
    post("/a/{token}/answer", Rule::Link, link::answer),
    get("/a/{token}/thanks", Rule::Link, link::thanks),
    // For everybody with an account.
    post("/sign-out", Rule::SignedIn(EVERYBODY), sign_in::leave),
    get("/", Rule::SignedIn(EVERYBODY), home::show),
    // Streams that tell an open page of changes; they carry nothing else.
    get("/live", Rule::SignedIn(OFFICE), live::office),
    get("/desk/live", Rule::SignedIn(DESKS), live::desks),
    get("/review/live", Rule::SignedIn(REVIEWER), live::reviews),
    get("/admin/clinics/live", Rule::SignedIn(ADMINISTRATOR), live::directory),
    get("/admin/outbox/live", Rule::SignedIn(ADMINISTRATOR), live::outbox),
    // Clients of the own office.
    get("/clients", Rule::SignedIn(OFFICE), clients::list),
    get("/clients/new", Rule::SignedIn(OFFICE), clients::blank),
    post("/clients", Rule::SignedIn(OFFICE), clients::add),
    get("/clients/{id}", Rule::SignedIn(OFFICE), clients::edit),
    post("/clients/{id}", Rule::SignedIn(OFFICE), clients::change),
    // A new request: client, form, check, send.
    get("/requests/new", Rule::SignedIn(OFFICE), new_request::blank),
    Route { files: true, ..post("/requests/check", Rule::SignedIn(OFFICE), new_request::check) },
    get("/requests/check/{id}", Rule::SignedIn(OFFICE), new_request::checked),
    get("/requests/check/{id}/page/{page}", Rule::SignedIn(OFFICE), preview::draft_picture),
    get("/requests/check/{id}/sheet.pdf", Rule::SignedIn(OFFICE), preview::draft_pdf),
    post("/requests", Rule::SignedIn(OFFICE), new_request::send),
    // Requests of the own office.
    get("/requests", Rule::SignedIn(OFFICE), requests::list),
    get("/requests/{id}", Rule::SignedIn(OFFICE), request_page::show),
    get("/requests/{id}/sheet.pdf", Rule::SignedIn(OFFICE), preview::sheet_pdf),
    get("/requests/{id}/replies/{reply}/handwriting/{field}", Rule::SignedIn(OFFICE), preview::handwriting),
    get("/requests/{id}/replies/{reply}/page", Rule::SignedIn(OFFICE), preview::reply_page),
    get("/requests/{id}/live", Rule::SignedIn(OFFICE), live::request),
    post("/requests/{id}/phone-answer", Rule::SignedIn(OFFICE), request_page::phone_answer),
    post("/requests/{id}/cancel", Rule::SignedIn(OFFICE), request_page::cancel),
    post("/requests/{id}/link-mail", Rule::SignedIn(OFFICE), request_page::link_mail),
    post("/requests/{id}/send-again", Rule::SignedIn(OFFICE), request_page::send_again),
    // Sheets that clinics keep, and what comes on them, for the own office.
    get("/blank-sheets", Rule::SignedIn(OFFICE), blank_sheets::show),
    post("/blank-sheets", Rule::SignedIn(OFFICE), blank_sheets::make),
    get("/blank-sheets/{sheet}/sheet.pdf", Rule::SignedIn(OFFICE), blank_sheets::pdf),
    get("/messages", Rule::SignedIn(OFFICE), incoming::list),
    get("/messages/{id}", Rule::SignedIn(OFFICE), incoming::show),
    get("/messages/{id}/page", Rule::SignedIn(OFFICE), incoming::picture),
    get("/messages/{id}/handwriting/{field}", Rule::SignedIn(OFFICE), incoming::handwriting),
    post("/messages/{id}/seen", Rule::SignedIn(OFFICE), incoming::seen),
    // What waits for a person.
    get("/review", Rule::SignedIn(REVIEWER), review::list),
    get("/review/{id}", Rule::SignedIn(REVIEWER), review::show),
    get("/review/{id}/page/{page}", Rule::SignedIn(REVIEWER), review::picture),
    post("/review/{id}/confirm", Rule::SignedIn(REVIEWER), review_decide::confirm),
    post("/review/{id}/assign", Rule::SignedIn(REVIEWER), review_decide::assign),
    post("/review/{id}/reject", Rule::SignedIn(REVIEWER), review_decide::reject),
    post("/review/{id}/split", Rule::SignedIn(REVIEWER), review_decide::split),
    post("/review/{id}/hand-on", Rule::SignedIn(REVIEWER), review_decide::hand_on),
    post("/review/{id}/undo", Rule::SignedIn(REVIEWER), review_decide::undo),
    // The association's reports.
    get("/reports/unanswered", Rule::SignedIn(ASSOCIATION), report::unanswered),
    get("/reports/unanswered.csv", Rule::SignedIn(ASSOCIATION), report::unanswered_csv),
    // The directory, the users, the outbox.
    get("/admin/clinics", Rule::SignedIn(ADMINISTRATOR), clinics::list),
    get("/admin/clinics/new", Rule::SignedIn(ADMINISTRATOR), clinics::blank),
    get("/admin/clinics/{id}", Rule::SignedIn(ADMINISTRATOR), clinics::edit),
    post("/admin/clinics", Rule::SignedIn(ADMINISTRATOR), clinics::save),
    get("/admin/clinics/{id}/verify", Rule::SignedIn(ADMINISTRATOR), number_test::show),
    post("/admin/clinics/{id}/verify", Rule::SignedIn(ADMINISTRATOR), number_test::verify),
    post("/admin/clinics/{id}/test-page", Rule::SignedIn(ADMINISTRATOR), number_test::send),
    get("/admin/clinics/{id}/test-page/{kind}", Rule::SignedIn(ADMINISTRATOR), number_test::picture),
    post("/admin/clinics/{id}/accept", Rule::SignedIn(ADMINISTRATOR), number_test::accept),
    get("/admin/clinics/{id}/passphrase", Rule::SignedIn(ADMINISTRATOR), passphrase::show),
    post("/admin/clinics/{id}/passphrase", Rule::SignedIn(ADMINISTRATOR), passphrase::set),
    post("/admin/clinics/{id}/passphrase/remove", Rule::SignedIn(ADMINISTRATOR), passphrase::remove),
    get("/admin/offices", Rule::SignedIn(ADMINISTRATOR), offices::list),
    get("/admin/offices/new", Rule::SignedIn(ADMINISTRATOR), offices::blank),
    get("/admin/offices/{id}", Rule::SignedIn(ADMINISTRATOR), offices::edit),
    post("/admin/offices", Rule::SignedIn(ADMINISTRATOR), offices::save),
    get("/admin/users", Rule::SignedIn(ADMINISTRATOR), users::list),
    get("/admin/users/new", Rule::SignedIn(ADMINISTRATOR), users::blank),
    post("/admin/users", Rule::SignedIn(ADMINISTRATOR), users::add),
    get("/admin/users/{id}", Rule::SignedIn(ADMINISTRATOR), user_change::edit),
    post("/admin/users/{id}", Rule::SignedIn(ADMINISTRATOR), user_change::save),
    post("/admin/users/{id}/deactivate", Rule::SignedIn(ADMINISTRATOR), users::deactivate),
    get("/admin/outbox", Rule::SignedIn(ADMINISTRATOR), outbox::show),
    post("/admin/outbox/hold", Rule::SignedIn(ADMINISTRATOR), outbox::hold),
    post("/admin/outbox/release", Rule::SignedIn(ADMINISTRATOR), outbox::release),
    post("/admin/outbox/doubt/{id}", Rule::SignedIn(ADMINISTRATOR), outbox::decide),
];

const fn get(path: &'static str, rule: Rule, handler: Handler) -> Route {
    let csrf = Csrf::Exempt("GET changes nothing");
    Route { method: Method::Get, path, rule, csrf, cache: Cache::NoStore, files: false, handler }
}

const fn post(path: &'static str, rule: Rule, handler: Handler) -> Route {
    Route {
        method: Method::Post,
        path,
        rule,
        csrf: Csrf::Checked,
        cache: Cache::NoStore,
        files: false,
        handler,
    }
}

/// A row as `renraku routes --json` prints it.
#[derive(Debug, Serialize)]
pub struct RouteRow {
    method: &'static str,
    path: &'static str,
    roles: Vec<&'static str>,
    csrf: bool,
    csrf_exempt_reason: Option<&'static str>,
    cache: &'static str,
}

impl fmt::Display for RouteRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:4} {} {}", self.method, self.path, self.roles.join(","))
    }
}

/// The table for people and tests; `roles` is `["public"]` where no account is needed, `["link"]` where a link's pass is.
#[must_use]
pub fn rows() -> Vec<RouteRow> {
    ROUTES.iter().map(row).collect()
}

fn row(route: &Route) -> RouteRow {
    RouteRow {
        method: route.method.as_str(),
        path: route.path,
        roles: match route.rule {
            Rule::Public(_) => vec!["public"],
            Rule::Link => vec!["link"],
            Rule::SignedIn(roles) => roles.iter().map(|role| role.as_str()).collect(),
        },
        csrf: route.csrf == Csrf::Checked,
        csrf_exempt_reason: match route.csrf {
            Csrf::Checked => None,
            Csrf::Exempt(reason) => Some(reason),
        },
        cache: match route.cache {
            Cache::NoStore => "no-store",
            Cache::Immutable => "immutable",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_route_has_a_rule_and_every_post_a_token_or_a_reason() {
        let mut seen = BTreeSet::new();
        for route in ROUTES {
            let name = format!("{} {}", route.method.as_str(), route.path);
            assert!(seen.insert(name.clone()), "{name} stands twice");
            match route.rule {
                Rule::Public(reason) => assert!(!reason.is_empty(), "{name} is public without a reason"),
                Rule::SignedIn(roles) => assert!(!roles.is_empty(), "{name} is for nobody"),
                Rule::Link => assert!(route.path.starts_with("/a/{token}/"), "{name} belongs to no link"),
            }
            match (route.method, route.csrf) {
                (Method::Post, Csrf::Exempt(reason)) => assert!(!reason.is_empty(), "{name}"),
                (Method::Get, Csrf::Checked) => panic!("{name}: a GET has no form"),
                _ => {}
            }
            if route.cache == Cache::Immutable {
                assert!(matches!(route.rule, Rule::Public(_)), "{name} keeps what needs an account");
            }
        }
    }
}
