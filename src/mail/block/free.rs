//! What the doctor wrote beside the lines: nothing but an answer, an answer among other words, or words alone. Only
//! the first is taken; the second is a doubt.

use super::lex::{self, Mark};
use super::plain::{Eaten, eat, squash};
use super::words::{after_polite, risky};
use super::{Block, Doubt};
use std::collections::BTreeMap;

/// What can be answered, as far as it is known: code → label, squashed.
pub(super) struct Known<'a> {
    pub(super) block: Option<&'a Block>,
    pub(super) labels: BTreeMap<String, String>,
}

/// What one line is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// Nothing but codes, each marked or not, labelled or not, and polite words.
    Answer { codes: Vec<String>, marks: Vec<Mark>, labelled: bool },
    /// Words.
    Words(Vec<Doubt>),
}

/// Signs that are marks or the opposite of marks where they stand alone in a line.
const LONELY: &str = "×✕✖✗✘❌△▲□■●◎?";

/// What follows an option's number that is no answer, as in 「2回」 or 「3日」: a quantity.
const COUNTERS: &str = "回日月年時分週歳才人名度mgkcl%/:.~";

impl Known<'_> {
    /// What a plain line says. `above`: it stands before everything that is ours.
    pub(super) fn judge(&self, text: &str, above: bool) -> Says {
        if is_lonely(text) || lex::lost_its_code(text) {
            return Says::Words(vec![Doubt::StrayMark]);
        }
        if let Some(answer) = self.bare(text) {
            return answer;
        }
        match self.number(text) {
            Some((number, true)) if above && self.is_one_question() => {
                let code = format!("1-{}", number.trim_start_matches('0'));
                return Says::Answer { codes: vec![code], marks: Vec::new(), labelled: false };
            }
            Some((number, _)) => return Says::Words(vec![Doubt::BareNumber(number)]),
            None => {}
        }
        let mut doubts: Vec<Doubt> = self.mentioned(text).into_iter().map(Doubt::CodeInText).collect();
        doubts.extend(risky(text).map(|word| Doubt::RiskyWord(word.to_owned())));
        Says::Words(doubts)
    }

    /// The codes that a text names among other words. A house's number in an address is none, nor is an hour.
    fn mentioned(&self, text: &str) -> Vec<String> {
        if text.contains('〒') || text.starts_with("住所") {
            return Vec::new();
        }
        let mut codes = lex::codes(text);
        codes.retain(|code| self.is_near(code));
        codes.extend(lex::nearly_codes(text).into_iter().filter(|code| self.labels.contains_key(code)));
        codes
    }

    /// The known codes among those.
    pub(super) fn named(&self, text: &str) -> impl Iterator<Item = String> {
        self.mentioned(text).into_iter().filter(|code| self.labels.contains_key(code))
    }

    /// True for a code of the block, and for one that could be a slip for one.
    fn is_near(&self, code: &str) -> bool {
        let question = |code: &str| code.split_once('-').map(|(question, _)| question.to_owned());
        self.labels.is_empty() || self.labels.keys().any(|known| question(known) == question(code))
    }

    /// The codes of a line that holds nothing else but marks, the codes' labels and polite words.
    fn bare(&self, text: &str) -> Option<Says> {
        let (mut codes, mut marks, mut labelled) = (Vec::new(), Vec::new(), false);
        let mut rest = text.trim();
        while !rest.is_empty() {
            if let Some(code) = lex::code_at(rest) {
                rest = code.rest;
                if let Some(label) = self.labels.get(&code.code)
                    && let Eaten::Whole(after) = eat(rest, label)
                {
                    rest = after;
                    labelled = true;
                }
                codes.push(code.code);
            } else if let Some((mark, after)) = Mark::free(rest) {
                marks.push(mark);
                rest = after;
            } else {
                rest = after_polite(rest)?;
            }
        }
        (!codes.is_empty()).then_some(Says::Answer { codes, marks, labelled })
    }

    /// The number at the beginning of a line that may mean an option, and whether the line holds nothing else.
    fn number(&self, text: &str) -> Option<(String, bool)> {
        let text = text.trim();
        let (text, marked) = match Mark::free(text) {
            Some((_, rest)) => (rest.trim_start(), true),
            None => (text, false),
        };
        let (number, after) = lex::digits(text)?;
        if number.len() > 2 {
            return None;
        }
        let mut rest = after.trim_start();
        rest = rest.strip_prefix('番').unwrap_or(rest);
        while let Some(after) = Some(rest).filter(|rest| !rest.is_empty()).and_then(after_polite) {
            rest = after;
        }
        let only = rest.is_empty();
        let quantity = after.trim_start().starts_with(|c| COUNTERS.contains(c));
        let short = rest.chars().count() <= SHORT;
        (only || marked || short && !quantity && self.is_one_question()).then(|| (number.to_owned(), only))
    }

    fn is_one_question(&self) -> bool {
        match self.block {
            Some(block) => block.questions.len() == 1,
            None => !self.labels.is_empty() && self.labels.keys().all(|code| code.starts_with("1-")),
        }
    }

    /// The code of another option of a marked question whose label the words name in full.
    pub(super) fn other_label(&self, words: &str, marked: &[String]) -> Option<String> {
        let block = self.block?;
        let words = squash(words);
        let one_only = block.questions.iter().filter(|question| question.one_only);
        let answered =
            one_only.filter(|question| question.items.iter().any(|item| marked.contains(&item.code)));
        let mut others = answered.flat_map(|question| &question.items);
        let named = |label: &str| {
            let label = squash(label.split('(').next().unwrap_or(label));
            label.chars().count() >= SHORTEST_LABEL && words.contains(&label)
        };
        others.find(|item| !marked.contains(&item.code) && named(&item.label)).map(|item| item.code.clone())
    }
}

/// Characters behind a number that still leave it an answer with something said about it.
const SHORT: usize = 8;

/// Characters of a label that is looked for among words: a shorter one (必要, 出席) stands in too many others.
const SHORTEST_LABEL: usize = 4;

fn is_lonely(text: &str) -> bool {
    let mut chars = text.chars().filter(|c| *c != ' ');
    let (first, more) = (chars.next(), chars.next());
    let Some(first) = first.filter(|_| more.is_none()) else { return false };
    LONELY.contains(first) || Mark::free(text.trim()).is_some()
}
