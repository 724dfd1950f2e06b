//! A reply's text → what it answers. Finds the lines of the block wherever they stand, quoted or not, broken or
//! joined; compares them with what was asked; keeps what else was written. Never panics, takes one pass over the text,
//! and where two readings are possible it gives a doubt and no answer.

use super::answer::{Doubt, TextAnswer};
use super::lex::{Inside, Mark, Part, parts};
use super::lines::{Line, Piece, announces_quote, lines, pieces, unmarked_quote};
use super::plain::{Eaten, eat, squash};
use super::write::{ENGLISH, HOW, NUMBER, title};
use super::{Block, words};
use crate::domain::sheet_number::RequestNumber;
use std::collections::{BTreeMap, BTreeSet};

/// Octets that are read: a hundred times what a doctor writes with everything quoted.
const READ_MAX: usize = 256 * 1024;
/// Doubts that are kept: more would not help a person.
const DOUBTS_MAX: usize = 40;
/// Octets that the number of a request takes at the most, blanks included.
const NUMBER_MAX: usize = 24;
/// Octets of an own sentence that are enough to know it by, where a line ends in it.
const KNOWN_BY: usize = 12;

/// Reads a reply. `block` is what the mail had asked; without it codes and labels are taken as they stand, and nothing
/// is compared. `None` for a text with neither a line of a block nor a code.
#[must_use]
pub fn read(text: &str, block: Option<&Block>) -> Option<TextAnswer> {
    let cut = text.len() > READ_MAX;
    let head = if cut { &text[..text.floor_char_boundary(READ_MAX)] } else { text };
    let lines = lines(head);
    let mut reader = Reader::new(block, unmarked_quote(&lines));
    for line in &lines {
        reader.line(line);
    }
    reader.close();
    if cut {
        reader.doubt(Doubt::TooLong);
    }
    reader.answer()
}

/// Where a line stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Zone {
    /// Before everything that is ours.
    Above,
    /// After the first line that is quoted, or that says that a quote follows.
    Original,
    /// Between the block's begin and end.
    Block,
    /// After its end.
    Below,
}

/// What the end of a line left unfinished.
enum Open {
    /// A sentence of ours.
    Own(String),
    /// A label: its code, what is missing, and whether some of it stood there.
    Label(String, String, bool),
    /// The request's number, as far as it stood there.
    Number(String),
}

/// The doctor's words, or what may be some.
pub(super) struct Words<'a> {
    pub(super) text: String,
    /// The line, where it belongs to the comment.
    pub(super) original: Option<&'a str>,
    pub(super) place: Place,
}

/// Where words stand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Before everything that is ours.
    Above,
    /// Between the block's lines.
    Inside {
        /// With quote marks.
        quoted: bool,
    },
    /// In an older mail: codes in it are an older answer.
    Older,
    /// Anywhere else.
    Elsewhere,
}

/// How much of a block the text has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// At the most lines of it.
    Lines,
    /// Its begin.
    Begun,
    /// Its begin and its end.
    Whole,
}

/// What was found so far, line by line.
pub(super) struct Reader<'a> {
    pub(super) block: Option<&'a Block>,
    unmarked_quote: bool,
    own: Vec<String>,
    zone: Zone,
    open: Option<Open>,
    pub(super) extent: Extent,
    pub(super) numbers: BTreeSet<String>,
    /// A block began, and its number has not come yet.
    pub(super) wants_number: bool,
    pub(super) offered: Vec<(String, String)>,
    pub(super) known: BTreeMap<String, String>,
    /// The lines of every copy of the block: code → marked.
    pub(super) copies: Vec<BTreeMap<String, bool>>,
    pub(super) marks: BTreeSet<Mark>,
    pub(super) words: Vec<Words<'a>>,
    pub(super) doubts: Vec<Doubt>,
}

impl<'a> Reader<'a> {
    fn new(block: Option<&'a Block>, unmarked_quote: bool) -> Self {
        let titles = block.iter().flat_map(|block| block.questions.iter().enumerate());
        let titles = titles.map(|(index, question)| squash(&title(index, question)));
        Self {
            block,
            unmarked_quote,
            own: HOW.iter().chain([&ENGLISH]).map(|line| squash(line)).chain(titles).collect(),
            zone: Zone::Above,
            open: None,
            extent: Extent::Lines,
            numbers: BTreeSet::new(),
            wants_number: false,
            offered: Vec::new(),
            known: BTreeMap::new(),
            copies: vec![BTreeMap::new()],
            marks: BTreeSet::new(),
            words: Vec::new(),
            doubts: Vec::new(),
        }
    }

    pub(super) fn doubt(&mut self, doubt: Doubt) {
        if self.doubts.len() < DOUBTS_MAX && !self.doubts.contains(&doubt) {
            self.doubts.push(doubt);
        }
    }

