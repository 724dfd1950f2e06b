//! The block as the text of a mail: short lines, so that no mailer breaks them, and marks of begin and end that
//! survive quoting. Writes nothing but the form's words and the request's number.

use super::{Block, Question};

/// Stands in the first line.
pub(super) const BEGIN: &str = "ご回答欄ここから";
/// Stands in the last line.
pub(super) const END: &str = "ご回答欄ここまで";
/// Stands before the request's number.
pub(super) const NUMBER: &str = "連絡番号:";

/// How to answer, for the doctor.
pub(super) const HOW: [&str; 4] = [
    "このメールにそのまま返信してお答えいただけます。",
    "あてはまる行の [ ] の中に ○ か x を付けて、ご返信ください。",
    "ご連絡・ご意見はこの上に自由にお書きください。",
    "返信メールには、患者様のお名前をお書きにならないようお願いいたします。",
];

/// The same in English, the last line before the end.
pub(super) const ENGLISH: &str = "To answer, reply and put an x between the brackets of a line.";

/// Columns of a line, a Japanese character taking two (RFC 5322 §2.1.1 allows 78 octets and more, but mailers quote
/// with two or three columns more and break at 72 to 76).
const COLUMNS: usize = 70;

/// The text of the block, lines ended with `\n`.
#[must_use]
pub fn write(block: &Block) -> String {
    let mut text = format!("==== {BEGIN} ====\n");
    for line in HOW {
        wrapped(&mut text, line, "");
    }
    text.push('\n');
    wrapped(&mut text, &format!("{NUMBER} {}", block.request), "");
    for (index, question) in block.questions.iter().enumerate() {
        text.push('\n');
        wrapped(&mut text, &title(index, question), "   ");
        for item in &question.items {
            wrapped(&mut text, &format!("[ ] {} {}", item.code, item.label), "        ");
        }
    }
    text.push('\n');
    wrapped(&mut text, ENGLISH, "");
    wrapped(&mut text, &format!("==== {END} ===="), "");
    text
}

/// The line above a question's items.
pub(super) fn title(index: usize, question: &Question) -> String {
    format!("{}. {}", index + 1, question.label)
}

/// Adds `line`, broken where it is too long; what follows a break is indented. A bracket or a stop does not begin a
/// line.
fn wrapped(text: &mut String, line: &str, indent: &str) {
    let mut used = 0;
    for c in line.chars() {
        let width = if c.is_ascii() { 1 } else { 2 };
        // Two columns are left for what may not begin a line.
        if used + width > COLUMNS - 2 && !"、。)」』】・ー".contains(c) || used + width > COLUMNS {
            text.push('\n');
            text.push_str(indent);
            used = indent.len();
        }
        text.push(c);
        used += width;
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sheet_number::RequestNumber;
    use crate::form::catalogue::Catalogue;
    use crate::mail::block::plain::squash;
    use crate::mail::block::{Doubt, read};
    use std::collections::BTreeSet;

    fn blocks() -> Vec<Block> {
        let catalogue = Catalogue::built_in().unwrap();
        let slots: Vec<String> = (1..=6).map(|day| format!("12/{day}(火)13:00〜13:30")).collect();
        let number = RequestNumber::new(2026, 42);
        catalogue.newest().into_iter().filter_map(|form| Block::new(form, &number, &slots)).collect()
    }

    #[test]
    fn lines_are_short_and_codes_are_unique() {
        assert!(blocks().len() >= 10);
        for mut block in blocks() {
            block.questions[0].label = "あ、".repeat(60);
            let columns = |line: &str| line.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum::<usize>();
            let long = write(&block).lines().map(columns).max();
            assert!(long.is_some_and(|long| long <= COLUMNS), "{}", write(&block));
            let codes: BTreeSet<&str> = block.items().map(|item| item.code.as_str()).collect();
            assert_eq!(codes.len(), block.items().count());
        }
    }

    #[test]
    fn what_nobody_touched_says_nothing() {
        for mut block in blocks() {
            for long in [false, true] {
                let text = write(&block);
                let answer = read(&text, Some(&block)).unwrap();
                assert_eq!(answer.doubts[0], Doubt::NothingMarked, "{text}");
                let open = |doubt: &Doubt| matches!(doubt, Doubt::NothingMarked | Doubt::Unanswered(_));
                assert!(answer.doubts.iter().all(open), "{:?}\n{text}", answer.doubts);
                assert_eq!((answer.comment.as_str(), answer.offered.len()), ("", block.items().count()));
                assert_eq!(answer.request.as_deref(), Some(block.request.as_str()));
                if !long {
                    let alone = read(&text, None).unwrap();
                    let same = |(code, label): &(String, String)| (code.clone(), squash(label));
                    let (offered, asked) = (alone.offered.iter().map(same), answer.offered.iter().map(same));
                    assert_eq!(offered.collect::<Vec<_>>(), asked.collect::<Vec<_>>());
                    assert_eq!(alone.request, answer.request);
                    assert_eq!((alone.doubts, alone.comment), (vec![Doubt::NothingMarked], String::new()));
                }
                block.questions[0].items[0].label = "医師の判断による、".repeat(12);
            }
        }
    }
}
