//! What a reply says, and every doubt about it. Plain enough to be printed as JSON; decides nothing.

use super::Block;
use crate::domain::reading::{BoxReading, BoxState, ZoneReading};
use serde::Serialize;

/// What a reply mail says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TextAnswer {
    /// The request's number as the reply still carries it; `None` where the doctor deleted it, and then only the mail's
    /// other marks can say which request is meant.
    pub request: Option<String>,
    /// The codes that are marked, in the block's order. Only a proposal unless [`Self::is_sure`].
    pub marked: Vec<String>,
    /// Code and label of every line with brackets that the reply carries, each once: the label as it was asked, or where
    /// that is not known as it stands there, in the form that is compared (one width, one dash).
    pub offered: Vec<(String, String)>,
    /// The doctor's own words with their signature; lines that are nothing but an answer are left out. May be a
    /// client's data.
    pub comment: String,
    /// Why a person must look.
    pub doubts: Vec<Doubt>,
}

/// Why a person must look at a reply. In JSON `{"kind": …, "detail": …}`; the detail may quote the doctor's words only
/// where it says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "detail", rename_all = "snake_case")]
pub enum Doubt {
    /// Nothing is marked.
    NothingMarked,
    /// A question that must be answered has no mark: its number.
    Unanswered(String),
    /// More than one item of a question that takes one: its number.
    SeveralMarked(String),
    /// Brackets hold what is no known mark: the code.
    UnknownMark(String),
    /// A cross or a 1 beside marks of another kind: one of them may mean no, or a rank.
    MixedMarks,
    /// A mark that belongs to no line, or a line that lost its code.
    StrayMark,
    /// A line has another label than the block: the code.
    LabelChanged(String),
    /// The block has no such code.
    UnknownCode(String),
    /// A code stands among words that are more than polite: the code.
    CodeInText(String),
    /// A number that may be an option, where that does not say of which question or more follows: the number.
    BareNumber(String),
    /// A code that was written freely and the lines' marks disagree, or older words do: the code.
    MarksDisagree(String),
    /// The reply holds several blocks with different marks.
    BlocksDisagree,
    /// Another request's number: that number.
    OtherRequest(String),
    /// A block without its request's number, or with a number that was damaged.
    NoRequest,
    /// The block's end is missing, and lines before it.
    CutOff,
    /// Words that may take the answer back or tie it to something: the word, from this program's own list.
    RiskyWord(String),
    /// The words name another option of a question that is marked: its code.
    OtherLabel(String),
    /// The text is too long to have been written by a person.
    TooLong,
}

impl TextAnswer {
    /// True when nothing is in doubt.
    #[must_use]
    pub fn is_sure(&self) -> bool {
        self.doubts.is_empty()
    }

    /// The answer as boxes of the form, for [`decide`](crate::form::reply::decide). An item whose mark or label is in
    /// doubt is unsure; boxes that the block does not ask for are empty. Other doubts do not show in the boxes: ask
    /// [`Self::is_sure`] first.
    #[must_use]
    pub fn boxes(&self, block: &Block) -> Vec<BoxReading> {
        let reading = |field: &str, option: &str, state| BoxReading {
            field: field.to_owned(),
            option: option.to_owned(),
            state,
            quality: if state == BoxState::Unsure { 0.0 } else { 1.0 },
        };
        let asked = block.questions.iter().flat_map(|question| {
            question.items.iter().map(|item| reading(&question.field, &item.option, self.state(&item.code)))
        });
        let unasked = block.unasked.iter().map(|(field, option)| reading(field, option, BoxState::Empty));
        asked.chain(unasked).collect()
    }

    /// The form's areas for handwriting: the comment counts as written into the last of them.
    #[must_use]
    pub fn zones(&self, block: &Block) -> Vec<ZoneReading> {
        let last = block.areas.last();
        let zone = |field: &String| ZoneReading {
            field: field.clone(),
            ink: !self.comment.is_empty() && last == Some(field),
        };
        block.areas.iter().map(zone).collect()
    }

    fn state(&self, code: &str) -> BoxState {
        let in_doubt = |doubt: &Doubt| match doubt {
            Doubt::UnknownMark(of) | Doubt::LabelChanged(of) | Doubt::MarksDisagree(of) => of == code,
            _ => false,
        };
        if self.doubts.iter().any(in_doubt) {
            BoxState::Unsure
        } else if self.marked.iter().any(|marked| marked == code) {
            BoxState::Marked
        } else {
            BoxState::Empty
        }
    }
}
