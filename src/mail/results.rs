//! A fax service's result mails: text, HTML, XML or CSV, told apart by the words that the region's profile lists. What
//! the words do not say clearly is unclear, and a person reads it.

use super::parse::decode::decode_text;
use super::parse::{Attachment, ParsedMail};
use crate::domain::result::{Failure, News};
use crate::domain::sheet_number::RequestNumber;
use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;

/// Octets of one part that are looked at.
const PART_MAX: usize = 256 * 1024;

/// `YY-NNNNNN-C`.
const NUMBER_CHARS: usize = 11;

/// What a service promises to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Promised {
    /// That a fax arrived, and that it did not: silence is doubt.
    Both,
    /// That it did not: silence says nothing.
    Failures,
    /// Nothing.
    #[default]
    None,
}

/// What a service's result mails look like.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FaxResults {
    /// What it promises.
    pub promised: Promised,
    /// Where both are promised: minutes of silence after which nobody knows whether a fax arrived.
    pub silence_minutes: u32,
    /// Whom result mails are from: addresses, or `@domain` for all of a domain.
    pub from: Vec<String>,
    /// Words of a mail about a fax that arrived.
    pub delivered: Vec<String>,
    /// 話中.
    pub busy: Vec<String>,
    /// 応答なし.
    pub no_answer: Vec<String>,
    /// 番号違い.
    pub wrong_number: Vec<String>,
    /// 用紙切れ.
    pub no_paper: Vec<String>,
    /// Any other failure.
    pub failed: Vec<String>,
}

impl Default for FaxResults {
    fn default() -> Self {
        let none = Vec::new;
        Self {
            promised: Promised::None,
            silence_minutes: 60,
            from: none(),
            delivered: none(),
            busy: none(),
            no_answer: none(),
            wrong_number: none(),
            no_paper: none(),
            failed: none(),
        }
    }
}

/// What a mail from the service says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaxNews {
    /// One thing, by its words.
    Clear(News),
    /// No word of the profile, or words that contradict each other.
    Unclear,
}

impl FaxResults {
    /// Every word of every list.
    pub fn words(&self) -> impl Iterator<Item = &String> {
        [&self.delivered, &self.busy, &self.no_answer, &self.wrong_number, &self.no_paper, &self.failed]
            .into_iter()
            .flatten()
    }

    /// True for a mail whose sender is the service's. Whether the sender is true, the mail server that took it has asked.
    #[must_use]
    pub fn is_from_service(&self, mail: &ParsedMail) -> bool {
        let Some(from) = mail.from.as_deref().map(str::to_ascii_lowercase) else { return false };
        self.from
            .iter()
            .map(|known| known.to_ascii_lowercase())
            .any(|known| if known.starts_with('@') { from.ends_with(&known) } else { from == known })
    }

    /// What a mail of the service says about a fax.
    #[must_use]
    pub fn read(&self, mail: &ParsedMail) -> FaxNews {
        let text = plain(&everything(mail));
        let has = |words: &[String]| words.iter().any(|word| text.contains(&plain(word)));
        let reasons: Vec<Failure> = [
            (&self.busy, Failure::Busy),
            (&self.no_answer, Failure::NoAnswer),
            (&self.wrong_number, Failure::WrongNumber),
            (&self.no_paper, Failure::NoPaper),
        ]
        .into_iter()
        .filter(|(words, _)| has(words))
        .map(|(_, reason)| reason)
        .collect();
        let (arrived, failed) = (has(&self.delivered), has(&self.failed) || !reasons.is_empty());
        match (arrived, failed, reasons.as_slice()) {
            (true, false, _) => FaxNews::Clear(News::Arrived),
            (false, true, [only]) => FaxNews::Clear(News::Failed(*only)),
            // No reason, or several: that it failed is clear, and nothing follows from a guess at why.
            (false, true, _) => FaxNews::Clear(News::Failed(Failure::Other)),
            (true, true, _) | (false, false, _) => FaxNews::Unclear,
        }
    }
}

