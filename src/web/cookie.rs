//! Cookies: read from a visit, written for an answer. Strict: no other site's link or form brings them along.

use axum::http::{HeaderMap, header};

/// The session's token.
pub const SESSION: &str = "renraku-session";
/// A token for the forms of those who have not signed in.
pub const VISITOR: &str = "renraku-visitor";
/// The language of the pages.
pub const LANGUAGE: &str = "renraku-language";

/// The value of the cookie `name`.
#[must_use]
pub fn read(headers: &HeaderMap, name: &str, secure: bool) -> Option<String> {
    let name = full_name(name, secure);
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(candidate, _)| *candidate == name).map(|(_, value)| value.to_owned())
}

/// `Set-Cookie` that lasts as long as the browser is open.
#[must_use]
pub fn set(name: &str, value: &str, secure: bool) -> String {
    format!("{}={value}; {}", full_name(name, secure), attributes(secure))
}

/// `Set-Cookie` that takes it away.
#[must_use]
pub fn clear(name: &str, secure: bool) -> String {
    format!("{}=; Max-Age=0; {}", full_name(name, secure), attributes(secure))
}

/// With TLS `__Host-`: browsers then take it only from this very host, over TLS, for the whole site
/// (RFC 6265bis §4.1.3.2).
fn full_name(name: &str, secure: bool) -> String {
    if secure { format!("__Host-{name}") } else { name.to_owned() }
}

fn attributes(secure: bool) -> &'static str {
    if secure { "Path=/; HttpOnly; SameSite=Strict; Secure" } else { "Path=/; HttpOnly; SameSite=Strict" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_strict_and_comes_back() {
        for (secure, expected) in [
            (true, "__Host-renraku-session=ab; Path=/; HttpOnly; SameSite=Strict; Secure"),
            (false, "renraku-session=ab; Path=/; HttpOnly; SameSite=Strict"),
        ] {
            let line = set(SESSION, "ab", secure);
            assert_eq!(line, expected);
            let mut headers = HeaderMap::new();
            headers
                .insert(header::COOKIE, format!("x=1; {}", line.split(';').next().unwrap()).parse().unwrap());
            assert_eq!(read(&headers, SESSION, secure).as_deref(), Some("ab"));
            assert_eq!(read(&headers, SESSION, !secure), None);
        }
    }
}
