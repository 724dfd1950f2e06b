//! The JSON Schema for editors, held against every form of the program and against wrong ones. The judge below
//! knows the words that the schema uses and refuses any other, so that no rule of it is passed over.

use renraku::form::catalogue::BUILT_IN;
use renraku::form::schema::schema;
use serde_json::Value;

/// What is wrong with `value` by `rule`; empty when nothing is.
fn judge(root: &Value, rule: &Value, value: &Value, place: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for (word, want) in rule.as_object().unwrap() {
        let fits = match word.as_str() {
            "$schema" | "$defs" | "title" | "description" | "examples" => true,
            "$ref" => {
                let target = want.as_str().unwrap().strip_prefix('#').unwrap();
                wrong.extend(judge(root, root.pointer(target).unwrap(), value, place));
                true
            }
            "type" => is_type(want.as_str().unwrap(), value),
            "const" => value == want,
            "enum" => want.as_array().unwrap().contains(value),
            "required" => value.as_object().is_none_or(|map| {
                want.as_array().unwrap().iter().all(|key| map.contains_key(key.as_str().unwrap()))
            }),
            "additionalProperties" => {
                assert_eq!(want, false);
                let known = rule["properties"].as_object().unwrap();
                value.as_object().is_none_or(|map| map.keys().all(|key| known.contains_key(key)))
            }
            "properties" => {
                for (key, rule) in want.as_object().unwrap() {
                    if let Some(inner) = value.get(key) {
                        wrong.extend(judge(root, rule, inner, &format!("{place}.{key}")));
                    }
                }
                true
            }
            "items" => {
                for (nth, inner) in value.as_array().into_iter().flatten().enumerate() {
                    wrong.extend(judge(root, want, inner, &format!("{place}[{nth}]")));
                }
                true
            }
            "oneOf" => {
                let fitting =
                    want.as_array().unwrap().iter().filter(|rule| judge(root, rule, value, place).is_empty());
                fitting.count() == 1
            }
            "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= want.as_u64().unwrap()),
            "uniqueItems" => value
                .as_array()
                .is_none_or(|items| items.iter().enumerate().all(|(nth, item)| !items[..nth].contains(item))),
            "minLength" => {
                value.as_str().is_none_or(|text| text.chars().count() as u64 >= want.as_u64().unwrap())
            }
            "maxLength" => {
                value.as_str().is_none_or(|text| text.chars().count() as u64 <= want.as_u64().unwrap())
            }
            "minimum" => value.as_i64().is_none_or(|number| number >= want.as_i64().unwrap()),
            "maximum" => value.as_i64().is_none_or(|number| number <= want.as_i64().unwrap()),
            "pattern" => value.as_str().is_none_or(|text| matches_pattern(want.as_str().unwrap(), text)),
            other => panic!("the judge does not know '{other}'"),
        };
        wrong.extend((!fits).then(|| format!("{place}: {word} {want}")));
    }
    wrong
}

fn is_type(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        other => panic!("the judge does not know the type '{other}'"),
    }
}

fn matches_pattern(pattern: &str, text: &str) -> bool {
    match pattern {
        r"\S" => text.chars().any(|c| !c.is_whitespace()),
        "^[a-z][a-z0-9_]*$" => {
            text.starts_with(|c: char| c.is_ascii_lowercase())
                && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        }
        other => panic!("the judge does not know the pattern '{other}'"),
    }
}

fn verdict(text: &str) -> Vec<String> {
    let schema = schema();
    judge(&schema, &schema, &toml::from_str::<Value>(text).unwrap(), "form")
}

#[test]
fn every_form_of_the_program_fits_the_schema() {
    for (name, text) in BUILT_IN {
        assert_eq!(verdict(text), Vec::<String>::new(), "{name}");
    }
    let readme = include_str!("../../../forms/README.md");
    for example in readme.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()) {
        if example.starts_with("id =") {
            assert_eq!(verdict(example), Vec::<String>::new());
        }
    }
}

#[test]
fn an_editor_underlines_what_the_file_cannot_say() {
    let good = BUILT_IN.iter().find(|(name, _)| *name == "opinion_letter.toml").unwrap().1;
    for (old, new) in [
        ("kind = \"number\"", "kind = \"numbr\""),
        ("version = 1", "version = \"1\""),
        ("version = 1", "verson = 1"),
        ("from = \"care_manager\"", "from = \"manager\""),
        ("kind = \"business_days\"", "kind = \"weeks\""),
        ("days = 5", "days = 61"),
        ("days = 5", "hours = 5"),
        ("min = 40\n", ""),
        ("max_chars = 40", "max_chars = 400"),
        ("max_chars = 40", "max = 3"),
        ("id = \"subject\"", "id = \"Subject\""),
        ("label.en = \"Subject\"", "label.fr = \"Sujet\""),
        ("height_mm = 32", "height_mm = 5"),
        ("is = [\"blood_pressure\"]", "is = []"),
        ("is = [\"blood_pressure\"]", "are = [\"blood_pressure\"]"),
        ("required = true", "required = \"yes\""),
        (", label.ja = \"嚥下\", label.en = \"Swallowing\"", ""),
        ("title.ja = \"主治医意見書 照会\"", "title.ja = \" \""),
    ] {
        assert!(good.contains(old), "{old}");
        assert_ne!(verdict(&good.replacen(old, new, 1)), Vec::<String>::new(), "{old} → {new}");
    }
}
