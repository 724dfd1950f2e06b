//! What the lines and the words of a reply say together: what is marked, and every disagreement. Where two of them
//! differ, neither wins.

use super::answer::{Doubt, TextAnswer};
use super::free::{Known, Says};
use super::lex::Mark;
use super::plain::squash;
use super::read::{Extent, Place, Reader, Words};
use crate::domain::sheet_number::RequestNumber;
use std::collections::{BTreeMap, BTreeSet};

/// What was said beside the lines' brackets.
#[derive(Default)]
struct Said {
    /// Codes that were written freely.
    free: BTreeSet<String>,
    /// Codes that stand in older words, or in a line that lost its brackets.
    older: BTreeSet<String>,
    comment: String,
}

impl Reader<'_> {
    /// Everything together; `None` where nothing of a block and no code was found.
    pub(super) fn answer(mut self) -> Option<TextAnswer> {
        let labels = match self.block {
            Some(block) => block.items().map(|item| (item.code.clone(), squash(&item.label))).collect(),
            None => std::mem::take(&mut self.known),
        };
        let known = Known { block: self.block, labels };
        let said = self.said(&known);
        let has_block = self.extent != Extent::Lines || self.copies.iter().any(|copy| !copy.is_empty());
        let names_code =
            |doubt: &Doubt| matches!(doubt, Doubt::CodeInText(_) | Doubt::UnknownCode(_) | Doubt::StrayMark);
        if !has_block && said.free.is_empty() && !self.doubts.iter().any(names_code) {
            return None;
        }
        let marked = self.marked(&said, &known);
        self.by_question(&marked);
        self.of_request();
        if let Some(code) = known.other_label(&said.comment, &marked) {
            self.doubt(Doubt::OtherLabel(code));
        }
        Some(TextAnswer {
            request: self.numbers.first().cloned(),
            marked,
            offered: self.offered,
            comment: said.comment,
            doubts: self.doubts,
        })
    }

    fn said(&mut self, known: &Known) -> Said {
        let (mut said, mut comment) = (Said::default(), Vec::new());
        for words in std::mem::take(&mut self.words) {
            self.other_numbers(&words.text);
            if words.place == Place::Older {
                said.older.extend(known.named(&words.text));
                continue;
            }
            match known.judge(&words.text, words.place == Place::Above) {
                Says::Answer { codes, marks, labelled } if counts(&words, &marks, labelled) => {
                    self.marks.extend(marks);
                    said.free.extend(codes);
                }
                Says::Answer { codes, .. } => said.older.extend(codes),
                Says::Words(doubts) => {
                    for doubt in doubts {
                        self.doubt(doubt);
                    }
                    comment.extend(words.original);
                }
            }
        }
        for code in said.free.iter().filter(|code| !known.labels.contains_key(*code)) {
            self.doubt(Doubt::UnknownCode(code.clone()));
        }
        said.comment = paragraphs(&comment);
        said
    }

    /// A number of a request anywhere in the text counts as one that the reply carries.
    fn other_numbers(&mut self, text: &str) {
        let words = text.split(|c: char| !c.is_ascii_digit() && c != '-');
        let numbers =
            words.filter(|word| word.len() >= 10).filter_map(|word| word.parse::<RequestNumber>().ok());
        self.numbers.extend(numbers.map(|number| number.as_str().to_owned()));
    }

    /// Everything that is marked, in order; disagreements become doubts.
    fn marked(&mut self, said: &Said, known: &Known) -> Vec<String> {
        let of_copy = |copy: &BTreeMap<String, bool>| -> BTreeSet<String> {
            copy.iter().filter(|(_, marked)| **marked).map(|(code, _)| code.clone()).collect()
        };
        let copies: Vec<_> = self.copies.iter().map(of_copy).filter(|copy| !copy.is_empty()).collect();
        if copies.windows(2).any(|pair| pair.first() != pair.last()) {
            self.doubt(Doubt::BlocksDisagree);
        }
        let lines: BTreeSet<String> = copies.into_iter().flatten().collect();
        let answered = |codes: &BTreeSet<String>| -> BTreeSet<String> {
            codes.iter().map(|code| question(code).to_owned()).collect()
        };
        let both: BTreeSet<String> = answered(&lines).intersection(&answered(&said.free)).cloned().collect();
        for code in lines.symmetric_difference(&said.free).filter(|code| both.contains(question(code))) {
            self.doubt(Doubt::MarksDisagree(code.clone()));
        }
        let all: BTreeSet<String> = lines.union(&said.free).cloned().collect();
        for code in said.older.difference(&all) {
            self.doubt(Doubt::MarksDisagree(code.clone()));
        }
        let mut all: Vec<String> = all.into_iter().filter(|code| known.labels.contains_key(code)).collect();
        all.sort_by_key(|code| place(code));
        all
    }

    /// What the questions want.
    fn by_question(&mut self, marked: &[String]) {
        if marked.is_empty() {
            self.doubt(Doubt::NothingMarked);
        }
        let may_mean_no = self.marks.contains(&Mark::Cross) || self.marks.contains(&Mark::One);
        if may_mean_no && self.marks.len() > 1 {
            self.doubt(Doubt::MixedMarks);
        }
        let Some(block) = self.block else { return };
        for (index, asked) in block.questions.iter().enumerate() {
            let number = (index + 1).to_string();
            match asked.items.iter().filter(|item| marked.contains(&item.code)).count() {
                0 if asked.required => self.doubt(Doubt::Unanswered(number)),
                0 | 1 => {}
                _ if asked.one_only => self.doubt(Doubt::SeveralMarked(number)),
                _ => {}
            }
        }
        let seen = |code: &str| self.offered.iter().any(|(offered, _)| offered == code);
        if self.extent == Extent::Begun && !block.items().all(|item| seen(&item.code)) {
            self.doubt(Doubt::CutOff);
        }
    }

    /// One request, and the one that was asked about.
    fn of_request(&mut self) {
        if self.wants_number {
            self.doubt(Doubt::NoRequest);
        }
        let ours = self.block.map(|block| block.request.as_str().to_owned());
        let ours = ours.or_else(|| self.numbers.first().cloned());
        for number in self.numbers.clone().into_iter().filter(|number| Some(number) != ours.as_ref()) {
            self.doubt(Doubt::OtherRequest(number));
        }
    }
}

/// Between the block's lines, a line that only lost its brackets is no answer, and what is quoted needs a mark.
fn counts(words: &Words, marks: &[Mark], labelled: bool) -> bool {
    match words.place {
        Place::Inside { quoted } => !marks.is_empty() || !quoted && !labelled,
        Place::Above | Place::Older | Place::Elsewhere => true,
    }
}

fn question(code: &str) -> &str {
    code.split('-').next().unwrap_or(code)
}

/// Codes in the order of their numbers.
fn place(code: &str) -> (u32, u32) {
    let mut numbers = code.split('-').map(|number| number.parse().unwrap_or(u32::MAX));
    (numbers.next().unwrap_or(u32::MAX), numbers.next().unwrap_or(u32::MAX))
}

/// The lines, with at most one blank one between them and none around them.
fn paragraphs(lines: &[&str]) -> String {
    let mut text = String::new();
    for line in lines.iter().map(|line| line.trim_end()) {
        if !(line.is_empty() && (text.is_empty() || text.ends_with("\n\n"))) {
            text.push_str(line);
            text.push('\n');
        }
    }
    text.trim_end().to_owned()
}
