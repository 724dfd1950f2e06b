//! The text of a mail that arrived, for the person who looks at it: read anew from the bytes that are kept. Opens no
//! attachment.

use super::Result;
use crate::domain::id::ArrivalId;
use crate::mail::parse;
use crate::store::Store;

/// Characters that are shown; the mail itself is kept whole.
const SHOWN_MAX: usize = 20_000;

/// What a person sees of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailText {
    /// As the mail says; nobody has proven it.
    pub from: String,
    /// Decoded.
    pub subject: String,
    /// Its text, or its HTML as text.
    pub text: String,
    /// True: there was more.
    pub cut: bool,
    /// Names and types of what is attached.
    pub attached: Vec<String>,
    /// True: it carries a signature, which nobody has checked.
    pub signed: bool,
}

/// The arrival's text, when it is a mail.
///
/// # Errors
/// When the store fails.
pub fn mail_text(store: &dyn Store, arrival: ArrivalId) -> Result<Option<MailText>> {
    let bytes = store.blobs().get(&store.arrival(arrival)?.blob)?;
    if !parse::looks_like_mail(&bytes) {
        return Ok(None);
    }
    let mail = parse::parse(&bytes);
    let text = mail.text.trim();
    let end = text.char_indices().nth(SHOWN_MAX).map(|(end, _)| end);
    let name =
        |part: &parse::Attachment| part.declared_name.clone().unwrap_or_else(|| part.declared_type.clone());
    Ok(Some(MailText {
        from: mail.from.unwrap_or_default(),
        subject: mail.subject.unwrap_or_default(),
        text: text[..end.unwrap_or(text.len())].to_owned(),
        cut: end.is_some(),
        attached: mail.attachments.iter().map(name).collect(),
        signed: mail.attachments.iter().any(parse::Attachment::is_signature),
    }))
}
