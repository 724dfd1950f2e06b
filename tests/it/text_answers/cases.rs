//! The table: `sure.txt` and `person.txt`, written by hand, and what `crossed` makes. `{{quote 1-2=x}}` in a text
//! stands for the block as a mailer gives it back, with an x between the brackets of 1-2.

use super::crossed;
use renraku::domain::sheet_number::RequestNumber;
use renraku::form::catalogue::Catalogue;
use renraku::form::definition::FormDefinition;
use renraku::mail::block::{Block, write};
use std::rc::Rc;

/// What a mail had asked.
pub struct Asked {
    pub form: FormDefinition,
    pub block: Block,
    /// Times that were offered.
    pub slots: usize,
}

/// One reply.
pub struct Case {
    pub name: String,
    pub asked: Rc<Asked>,
    pub text: String,
    pub expected: Expected,
    pub by_hand: bool,
}

/// What a person would take from it.
#[derive(Debug)]
pub enum Expected {
    /// These codes, beyond doubt.
    Sure(Vec<String>),
    /// It must be asked or thought about; the reason.
    #[expect(dead_code, reason = "shown when a case fails")]
    Person(String),
}

pub const SLOTS: [&str; 2] = ["11/24(火)13:00〜13:30", "11/26(木)18:00〜18:30"];

/// A form with two times offered; with a 0 behind its name none.
pub fn asked(name: &str, serial: u32) -> Rc<Asked> {
    let (name, slots) = name.strip_suffix('0').map_or((name, &SLOTS[..]), |name| (name, &[]));
    let form = Catalogue::built_in().unwrap().get(name).unwrap().clone();
    let labels: Vec<String> = slots.iter().map(|slot| (*slot).to_owned()).collect();
    let block = Block::new(&form, &RequestNumber::new(2026, serial), &labels).unwrap();
    Rc::new(Asked { form, block, slots: slots.len() })
}

/// Every case.
pub fn all() -> Vec<Case> {
    let mut cases = by_hand("sure", include_str!("sure.txt"));
    cases.extend(by_hand("person", include_str!("person.txt")));
    cases.extend(crossed::cases());
    cases
}

fn by_hand(file: &str, text: &str) -> Vec<Case> {
    let case = |(index, case): (usize, &str)| {
        let (head, text) = case.split_once('\n').unwrap();
        let (form, what) = head.split_once(" | ").unwrap();
        let asked = asked(form.trim(), 42);
        let expected = match file {
            "sure" => Expected::Sure(what.split_whitespace().map(str::to_owned).collect()),
            _ => Expected::Person(what.to_owned()),
        };
        let text = filled(text, &asked);
        Case { name: format!("{file} {}", index + 1), asked, text, expected, by_hand: true }
    };
    text.strip_prefix("=== ").unwrap().split("\n=== ").enumerate().map(case).collect()
}

/// The text with every `{{…}}` replaced.
fn filled(text: &str, of: &Asked) -> String {
    let line = |line: &str| match line.strip_prefix("{{").and_then(|line| line.strip_suffix("}}")) {
        None => line.to_owned(),
        Some(what) => {
            let mut words = what.split(' ');
            let way = words.next().unwrap();
            let marks: Vec<(&str, &str)> = words.map(|word| word.split_once('=').unwrap()).collect();
            given_back(way, of, &marks)
        }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// The block with these marks, as a mailer gives it back.
pub fn given_back(way: &str, of: &Asked, marks: &[(&str, &str)]) -> String {
    let mut block = of.block.clone();
    if way == "other" {
        block.request = RequestNumber::new(2026, 77);
    }
    let mut text = write(&block);
    for (code, mark) in marks {
        let line = format!("[ ] {code} ");
        assert!(text.contains(&line), "{code} in {text}");
        text = text.replace(&line, &format!("[{mark}] {code} "));
    }
    let lines: Vec<&str> = text.lines().collect();
    let each = |mark: &str| lines.iter().map(|line| format!("{mark}{line}")).collect::<Vec<_>>().join("\n");
    match way {
        "quote" | "other" => each("> "),
        "block" => text,
        "bar" => each("| "),
        "deep" => each(">> "),
        "indent" => each("\u{3000}  "),
        "wide_quote" => each("＞"),
        "strip" => each("> ").replace("[ ]", "[]"),
        "wide" => {
            each("> ").replace('[', "［").replace("[ ", "［\u{3000}").replace(']', "］").replace('-', "－")
        }
        "first" => format!("> {text}"),
        "html" => lines.iter().filter(|line| !line.is_empty()).copied().collect::<Vec<_>>().join(" "),
        "wrap" => lines.iter().map(|line| broken(line)).collect::<Vec<_>>().join("\n"),
        "cut" => {
            let at = lines.iter().position(|line| line.contains("] 1-3 ")).unwrap();
            lines[..at].iter().map(|line| format!("> {line}")).collect::<Vec<_>>().join("\n")
        }
        _ => panic!("{way}"),
    }
}

/// A line as a mailer quotes it that breaks lines again: what follows the break has no quote mark.
fn broken(line: &str) -> String {
    let chars: Vec<char> = line.chars().collect();
    let pieces: Vec<String> = chars.chunks(16).map(|piece| piece.iter().collect()).collect();
    format!("> {}", pieces.join("\n"))
}
