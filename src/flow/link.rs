//! The one-time link: made for a request, opened by whoever knows the clinic's digits, answered by, taken back.
//! The token is given out once and kept nowhere; looking a link up changes nothing.

use super::review::checked;
use super::{FlowError, Result};
use crate::domain::account::{By, Secret};
use crate::domain::directory::{Clinic, RouteKind};
use crate::domain::id::{LinkId, ReplyId, RequestId};
use crate::domain::link::{Link, LinkClosed, LinkPass, PASS_TIME, last_digits, typed_digits};
use crate::domain::request::{ReplyAnswers, Request};
use crate::form::definition::{FormDefinition, ReplyKind};
use crate::seal::{digest, random, token};
use crate::store::{LinkAnswered, LinkTry, NewLink, NewLinkPass, NewLinkReply, Store};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// The most characters of a remark: more than fits the area on the paper, less than a letter.
pub const TEXT_MAX_CHARS: usize = 1_000;
/// The most characters of a name.
pub const NAME_MAX_CHARS: usize = 60;

/// What the region has settled about links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRule {
    /// Where people open the pages, `https://renraku.example.jp`: links are built from it alone.
    pub public_url: Option<String>,
    /// Days that a link lives.
    pub days: u16,
    /// True: the page shows the client's name; otherwise the masked initial, as on the reply part of a sheet.
    pub show_name: bool,
}

/// A link that was just made.
#[derive(Debug, Clone)]
pub struct IssuedLink {
    /// As it is stored.
    pub link: Link,
    /// Its secret: shown once, to whoever made it.
    pub token: Secret,
    /// The whole address for the clinic; as secret as the token.
    pub url: Secret,
}

/// What a token leads to.
#[derive(Debug, Clone)]
pub enum Found {
    /// Nothing that is known.
    Nothing,
    /// A link that opens nothing any more.
    Closed(LinkClosed, Box<Request>),
    /// An open link.
    Open(Box<OpenLink>),
}

/// An open link with what it opens.
#[derive(Debug, Clone)]
pub struct OpenLink {
    /// The link.
    pub link: Link,
    /// Its request.
    pub request: Request,
}

/// Which of the clinic's numbers is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedNumber {
    /// Fax.
    Fax,
    /// Telephone, for a clinic without a fax.
    Telephone,
}

/// What the digits gave.
#[derive(Debug, Clone)]
pub enum Unlocked {
    /// Right: what the visitor holds for a while.
    Pass(Secret),
    /// Not four digits: nothing was tried.
    NoDigits,
    /// Wrong; so many more may be wrong.
    Wrong {
        /// At least 1.
        left: u32,
    },
    /// The link opens nothing any more.
    Closed(LinkClosed),
}

/// What the clinic answers.
#[derive(Debug, Clone, Default)]
pub struct LinkAnswer {
    /// The ticks; who answers (医師・代筆) is one of them, where the form asks.
    pub answers: ReplyAnswers,
    /// What was typed in place of handwriting: field id → text.
    pub texts: BTreeMap<String, String>,
    /// The name of whoever answers; may be empty.
    pub name: String,
    /// The last reply on record when the page was shown.
    pub seen: Option<ReplyId>,
}

impl Default for LinkRule {
    fn default() -> Self {
        Self { public_url: None, days: 14, show_name: false }
    }
}

/// Makes a link for a request; the one that it had opens nothing any more.
///
/// # Errors
/// [`FlowError::Missing`] without a `public_url`, or for a clinic without a number to ask for; the store's
/// `Conflict` for a request that has ended.
pub fn issue_link(
    store: &dyn Store,
    rule: &LinkRule,
    request_id: RequestId,
    by: &By,
    now: Timestamp,
) -> Result<IssuedLink> {
    let base = rule.public_url.as_deref().ok_or(FlowError::Missing(
        "公開アドレス(serve.public_url)が設定されていないため、リンクを作れません。設定ファイルに書いてください / set serve.public_url: links are built from it alone",
    ))?;
    let request = store.request(request_id)?;
    asked_number(&store.clinic(request.clinic_id)?).ok_or(FlowError::Missing(
        "医療機関のFAX番号も電話番号も登録されていないため、リンクを作れません。先に番号を登録してください / the clinic has no number to ask for: register its fax or telephone number first",
    ))?;
    let token = Secret::new(random::token()?);
    let expires_at = now.saturating_add(SignedDuration::from_hours(24 * i64::from(rule.days)));
    let new = NewLink {
        id: LinkId::new_at(now),
        request_id,
        token_hash: token::hash(token.expose()),
        expires_at: expires_at.unwrap_or(now),
    };
    let link = store.put_link(&new, by, now)?;
    let url = Secret::new(format!("{}/a/{}", base.trim_end_matches('/'), token.expose()));
    Ok(IssuedLink { link, token, url })
}