    fn line(&mut self, line: &Line<'a>) {
        if line.text.is_empty() {
            self.blank(line);
            return;
        }
        if self.zone == Zone::Above && (line.quoted || announces_quote(&line.text)) {
            self.zone = Zone::Original;
        }
        for piece in pieces(&line.text) {
            match piece {
                Piece::Begin => self.begin(),
                Piece::End => {
                    self.close();
                    if self.extent == Extent::Begun {
                        self.extent = Extent::Whole;
                    }
                    self.zone = Zone::Below;
                }
                Piece::Text(text) => self.text(text, line),
            }
        }
    }

    /// Paragraphs of the comment stay apart.
    fn blank(&mut self, line: &Line<'a>) {
        if matches!(self.zone, Zone::Above | Zone::Below) && !line.quoted {
            self.words.push(Words { text: String::new(), original: Some(""), place: Place::Elsewhere });
        }
    }

    fn begin(&mut self) {
        self.close();
        self.zone = Zone::Block;
        (self.extent, self.wants_number) = (Extent::Begun, true);
        self.copies.push(BTreeMap::new());
    }

    fn text(&mut self, text: &str, line: &Line<'a>) {
        let mut parts = parts(text);
        // ○ before the brackets. A letter there may be the bullet of a list.
        if let [Part::Text(before), Part::Item { inside, .. }, ..] = &mut parts[..]
            && *inside == Inside::Empty
            && let Some((mark, "")) = Mark::free(before)
            && !before.is_ascii()
        {
            *inside = Inside::Marked(mark);
            parts.remove(0);
        }
        let last = parts.len().saturating_sub(1);
        for (index, part) in parts.into_iter().enumerate() {
            match part {
                Part::Item { inside, code, rest } => self.item(inside, &code, rest, index == last),
                Part::Text(text) => {
                    if let Some(left) = self.ours(text) {
                        self.left(left, line);
                    }
                }
            }
        }
    }

