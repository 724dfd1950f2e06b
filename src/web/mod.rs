//! The pages: server-rendered, usable without a script, in Japanese and English. A visit goes through
//! [`door`] (host, session, token, rule), then to one function of one area, which calls flows and renders a
//! template. No page speaks SQL, sends anything or decides who may see what: [`access`] does.
//!
//! To add a page: a row in [`routes::ROUTES`], a function `fn(&Visit) -> Result<Answer, WebError>` in its
//! area's file, a template in `templates/web/`, its texts in both files of `templates/locales/`.

// A route's function has one shape, whether it can fail or not.
#![allow(clippy::unnecessary_wraps, reason = "the table of routes holds functions of one type")]

/// What a template is given: `context! { name, other => value }`; every value is one that serde can write.
macro_rules! context {
    (@ $key:ident) => { $key };
    (@ $key:ident => $value:expr) => { $value };
    ($($key:ident $(=> $value:expr)?),* $(,)?) => {
        serde_json::json!({ $((stringify!($key)): (context!(@ $key $(=> $value)?))),* })
    };
}

pub mod access;
pub mod answer;
pub mod asset;
mod attach;
mod blank_sheets;
mod clients;
mod clinics;
mod cookie;
mod desk;
mod door;
mod drafts;
mod filled;
mod form_view;
mod home;
mod incoming;
mod language;
mod link;
mod link_view;
mod live;
mod looking;
pub mod message;
mod new_request;
mod news;
mod number_test;
mod offices;
mod outbox;
pub mod page;
pub mod pairs;
mod papers;
mod passphrase;
mod posted;
mod preview;
mod report;
mod request_page;
mod requests;
mod review;
mod review_decide;
pub mod routes;
mod sign_in;
mod site;
mod user_change;
mod users;
mod usual;
pub mod visit;

use crate::flow::link::LinkRule;
use crate::flow::page_picture::Pictures;
use crate::flow::submit::Rule;
use crate::flow::{Clock, FlowError};
use crate::form::catalogue::Catalogue;
use crate::pool::SharedPool;
use crate::seal::keyring::Keyring;
use crate::store::{Store, StoreError};
use access::Denial;
use axum::Router;
use axum::routing::MethodFilter;
use drafts::Drafts;
use looking::Looking;
use papers::Papers;
use std::sync::Arc;
use tokio::sync::watch;

/// What the pages work with.
pub struct Web {
    /// Everything that is stored.
    pub store: Arc<dyn Store>,
    /// Tells the time.
    pub clock: Clock,
    /// The forms.
    pub catalogue: Catalogue,
    /// What the region has settled.
    pub rule: Rule,
    /// Opens what strangers sent.
    pub pool: SharedPool,
    /// How it is reached.
    pub settings: WebSettings,
    /// True when the server stops: what is still open is closed.
    pub stopping: watch::Receiver<bool>,
    drafts: Drafts,
    papers: Papers,
    reader: news::Reader,
    pictures: Pictures,
    looking: Looking,
}

/// How the server is reached, and what the pages may do.
#[derive(Debug, Clone, Default)]
pub struct WebSettings {
    /// `https://renraku.example.jp`: where people open it. Without it only this machine's own names are
    /// answered to.
    pub public_url: Option<String>,
    /// True: a proxy stands before it and names the visitor's address in `X-Forwarded-For`.
    pub behind_proxy: bool,
    /// True: every page says 見本 (sample).
    pub sample: bool,
    /// What the region has settled about links.
    pub links: LinkRule,
    /// True: letters can leave by mail.
    pub can_mail: bool,
    /// Seals blank sheets and clinics' passphrases. Without it none are made or set, and locked files stay closed.
    pub keyring: Option<Arc<Keyring>>,
}

/// Why there is no page. What it shows is one clear sentence; what is inside goes to the log.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// Not there, or not for this visitor: nobody can tell which.
    #[error("there is no such page")]
    NotFound,
    /// The access function said no.
    #[error("denied: {}", .0.as_str())]
    Denied(Denial),
    /// The form's token is missing or old, or another site sent the form.
    #[error("the form's token does not fit")]
    Token,
    /// More was posted than any form holds.
    #[error("too much was posted")]
    TooLarge,
    /// A name of the server that is not its own.
    #[error("the server is not called so")]
    Host,
    /// Something in the way that a person can change: the message's name.
    #[error("{0}")]
    Refused(&'static str),
    /// A flow.
    #[error(transparent)]
    Flow(#[from] FlowError),
    /// A template.
    #[error("a page could not be written: {0}")]
    Page(#[from] page::PageError),
    /// The work was interrupted.
    #[error("the work was interrupted: {0}")]
    Interrupted(String),
}

impl From<StoreError> for WebError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound { .. } => Self::NotFound,
            error => Self::Flow(error.into()),
        }
    }
}

impl Web {
    /// What the pages work with.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Clock,
        catalogue: Catalogue,
        rule: Rule,
        pool: SharedPool,
        settings: WebSettings,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let (drafts, papers, reader, pictures, looking) = Default::default();
        Self {
            store,
            clock,
            catalogue,
            rule,
            pool,
            settings,
            stopping,
            drafts,
            papers,
            reader,
            pictures,
            looking,
        }
    }

    fn keys(&self) -> Option<&Keyring> {
        self.settings.keyring.as_deref()
    }

    /// True when browsers reach the server over TLS.
    fn is_secure(&self) -> bool {
        self.settings.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }

    /// True when `host` (name and port) is the server's own name. Another name that leads here is another
    /// site's page that wants to read along (DNS rebinding).
    fn is_called(&self, host: &str) -> bool {
        let public = self.settings.public_url.as_deref().and_then(|url| url.split_once("://"));
        if let Some((_, name)) = public {
            return name.trim_end_matches('/').eq_ignore_ascii_case(host);
        }
        let digits = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
        let name = host.rsplit_once(':').filter(|(_, port)| digits(port)).map_or(host, |(name, _)| name);
        ["127.0.0.1", "localhost", "[::1]"].contains(&name)
    }
}

/// The router, made of the table alone.
pub fn router(web: Web) -> Router {
    let web = Arc::new(web);
    let mut router = Router::new();
    for route in routes::ROUTES {
        let filter = match route.method {
            routes::Method::Get => MethodFilter::GET,
            routes::Method::Post => MethodFilter::POST,
        };
        let web = Arc::clone(&web);
        let enter = move |params, request| door::enter(web, route, params, request);
        router = router.route(route.path, axum::routing::on(filter, enter));
    }
    let lost = Arc::clone(&web);
    router
        .fallback(move |request| door::not_found(Arc::clone(&lost), request))
        .method_not_allowed_fallback(move |request| door::not_found(Arc::clone(&web), request))
}