/// Takes back the link that a request has; `None` when it has none.
///
/// # Errors
/// When there is no such request.
pub fn revoke(store: &dyn Store, request_id: RequestId, by: &By, now: Timestamp) -> Result<Option<Link>> {
    store.request(request_id)?;
    let in_force = store.links(request_id)?.into_iter().find(|link| link.revoked_at.is_none());
    Ok(in_force.map(|link| store.revoke_link(link.id, by, now)).transpose()?)
}

/// What the token leads to. Changes nothing, however often it is asked.
///
/// # Errors
/// When the store fails; never because of what the token says.
pub fn open(store: &dyn Store, typed_token: &str, now: Timestamp) -> Result<Found> {
    let Some(link) = store.link_by_token(&token::hash(typed_token))? else { return Ok(Found::Nothing) };
    let request = store.request(link.request_id)?;
    Ok(match link.closed(request.state, now) {
        Some(closed) => Found::Closed(closed, Box::new(request)),
        None => Found::Open(Box::new(OpenLink { link, request })),
    })
}

/// The clinic's number that is asked for, with its last digits: its fax, or its telephone when it has none.
#[must_use]
pub fn asked_number(clinic: &Clinic) -> Option<(AskedNumber, Secret)> {
    let fax = clinic.routes.iter().find(|route| route.kind == RouteKind::FaxByMail);
    let fax = fax.and_then(|route| last_digits(&route.address)).map(|digits| (AskedNumber::Fax, digits));
    let telephone = || last_digits(&clinic.tel).map(|digits| (AskedNumber::Telephone, digits));
    fax.or_else(telephone).map(|(number, digits)| (number, Secret::new(digits)))
}

/// Compares the digits; a wrong try is counted in the same step that refuses it.
///
/// # Errors
/// When the store fails.
pub fn unlock(
    store: &dyn Store,
    open: &OpenLink,
    typed: &str,
    from_address: &str,
    now: Timestamp,
) -> Result<Unlocked> {
    let Some(typed) = typed_digits(typed) else { return Ok(Unlocked::NoDigits) };
    let asked = asked_number(&store.clinic(open.request.clinic_id)?);
    let right = asked.is_some_and(|(_, digits)| digest::same(&typed, digits.expose()));
    let pass = token::new()?;
    let new = NewLinkPass {
        token_hash: token::hash(pass.expose()),
        expires_at: now.saturating_add(PASS_TIME).unwrap_or(now),
    };
    Ok(match store.try_link(open.link.id, right, &new, from_address, now)? {
        LinkTry::Opened => Unlocked::Pass(pass),
        LinkTry::Wrong { left } => Unlocked::Wrong { left },
        LinkTry::Closed(closed) => Unlocked::Closed(closed),
    })
}

/// The pass that the visitor holds, while it lasts.
///
/// # Errors
/// When the store fails.
pub fn pass(store: &dyn Store, typed: &str, now: Timestamp) -> Result<Option<LinkPass>> {
    Ok(store.link_pass(&token::hash(typed), now)?)
}

/// Records the answer of whoever holds the link's pass.
///
/// # Errors
/// [`FlowError::Reply`] and [`FlowError::Missing`] when it is no whole answer.
pub fn answer(
    store: &dyn Store,
    open: &OpenLink,
    pass: &LinkPass,
    given: LinkAnswer,
    from_address: &str,
    now: Timestamp,
) -> Result<LinkAnswered> {
    if pass.link_id != open.link.id {
        return Err(FlowError::Missing(
            "もう一度、番号の下4桁を入れてください / enter the last four digits again",
        ));
    }
    let form = store.form(&open.request.form_id, open.request.form_version)?;
    let texts = written(&form, &given.texts)?;
    let answers = checked(store, &open.request, given.answers)?;
    whole(&form, &answers, &texts)?;
    let new = NewLinkReply {
        id: ReplyId::new_at(now),
        link_id: open.link.id,
        answers,
        texts,
        name: short(&given.name, NAME_MAX_CHARS)?,
        seen: given.seen,
    };
    Ok(store.answer_by_link(&new, from_address, now)?)
}