    /// Takes what is ours from the beginning; what is left is somebody's words.
    fn ours<'t>(&mut self, mut text: &'t str) -> Option<&'t str> {
        while !text.is_empty() {
            text = self.continued(text)?;
            if let Eaten::Whole(rest) = eat(text, &squash(NUMBER)) {
                text = self.number("", rest);
                continue;
            }
            let mut eaten = self.own.iter().map(|own| (own, eat(text, own)));
            match eaten.find(|(own, eaten)| match eaten {
                Eaten::Whole(_) => true,
                Eaten::Partly(missing) => own.len() - missing >= KNOWN_BY,
                Eaten::Not => false,
            }) {
                Some((_, Eaten::Whole(rest))) => text = rest,
                Some((own, Eaten::Partly(missing))) => {
                    self.open = Some(Open::Own(own[own.len() - missing..].to_owned()));
                    return None;
                }
                // The line around the block's begin and end may be broken off.
                _ => return Some(text).filter(|text| !text.chars().all(|c| "= ".contains(c))),
            }
        }
        None
    }

    /// Takes what the line before had left unfinished; `None` when that takes the whole text.
    fn continued<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        let open = self.open.take();
        if let Some(Open::Number(begun)) = &open {
            return Some(self.number(begun, text)).filter(|rest| !rest.is_empty());
        }
        let Some(Open::Own(wanted) | Open::Label(_, wanted, _)) = &open else { return Some(text) };
        match eat(text, wanted) {
            Eaten::Whole(rest) => Some(rest),
            Eaten::Partly(missing) => {
                let left = wanted[wanted.len() - missing..].to_owned();
                self.open = open.map(|open| match open {
                    Open::Label(code, ..) => Open::Label(code, left, true),
                    Open::Own(_) | Open::Number(_) => Open::Own(left),
                });
                None
            }
            Eaten::Not => {
                self.open = open;
                self.close();
                Some(text)
            }
        }
    }

    /// Nothing follows that could finish what is open: a label that stops in its middle is another label.
    fn close(&mut self) {
        match self.open.take() {
            Some(Open::Label(code, _, true)) => self.doubt(Doubt::LabelChanged(code)),
            Some(Open::Number(_)) => self.doubt(Doubt::NoRequest),
            _ => {}
        }
    }

    /// Takes the request's number, which may be broken off, from the beginning of `text`; gives what follows it.
    fn number<'t>(&mut self, begun: &str, text: &'t str) -> &'t str {
        let blank =
            |place: usize| text[..place].ends_with('-') || text[place..].trim_start().starts_with('-');
        let outside = |(place, c): &(usize, char)| match c {
            '0'..='9' | '-' => false,
            ' ' => !(*place == 0 || blank(*place)),
            _ => true,
        };
        let end = text.char_indices().take(NUMBER_MAX).find(outside);
        let end = end.map_or_else(|| text.floor_char_boundary(NUMBER_MAX), |(place, _)| place);
        let whole = format!("{begun}{}", &text[..end]);
        match RequestNumber::typed(&whole) {
            Ok(number) => {
                self.wants_number = false;
                self.numbers.insert(number.as_str().to_owned());
            }
            Err(_) if end == text.len() && whole.len() < NUMBER_MAX => self.open = Some(Open::Number(whole)),
            Err(_) => self.doubt(Doubt::NoRequest),
        }
        &text[end..]
    }

    fn item(&mut self, inside: Inside, code: &str, rest: &str, last: bool) {
        self.close();
        if self.wants_number {
            self.wants_number = false;
            self.doubt(Doubt::NoRequest);
        }
        let mut inside = inside;
        match self.block.map(|block| block.item(code)) {
            None => self.unasked_label(code, rest),
            Some(None) => self.doubt(Doubt::UnknownCode(code.to_owned())),
            Some(Some(item)) => {
                let label = squash(&item.label);
                match eat(rest, &label) {
                    Eaten::Whole(after) => match Mark::free(after.trim()) {
                        Some((mark, "")) if last && inside == Inside::Empty => inside = Inside::Marked(mark),
                        _ => self.behind(code, after),
                    },
                    Eaten::Partly(missing) => {
                        let left = label[label.len() - missing..].to_owned();
                        self.open = Some(Open::Label(code.to_owned(), left, !rest.is_empty()));
                    }
                    Eaten::Not => self.doubt(Doubt::LabelChanged(code.to_owned())),
                }
                self.offer(code, &item.label);
            }
        }
        self.mark(inside, code);
    }

    /// Nothing but words of ours may follow a label in its line.
    fn behind(&mut self, code: &str, after: &str) {
        if self.ours(after).is_some() {
            self.doubt(Doubt::LabelChanged(code.to_owned()));
        }
    }

    fn unasked_label(&mut self, code: &str, label: &str) {
        match self.known.get(code) {
            Some(known) if *known != squash(label) => self.doubt(Doubt::LabelChanged(code.to_owned())),
            _ => self.offer(code, label),
        }
    }

    fn offer(&mut self, code: &str, label: &str) {
        if self.known.insert(code.to_owned(), squash(label)).is_none() {
            self.offered.push((code.to_owned(), label.to_owned()));
        }
    }

    fn mark(&mut self, inside: Inside, code: &str) {
        match inside {
            Inside::Unknown => self.doubt(Doubt::UnknownMark(code.to_owned())),
            Inside::Marked(mark) => {
                self.marks.insert(mark);
            }
            Inside::Empty => {}
        }
        if self.copies.last().is_none_or(|copy| copy.contains_key(code)) {
            self.copies.push(BTreeMap::new());
        }
        if let Some(copy) = self.copies.last_mut() {
            copy.insert(code.to_owned(), matches!(inside, Inside::Marked(_)));
        }
    }

    /// Words that are not ours: the doctor's, or an older mail's, or the begin of our own mail.
    fn left(&mut self, text: &str, line: &Line<'a>) {
        let announces = self.zone != Zone::Block && announces_quote(text);
        // The rest of our own mail, in a mailer that marks no quotes.
        let unmarked = self.zone == Zone::Original && self.unmarked_quote;
        let mail = unmarked || text.contains("お送りします") && text.contains("連絡票");
        if self.block.is_none() && self.zone == Zone::Block && self.title_or_label(text) {
            return;
        }
        let place = match self.zone {
            Zone::Block => Place::Inside { quoted: line.quoted },
            _ if line.quoted || announces || unmarked => Place::Older,
            Zone::Above => Place::Above,
            Zone::Original | Zone::Below => Place::Elsewhere,
        };
        self.words.push(Words {
            text: text.to_owned(),
            original: (!line.quoted && !announces && !mail).then_some(line.original),
            place,
        });
    }

    /// Without what was asked: titles are passed over, and what a mailer broke off a label joins it.
    fn title_or_label(&mut self, text: &str) -> bool {
        let is_title =
            text.split_once(". ").is_some_and(|(n, _)| n.bytes().all(|byte| byte.is_ascii_digit()));
        let ends = text.ends_with([')', '〕', ']']) && !text.contains('(');
        let last =
            self.offered.last_mut().filter(|(_, label)| ends && label.contains('(') && !label.contains(')'));
        if let Some((code, label)) = last
            && words::risky(text).is_none()
        {
            label.push_str(text);
            self.known.insert(code.clone(), squash(label));
            return true;
        }
        is_title
    }
}
