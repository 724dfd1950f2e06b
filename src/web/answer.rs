//! What a page's function gives back, and how it becomes an HTTP answer. The headers that every answer has are
//! set here, so that no page can forget them.

use super::routes::Cache;
use axum::body::Body;
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{Response, StatusCode};

/// Only what this server gave may run, look or be sent to; nothing may frame a page, and a page may frame only
/// the sheets of this server.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// An answer.
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// Headers of its own, the content's type included.
    pub headers: Vec<(HeaderName, String)>,
    /// What it holds.
    pub body: Body,
}

impl Answer {
    /// A page.
    #[must_use]
    pub fn html(text: String) -> Self {
        Self::bytes("text/html; charset=utf-8", text)
    }

    /// A file that is shown in its place.
    #[must_use]
    pub fn bytes(media_type: &str, bytes: impl Into<Body>) -> Self {
        let headers = vec![(header::CONTENT_TYPE, media_type.to_owned())];
        Self { status: StatusCode::OK, headers, body: bytes.into() }
    }

    /// Sends the browser on with a GET (RFC 9110 §15.4.4), so that reloading repeats nothing.
    #[must_use]
    pub fn see_other(path: &str) -> Self {
        let headers = vec![(header::LOCATION, path.to_owned())];
        Self { status: StatusCode::SEE_OTHER, headers, body: Body::empty() }
    }

    /// With that status.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// With one more header.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// As HTTP.
    #[must_use]
    pub fn into_response(self, cache: Cache) -> Response<Body> {
        let mut response = Response::new(self.body);
        *response.status_mut() = self.status;
        let immutable = cache == Cache::Immutable && self.status == StatusCode::OK;
        let headers = response.headers_mut();
        for (name, value) in [
            (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "no-referrer"),
            (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
            (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
            (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
            (
                header::CACHE_CONTROL,
                if immutable { "public, max-age=31536000, immutable" } else { "no-store" },
            ),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.append(name, value);
            } else {
                tracing::error!(%name, "a header has characters that HTTP does not carry");
            }
        }
        response
    }
}
