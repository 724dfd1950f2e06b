//! Form files with one mistake each: every one is told with its line, what is wrong and how to mend it, and
//! nothing else is told.

use renraku::form::check::check;

/// A form in which most of the language is used, without a mistake.
const GOOD: &str = r#"id = "visit"
version = 2
title = { ja = "訪問日の照会", en = "Asking for a visit" }
question = { ja = "1つにレ点を付けてください。", en = "Please tick one." }
from = "care_manager"
to = "doctor"
also_to = ["hospital"]
dates = "gregorian"

[due]
kind = "business_days"
days = 5
before = ["offered"]

[masking]
name = "alternate"

[consent]
required = true
text = { ja = "同意を得ています", en = "Consent is given." }

[[field]]
id = "sender"
kind = "party"
role = "care_manager"
required = true
label = { ja = "差出人", en = "From" }

[[field]]
id = "client"
kind = "client"
label = { ja = "利用者", en = "Client" }

[[field]]
id = "topic"
kind = "choice"
default = "visit"
label = { ja = "用件", en = "Topic" }
options = [
    { id = "visit", label = { ja = "訪問", en = "Visit" } },
    { id = "pressure", label = { ja = "血圧", en = "Blood pressure" } },
]

[[field]]
id = "systolic"
kind = "number"
unit = { ja = "mmHg", en = "mmHg" }
min = 40
max = 300
when = { field = "topic", is = ["pressure"] }
label = { ja = "血圧(上)", en = "Upper" }

[[field]]
id = "level"
kind = "text"
max_chars = 20
default = "client.care_level"
label = { ja = "要介護度", en = "Care level" }

[[field]]
id = "offered"
kind = "slots"
max = 3
label = { ja = "候補", en = "Times" }

[[reply]]
id = "answer"
kind = "choose_one"
required = true
label = { ja = "回答", en = "Answer" }
options = [
    { id = "yes", label = { ja = "はい", en = "Yes" } },
    { id = "no", label = { ja = "いいえ", en = "No" } },
]

[[reply]]
id = "time"
kind = "slots"
field = "offered"
label = { ja = "日時", en = "Time" }

[[reply]]
id = "remarks"
kind = "handwriting"
height_mm = 30
label = { ja = "連絡欄", en = "Remarks" }

[[reply]]
id = "signature"
kind = "signature"
label = { ja = "回答者", en = "Answered by" }
options = [{ id = "doctor", label = { ja = "医師", en = "Doctor" } }]
"#;

/// A piece of `GOOD`, what replaces it; the line, the mistake and the mend that are told.
type Case = (&'static str, &'static str, usize, &'static str, &'static str);

