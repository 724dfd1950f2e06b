//! The e-mail-to-fax route: a sheet to `number@provider-domain`. The provider's 250 means that it
//! *queued* the fax; never read as delivered.

use crate::mail::compose::{MailError, Outgoing, PdfFile};
use crate::mail::marks::Marks;
use crate::mail::profile::{FaxProfile, Values};
use crate::seal::mail_token::Place;
use jiff::Timestamp;

/// Why no fax mail was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaxByMailError {
    /// Not digits of a number within Japan.
    #[error(
        "「{0}」はFAX番号(市外局番から10桁または11桁の数字)ではありません。送信しません / '{0}' is not a fax number of 10 or 11 digits from the area code on: nothing is sent"
    )]
    NotDomesticDigits(String),
    /// The sender or another value cannot be used.
    #[error(transparent)]
    Mail(#[from] MailError),
}

/// The mail that faxes `sheet` to `fax` (domestic digits, e.g. `0344772288`); `number` is the request's, or a word of
/// letters, digits and `-` in its place.
///
/// # Errors
/// [`FaxByMailError::NotDomesticDigits`]: the number is used as given or not at all.
pub fn fax_mail(
    profile: &FaxProfile,
    fax: &str,
    number: &str,
    sheet: Vec<u8>,
    marks: Marks<'_>,
    now: Timestamp,
) -> Result<Outgoing, FaxByMailError> {
    let fax = profile.number_format.write(domestic_digits(fax)?);
    let values = Values { fax: &fax, number };
    Ok(Outgoing {
        from: profile.from.clone(),
        envelope_from: profile
            .bounces_to
            .as_deref()
            .map(|to| marks.tagged(Place::Envelope, to))
            .transpose()?,
        reply_to: None,
        to: profile.address.fill(values),
        subject: profile.subject.fill(values),
        body: profile.body.fill(values),
        message_id: marks.message_id(&profile.from)?,
        date: now,
        pdf: Some(PdfFile { file_name: super::sheet_file_name(number), bytes: sheet }),
        max_bytes: profile.max_bytes,
    })
}

fn domestic_digits(fax: &str) -> Result<&str, FaxByMailError> {
    let digits = fax.bytes().all(|byte| byte.is_ascii_digit());
    if digits && matches!(fax.len(), 10 | 11) && fax.starts_with('0') && !fax.starts_with("00") {
        Ok(fax)
    } else {
        Err(FaxByMailError::NotDomesticDigits(fax.escape_debug().to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::AttemptId;
    use crate::domain::sheet_number::RequestNumber;
    use crate::mail::compose::compose;
    use crate::seal::keyring::Keyring;

    fn profile(number_format: &str) -> FaxProfile {
        toml::from_str(&format!(
            "name='t'\naddress='{{fax}}@fax.example.jp'\nnumber_format='{number_format}'\n\
             subject='renraku {{number}}'\nbody=''\nfrom='fax@office.example.jp'\nmax_bytes=1000000"
        ))
        .unwrap()
    }

    fn mail(profile: &FaxProfile, fax: &str) -> Result<Outgoing, FaxByMailError> {
        let now: Timestamp = "2026-04-01T00:00:00Z".parse().unwrap();
        let number = RequestNumber::new(2026, 42);
        let (keyring, attempt) = (Keyring::sample(), AttemptId::new_at(now));
        let marks = Marks { keyring: &keyring, attempt };
        fax_mail(profile, fax, number.as_str(), b"%PDF-1.7".to_vec(), marks, now)
    }

    #[test]
    fn the_number_goes_into_the_address_unchanged() {
        for (format, to) in
            [("domestic", "0344772288@fax.example.jp"), ("plus81", "+81344772288@fax.example.jp")]
        {
            let outgoing = mail(&profile(format), "0344772288").unwrap();
            assert_eq!(outgoing.to, to);
            assert_eq!(outgoing.subject, format!("renraku {}", RequestNumber::new(2026, 42)));
            assert_eq!(compose(&outgoing).unwrap().to.to_string(), to);
        }
    }

    #[test]
    fn nothing_but_digits_becomes_an_address() {
        for wrong in [
            "",
            "034477228",
            "034477228899",
            "0034477228",
            "03-4477-2288",
            "0344772288@evil.example",
            "0344772288\r\n",
            "\u{ff10}344772288",
            "\u{ff10}\u{ff13}\u{ff14}4",
            "+81344772288",
        ] {
            assert!(mail(&profile("domestic"), wrong).is_err(), "{wrong:?}");
        }
    }
}
