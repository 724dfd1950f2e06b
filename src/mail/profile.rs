//! What a route's provider wants to see: address, number format, subject and body. Checked when
//! the settings are loaded, so that sending never meets a wrong template. Templates know the fax
//! number and the request number, and nothing else: no client data can reach a subject or a body.

use super::compose::{address, many_lines, single_line};
use super::results::{FaxResults, Promised};
use crate::domain::quiet::QuietHours;
use crate::seal::mail_token::TOKEN_CHARS;
use serde::Deserialize;
use std::fmt;

/// Octets before the `@` (RFC 5321 §4.5.3.1.1).
const LOCAL_PART_MAX: usize = 64;

/// What is wrong with a profile; one sentence, naming the profile and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("送信経路「{profile}」の{key}: {problem} (route '{profile}', key '{key}')")]
pub struct ProfileError {
    profile: String,
    key: &'static str,
    problem: String,
}

/// How a provider wants the number within the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberFormat {
    /// `0312345678`
    Domestic,
    /// `+81312345678`
    Plus81,
}

impl NumberFormat {
    /// `fax` (domestic digits) as this provider writes it.
    #[must_use]
    pub fn write(self, fax: &str) -> String {
        match self {
            Self::Domestic => fax.to_owned(),
            Self::Plus81 => format!("+81{}", fax.strip_prefix('0').unwrap_or(fax)),
        }
    }
}

/// What a template may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Values<'a> {
    /// The fax number in the provider's format; empty for plain mail.
    pub fax: &'a str,
    /// The request number, e.g. `26-000042-3`.
    pub number: &'a str,
}

/// A text with `{fax}` and `{number}`.
#[derive(Clone, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Fax,
    Number,
}

impl Template {
    /// Reads a template; only the placeholders in `allowed` may occur.
    ///
    /// # Errors
    /// A sentence (Japanese / English) about the first thing that is wrong.
    pub fn parse(text: &str, allowed: &[&str]) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else {
                return Err("「{」が閉じていません / a '{' has no '}'".to_owned());
            };
            pieces.push(text_piece(before)?);
            pieces.push(placeholder(name, allowed)?);
            rest = after;
        }
        pieces.push(text_piece(rest)?);
        pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
        Ok(Self(pieces))
    }

    /// The text with its placeholders filled.
    #[must_use]
    pub fn fill(&self, values: Values<'_>) -> String {
        let fill = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Fax => values.fax.to_owned(),
            Piece::Number => values.number.to_owned(),
        };
        self.0.iter().map(fill).collect()
    }

    fn count(&self, wanted: &Piece) -> usize {
        self.0.iter().filter(|piece| *piece == wanted).count()
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.fill(Values { fax: "{fax}", number: "{number}" }))
    }
}

fn text_piece(text: &str) -> Result<Piece, String> {
    if text.contains('}') {
        return Err("「}」に対応する「{」がありません / a '}' has no '{'".to_owned());
    }
    Ok(Piece::Text(text.to_owned()))
}

fn placeholder(name: &str, allowed: &[&str]) -> Result<Piece, String> {
    let known = allowed.contains(&name);
    match name {
        "fax" if known => Ok(Piece::Fax),
        "number" if known => Ok(Piece::Number),
        _ => Err(format!(
            "「{{{name}}}」はここでは使えません。使えるのは {allowed} です / '{{{name}}}' has no meaning here; use {allowed}",
            allowed = allowed.iter().map(|name| format!("{{{name}}}")).collect::<Vec<_>>().join(", "),
        )),
    }
}

