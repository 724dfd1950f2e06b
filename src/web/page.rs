//! Templates (`templates/web/`) and what they can call. Everything that a template prints is escaped; there is
//! no inline script and no inline style in any of them.

use super::asset;
use super::message::{Language, Messages};
use crate::domain::calendar::wareki::wareki;
use crate::domain::calendar::{japan_date, japan_time};
use crate::domain::identifier::FaxNumber;
use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use minijinja::value::{Kwargs, Serde};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value};
use std::sync::{Arc, LazyLock};

/// The files of `templates/web/`, by name; the list is made by `build.rs`.
const PAGES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// A template is wrong: the program's mistake, never the visitor's.
#[derive(Debug, thiserror::Error)]
#[error("{0:#}")]
pub struct PageError(#[from] Error);

/// The pages of one language.
pub struct Pages {
    environment: Environment<'static>,
    messages: Arc<Messages>,
}

static JAPANESE: LazyLock<Pages> = LazyLock::new(|| Pages::new(Language::Japanese));
static ENGLISH: LazyLock<Pages> = LazyLock::new(|| Pages::new(Language::English));

/// The pages of that language.
#[must_use]
pub fn pages(language: Language) -> &'static Pages {
    match language {
        Language::Japanese => &JAPANESE,
        Language::English => &ENGLISH,
    }
}

impl Pages {
    fn new(language: Language) -> Self {
        let messages = Arc::new(Messages::of(language));
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        for (name, text) in PAGES {
            if let Err(error) = environment.add_template(name, text) {
                tracing::error!(name, %error, "a page cannot be read");
            }
        }
        let catalogue = Arc::clone(&messages);
        environment.add_function("t", move |key: &str, args: Kwargs| translate(&catalogue, key, &args));
        environment.add_function("asset", |name: &str| asset::address(name));
        environment.add_filter("wareki", move |day: Value| day_text(language, &day));
        environment.add_filter("weekday", move |day: Value| weekday_text(language, &day));
        environment.add_filter("moment", move |at: Value| moment_text(language, &at));
        environment.add_filter("half", move |text: &str| language.half(text).to_owned());
        environment.add_filter("label", move |label: Value| label.get_attr(language.code()));
        environment.add_filter("fax", |number: &str| {
            FaxNumber::parse(number).map_or_else(|_| number.to_owned(), |fax| fax.display())
        });
        Self { environment, messages }
    }

    /// The texts.
    #[must_use]
    pub fn messages(&self) -> &Messages {
        &self.messages
    }

    /// The page `name` with `context`.
    ///
    /// # Errors
    /// [`PageError`].
    pub fn render(&self, name: &str, context: &serde_json::Value) -> Result<String, PageError> {
        Ok(self.environment.get_template(name)?.render(Value::from(Serde(context)))?)
    }
}

fn translate(messages: &Messages, key: &str, args: &Kwargs) -> Result<String, Error> {
    let names: Vec<&str> = args.args().collect();
    let mut values = Vec::new();
    for name in names {
        values.push((name, args.get::<Value>(name)?.to_string()));
    }
    args.assert_all_used()?;
    Ok(messages.text(key, &values))
}

fn date(value: &Value) -> Result<Date, Error> {
    let text = value.as_str().unwrap_or_default();
    text.parse().map_err(|_| Error::new(ErrorKind::InvalidOperation, "not a day"))
}

/// 令和8年12月1日, or 2026-12-01 in English; empty for nothing.
fn day_text(language: Language, value: &Value) -> Result<String, Error> {
    if value.is_none() || value.is_undefined() {
        return Ok(String::new());
    }
    let day = date(value)?;
    Ok(match language {
        Language::Japanese => wareki(day),
        Language::English => day.to_string(),
    })
}

fn weekday_text(language: Language, value: &Value) -> Result<&'static str, Error> {
    let (japanese, english) = match date(value)?.weekday() {
        Weekday::Monday => ("月", "Mon"),
        Weekday::Tuesday => ("火", "Tue"),
        Weekday::Wednesday => ("水", "Wed"),
        Weekday::Thursday => ("木", "Thu"),
        Weekday::Friday => ("金", "Fri"),
        Weekday::Saturday => ("土", "Sat"),
        Weekday::Sunday => ("日", "Sun"),
    };
    Ok(if language == Language::Japanese { japanese } else { english })
}

/// A moment as its day and time in Japan; empty for nothing.
fn moment_text(language: Language, value: &Value) -> Result<String, Error> {
    if value.is_none() || value.is_undefined() {
        return Ok(String::new());
    }
    let text = value.as_str().unwrap_or_default();
    let at: Timestamp = text.parse().map_err(|_| Error::new(ErrorKind::InvalidOperation, "not a moment"))?;
    let (day, time) = (japan_date(at), japan_time(at));
    let clock = format!("{}:{:02}", time.hour(), time.minute());
    Ok(match language {
        Language::Japanese => format!("{} {clock}", wareki(day)),
        Language::English => format!("{day} {clock}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::message::keys;

    #[test]
    fn every_page_is_read_and_every_text_that_it_names_is_there() {
        let known = keys(Language::Japanese);
        for (name, text) in PAGES {
            assert!(pages(Language::Japanese).environment.get_template(name).is_ok(), "{name}");
            for (at, _) in text.match_indices("t(\"") {
                if text[..at].ends_with(|c: char| c.is_ascii_alphanumeric()) {
                    continue;
                }
                let rest = &text[at + 3..];
                let key = rest.split('"').next().unwrap();
                // A name that ends with `-` is completed by the template.
                let begun = rest[key.len()..].starts_with("\" ~");
                let found = known.contains(key) || begun && known.iter().any(|known| known.starts_with(key));
                assert!(found, "{name}: there is no message '{key}'");
            }
        }
    }

    #[test]
    fn no_page_has_a_script_or_a_style_of_its_own_or_prints_unescaped() {
        for (name, text) in PAGES {
            for forbidden in
                ["<style", " style=", " onclick=", " onload=", " onsubmit=", "|safe", "http://", "https://"]
            {
                assert!(!text.contains(forbidden), "{name} has {forbidden}");
            }
            for script in text.split("<script").skip(1) {
                assert!(script.starts_with(" src=\"{{ asset("), "{name} has an inline script");
            }
        }
    }

    #[test]
    fn no_page_has_a_text_of_its_own() {
        for (name, text) in PAGES {
            let japanese = text.lines().find(|line| {
                let comment = line.trim_start().starts_with("{#");
                let japanese =
                    |c| ('\u{3041}'..='\u{30fa}').contains(&c) || ('\u{4e00}'..='\u{9fff}').contains(&c);
                !comment && line.chars().any(japanese)
            });
            assert_eq!(japanese, None, "{name}: texts belong into templates/locales");
        }
    }

    #[test]
    fn days_and_moments_are_japanese() {
        let day = Value::from("2026-12-01");
        assert_eq!(day_text(Language::Japanese, &day).unwrap(), "令和8年12月1日");
        assert_eq!(day_text(Language::English, &day).unwrap(), "2026-12-01");
        assert_eq!(weekday_text(Language::Japanese, &day).unwrap(), "火");
        let at = Value::from("2026-11-22T15:04:00Z");
        assert_eq!(moment_text(Language::Japanese, &at).unwrap(), "令和8年11月23日 0:04");
        assert_eq!(day_text(Language::Japanese, &Value::from(())).unwrap(), "");
    }
}
