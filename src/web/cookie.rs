//! Cookies: read from a visit, written for an answer. Strict: no other site's link or form brings them along.

use axum::http::{HeaderMap, header};

/// The session's token.
pub const SESSION: &str = "renraku-session";
/// A token for the forms of those who have not signed in.
pub const VISITOR: &str = "renraku-visitor";
/// A link's pass, for the pages of that link.
pub const PASS: &str = "renraku-pass";
/// The language of the pages.
pub const LANGUAGE: &str = "renraku-language";

/// The value of the cookie `name`.
#[must_use]
pub fn read(headers: &HeaderMap, name: &str, secure: bool) -> Option<String> {
    value(headers, &full_name(name, secure))
}

fn value(headers: &HeaderMap, name: &str) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(candidate, _)| *candidate == name).map(|(_, value)| value.to_owned())
}

/// `Set-Cookie` that lasts as long as the browser is open.
#[must_use]
pub fn set(name: &str, value: &str, secure: bool) -> String {
    format!("{}={value}; {}", full_name(name, secure), attributes(secure))
}

/// `Set-Cookie` that is sent to `path` and below alone, and is forgotten after `seconds`. The path names one
/// thing; `__Host-` would ask for the whole site.
#[must_use]
pub fn set_within(name: &str, value: &str, path: &str, seconds: i64, secure: bool) -> String {
    let flags = if secure { "; Secure" } else { "" };
    let name = name_within(name, secure);
    format!("{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Strict{flags}")
}

/// The value of the cookie `name` that was set by [`set_within`].
#[must_use]
pub fn read_within(headers: &HeaderMap, name: &str, secure: bool) -> Option<String> {
    value(headers, &name_within(name, secure))
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

/// With TLS `__Secure-`: taken only over TLS (RFC 6265bis §4.1.3.1).
fn name_within(name: &str, secure: bool) -> String {
    if secure { format!("__Secure-{name}") } else { name.to_owned() }
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

    #[test]
    fn a_pass_is_for_its_own_path_and_a_while() {
        for (secure, expected) in [
            (true, "__Secure-renraku-pass=ab; Path=/a/x; Max-Age=1200; HttpOnly; SameSite=Strict; Secure"),
            (false, "renraku-pass=ab; Path=/a/x; Max-Age=1200; HttpOnly; SameSite=Strict"),
        ] {
            let line = set_within(PASS, "ab", "/a/x", 1200, secure);
            assert_eq!(line, expected);
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, line.split(';').next().unwrap().parse().unwrap());
            assert_eq!(read_within(&headers, PASS, secure).as_deref(), Some("ab"));
            assert_eq!(read_within(&headers, PASS, !secure), None);
        }
    }
}