/// An e-mail-to-fax provider (`number@provider-domain`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "FaxProfileText")]
pub struct FaxProfile {
    /// The route's name in settings, lists and logs.
    pub name: String,
    /// `{fax}@fax.example.jp`; `{fax}` exactly once, before the `@`.
    pub address: Template,
    /// How `{fax}` is written in the address.
    pub number_format: NumberFormat,
    /// One line.
    pub subject: Template,
    /// Several lines; empty: no text part (an empty one became an extra page with some services).
    pub body: Template,
    /// The sender that is registered with the provider. A wrong one may fail without any notice.
    pub from: String,
    /// The provider's limit for a whole mail.
    pub max_bytes: usize,
    /// True: a cover goes before every sheet.
    pub cover: bool,
    /// The mailbox that notices of failure go to, its tries told apart behind a plus; the sender where none is named.
    pub bounces_to: Option<String>,
    /// What the service tells about a fax.
    pub results: FaxResults,
    /// When numbers do not ring, but for forms whose clock is in hours.
    pub quiet: QuietHours,
}

/// A clinic's own mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "MailProfileText")]
pub struct MailProfile {
    /// The route's name in settings, lists and logs.
    pub name: String,
    /// One line; `{number}` allowed.
    pub subject: Template,
    /// Several lines; `{number}` allowed.
    pub body: Template,
    /// The sender.
    pub from: String,
    /// Limit for a whole mail.
    pub max_bytes: usize,
    /// The mailbox that clinics' answers go to, its tries told apart behind a plus; the sender where none is named.
    pub reply_to: Option<String>,
    /// The mailbox that notices of failure go to, its tries told apart behind a plus; the sender where none is named.
    pub bounces_to: Option<String>,
}

/// [`FaxProfile`] as it is written in TOML.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct FaxProfileText {
    name: String,
    address: String,
    number_format: NumberFormat,
    subject: String,
    body: String,
    from: String,
    max_bytes: usize,
    #[serde(default)]
    cover: bool,
    #[serde(default)]
    bounces_to: Option<String>,
    #[serde(default)]
    results: FaxResults,
    #[serde(default)]
    quiet: QuietHours,
}

/// [`MailProfile`] as it is written in TOML.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct MailProfileText {
    name: String,
    subject: String,
    body: String,
    from: String,
    max_bytes: usize,
    #[serde(default)]
    reply_to: Option<String>,
    #[serde(default)]
    bounces_to: Option<String>,
}

impl TryFrom<FaxProfileText> for FaxProfile {
    type Error = ProfileError;
    fn try_from(text: FaxProfileText) -> Result<Self, ProfileError> {
        let both: &[&str] = &["fax", "number"];
        let check = Check(&text.name);
        Ok(Self {
            address: check.fax_address(&text.address)?,
            number_format: text.number_format,
            subject: check.subject(&text.subject, both)?,
            body: check.body(&text.body, both)?,
            from: check.from(text.from)?,
            max_bytes: check.max_bytes(text.max_bytes)?,
            cover: text.cover,
            bounces_to: check.mailbox("bounces_to", text.bounces_to)?,
            results: check.results(text.results)?,
            quiet: text.quiet,
            name: check.name()?,
        })
    }
}

impl TryFrom<MailProfileText> for MailProfile {
    type Error = ProfileError;
    fn try_from(text: MailProfileText) -> Result<Self, ProfileError> {
        let number: &[&str] = &["number"];
        let check = Check(&text.name);
        Ok(Self {
            subject: check.subject(&text.subject, number)?,
            body: check.body(&text.body, number)?,
            from: check.from(text.from)?,
            max_bytes: check.max_bytes(text.max_bytes)?,
            reply_to: check.mailbox("reply_to", text.reply_to)?,
            bounces_to: check.mailbox("bounces_to", text.bounces_to)?,
            name: check.name()?,
        })
    }
}

/// The checks of one profile; the field is its name.
struct Check<'a>(&'a str);

