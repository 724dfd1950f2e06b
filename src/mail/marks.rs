//! What our mails carry so that whatever comes back is known again: a sealed token in Message-ID, in the address for
//! answers and in the envelope sender. Finds such tokens in what arrived; whether they are ours, the keyring says.

use super::compose::{MailError, address};
use super::parse::ParsedMail;
use crate::domain::id::AttemptId;
use crate::seal::keyring::Keyring;
use crate::seal::mail_token::{self, Place, TOKEN_CHARS};

/// The marks of one try.
#[derive(Debug, Clone, Copy)]
pub struct Marks<'a> {
    /// Seals them.
    pub keyring: &'a Keyring,
    /// The try.
    pub attempt: AttemptId,
}

impl Marks<'_> {
    /// The Message-ID, `<token>@<domain of the sender>`, without the angle brackets.
    ///
    /// # Errors
    /// [`MailError::Address`] when `from` is no address.
    pub fn message_id(&self, from: &str) -> Result<String, MailError> {
        let domain = address("差出人 / From", from)?;
        let token = mail_token::write(self.keyring, Place::MessageId, self.attempt);
        Ok(format!("{token}@{}", domain.domain()))
    }

    /// The address with the token behind a plus (RFC 5233): `reply@example.jp` → `reply+…@example.jp`.
    ///
    /// # Errors
    /// [`MailError::Address`] when `base` is no address.
    pub fn tagged(&self, place: Place, base: &str) -> Result<String, MailError> {
        let base = address("返信先 / Reply-To", base)?;
        let token = mail_token::write(self.keyring, place, self.attempt);
        Ok(format!("{}+{token}@{}", base.user(), base.domain()))
    }
}

/// Texts of a token's shape, where they stood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marked {
    /// Behind a plus in the addresses that it was sent to: an answer's, or a notice's.
    pub addressed: Vec<String>,
    /// In References or In-Reply-To.
    pub referred: Vec<String>,
    /// In its own Message-ID: it is one of ours that came back.
    pub own: Option<String>,
}

impl Marked {
    /// The first one of all, for people who ask what a mail is.
    #[must_use]
    pub fn first(&self) -> Option<&String> {
        self.addressed.first().or(self.referred.first()).or(self.own.as_ref())
    }
}

/// The tokens in a mail's own headers.
#[must_use]
pub fn marked(mail: &ParsedMail) -> Marked {
    let mut found = Marked::default();
    for address in mail.to.iter().chain(&mail.also_to) {
        found.addressed.extend(
            tag(address).filter(|tag| !found.addressed.contains(tag)).into_iter().collect::<Vec<_>>(),
        );
    }
    for id in &mail.references {
        found
            .referred
            .extend(of_id(id).filter(|tag| !found.referred.contains(tag)).into_iter().collect::<Vec<_>>());
    }
    found.own = mail.message_id.as_deref().and_then(of_id);
    found
}

/// Tokens of Message-IDs anywhere in a text, such as the headers that a notice gives back. At most `max`.
#[must_use]
pub fn in_text(text: &str, max: usize) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (at, _) in text.match_indices('@') {
        let start = at.checked_sub(TOKEN_CHARS);
        let Some(token) = start.and_then(|start| text.get(start..at)).and_then(mail_token::shaped) else {
            continue;
        };
        let stands_alone = !text[..at - TOKEN_CHARS].ends_with(|c: char| c.is_ascii_alphanumeric());
        if stands_alone && !found.contains(&token) {
            found.push(token);
            if found.len() == max {
                break;
            }
        }
    }
    found
}

fn tag(address: &str) -> Option<String> {
    let (local, _) = address.rsplit_once('@')?;
    let (_, tag) = local.rsplit_once('+')?;
    mail_token::shaped(tag)
}

fn of_id(id: &str) -> Option<String> {
    let (local, _) = id.trim_matches(['<', '>', ' ']).split_once('@')?;
    mail_token::shaped(local)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::parse::parse;
    use jiff::Timestamp;

    #[test]
    fn what_was_marked_is_found_again() {
        let keyring = Keyring::sample();
        let now: Timestamp = "2026-11-28T09:00:00+09:00".parse().unwrap();
        let attempt = AttemptId::new_at(now);
        let marks = Marks { keyring: &keyring, attempt };
        let id = marks.message_id("gateway@example.jp").unwrap();
        let reply = marks.tagged(Place::ReplyTo, "reply@example.jp").unwrap();
        let bounce = marks.tagged(Place::Envelope, "bounces@example.jp").unwrap();
        assert!(reply.starts_with("reply+") && reply.ends_with("@example.jp") && bounce.len() < 65);
        let answer = format!(
            "Delivered-To: {bounce}\r\nFrom: a@example.jp\r\nTo: Desk <{reply}>, b@example.jp\r\nReferences: \
             <x@y> <{id}>\r\n <other@example.jp>\r\nIn-Reply-To: <{id}>\r\nSubject: Re\r\n\r\nText\r\n"
        );
        let found = marked(&parse(answer.as_bytes()));
        let read = |place, text: &String| mail_token::read(&keyring, place, text);
        assert_eq!(found.addressed.len(), 2, "{found:?}");
        assert_eq!(read(Place::ReplyTo, &found.addressed[0]), Some(attempt));
        assert_eq!(read(Place::Envelope, &found.addressed[1]), Some(attempt));
        assert_eq!(found.referred.len(), 1);
        assert_eq!(read(Place::MessageId, &found.referred[0]), Some(attempt));
        assert_eq!(found.own, None);
        let ours = format!("From: gateway@example.jp\r\nMessage-ID: <{id}>\r\nSubject: x\r\n\r\n.");
        assert!(marked(&parse(ours.as_bytes())).own.is_some());
        let given_back = format!("日本語\nMessage-ID: <{id}>\nReferences: <{id}>\n a{id} {}", "x".repeat(50));
        assert_eq!(in_text(&given_back, 10).len(), 1);
        assert_eq!(in_text("@ あ@ いいいいいいいいいいいいいいいいいいい@", 10), Vec::<String>::new());
    }
}