/// Subject, text and the parts that are text: what numbers and words are looked for in.
#[must_use]
pub fn everything(mail: &ParsedMail) -> String {
    let mut all = mail.subject.clone().unwrap_or_default();
    all.push('\n');
    all.push_str(&mail.text);
    for part in mail.attachments.iter().filter(|part| is_words(part)) {
        all.push('\n');
        all.push_str(&decode_text(part.bytes.get(..PART_MAX).unwrap_or(&part.bytes), None));
    }
    all
}

fn is_words(part: &Attachment) -> bool {
    let kind = part.declared_type.as_str();
    let name = part.declared_name.as_deref().unwrap_or_default().to_ascii_lowercase();
    kind.starts_with("text/")
        || kind.ends_with("xml")
        || kind.ends_with("csv")
        || [".csv", ".xml", ".txt"].iter().any(|end| name.ends_with(end))
}

/// One width, lower case, one blank where there are several.
fn plain(text: &str) -> String {
    let folded: String = text.nfkc().flat_map(char::to_lowercase).collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Blanks within one number, as in `+81 3 4477 2288`.
const BLANKS_MAX: usize = 3;

/// A number of Japan, in domestic digits.
fn domestic(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let domestic = match digits.strip_prefix("81") {
        Some(rest) if matches!(rest.len(), 9 | 10) && !rest.starts_with('0') => format!("0{rest}"),
        _ => digits,
    };
    let is_number =
        matches!(domestic.len(), 10 | 11) && domestic.starts_with('0') && !domestic.starts_with("00");
    is_number.then_some(domestic)
}

/// Telephone numbers within Japan in a text, in domestic digits: `03-4477-2288`, `+81344772288`, `0344772288`. At most 50.
#[must_use]
pub fn numbers_in(text: &str) -> Vec<String> {
    let folded: String = text.nfkc().collect();
    let part = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '(' | ')' | ' ');
    let mut found: Vec<String> = Vec::new();
    for run in folded.split(|c: char| !part(c)) {
        let pieces: Vec<&str> = run.split_whitespace().collect();
        let mut at = 0;
        while at < pieces.len() {
            // A number may be written with blanks in it.
            let spans = (at + 1..=pieces.len().min(at + BLANKS_MAX + 1)).map(|end| (end, &pieces[at..end]));
            let mut spans = spans;
            let hit = spans.find_map(|(end, span)| Some((end, domestic(&span.concat())?)));
            at = hit.as_ref().map_or(at + 1, |(end, _)| *end);
            if let Some((_, number)) = hit
                && !found.contains(&number)
                && found.len() < 50
            {
                found.push(number);
            }
        }
    }
    found
}

