//! Breaking text into lines by the rules of Japanese (kinsoku: JIS X 4051 §4; UAX #14 with strict
//! rules): no 、。」 at a line's start, no （「 at its end.

use super::font::{Advance, Face};
use icu_segmenter::options::{LineBreakOptions, LineBreakStrictness};
use icu_segmenter::{LineSegmenter, LineSegmenterBorrowed};
use std::sync::OnceLock;

/// `text` in lines that are at most `width_mm` wide. A line feed in the text begins a new line; a word
/// that is wider than a line is broken where it must be, so that nothing is ever cut off.
#[must_use]
pub fn break_lines(text: &str, face: Face, size_pt: f64, width_mm: f64) -> Vec<String> {
    text.lines().flat_map(|paragraph| break_paragraph(paragraph, face, size_pt, width_mm)).collect()
}

fn break_paragraph(paragraph: &str, face: Face, size_pt: f64, width_mm: f64) -> Vec<String> {
    let measure = Measure { face, size_pt, width_mm };
    let mut lines = Vec::new();
    let mut line = Line::default();
    for piece in pieces(paragraph) {
        let mut longer = line.with(piece, face);
        if !line.is_empty() && !measure.fits(&longer) {
            lines.push(line.text(paragraph));
            line = Line::at(line.end);
            longer = line.with(piece, face);
        }
        line = longer;
        while !measure.fits(&line) {
            let (kept, rest) = measure.cut(&line, paragraph);
            if rest.is_empty() {
                // A single character that is wider than the line: it stands out.
                break;
            }
            lines.push(kept.text(paragraph));
            line = rest;
        }
    }
    lines.push(line.text(paragraph));
    lines
}

/// A part of the paragraph with its width, which grows with every piece instead of being measured anew.
#[derive(Clone, Copy, Default)]
struct Line {
    start: usize,
    end: usize,
    whole: Advance,
    /// Without the blanks at its end, which may stand out.
    inked: Advance,
}

impl Line {
    fn at(start: usize) -> Self {
        Self { start, end: start, ..Self::default() }
    }

    fn is_empty(&self) -> bool {
        self.start == self.end
    }

    fn with(mut self, piece: &str, face: Face) -> Self {
        for character in piece.chars() {
            self.end += character.len_utf8();
            self.whole += face.advance(character);
            if !character.is_whitespace() {
                self.inked = self.whole;
            }
        }
        self
    }

    fn text(&self, paragraph: &str) -> String {
        paragraph[self.start..self.end].trim_end().to_owned()
    }
}

/// What a line must fit into.
struct Measure {
    face: Face,
    size_pt: f64,
    width_mm: f64,
}

impl Measure {
    fn fits(&self, line: &Line) -> bool {
        self.face.advance_mm(line.inked, self.size_pt) <= self.width_mm + 1e-6
    }

    /// The longest beginning that fits, at least one character, so that the work ends; and the rest.
    fn cut(&self, line: &Line, paragraph: &str) -> (Line, Line) {
        let mut kept = Line::at(line.start);
        let mut buffer = [0; 4];
        for character in paragraph[line.start..line.end].chars() {
            let longer = kept.with(character.encode_utf8(&mut buffer), self.face);
            if !kept.is_empty() && !self.fits(&longer) {
                break;
            }
            kept = longer;
        }
        (kept, Line::at(kept.end).with(&paragraph[kept.end..line.end], self.face))
    }
}

/// The text cut at every place where a line may end.
fn pieces(paragraph: &str) -> impl Iterator<Item = &str> {
    let mut places = segmenter().segment_str(paragraph);
    let mut start = places.next().unwrap_or(0);
    places.map(move |end| &paragraph[std::mem::replace(&mut start, end)..end])
}

fn segmenter() -> &'static LineSegmenterBorrowed<'static> {
    static SEGMENTER: OnceLock<LineSegmenterBorrowed<'static>> = OnceLock::new();
    SEGMENTER.get_or_init(|| {
        let mut options = LineBreakOptions::default();
        options.strictness = Some(LineBreakStrictness::Strict);
        LineSegmenter::new_for_non_complex_scripts(options)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `width` in full-width characters of 12 pt.
    fn check(text: &str, width: f64, expected: &[&str]) {
        let width_mm = width * 12.0 * crate::typeset::font::MM_A_POINT;
        assert_eq!(break_lines(text, Face::Regular, 12.0, width_mm), expected, "{text}");
    }

    #[test]
    fn lines_break_as_japanese_does() {
        check("血圧が高めです。ご確認ください。", 7.0, &["血圧が高めで", "す。ご確認くだ", "さい。"]);
        check("これは「見本」です", 4.0, &["これは", "「見本」", "です"]);
        check("一行目\n二行目", 10.0, &["一行目", "二行目"]);
        check("一行目\n\n三行目", 10.0, &["一行目", "", "三行目"]);
        check("ABCDEFGHIJ", 2.0, &["ABCD", "EFGH", "IJ"]);
        check("デイサービス", 3.0, &["デイ", "サービ", "ス"]);
        // Blanks at a line's end may stand out of it; the font for names breaks as the others do.
        check("abcd  efgh", 2.0, &["abcd", "efgh"]);
        check("𠮷田𠮷田", 2.0, &["𠮷田", "𠮷田"]);
        check("見", 0.5, &["見"]);
    }

    #[test]
    fn nothing_is_lost_by_breaking() {
        let text = "本人は「もう少し歩きたい」と話しています（家族も同意見）。リハビリ専門職の関与について、ご意見をお願いします。TEL 03-0000-0001";
        for tenths in 10..300 {
            let lines = break_lines(text, Face::Regular, 10.5, f64::from(tenths) / 2.0);
            let joined: String = lines.concat().split_whitespace().collect();
            assert_eq!(joined, text.split_whitespace().collect::<String>(), "{tenths}");
        }
    }
}