const SINGLE: &[Case] = &[
    // The whole form.
    ("version = 2", "version = ", 2, "not TOML", "mend the quotes"),
    ("dates = ", "date = ", 8, "no key 'date'", "did you mean 'dates'?"),
    ("id = \"visit\"\nversion", "id = \"Visit form\"\nversion", 1, "an id begins with a-z", "change it"),
    ("version = 2", "version = 0", 2, "'version'", "must be from 1 to 9999"),
    ("to = \"doctor\"", "to = \"docter\"", 6, "'docter' is no to", "did you mean 'doctor'?"),
    ("to = \"doctor\"", "to = \"care_manager\"", 6, "goes to whom it comes from", "change 'from' or 'to'"),
    ("[\"hospital\"]", "[\"doctor\"]", 7, "names somebody twice", "name everybody once"),
    ("[\"hospital\"]", "\"hospital\"", 7, "'also_to'", "must be a list of texts"),
    ("\"gregorian\"", "\"western\"", 8, "'western' is no dates", "use one of wareki, gregorian"),
    ("\"alternate\"", "\"alternating\"", 16, "'alternating' is no name", "did you mean 'alternate'?"),
    (
        "text = { ja = \"同意を得ています\", en = \"Consent is given.\" }",
        "",
        18,
        "'text' is missing",
        "add it",
    ),
    // When it is due.
    ("\"business_days\"", "\"weeks\"", 11, "'weeks' is no kind", "use one of business_days, hours, no_reply"),
    ("days = 5", "days = \"5\"", 12, "'days'", "whole number without quotes"),
    ("[\"offered\"]", "[\"topic\"]", 13, "'topic' is no [[field]] with a day", "of kind date or slots"),
    (
        "kind = \"business_days\"\ndays = 5\nbefore = [\"offered\"]",
        "kind = \"no_reply\"\n\n",
        66,
        "no reply is due, yet this one is required",
        "take 'required' away",
    ),
    // Fields.
    ("kind = \"client\"", "kind = \"patient\"", 31, "'patient' is no kind", "use one of text"),
    ("id = \"level\"", "id = \"client\"", 54, "'client' is already taken", "choose another"),
    (
        "id = \"level\"\nkind = \"text\"\nmax_chars = 20\ndefault = \"client.care_level\"",
        "id = \"level\"\nkind = \"client\"\n\n",
        53,
        "about one client",
        "take this field",
    ),
    (
        "label = { ja = \"用件\", en = \"Topic\" }",
        "label = { ja = \"用件\" }",
        38,
        "'en' is missing",
        "add it",
    ),
    ("ja = \"訪問\"", "ja = \"☎訪問✔\"", 40, "U+2714 cannot be printed", "use another character"),
    (
        "ja = \"利用者\"",
        "ja = \"一二三四五六七八九十一二三四五六七八九十一二三四五\"",
        32,
        "does not fit on the sheet",
        "at most 24",
    ),
    ("max = 300", "max = 40", 49, "max must be larger than min", "change one of them"),
    ("unit = { ja = \"mmHg\", en = \"mmHg\" }\n", "", 44, "'unit' is missing", "add it"),
    (
        "id = \"pressure\", label = { ja = \"血圧\", en = \"Blood pressure\" }",
        "id = \"pressure\"",
        41,
        "'label' is missing",
        "add it",
    ),
    ("ja = \"血圧\"", "ja = \"訪問\"", 41, "an option '訪問' already", "told apart"),
    // What a field depends on.
    (
        "field = \"topic\"",
        "field = \"topics\"",
        50,
        "no [[field]] 'topics'",
        "write the id of the field that decides",
    ),
    ("field = \"topic\"", "field = \"level\"", 50, "nothing to choose from", "of kind choice or choices"),
    ("is = [\"pressure\"]", "is = [\"presure\"]", 50, "no option 'presure'", "use one of visit, pressure"),
    ("is = [\"pressure\"]", "is = []", 50, "'is' is empty", "write the ids of the options"),
    (
        "default = \"visit\"",
        "when = { field = \"topic\", is = [\"visit\"] }",
        37,
        "lead back to itself",
        "take one 'when' away",
    ),
    (
        "role = \"care_manager\"",
        "role = \"care_manager\"\nwhen = { field = \"topic\", is = [\"visit\"] }",
        26,
        "cannot depend on a choice",
        "take 'when' away",
    ),
    (
        "default = \"client.care_level\"",
        "default = \"client.carelevel\"",
        57,
        "is no default",
        "use one of client.name",
    ),
    (
        "default = \"client.care_level\"",
        "default = \"today\"",
        57,
        "does not fit a field of this kind",
        "change its kind or the default",
    ),
    (
        "default = \"client.care_level\"",
        "frame_mm = 20",
        57,
        "for forms with unsolicited = true",
        "take it away",
    ),
    // Replies.
    (
        "field = \"offered\"\nlabel",
        "field = \"level\"\nlabel",
        79,
        "no [[field]] of kind \"slots\"",
        "the field that offers the times",
    ),
    (
        "    { id = \"no\", label = { ja = \"いいえ\", en = \"No\" } },\n",
        "",
        71,
        "at least 2 options",
        "add some",
    ),
    ("height_mm = 30", "height_mm = 130", 85, "'height_mm'", "from 10 to 120"),
    (
        "height_mm = 30",
        "height_mm = 120\nlabel = { ja = \"a\", en = \"a\" }\n\n[[reply]]\nid = \"more\"\nkind = \"handwriting\"\nheight_mm = 30",
        88,
        "does not fit on one page",
        "fewer options or a smaller height_mm",
    ),
    (
        "label = { ja = \"回答者\", en = \"Answered by\" }",
        "label = { ja = \"この用紙にご回答くださった方のお名前とお立場\", en = \"Who\" }",
        88,
        "no room for a name",
        "shorten its label",
    ),
    (
        "[[reply]]\nid = \"remarks\"\nkind = \"handwriting\"\nheight_mm = 30",
        "[[reply]]\nid = \"remarks\"\nkind = \"choose_many\"\noptions = [\n    { id = \"a\", label = { ja = \"あ\", en = \"a\" } }, { id = \"b\", label = { ja = \"い\", en = \"b\" } }, { id = \"c\", label = { ja = \"う\", en = \"c\" } }, { id = \"d\", label = { ja = \"え\", en = \"d\" } }, { id = \"e\", label = { ja = \"お\", en = \"e\" } }, { id = \"f\", label = { ja = \"か\", en = \"f\" } },\n    { id = \"g\", label = { ja = \"き\", en = \"g\" } }, { id = \"h\", label = { ja = \"く\", en = \"h\" } }, { id = \"i\", label = { ja = \"け\", en = \"i\" } }, { id = \"j\", label = { ja = \"こ\", en = \"j\" } }, { id = \"k\", label = { ja = \"さ\", en = \"k\" } },\n]",
        91,
        "17 boxes up to here, but a sheet holds 16",
        "take some away",
    ),
];