/// Request numbers in a text whose check digit is right, each once. At most 50.
#[must_use]
pub fn request_numbers_in(text: &str) -> Vec<RequestNumber> {
    let folded: String = text.nfkc().collect();
    let dash = |c: char| if "\u{2010}‑‒–—―−ー".contains(c) { '-' } else { c };
    let folded: String = folded.chars().map(dash).collect();
    let mut found: Vec<RequestNumber> = Vec::new();
    let words = folded.split(|c: char| !(c.is_ascii_digit() || c == '-'));
    for word in words.map(|word| word.trim_matches('-')).filter(|word| word.len() == NUMBER_CHARS) {
        if let Ok(number) = word.parse::<RequestNumber>()
            && !found.contains(&number)
            && found.len() < 50
        {
            found.push(number);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::parse::parse;

    fn results() -> FaxResults {
        toml::from_str(
            "promised = 'both'\nsilence_minutes = 30\nfrom = ['result@fax.example.jp', '@status.example.jp']\n\
             delivered = ['送信完了', 'sent successfully', '<Status>0</Status>']\nbusy = ['話中', 'busy']\n\
             no_answer = ['応答なし', 'no answer']\nwrong_number = ['番号違い', 'not in service']\n\
             no_paper = ['用紙切れ']\nfailed = ['送信できませんでした', 'failed']",
        )
        .unwrap()
    }

    fn mail(from: &str, subject: &str, kind: &str, body: &str) -> ParsedMail {
        let raw = format!(
            "From: {from}\r\nTo: gateway@example.jp\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n\
             Content-Type: {kind}; charset=utf-8\r\n\r\n{body}\r\n"
        );
        parse(raw.as_bytes())
    }

    #[test]
    fn each_kind_of_result_mail_says_one_thing() {
        use FaxNews::{Clear, Unclear};
        let failed = |why| Clear(News::Failed(why));
        for (subject, kind, body, expected) in [
            ("[送信完了] renraku 26-000042-3", "text/plain", "宛先: 03-4477-2288", Clear(News::Arrived)),
            ("Fax sent  successfully", "text/plain", "", Clear(News::Arrived)),
            ("result", "text/html", "<p>結果: <b>送信完了</b></p>", Clear(News::Arrived)),
            ("result", "text/xml", "<Fax><Status>0</Status></Fax>", Clear(News::Arrived)),
            ("result", "text/csv", "0344772288,26-000042-3,BUSY,3", failed(Failure::Busy)),
            ("[エラー]", "text/plain", "送信できませんでした。理由:話中", failed(Failure::Busy)),
            ("[エラー]", "text/plain", "送信できませんでした。理由: 応答なし", failed(Failure::NoAnswer)),
            ("FAILED", "text/plain", "Number not in service", failed(Failure::WrongNumber)),
            ("[エラー]", "text/plain", "用紙切れ", failed(Failure::NoPaper)),
            ("[エラー]", "text/plain", "送信できませんでした。", failed(Failure::Other)),
            // Two reasons: none of them is acted on.
            ("failed", "text/plain", "busy / not in service", failed(Failure::Other)),
            ("[送信完了]", "text/plain", "1件は送信できませんでした", Unclear),
            ("お知らせ", "text/plain", "メンテナンスを行います", Unclear),
        ] {
            assert_eq!(
                results().read(&mail("result@fax.example.jp", subject, kind, body)),
                expected,
                "{subject} {body}"
            );
        }
    }

    #[test]
    fn only_the_service_is_believed() {
        for (from, expected) in [
            ("result@fax.example.jp", true),
            ("Fax <RESULT@fax.example.jp>", true),
            ("any@status.example.jp", true),
            ("result@fax.example.jp.evil.example", false),
            ("other@fax.example.jp", false),
            ("any@evilstatus.example.jp", false),
        ] {
            assert_eq!(results().is_from_service(&mail(from, "x", "text/plain", "x")), expected, "{from}");
        }
    }

    #[test]
    fn request_numbers_are_found_where_their_check_digit_is_right() {
        let (one, other) = (RequestNumber::new(2026, 42), RequestNumber::new(2026, 43));
        let wide: String = other
            .as_str()
            .chars()
            .map(|c| if c == '-' { 'ー' } else { char::from_u32(c as u32 + 0xfee0).unwrap() })
            .collect();
        let wrong = format!("{}0", &one.as_str()[..10]);
        let text = format!("Re: 連絡票{one}です {one}, {wide}。 {wrong} 123-{one} 03-4477-2288 26-00004-2");
        let mut expected = vec![one, other];
        expected.retain(|number| number.as_str() != wrong);
        assert_eq!(request_numbers_in(&text), expected);
    }

    #[test]
    fn numbers_are_found_as_services_write_them() {
        let text = "宛先:０３－４４７７－２２８８ / +81 3 4477 2289, 8134477220 (03)4477-2290 26-000042-3 0344772288";
        assert_eq!(numbers_in(text), ["0344772288", "0344772289", "0344772290"]);
    }
}
