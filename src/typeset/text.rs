//! Breaking text into lines by the rules of Japanese (kinsoku: JIS X 4051 §4; UAX #14 with strict
//! rules): no 、。」 at a line's start, no （「 at its end.

use super::font::Face;
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
    let fits = |line: &str| face.width_mm(line.trim_end(), size_pt) <= width_mm + 1e-6;
    let mut lines = Vec::new();
    let mut line = String::new();
    for piece in pieces(paragraph) {
        if !line.is_empty() && !fits(&format!("{line}{piece}")) {
            lines.push(std::mem::take(&mut line));
        }
        line.push_str(piece);
        while !fits(&line) {
            let kept = longest_prefix(&line, &fits);
            let rest = line.split_off(kept);
            lines.push(std::mem::replace(&mut line, rest));
        }
    }
    lines.push(line);
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

/// The bytes of the longest beginning that fits: at least one character, so that the work ends.
fn longest_prefix(line: &str, fits: &impl Fn(&str) -> bool) -> usize {
    let ends = line.char_indices().map(|(start, character)| start + character.len_utf8());
    let mut ends = ends.peekable();
    let first = ends.peek().copied().unwrap_or(line.len());
    ends.take_while(|end| fits(&line[..*end])).last().unwrap_or(first)
}

/// The text cut at every place where a line may end.
fn pieces(paragraph: &str) -> impl Iterator<Item = &str> {
    let places: Vec<usize> = segmenter().segment_str(paragraph).collect();
    let starts = places.clone();
    starts.into_iter().zip(places.into_iter().skip(1)).map(|(start, end)| &paragraph[start..end])
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
