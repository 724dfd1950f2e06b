//! The `[[field]]`s of a form file, each by itself. What holds between them is looked at in `across`.

use super::kinds::{
    DECIMALS, FIELD_EXTRAS, FIELD_KEYS, FIELD_KINDS, HANDWRITING_MM, LABEL_MAX, LONG_TEXT_CHARS, NUMBERS,
    OPTION_KEYS, ROLES, SENTENCE_MAX, SLOTS, TEXT_CHARS, UNIT_MAX,
};
use super::mistake::Found;
use super::table::Table;
use crate::form::definition::{ChoiceOption, Condition, Field, FieldKind};
use crate::form::prefill;
use std::collections::BTreeSet;

pub(super) fn field(table: &Table, ids: &mut BTreeSet<String>, found: &mut Found) -> Option<Field> {
    let id = table.new_id(ids, found);
    let label = table.label("label", LABEL_MAX, found);
    let required = table.boolean("required", found);
    let help = if table.has("help") { table.label("help", SENTENCE_MAX, found) } else { None };
    let own = table.one_of("kind", FIELD_KINDS, found)?;
    table.only(&[FIELD_KEYS, own, FIELD_EXTRAS].concat(), found);
    let kind = field_kind(table, found);
    let when = if table.has("when") { condition(table, found) } else { None };
    let frame_mm = table.optional_number("frame_mm", &HANDWRITING_MM, found);
    let kind = kind?;
    let default = if table.has("default") { default(table, &kind, found) } else { None };
    let frame_mm = frame_mm.and_then(|mm| u16::try_from(mm).ok());
    Some(Field { id: id?, label: label?, required, help, when, default, frame_mm, kind })
}

fn field_kind(table: &Table, found: &mut Found) -> Option<FieldKind> {
    let size = |number: Option<i64>| number.and_then(|number| usize::try_from(number).ok());
    Some(match table.str("kind")? {
        "text" => FieldKind::Text { max_chars: size(table.number("max_chars", &TEXT_CHARS, found))? },
        "long_text" => {
            FieldKind::LongText { max_chars: size(table.number("max_chars", &LONG_TEXT_CHARS, found))? }
        }
        "choice" => FieldKind::Choice { options: options(table, 2, found)? },
        "choices" => FieldKind::Choices { options: options(table, 2, found)? },
        "date" => FieldKind::Date,
        "number" => number(table, found)?,
        "address" => FieldKind::Address,
        "insurer_number" => FieldKind::InsurerNumber,
        "insured_number" => FieldKind::InsuredNumber,
        "office_number" => FieldKind::OfficeNumber,
        "clinic_code" => FieldKind::ClinicCode,
        "fax" => FieldKind::Fax,
        "telephone" => FieldKind::Telephone,
        "slots" => FieldKind::Slots { max: size(table.number("max", &SLOTS, found))? },
        "client" => FieldKind::Client,
        "party" => FieldKind::Party { role: table.one_of("role", ROLES, found)? },
        _ => return None,
    })
}

fn number(table: &Table, found: &mut Found) -> Option<FieldKind> {
    let unit = table.label("unit", UNIT_MAX, found);
    let min = table.number("min", &NUMBERS, found);
    let max = table.number("max", &NUMBERS, found);
    let decimals = table.optional_number("decimals", &DECIMALS, found).unwrap_or(0);
    let (min, max) = (min?, max?);
    if min >= max {
        found.add(
            table.at_key("max"),
            "max は min より大きくしてください",
            "max must be larger than min: change one of them",
        );
    }
    Some(FieldKind::Number { unit: unit?, min, max, decimals: u8::try_from(decimals).ok()? })
}

fn condition(table: &Table, found: &mut Found) -> Option<Condition> {
    let when = table.table("when", found)?;
    when.only(&["field", "is"], found);
    let field = when.text("field", found).map(|(text, _)| text.to_owned());
    let is = when.texts("is", found);
    if is.as_ref().is_some_and(Vec::is_empty) {
        found.add(
            when.at_key("is"),
            "is が空です。表示する条件になる選択肢の id を書いてください",
            "'is' is empty: write the ids of the options for which the field is shown",
        );
    }
    Some(Condition { field: field?, is: is?.into_iter().map(str::to_owned).collect() })
}

/// A source that fits the kind, or an option of a `choice`.
fn default(table: &Table, kind: &FieldKind, found: &mut Found) -> Option<String> {
    let (name, at) = table.text("default", found)?;
    let is_option =
        matches!(kind, FieldKind::Choice { options } if options.iter().any(|option| option.id == name));
    if is_option {
        return Some(name.to_owned());
    }
    match prefill::fits(name, kind) {
        Some(true) => {}
        Some(false) => found.add(
            at,
            &format!("「{name}」はこの kind の項目に入りません。kind か default を変えてください"),
            &format!("'{name}' does not fit a field of this kind: change its kind or the default"),
        ),
        None => {
            let known = prefill::sources().join(", ");
            found.add(
                at,
                &format!(
                    "default に「{name}」は使えません。使えるのは {known}、または choice の選択肢の id です"
                ),
                &format!("'{name}' is no default: use one of {known}, or the id of an option of a choice"),
            );
        }
    }
    Some(name.to_owned())
}

pub(super) fn options(table: &Table, at_least: usize, found: &mut Found) -> Option<Vec<ChoiceOption>> {
    if !table.has("options") {
        found.missing(
            table.at(),
            "選択肢がありません。options = [{ id = …, label = { ja = …, en = … } }, …] を書いてください",
            "there are no options: write options = [{ id = …, label = { ja = …, en = … } }, …]",
        );
        return None;
    }
    let tables = table.tables("options", found);
    if table.count("options") < at_least {
        found.add(
            table.at_key("options"),
            &format!("選択肢は{at_least}個以上必要です。加えてください"),
            &format!("at least {at_least} options are needed: add some"),
        );
    }
    let mut ids = BTreeSet::new();
    let mut labels = BTreeSet::new();
    let options: Vec<_> = tables.iter().map(|table| option(table, &mut ids, &mut labels, found)).collect();
    options.into_iter().collect()
}

fn option(
    table: &Table,
    ids: &mut BTreeSet<String>,
    labels: &mut BTreeSet<String>,
    found: &mut Found,
) -> Option<ChoiceOption> {
    table.only(OPTION_KEYS, found);
    let id = table.new_id(ids, found);
    let label = table.label("label", LABEL_MAX, found);
    let needs_handwriting = table.boolean("needs_handwriting", found);
    let label = label?;
    if !labels.insert(label.ja.trim().to_owned()) {
        found.add(
            table.at_key("label"),
            &format!("「{}」という選択肢がすでにあります。見分けがつくように変えてください", label.ja.trim()),
            &format!(
                "there is an option '{}' already: change it so that they can be told apart",
                label.ja.trim()
            ),
        );
    }
    Some(ChoiceOption { id: id?, label, needs_handwriting })
}