/// The texts of the form's handwriting areas, those that are not empty.
pub(super) fn written(
    form: &FormDefinition,
    texts: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>> {
    let areas = form.replies.iter().filter(|field| matches!(field.kind, ReplyKind::Handwriting { .. }));
    let texts = areas.filter_map(|field| Some((&field.id, texts.get(&field.id)?)));
    let short = texts.map(|(id, text)| Ok((id.clone(), short(text, TEXT_MAX_CHARS)?)));
    Ok(short.collect::<Result<BTreeMap<_, _>>>()?.into_iter().filter(|(_, text)| !text.is_empty()).collect())
}

/// True when one of the chosen options says that more is written: 意見あり.
pub(super) fn promises_words(kind: &ReplyKind, chosen: &[String]) -> bool {
    let (ReplyKind::ChooseOne { options } | ReplyKind::ChooseMany { options }) = kind else { return false };
    options.iter().any(|option| option.needs_handwriting && chosen.contains(&option.id))
}

/// What [`checked`] does not ask for, since paper shows it by itself: who answers, and the words that an
/// option promises.
fn whole(form: &FormDefinition, answers: &ReplyAnswers, texts: &BTreeMap<String, String>) -> Result<()> {
    for field in &form.replies {
        let chosen = answers.get(&field.id).map_or(&[][..], Vec::as_slice);
        let promised = match &field.kind {
            ReplyKind::Signature { .. } if chosen.is_empty() => {
                return Err(FlowError::Missing("回答者を選んでください / choose who answers"));
            }
            ReplyKind::Handwriting { .. } => field.required,
            kind => promises_words(kind, chosen),
        };
        if promised && texts.is_empty() {
            return Err(FlowError::Missing("連絡欄にご記入ください / please write your remarks"));
        }
    }
    Ok(())
}

/// The text without blanks around it, its lines ended with `\n` and without control characters.
fn short(text: &str, max_chars: usize) -> Result<String> {
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    let plain: String = lines.chars().filter(|c| *c == '\n' || !c.is_control()).collect();
    let plain = plain.trim().to_owned();
    if plain.chars().count() > max_chars {
        return Err(FlowError::Missing(
            "長すぎます。連絡欄は1000字まで、氏名は60字までにしてください / too long: at most 1,000 characters of remarks and 60 of a name",
        ));
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::directory::Route;
    use crate::domain::id::ClinicId;
    use crate::form::catalogue::Catalogue;

    #[test]
    fn the_fax_is_asked_for_and_the_telephone_where_there_is_none() {
        let route = |kind, address: &str| Route {
            kind,
            address: address.to_owned(),
            verified_at: None,
            verified_how: None,
        };
        let mail = route(RouteKind::PlainMail, "clinic1234@example.jp");
        let fax = route(RouteKind::FaxByMail, "0344772288");
        for (routes, tel, expected) in [
            (vec![mail.clone(), fax], "03-0000-1001", Some((AskedNumber::Fax, "2288"))),
            (vec![mail.clone()], "03-0000-1001", Some((AskedNumber::Telephone, "1001"))),
            (vec![mail], "", None),
        ] {
            let clinic = Clinic {
                id: ClinicId::new_at(Timestamp::UNIX_EPOCH),
                code: String::new(),
                name: String::new(),
                doctors: Vec::new(),
                tel: tel.to_owned(),
                routes,
                care_manager_hours: Vec::new(),
                sample: true,
            };
            let asked = asked_number(&clinic);
            let asked = asked.as_ref().map(|(number, digits)| (*number, digits.expose()));
            assert_eq!(asked, expected);
        }
    }

    #[test]
    fn a_whole_answer_says_who_and_what_it_promises() {
        let catalogue = Catalogue::built_in().unwrap();
        let form = catalogue.get("liaison").unwrap();
        for (json, comment, expected) in [
            (r#"{"answer":["call"],"signature":["doctor"]}"#, "", "ok"),
            (r#"{"answer":["call"],"signature":[]}"#, "", "choose who answers"),
            (r#"{"answer":["opinion"],"signature":["doctor"]}"#, " \r\n ", "write your remarks"),
            (r#"{"answer":["opinion"],"signature":["doctor"]}"#, "夜だけ", "ok"),
        ] {
            let answers: ReplyAnswers = serde_json::from_str(json).unwrap();
            let texts = [("comment".to_owned(), comment.to_owned())].into();
            let found = written(form, &texts).and_then(|texts| whole(form, &answers, &texts));
            let found = found.map_or_else(|error| error.to_string(), |()| "ok".to_owned());
            assert!(found.contains(expected), "{json} {comment}: {found}");
        }
    }

    #[test]
    fn what_was_typed_is_kept_within_bounds() {
        for (typed, expected) in
            [(" a\r\nb\rc\u{0}\u{7} ", Some("a\nb\nc")), ("𠮷野家", Some("𠮷野家")), ("12345678901", None)]
        {
            assert_eq!(short(typed, 10).ok().as_deref(), expected, "{typed}");
        }
    }
}
