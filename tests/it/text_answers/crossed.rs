//! Every form × every way to answer × every mailer, and every way to be unclear × some mailers.

use super::cases::{Asked, Case, Expected, asked, given_back};
use std::rc::Rc;

/// A form with answers that it takes.
const FORMS: [(&str, &[&str]); 12] = [
    ("liaison", &["1-1", "1-3 2-1", "1-4 2-1 2-2", "1-2", "1-7"]),
    ("liaison0", &["1-1", "1-2", "1-6"]),
    ("care_plan_delivery", &["1-1", "1-2", "1-3", "1-4"]),
    ("equipment_exception", &["1-1", "1-3", "1-5", "1-6"]),
    ("admission", &["1-1 2-1", "1-2", "1-4", "1-3 2-2"]),
    ("bed_request", &["1-1 2-1", "1-3", "1-2 2-3", "1-4"]),
    ("medical_service", &["1-1 2-2 2-5", "1-2", "1-3 2-1", "1-5", "1-1 2-2 2-3 2-4"]),
    ("call_request", &["1-1 2-1", "1-2 2-2", "1-4", "1-3 2-1 2-2"]),
    ("conference", &["1-1 2-1", "1-3", "1-2 2-1 2-2", "1-6"]),
    ("end_of_life", &["1-2 2-1", "1-1 2-2 3-1", "1-4 2-3 3-2"]),
    ("opinion_letter", &["1-1 2-1", "1-2 2-2 2-6", "1-3", "1-1 2-4"]),
    ("rule_survey", &["1-1 2-1 3-1", "1-2 2-2 3-2 3-6", "1-4 2-3"]),
];

const MARKS: [&str; 12] = ["x", "X", "○", "〇", "◯", "o", "v", "✓", "レ", "ﾚ", " ○ ", "ｘ"];

const GREETINGS: [&str; 6] = [
    "",
    "お世話になっております。\n\n",
    "見本医院の見本です。\nいつもありがとうございます。\n\n",
    "連絡室 ご担当者様\n\nお疲れさまです。\n\n",
    "ご連絡をありがとうございます。\n",
    "返信が遅くなり申し訳ございません。\n\n",
];

const SIGNATURES: [&str; 5] = [
    "",
    "\n--\n見本医院 院長 見本一郎\nTEL 03-0000-1001 / FAX 03-0000-1002\n",
    "\n──────────\n医療法人見本会 見本クリニック\n〒100-0000 東京都見本区見本1-2-3\nclinic@example.jp\n",
    "\niPhoneから送信\n",
    "\n見本内科 事務 見本\n",
];

/// How an answer is written: between the brackets, or above the quote.
const STYLES: [&str; 7] = ["brackets", "lines", "one_line", "polite", "mark_first", "label", "wide"];

/// A mailer: what it sets between the reply and the quote, how it quotes, and whether one writes below.
const MAILERS: [(&str, &str, bool); 13] = [
    ("2026年11月20日(金) 10:00 連絡室 <gateway@example.jp>:\n\n", "quote", false),
    ("On Fri, Nov 20, 2026 at 10:00 AM 連絡室 <gateway@example.jp> wrote:\n\n", "quote", false),
    ("On Fri, 20 Nov 2026 10:00:00 +0900\n連絡室 <gateway@example.jp> wrote:\n\n", "quote", false),
    (
        "-----Original Message-----\nFrom: 連絡室 <gateway@example.jp>\nSent: Friday, November 20, 2026 10:00 AM\n\
         To: clinic@example.jp\nSubject: 連絡票\n\n連絡票 26-000042-8 をお送りします。\n\n",
        "block",
        false,
    ),
    (
        "________________________________\n差出人: 連絡室 <gateway@example.jp>\n送信日時: 2026年11月20日 10:00\n\
         宛先: clinic@example.jp <clinic@example.jp>\n件名: 連絡票\n\n",
        "block",
        false,
    ),
    ("----- Original Message -----\nFrom: gateway@example.jp\nDate: 2026/11/20 10:00\n\n", "strip", false),
    ("--- 連絡室 wrote:\n", "bar", false),
    ("2026/11/20 10:00、連絡室 <gateway@example.jp>のメール:\n\n", "deep", false),
    ("送信元: gateway@example.jp\n件名: 連絡票\n\n", "first", false),
    ("2026年11月20日(金) 10:00 連絡室 <gateway@example.jp>:\n", "wrap", false),
    ("差出人:連絡室\n日時:2026年11月20日 10時00分\n", "html", false),
    ("(2026/11/20 10:00), 連絡室 wrote:\n", "quote", true),
    ("2026-11-20 10:00、連絡室 さんは書きました:\n", "wide_quote", true),
];

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut turn = 0;
    for (form, answers) in FORMS {
        let asked = asked(form, 42);
        for style in STYLES {
            for mailer in MAILERS {
                turn += 1;
                let codes: Vec<&str> = answers[turn % answers.len()].split(' ').collect();
                cases.push(clear(&asked, &codes, style, mailer, turn));
            }
        }
        for (nth, (why, unclear)) in UNCLEAR.iter().enumerate() {
            for mailer in MAILERS.iter().cycle().skip(nth * 3).take(3) {
                turn += 1;
                let codes: Vec<&str> = answers[turn % answers.len()].split(' ').collect();
                let (above, marks) = unclear(&codes, turn);
                let marks: Vec<(&str, &str)> =
                    marks.iter().map(|(code, mark)| (code.as_str(), *mark)).collect();
                let text = mail(&asked, &above, &marks, *mailer, turn);
                let expected = Expected::Person((*why).to_owned());
                let name = format!("{form}, {why}, {}", mailer.1);
                cases.push(Case { name, asked: asked.clone(), text, expected, by_hand: false });
            }
        }
    }
    cases
}

