//! What every visit passes before a page's function sees it: the server's name, the size, the session, the
//! form's token and the route's rule, in this order. Nothing here knows what a page is about.

use super::access::{Decision, Denial, Resource, decide};
use super::cookie;
use super::message::Language;
use super::pairs::Pairs;
use super::posted::{self, Posted};
use super::routes::{Cache, Csrf, Method, Route};
use super::visit::{Signed, Visit};
use super::{Web, WebError, site};
use crate::domain::account::{Secret, Session, User};
use crate::domain::audit::Act;
use crate::flow::{changes, sign_in};
use crate::seal::{digest, token};
use axum::body::Body;
use axum::extract::{ConnectInfo, RawPathParams, Request};
use axum::http::{HeaderMap, Response, Uri, header};
use std::net::SocketAddr;
use std::sync::Arc;

/// How the paths of the streams end that tell an open page of changes.
const LIVE: &str = "/live";
/// The header that htmx sends when a page renews itself.
const RENEWS: &str = "hx-request";
/// The field of a form that carries its token.
pub const TOKEN: &str = "csrf";

/// The row for what no row is for.
static LOST: Route = Route {
    method: Method::Get,
    path: "",
    rule: super::access::Rule::Public("says that there is nothing"),
    csrf: Csrf::Exempt("GET changes nothing"),
    cache: Cache::NoStore,
    files: false,
    handler: |_| Err(WebError::NotFound),
};

/// One visit of `route`.
pub async fn enter(
    web: Arc<Web>,
    route: &'static Route,
    params: RawPathParams,
    request: Request,
) -> Response<Body> {
    let params = params.iter().fold(Pairs::default(), |mut pairs, (name, value)| {
        pairs.add(name, value);
        pairs
    });
    let from_address = from_address(&web, &request);
    let (head, body) = request.into_parts();
    let takes_files = route.files && is_known(&web, &head.headers).await;
    let posted = posted::read(body, &head.headers, takes_files).await;
    let visited = tokio::task::spawn_blocking(move || {
        let came = Came { uri: head.uri, headers: head.headers, params, from_address, posted };
        visit(web, route, came)
    });
    visited.await.unwrap_or_else(|error| {
        tracing::error!(%error, path = route.path, "a page died");
        site::plain_failure().into_response(Cache::NoStore)
    })
}

/// An address or a method that the table does not have.
pub async fn not_found(web: Arc<Web>, request: Request) -> Response<Body> {
    let from_address = from_address(&web, &request);
    let (head, _) = request.into_parts();
    let came = Came {
        uri: head.uri,
        headers: head.headers,
        params: Pairs::default(),
        from_address,
        posted: Ok(Posted::default()),
    };
    let visited = tokio::task::spawn_blocking(move || visit(web, &LOST, came));
    visited.await.unwrap_or_else(|_| site::plain_failure().into_response(Cache::NoStore))
}

/// What came.
struct Came {
    uri: Uri,
    headers: HeaderMap,
    params: Pairs,
    from_address: String,
    posted: Result<Posted, WebError>,
}

/// True when whoever comes is signed in: nobody else's files are kept, not even for a moment.
async fn is_known(web: &Arc<Web>, headers: &HeaderMap) -> bool {
    let Some(token) = cookie::read(headers, cookie::SESSION, web.is_secure()) else { return false };
    let web = Arc::clone(web);
    let session = move || sign_in::look_up(web.store.as_ref(), &token, web.clock.now());
    matches!(tokio::task::spawn_blocking(session).await, Ok(Ok(Some(_))))
}

fn visit(web: Arc<Web>, route: &'static Route, mut came: Came) -> Response<Body> {
    let secure = web.is_secure();
    let posted = came.posted.as_mut().map_or_else(|_| Posted::default(), std::mem::take);
    let mut visit = Visit {
        path: came.uri.path().to_owned(),
        params: came.params.clone(),
        query: Pairs::decode(came.uri.query().unwrap_or_default().as_bytes()),
        form: posted.form,
        files: posted.files,
        language: Language::from_code(
            &cookie::read(&came.headers, cookie::LANGUAGE, secure).unwrap_or_default(),
        ),
        now: web.clock.now(),
        from_address: came.from_address.clone(),
        signed: None,
        pass: cookie::read_within(&came.headers, cookie::PASS, secure).map(Secret::new),
        csrf: String::new(),
        seen: 0,
        web,
        route,
    };
    let mut new_visitor = None;
    let answer = recognise(&mut visit, &came.headers, secure, &mut new_visitor)
        .and_then(|()| admit(&visit, &came))
        .and_then(|()| (route.handler)(&visit));
    let answer = answer.unwrap_or_else(|error| site::problem(&visit, &error));
    let answer = match new_visitor {
        Some(visitor) if route.cache == Cache::NoStore => {
            answer.with(header::SET_COOKIE, cookie::set(cookie::VISITOR, &visitor, secure))
        }
        _ => answer,
    };
    answer.into_response(route.cache)
}