#[test]
fn a_single_mistake_is_told_with_its_line_what_is_wrong_and_how_to_mend_it() {
    check("good.toml", GOOD).unwrap();
    assert!(SINGLE.len() >= 30);
    let mut failures = Vec::new();
    for (old, new, line, mistake, mend) in SINGLE {
        assert_eq!(GOOD.matches(old).count(), 1, "{old}");
        let told = check("bad.toml", &GOOD.replacen(old, new, 1)).expect_err(new);
        let fits = told.len() == 1
            && told[0].line == *line
            && told[0].what.contains(mistake)
            && told[0].what.contains(mend);
        // Both languages say it.
        let both = told
            .iter()
            .all(|told| told.what.split_once(" / ").is_some_and(|(ja, en)| !ja.is_ascii() && en.len() > 8));
        if !(fits && both) {
            let told: Vec<String> = told.iter().map(ToString::to_string).collect();
            failures.push(format!(
                "{old:?} → {new:?}: expected {line} {mistake:?} {mend:?}, told\n{}",
                told.join("\n")
            ));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn every_mistake_of_a_file_is_told_at_once() {
    let mut text = GOOD.to_owned();
    for (old, new) in [
        ("dates = \"gregorian\"", "dates = \"western\""),
        ("field = \"topic\"", "field = \"topics\""),
        ("default = \"client.care_level\"", "default = \"client.carelevel\""),
        ("height_mm = 30", "height_mm = 5"),
    ] {
        text = text.replacen(old, new, 1);
    }
    let told = check("bad.toml", &text).unwrap_err();
    assert_eq!(told.iter().map(|told| told.line).collect::<Vec<_>>(), [8, 50, 57, 85], "{told:?}");
}

#[test]
fn a_circle_of_conditions_is_told_at_each_of_its_fields() {
    let choice = |id: &str, on: &str| {
        format!(
            "[[field]]\nid = \"{id}\"\nkind = \"choice\"\nwhen = {{ field = \"{on}\", is = [\"a\"] }}\nlabel = {{ ja = \"{id}\", en = \"{id}\" }}\noptions = [{{ id = \"a\", label = {{ ja = \"あ\", en = \"a\" }} }}, {{ id = \"b\", label = {{ ja = \"い\", en = \"b\" }} }}]\n"
        )
    };
    let lines = GOOD.lines().count();
    let circle =
        format!("{GOOD}{}{}{}", choice("one", "three"), choice("two", "one"), choice("three", "two"));
    let told = check("f.toml", &circle).unwrap_err();
    assert_eq!(
        told.iter().map(|told| told.line).collect::<Vec<_>>(),
        [lines + 4, lines + 10, lines + 16],
        "{told:?}"
    );
    // A chain that ends is none.
    check("f.toml", &format!("{GOOD}{}", choice("one", "topic").replace("is = [\"a\"]", "is = [\"visit\"]")))
        .unwrap();
}

#[test]
fn a_blank_sheet_must_fit_on_its_page_and_asks_for_no_reply() {
    let head = "id = \"notice\"\nversion = 1\ntitle = { ja = \"見本\", en = \"Sample\" }\nquestion = { ja = \"記入\", en = \"Fill in\" }\nfrom = \"doctor\"\nto = \"care_manager\"\nunsolicited = true\n[due]\nkind = \"no_reply\"\n";
    let field = |id: &str, frame_mm: u16| {
        format!(
            "[[field]]\nid = \"{id}\"\nkind = \"long_text\"\nmax_chars = 300\nframe_mm = {frame_mm}\nlabel = {{ ja = \"病状\", en = \"Condition\" }}\n"
        )
    };
    check("f.toml", &format!("{head}{}{}", field("a", 80), field("b", 80))).unwrap();
    let told = check("f.toml", &format!("{head}{}{}", field("a", 120), field("b", 80))).unwrap_err();
    assert_eq!((told.len(), told[0].line), (1, 7), "{told:?}");
    assert!(told[0].what.contains("the blank sheet does not fit on one page"), "{told:?}");
    let with_reply = format!(
        "{head}[[reply]]\nid = \"r\"\nkind = \"handwriting\"\nheight_mm = 20\nlabel = {{ ja = \"欄\", en = \"R\" }}\n"
    );
    let told = check("f.toml", &with_reply).unwrap_err();
    assert!(told.len() == 1 && told[0].line == 7 && told[0].what.contains("has no reply"), "{told:?}");
}