fn clear(asked: &Rc<Asked>, codes: &[&str], style: &str, mailer: (&str, &str, bool), turn: usize) -> Case {
    let mark = MARKS[turn % MARKS.len()];
    let lines =
        |line: &dyn Fn(&str) -> String| codes.iter().map(|code| line(code)).collect::<Vec<_>>().join("\n");
    let label = |code: &str| asked.block.item(code).unwrap().label.clone();
    let above = match style {
        "brackets" => String::new(),
        "lines" => lines(&|code| code.to_owned()),
        "one_line" => codes.join("、"),
        "polite" => lines(&|code| format!("{code} でお願いいたします。")),
        "mark_first" => lines(&|code| format!("○ {code}")),
        "label" => lines(&|code| format!("{code} {}", label(code))),
        _ => lines(&|code| code.chars().map(wide).collect::<String>() + "です"),
    };
    let marks: Vec<(&str, &str)> =
        if style == "brackets" { codes.iter().map(|code| (*code, mark)).collect() } else { Vec::new() };
    Case {
        name: format!("{} {codes:?} {style} {}", asked.form.id, mailer.1),
        asked: asked.clone(),
        text: mail(asked, &above, &marks, mailer, turn),
        expected: Expected::Sure(codes.iter().map(|code| (*code).to_owned()).collect()),
        by_hand: false,
    }
}

fn wide(c: char) -> char {
    if c == '-' { '−' } else { char::from_u32(c as u32 + 0xfee0).unwrap() }
}

fn mail(
    asked: &Asked,
    said: &str,
    marks: &[(&str, &str)],
    mailer: (&str, &str, bool),
    turn: usize,
) -> String {
    let (between, way, below) = mailer;
    let between = between.replace("26-000042-8", asked.block.request.as_str());
    let quote = given_back(way, asked, marks);
    let words = format!("{}{said}\n{}", GREETINGS[turn % 6], SIGNATURES[turn % 5]);
    if below { format!("{between}{quote}\n\n{words}") } else { format!("{words}\n{between}{quote}\n") }
}

type Unclear = fn(&[&str], usize) -> (String, Vec<(String, &'static str)>);

fn marked(codes: &[&str], mark: &'static str) -> Vec<(String, &'static str)> {
    codes.iter().map(|code| ((*code).to_owned(), mark)).collect()
}

/// Another option of the first question.
fn other(codes: &[&str]) -> &'static str {
    if codes.contains(&"1-1") { "1-2" } else { "1-1" }
}

/// Why a person must look, and what is written above and between the brackets.
const UNCLEAR: [(&str, Unclear); 10] = [
    ("two of one", |codes, _| (String::new(), [marked(codes, "○"), marked(&[other(codes)], "○")].concat())),
    ("code against mark", |codes, _| (format!("{} でお願いします", other(codes)), marked(codes, "x"))),
    ("strange mark", |codes, turn| {
        (String::new(), marked(codes, ["△", "?", "済", "-", "●?", "／", "×", "0"][turn % 8]))
    }),
    ("negation", |codes, turn| {
        let end = ["ではありません", "以外です", "は違います", "ではないと思います"][turn % 4];
        (format!("{} {end}", codes.join("、")), Vec::new())
    }),
    ("a question", |codes, _| (format!("{}?", codes[0]), Vec::new())),
    ("either", |codes, turn| {
        let between = ["か", "または", "、できれば", "もしくは"][turn % 4];
        (format!("{}{between}{}", codes[0], other(codes)), Vec::new())
    }),
    ("second thoughts", |codes, turn| {
        let words = [
            "ただし家族と相談のうえとします。",
            "未定の部分があります。",
            "先日の回答を訂正します。",
            "後日あらためてお返事します。",
            "検討中です。",
            "間違えて付けたかもしれません。",
            "撤回します。",
        ];
        (words[turn % 7].to_owned(), marked(codes, "レ"))
    }),
    ("nothing marked", |_, turn| {
        (["承知しました。", "確認いたしました。", "はい、結構です。", ""][turn % 4].to_owned(), Vec::new())
    }),
    ("no such code", |_, turn| (["1-9", "1-8 です", "○ 1-12"][turn % 3].to_owned(), Vec::new())),
    ("two answers one above the other", |codes, _| (format!("{}\n{}", codes[0], other(codes)), Vec::new())),
];