/// Finds out who comes. Whoever is not signed in gets a token of a visitor's own for the forms.
fn recognise(
    visit: &mut Visit,
    headers: &HeaderMap,
    secure: bool,
    new_visitor: &mut Option<String>,
) -> Result<(), WebError> {
    if let Some(token) = cookie::read(headers, cookie::SESSION, secure)
        && let Some((session, user)) = session(visit, &token, headers)?
    {
        visit.seen = changes::end(visit.store())?;
        session.csrf_token.expose().clone_into(&mut visit.csrf);
        visit.signed = Some(Signed { user, session });
        return Ok(());
    }
    let visitor = if let Some(visitor) = cookie::read(headers, cookie::VISITOR, secure) {
        visitor
    } else {
        let token = token::new().map_err(crate::flow::FlowError::from)?.expose().to_owned();
        new_visitor.insert(token).clone()
    };
    visit.csrf = digest::derived("csrf", &visitor);
    Ok(())
}

/// The session of the token. A page that waits for news or renews itself is no use by a person: a screen that
/// nobody sits at signs itself out all the same.
fn session(visit: &Visit, token: &str, headers: &HeaderMap) -> Result<Option<(Session, User)>, WebError> {
    let by_itself = visit.route.path.ends_with(LIVE) || headers.contains_key(RENEWS);
    let open = if by_itself { sign_in::look_up } else { sign_in::resume };
    Ok(open(visit.store(), token, visit.now)?)
}

/// The server's name, the size, the rule, the token.
fn admit(visit: &Visit, came: &Came) -> Result<(), WebError> {
    let host = came.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if visit.route.path != site::HEALTH && !visit.web.is_called(host) {
        return Err(WebError::Host);
    }
    if came.posted.is_err() {
        return Err(WebError::TooLarge);
    }
    let user = visit.signed.as_ref().map(|signed| &signed.user);
    if let Decision::Deny(denial) = decide(&visit.route.rule, user, Resource::Page) {
        // Whoever has not signed in is no event: every first visit is one.
        if denial != Denial::SignIn {
            visit.note(Act::Denied, "page", visit.route.path, denial.as_str())?;
        }
        return Err(WebError::Denied(denial));
    }
    if visit.route.method == Method::Post {
        from_this_site(visit, &came.headers)?;
    }
    if visit.route.csrf == Csrf::Checked && !digest::same(visit.form.get(TOKEN), &visit.csrf) {
        return Err(WebError::Token);
    }
    Ok(())
}

/// What browsers say of a form's origin (Fetch Metadata, RFC 6454). An old one that says nothing has the token.
fn from_this_site(visit: &Visit, headers: &HeaderMap) -> Result<(), WebError> {
    let says = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let elsewhere = says("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none");
    let origin = says("origin").and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    // With `no-referrer` a form's Origin is `null`: it has no `://`, and Sec-Fetch-Site has spoken.
    let foreign = origin.is_some_and(|host| !visit.web.is_called(host));
    if elsewhere || foreign { Err(WebError::Token) } else { Ok(()) }
}

/// The visitor's address. Behind a proxy the last one that it wrote: what stands before it, anybody may write.
fn from_address(web: &Web, request: &Request) -> String {
    let forwarded = request.headers().get("x-forwarded-for").and_then(|value| value.to_str().ok());
    let last = forwarded.and_then(|list| list.rsplit(',').next()).map(str::trim);
    match last.filter(|address| web.settings.behind_proxy && address.len() <= 45) {
        Some(address) => address.to_owned(),
        None => request
            .extensions()
            .get::<ConnectInfo<SocketAddr>>()
            .map_or_else(|| "unknown".to_owned(), |ConnectInfo(address)| address.ip().to_string()),
    }
}
