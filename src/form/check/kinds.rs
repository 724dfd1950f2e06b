//! The words of the language: kinds with their own keys, keys that everything has, names and ranges. The check
//! reads a file by them, and the JSON Schema is made of them, so that the two cannot drift apart.

use crate::domain::calendar::wareki::DateStyle;
use crate::domain::client::{AddressMask, BirthMask, NameMask};
use crate::form::definition::PartyRole;
use std::ops::RangeInclusive;

/// A name with the keys that only it has.
pub(crate) type Kind = (&'static str, &'static [&'static str]);

pub(crate) const TOP_KEYS: &[&str] = &[
    "id",
    "version",
    "title",
    "question",
    "from",
    "to",
    "non_clinical",
    "due",
    "consent",
    "field",
    "reply",
    "also_from",
    "also_to",
    "urgent",
    "unsolicited",
    "attachments",
    "dates",
    "masking",
];

pub(crate) const FIELD_KEYS: &[&str] = &["id", "kind", "label", "required", "help"];
/// Of every field too; in messages they stand behind the kind's own keys.
pub(crate) const FIELD_EXTRAS: &[&str] = &["when", "default", "frame_mm"];
pub(crate) const FIELD_KINDS: &[Kind] = &[
    ("text", &["max_chars"]),
    ("long_text", &["max_chars"]),
    ("choice", &["options"]),
    ("choices", &["options"]),
    ("date", &[]),
    ("number", &["unit", "min", "max", "decimals"]),
    ("address", &[]),
    ("insurer_number", &[]),
    ("insured_number", &[]),
    ("office_number", &[]),
    ("clinic_code", &[]),
    ("fax", &[]),
    ("telephone", &[]),
    ("slots", &["max"]),
    ("client", &[]),
    ("party", &["role"]),
];

pub(crate) const REPLY_KEYS: &[&str] = &["id", "kind", "label", "required"];
pub(crate) const REPLY_KINDS: &[Kind] = &[
    ("choose_one", &["options"]),
    ("choose_many", &["options"]),
    ("slots", &["field"]),
    ("handwriting", &["height_mm"]),
    ("signature", &["options"]),
];

pub(crate) const OPTION_KEYS: &[&str] = &["id", "label", "needs_handwriting"];

pub(crate) const DUE_KINDS: &[Kind] =
    &[("business_days", &["days", "before"]), ("hours", &["hours", "before"]), ("no_reply", &[])];

/// Of the kinds' own keys those that may be left out.
pub(crate) const OPTIONAL_KEYS: &[&str] = &["decimals", "before"];

pub(crate) const ROLES: &[(&str, PartyRole)] = &[
    ("care_manager", PartyRole::CareManager),
    ("doctor", PartyRole::Doctor),
    ("hospital", PartyRole::Hospital),
    ("association", PartyRole::Association),
];
pub(crate) const DATE_STYLES: &[(&str, DateStyle)] =
    &[("wareki", DateStyle::Wareki), ("gregorian", DateStyle::Gregorian)];
pub(crate) const NAME_MASKS: &[(&str, NameMask)] =
    &[("full", NameMask::Full), ("alternate", NameMask::Alternate), ("initials", NameMask::Initials)];
pub(crate) const BIRTH_MASKS: &[(&str, BirthMask)] =
    &[("date", BirthMask::Date), ("age_band", BirthMask::AgeBand)];
pub(crate) const ADDRESS_MASKS: &[(&str, AddressMask)] =
    &[("full", AddressMask::Full), ("municipality", AddressMask::Municipality)];

pub(crate) const DAYS: RangeInclusive<i64> = 1..=60;
pub(crate) const HOURS: RangeInclusive<i64> = 1..=72;
pub(crate) const VERSIONS: RangeInclusive<i64> = 1..=9999;
pub(crate) const TEXT_CHARS: RangeInclusive<i64> = 1..=200;
pub(crate) const LONG_TEXT_CHARS: RangeInclusive<i64> = 1..=2000;
pub(crate) const SLOTS: RangeInclusive<i64> = 1..=6;
pub(crate) const HANDWRITING_MM: RangeInclusive<i64> = 10..=120;
pub(crate) const NUMBERS: RangeInclusive<i64> = -1_000_000..=1_000_000;
pub(crate) const DECIMALS: RangeInclusive<i64> = 0..=2;

/// The longest id.
pub(crate) const ID_MAX: usize = 40;
/// The longest label of a field or an option, in full-width characters: what fits beside its box.
pub(crate) const LABEL_MAX: usize = 24;
/// The longest question or line, in full-width characters.
pub(crate) const SENTENCE_MAX: usize = 60;
/// A title stands in one line beside 見本 and the number, in large letters.
pub(crate) const TITLE_MAX: usize = 17;
/// A question or a reply label stands in one line of the reply part.
pub(crate) const LINE_MAX: usize = 40;
/// The longest unit, in full-width characters.
pub(crate) const UNIT_MAX: usize = 6;