impl Check<'_> {
    fn wrong(&self, key: &'static str, problem: impl fmt::Display) -> ProfileError {
        ProfileError { profile: self.0.escape_debug().to_string(), key, problem: problem.to_string() }
    }

    fn name(&self) -> Result<String, ProfileError> {
        single_line("name", self.0).map_err(|error| self.wrong("name", error))?;
        if self.0.trim().is_empty() {
            return Err(self.wrong("name", "名前を付けてください / give it a name"));
        }
        Ok(self.0.to_owned())
    }

    fn fax_address(&self, text: &str) -> Result<Template, ProfileError> {
        let template = Template::parse(text, &["fax"]).map_err(|problem| self.wrong("address", problem))?;
        let before_at = text.split_once('@').is_some_and(|(local, _)| local.contains("{fax}"));
        if template.count(&Piece::Fax) != 1 || !before_at {
            let problem = "{fax} を@の前に一度だけ書いてください(例 {fax}@fax.example.jp)/ write {fax} exactly once, before the @, as in {fax}@fax.example.jp";
            return Err(self.wrong("address", problem));
        }
        for fax in ["0312345678", "+81312345678"] {
            address("address", &template.fill(Values { fax, number: "" }))
                .map_err(|error| self.wrong("address", error))?;
        }
        Ok(template)
    }

    fn subject(&self, text: &str, allowed: &[&str]) -> Result<Template, ProfileError> {
        single_line("subject", text).map_err(|error| self.wrong("subject", error))?;
        Template::parse(text, allowed).map_err(|problem| self.wrong("subject", problem))
    }

    fn body(&self, text: &str, allowed: &[&str]) -> Result<Template, ProfileError> {
        many_lines("body", text).map_err(|error| self.wrong("body", error))?;
        Template::parse(text, allowed).map_err(|problem| self.wrong("body", problem))
    }

    fn from(&self, from: String) -> Result<String, ProfileError> {
        address("from", &from).map_err(|error| self.wrong("from", error))?;
        Ok(from)
    }

    /// A mailbox before whose `@` there is room for a plus and a token.
    fn mailbox(&self, key: &'static str, text: Option<String>) -> Result<Option<String>, ProfileError> {
        let Some(text) = text else { return Ok(None) };
        let mailbox = address(key, &text).map_err(|error| self.wrong(key, error))?;
        if mailbox.user().contains('+') || mailbox.user().len() + 1 + TOKEN_CHARS > LOCAL_PART_MAX {
            let problem = "@の前は+を含まない24字以内にしてください / at most 24 characters without a plus before the @";
            return Err(self.wrong(key, problem));
        }
        Ok(Some(text))
    }

    fn results(&self, results: FaxResults) -> Result<FaxResults, ProfileError> {
        let wrong = |problem: &str| Err(self.wrong("results", problem));
        if results.words().any(|word| word.trim().chars().count() < 2) {
            return wrong("語は2文字以上にしてください / every word needs at least two characters");
        }
        if results.promised == Promised::Both && results.delivered.is_empty() {
            return wrong(
                "promised = \"both\" には delivered の語が要ります / promised = \"both\" needs words for delivered",
            );
        }
        if results.silence_minutes == 0 {
            return wrong("silence_minutes は1以上にしてください / silence_minutes must be at least 1");
        }
        if results.from.is_empty() && results.words().next().is_some() {
            return wrong(
                "from に結果メールの差出人を書いてください / name the sender of the result mails in from",
            );
        }
        Ok(results)
    }

    fn max_bytes(&self, max_bytes: usize) -> Result<usize, ProfileError> {
        if max_bytes < 100_000 {
            let problem = "100000以上にしてください(連絡票1枚が入りません)/ at least 100000, or not even one sheet fits";
            return Err(self.wrong("max_bytes", problem));
        }
        Ok(max_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
name = "faximo"
address = "{fax}@cl1.faximo.example"
number_format = "domestic"
subject = "===renraku {number}"
body = ""
from = "fax@office.example.jp"
max_bytes = 5_000_000
"#;

    /// What a region begins with (`templates/fax-profiles`).
    #[test]
    fn every_profile_that_comes_along_loads() {
        #[derive(Deserialize)]
        struct Settings {
            fax: FaxProfile,
        }
        for text in [
            include_str!("../../templates/fax-profiles/generic.toml"),
            include_str!("../../templates/fax-profiles/interfax-style.toml"),
            include_str!("../../templates/fax-profiles/faximo-style.toml"),
            include_str!("../../templates/fax-profiles/faxmail.toml"),
        ] {
            let profile = toml::from_str::<Settings>(text).unwrap().fax;
            let words = profile.results.words().count();
            assert_eq!(words == 0, profile.results.promised == Promised::None, "{}", profile.name);
        }
    }

    #[test]
    fn a_result_that_says_nothing_is_refused() {
        let with = |results: &str| toml::from_str::<FaxProfile>(&format!("{GOOD}[results]\n{results}"));
        for (results, sentence) in [
            ("promised = 'both'\nfrom = ['a@example.jp']\nfailed = ['no']", "needs words for delivered"),
            ("delivered = ['送信完了']", "name the sender"),
            ("from = ['a@example.jp']\nbusy = ['x']", "at least two characters"),
            ("silence_minutes = 0", "at least 1"),
            ("promised = 'all'", "unknown variant"),
        ] {
            let error = with(results).expect_err(results).to_string();
            assert!(error.contains(sentence), "{results}: {error}");
        }
        let error =
            toml::from_str::<FaxProfile>(&GOOD.replace("body", "bounces_to = 'a+b@example.jp'\nbody"));
        assert!(error.unwrap_err().to_string().contains("without a plus"));
    }

    #[test]
    fn a_good_profile_loads() {
        let profile: FaxProfile = toml::from_str(GOOD).unwrap();
        let values = Values { fax: "0312345678", number: "26-000042-3" };
        assert_eq!(profile.address.fill(values), "0312345678@cl1.faximo.example");
        assert_eq!(profile.subject.fill(values), "===renraku 26-000042-3");
        assert_eq!(profile.body.fill(values), "");
    }

    #[test]
    fn numbers_are_written_as_the_provider_wants() {
        assert_eq!(NumberFormat::Domestic.write("0312345678"), "0312345678");
        assert_eq!(NumberFormat::Plus81.write("0312345678"), "+81312345678");
    }

    #[test]
    fn each_mistake_gets_its_sentence() {
        let mistakes = [
            ("{fax}@cl1", "fax@cl1", "exactly once"),
            ("{fax}@cl1", "{fax}{fax}@cl1", "exactly once"),
            ("{fax}@cl1", "a@{fax}.cl1", "exactly once"),
            ("{fax}@cl1", "{number}@cl1", "'{number}' has no meaning here; use {fax}"),
            ("{fax}@cl1", "{fax} @cl1", "not an ASCII mail address"),
            ("{fax}@cl1", "{fax@cl1", "has no '}'"),
            ("{number}\"", "{client}\"", "'{client}' has no meaning here; use {fax}, {number}"),
            ("{number}\"", "number}\"", "has no '{'"),
            ("{number}\"", "\\nBcc: x\"", "line break"),
            ("\"domestic\"", "\"e164\"", "unknown variant"),
            ("fax@office", "fax office", "not an ASCII mail address"),
            ("5_000_000", "5", "at least 100000"),
            ("\"faximo\"", "\" \"", "give it a name"),
            ("body = ", "text = ", "unknown field `text`"),
        ];
        for (good, bad, sentence) in mistakes {
            assert!(GOOD.contains(good));
            let error = toml::from_str::<FaxProfile>(&GOOD.replace(good, bad)).expect_err(bad).to_string();
            assert!(error.contains(sentence), "{bad}: {error}");
        }
    }

    #[test]
    fn a_plain_mail_knows_no_fax_number() {
        let text = "name='m'\nsubject='連絡票 {fax}'\nbody=''\nfrom='a@example.jp'\nmax_bytes=9000000";
        let error = toml::from_str::<MailProfile>(text).unwrap_err().to_string();
        assert!(error.contains("'{fax}' has no meaning here; use {number}"), "{error}");
        assert!(toml::from_str::<MailProfile>(&text.replace("{fax}", "{number}")).is_ok());
    }
}
