//! Every text that a page shows, in Japanese and in English, from `templates/locales/`. Never holds data of
//! clients: what a person wrote is put beside a message by the template, which escapes it.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use std::collections::BTreeSet;
use unic_langid::LanguageIdentifier;

/// The files of `templates/locales/`, by name; the list is made by `build.rs`.
const LOCALES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/locales.rs"));

/// A language of the pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    /// 日本語.
    #[default]
    Japanese,
    /// English.
    English,
}

impl Language {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Japanese, Self::English];

    /// `ja` or `en`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Japanese => "ja",
            Self::English => "en",
        }
    }

    /// The language with that code; Japanese for any other.
    #[must_use]
    pub fn from_code(code: &str) -> Self {
        if code == "en" { Self::English } else { Self::Japanese }
    }

    /// The half of a sentence `日本語 / English` that is in this language; a text without halves as it is.
    #[must_use]
    pub fn half(self, sentence: &str) -> &str {
        match (sentence.split_once(" / "), self) {
            (Some((japanese, _)), Self::Japanese) => japanese,
            (Some((_, english)), Self::English) => english,
            (None, _) => sentence,
        }
    }
}

/// The catalogue of one language.
pub struct Messages {
    language: Language,
    bundle: FluentBundle<FluentResource>,
}

impl Messages {
    /// The catalogue that the program carries. What cannot be parsed is left out; a test keeps that from
    /// being released.
    #[must_use]
    pub fn of(language: Language) -> Self {
        let identifier: LanguageIdentifier = language.code().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![identifier]);
        // The marks around placeables (Unicode isolation) would stand in copied texts and in tests.
        bundle.set_use_isolating(false);
        let resource = FluentResource::try_new(source(language).to_owned());
        if bundle.add_resource(resource.unwrap_or_else(|(resource, _)| resource)).is_err() {
            tracing::error!(language = language.code(), "a message stands twice in its catalogue");
        }
        Self { language, bundle }
    }

    /// Which language.
    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }

    /// The message `key`; its name in marks when there is none, so that a hole is seen.
    #[must_use]
    pub fn text(&self, key: &str, args: &[(&str, String)]) -> String {
        let Some(pattern) = self.bundle.get_message(key).and_then(|message| message.value()) else {
            tracing::error!(key, "there is no such message");
            return format!("⟦{key}⟧");
        };
        let mut values = FluentArgs::new();
        for (name, value) in args {
            // Numbers as numbers, so that English can tell one from many.
            match value.parse::<u32>() {
                Ok(number) if number.to_string() == *value => values.set(*name, number),
                _ => values.set(*name, value.clone()),
            }
        }
        self.bundle.format_pattern(pattern, Some(&values), &mut Vec::new()).into_owned()
    }

    /// True when the message is there.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.bundle.has_message(key)
    }
}

fn source(language: Language) -> &'static str {
    let name = format!("{}.ftl", language.code());
    LOCALES.iter().find(|(file, _)| *file == name).map_or("", |(_, text)| text)
}

/// The names of the messages of a language, as they stand in its file.
#[must_use]
pub fn keys(language: Language) -> BTreeSet<&'static str> {
    let names = source(language).lines().filter_map(|line| line.split_once(" =").map(|(name, _)| name));
    names.filter(|name| !name.starts_with([' ', '#', '-'])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_have_the_same_messages() {
        let [japanese, english] = Language::ALL.map(keys);
        assert_eq!(
            japanese.difference(&english).collect::<Vec<_>>(),
            Vec::<&&str>::new(),
            "missing in en.ftl"
        );
        assert_eq!(
            english.difference(&japanese).collect::<Vec<_>>(),
            Vec::<&&str>::new(),
            "missing in ja.ftl"
        );
        assert!(japanese.len() > 50);
    }

    #[test]
    fn every_file_parses_and_every_message_is_found() {
        for language in Language::ALL {
            assert!(FluentResource::try_new(source(language).to_owned()).is_ok(), "{language:?}");
            let messages = Messages::of(language);
            for key in keys(language) {
                assert!(messages.has(key), "{language:?} {key}");
            }
        }
    }

    #[test]
    fn a_sentence_has_halves() {
        for (language, sentence, expected) in [
            (Language::Japanese, "短くしてください / shorten it", "短くしてください"),
            (Language::English, "短くしてください / shorten it", "shorten it"),
            (Language::English, "見本", "見本"),
        ] {
            assert_eq!(language.half(sentence), expected);
        }
    }
}
