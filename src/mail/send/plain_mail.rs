//! The plain mail route: a sheet to a clinic's own mailbox, and other letters to clinics and users. Whether the clinic agreed to receive
//! a sheet by mail is decided above; here nothing but the PDF carries client data.

use crate::domain::sheet_number::RequestNumber;
use crate::mail::compose::{MailError, Outgoing, PdfFile};
use crate::mail::letter::LetterText;
use crate::mail::marks::Marks;
use crate::mail::profile::{MailProfile, Values};
use crate::seal::mail_token::Place;
use jiff::Timestamp;

/// The mail that brings `sheet` to `to`: the profile's words, and below them how to answer ([`by_pdf`]) where
/// there is something to answer.
///
/// [`by_pdf`]: crate::mail::letter::by_pdf
///
/// # Errors
/// [`MailError::Address`] when the sender is wrong; the recipient is checked when it is composed.
pub fn sheet_mail(
    profile: &MailProfile,
    to: &str,
    number: &RequestNumber,
    sheet: Vec<u8>,
    how: Option<&str>,
    marks: Marks<'_>,
    now: Timestamp,
) -> Result<Outgoing, MailError> {
    let values = Values { fax: "", number: number.as_str() };
    let words = [Some(profile.body.fill(values)), how.map(str::to_owned)];
    let body = words.into_iter().flatten().collect::<Vec<_>>().join("\n\n");
    let text = LetterText { subject: profile.subject.fill(values), body };
    let file_name = super::sheet_file_name(number.as_str());
    letter_mail(profile, to, text, Some((&file_name, sheet)), marks, now)
}

/// The mail that brings words, and perhaps a PDF under its file name.
///
/// # Errors
/// As of [`sheet_mail`].
pub fn letter_mail(
    profile: &MailProfile,
    to: &str,
    text: LetterText,
    pdf: Option<(&str, Vec<u8>)>,
    marks: Marks<'_>,
    now: Timestamp,
) -> Result<Outgoing, MailError> {
    Ok(Outgoing {
        from: profile.from.clone(),
        envelope_from: profile
            .bounces_to
            .as_deref()
            .map(|to| marks.tagged(Place::Envelope, to))
            .transpose()?,
        reply_to: profile.reply_to.as_deref().map(|to| marks.tagged(Place::ReplyTo, to)).transpose()?,
        to: to.to_owned(),
        subject: text.subject,
        body: text.body,
        message_id: marks.message_id(&profile.from)?,
        date: now,
        pdf: pdf.map(|(file_name, bytes)| PdfFile { file_name: file_name.to_owned(), bytes }),
        max_bytes: profile.max_bytes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::AttemptId;
    use crate::mail::compose::compose;
    use crate::seal::keyring::Keyring;

    #[test]
    fn a_sheet_by_mail_names_only_its_number() {
        let profile: MailProfile = toml::from_str(
            "name='m'\nsubject='連絡票 {number}'\nbody='連絡票 {number} をお送りします。'\n\
             from='desk@office.example.jp'\nmax_bytes=1000000",
        )
        .unwrap();
        let now: Timestamp = "2026-04-01T00:00:00Z".parse().unwrap();
        let number = RequestNumber::new(2026, 42);
        let (keyring, attempt) = (Keyring::sample(), AttemptId::new_at(now));
        let marks = Marks { keyring: &keyring, attempt };
        let outgoing =
            sheet_mail(&profile, "info@clinic.example.jp", &number, b"%PDF-1.7".to_vec(), None, marks, now)
                .unwrap();
        assert_eq!(outgoing.body, format!("連絡票 {number} をお送りします。"));
        let pdf = b"%PDF-1.7".to_vec();
        let how =
            sheet_mail(&profile, "info@clinic.example.jp", &number, pdf, Some("開いて"), marks, now).unwrap();
        assert_eq!(how.body, format!("連絡票 {number} をお送りします。\n\n開いて"));
        assert_eq!(outgoing.pdf.as_ref().unwrap().file_name, format!("renraku-{number}.pdf"));
        assert_eq!(outgoing.message_id, marks.message_id("desk@office.example.jp").unwrap());
        assert_eq!((&outgoing.envelope_from, &outgoing.reply_to), (&None, &None));
        assert!(compose(&outgoing).is_ok());
        let boxes = MailProfile {
            reply_to: Some("reply@office.example.jp".to_owned()),
            bounces_to: Some("bounces@office.example.jp".to_owned()),
            ..profile
        };
        let pdf = b"%PDF-1.7".to_vec();
        let told = sheet_mail(&boxes, "info@clinic.example.jp", &number, pdf, None, marks, now).unwrap();
        assert!(told.reply_to.as_ref().is_some_and(|to| to.starts_with("reply+")), "{told:?}");
        assert!(told.envelope_from.as_ref().is_some_and(|to| to.starts_with("bounces+")), "{told:?}");
        assert!(compose(&told).is_ok());
    }
}
