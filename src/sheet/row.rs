//! Rows of the request's table: a label with its value, or two short ones side by side, so that a sheet with many
//! short answers stays one page. Knows widths and lines, and nothing of forms.

use super::block::Block;
use super::metrics::{BODY_LINE_MM, BODY_PT, EDGE_MM, RULE_MM, SECOND_X_MM, VALUE_X_MM, WIDTH_MM};
use crate::typeset::canvas::Page;
use crate::typeset::font::{Face, MM_A_POINT};
use crate::typeset::text::break_lines;

const RIGHT_MM: f64 = WIDTH_MM - EDGE_MM;
const LABEL_X_MM: f64 = EDGE_MM + 1.0;
/// From a label's left edge to its value's.
const LABEL_COLUMN_MM: f64 = VALUE_X_MM - LABEL_X_MM;
/// What a label may fill of its column.
const LABEL_MM: f64 = LABEL_COLUMN_MM - 2.0;
/// Free at a value's right.
const GAP_MM: f64 = 5.0;
/// Labels that share so many first characters name two sides of one thing.
const ALIKE_CHARS: usize = 3;
/// A last line of fewer characters is a scrap.
const SCRAP_CHARS: usize = 4;
/// Above the first line of a row.
const ABOVE_MM: f64 = 1.0;
/// Below the last.
const BELOW_MM: f64 = 0.8;
/// Height of a line.
const LINE_MM_A_POINT: f64 = BODY_LINE_MM / BODY_PT;
/// From a line's top to its baseline.
const BASELINE_SHARE: f64 = 0.77;

/// A label with its value.
pub struct Row {
    label: Vec<String>,
    lines: Vec<String>,
    size_pt: f64,
    shares: bool,
}

impl Row {
    /// A row of the whole width, its value in `size_pt`. `value` may hold line feeds.
    pub fn new(label: &str, value: &str, size_pt: f64) -> Self {
        let lines = value.lines().flat_map(|paragraph| value_lines(paragraph, size_pt)).collect();
        Self { label: label_lines(label), lines, size_pt, shares: false }
    }

    /// The same, which stands beside its neighbour where both are short enough.
    pub fn sharing(label: &str, value: &str, size_pt: f64) -> Self {
        Self { shares: true, ..Self::new(label, value, size_pt) }
    }

    fn line_mm(&self) -> f64 {
        self.size_pt * LINE_MM_A_POINT
    }

    fn baseline_mm(&self) -> f64 {
        self.line_mm() * BASELINE_SHARE
    }

    fn fits(&self, width_mm: f64) -> bool {
        let [line] = &self.lines[..] else { return false };
        self.shares && Face::Regular.width_mm(line, self.size_pt) <= width_mm
    }

    fn fits_first(&self) -> bool {
        self.fits(SECOND_X_MM - VALUE_X_MM - GAP_MM)
    }

    fn fits_second(&self) -> bool {
        self.fits(RIGHT_MM - SECOND_X_MM - LABEL_COLUMN_MM)
    }

    /// True for 緊急連絡先(続柄) and 緊急連絡先の電話: their labels begin alike.
    fn belongs_to(&self, next: &Self) -> bool {
        let (own, next) = (self.label.concat(), next.label.concat());
        own.chars().zip(next.chars()).take_while(|(own, next)| own == next).count() >= ALIKE_CHARS
    }

    /// One block a line, so that a long value can go on overleaf.
    fn blocks(&self) -> Vec<Block> {
        let count = self.lines.len().max(self.label.len());
        (0..count).map(|index| self.block(index, count)).collect()
    }

    fn block(&self, index: usize, count: usize) -> Block {
        let first = index == 0;
        let top_mm = if first { ABOVE_MM } else { 0.0 };
        let foot_mm = if index + 1 == count { BELOW_MM } else { 0.0 };
        let baseline_mm = top_mm + self.baseline_mm();
        let mut block = Block::new(top_mm + self.line_mm() + foot_mm, |page| {
            if let Some(line) = self.lines.get(index) {
                page.text(VALUE_X_MM, baseline_mm, Face::Regular, self.size_pt, line.as_str());
            }
        });
        if first {
            rule(&mut block.label);
        }
        if let Some(line) = self.label.get(index) {
            block.label.text(LABEL_X_MM, baseline_mm, Face::Bold, BODY_PT, line.as_str());
        }
        block.goes_on = !first;
        // The whole label stays on one page, and no single line of a value stands alone before or after the turn.
        let (in_label, at_an_end) = (index + 1 < self.label.len(), first || index + 2 == count);
        block.keep_with_next = index + 1 < count && (in_label || at_an_end);
        block
    }

    /// The whole row from `x_mm`, below a row's top.
    fn draw(&self, page: &mut Page, x_mm: f64) {
        let baseline_mm = |index: usize| ABOVE_MM + self.baseline_mm() + index as f64 * self.line_mm();
        for (index, line) in self.label.iter().enumerate() {
            page.text(x_mm, baseline_mm(index), Face::Bold, BODY_PT, line.as_str());
        }
        for (index, line) in self.lines.iter().enumerate() {
            let x_mm = x_mm + LABEL_COLUMN_MM;
            page.text(x_mm, baseline_mm(index), Face::Regular, self.size_pt, line.as_str());
        }
    }
}

/// The rows below each other, short neighbours side by side.
pub fn blocks(rows: &[Row]) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut index = 0;
    while let Some(row) = rows.get(index) {
        if stands_beside_next(rows, index) {
            blocks.push(pair(row, &rows[index + 1]));
            index += 2;
        } else {
            blocks.extend(row.blocks());
            index += 1;
        }
    }
    blocks
}

/// What belongs together stands side by side or below each other, never beside something else: a telephone beside
/// another's name would be dialled for that one.
fn stands_beside_next(rows: &[Row], index: usize) -> bool {
    let fit = |index: usize| match (rows.get(index), rows.get(index + 1)) {
        (Some(row), Some(next)) => row.fits_first() && next.fits_second(),
        _ => false,
    };
    let belong = |index: usize| match (rows.get(index), rows.get(index + 1)) {
        (Some(row), Some(next)) => row.belongs_to(next),
        _ => false,
    };
    let to_the_one_before = index > 0 && belong(index - 1);
    let next_to_its_own = belong(index + 1) && fit(index + 1);
    fit(index) && (belong(index) || !(to_the_one_before || next_to_its_own))
}

fn pair(first: &Row, second: &Row) -> Block {
    let count = first.label.len().max(second.label.len()).max(1);
    Block::new(ABOVE_MM + count as f64 * first.line_mm() + BELOW_MM, |page| {
        rule(page);
        first.draw(page, LABEL_X_MM);
        second.draw(page, SECOND_X_MM);
    })
}

fn rule(page: &mut Page) {
    page.line((EDGE_MM, 0.0), (RIGHT_MM, 0.0), RULE_MM);
}

/// Lines of which the last is no scrap: 「す。」 alone is easily overlooked, so the lines above it give some away.
fn value_lines(paragraph: &str, size_pt: f64) -> Vec<String> {
    let width_mm = RIGHT_MM - VALUE_X_MM - 1.0;
    let broken = |width_mm: f64| match break_lines(paragraph, Face::Regular, size_pt, width_mm) {
        lines if lines.is_empty() => vec![String::new()],
        lines => lines,
    };
    let is_scrap = |lines: &Vec<String>| {
        lines.len() > 1 && lines.last().is_some_and(|last| last.chars().count() < SCRAP_CHARS)
    };
    let lines = broken(width_mm);
    if !is_scrap(&lines) {
        return lines;
    }
    let narrower = (1..=SCRAP_CHARS).map(|chars| broken(width_mm - chars as f64 * size_pt * MM_A_POINT));
    narrower.filter(|narrow| narrow.len() == lines.len()).find(|narrow| !is_scrap(narrow)).unwrap_or(lines)
}

/// A label of two lines is broken where a word ends, as far as the characters tell, not after the last character that fits.
fn label_lines(label: &str) -> Vec<String> {
    let fits = |line: &str| Face::Bold.width_mm(line, BODY_PT) <= LABEL_MM;
    let lines = break_lines(label, Face::Bold, BODY_PT, LABEL_MM);
    if lines.len() != 2 {
        return lines;
    }
    let halves = word_ends(label).map(|end| label.split_at(end)).filter(|(a, b)| fits(a) && fits(b));
    let wider = |(a, b): &(&str, &str)| a.chars().count().max(b.chars().count());
    halves.min_by_key(wider).map_or(lines, |(a, b)| vec![a.trim_end().to_owned(), b.trim_start().to_owned()])
}

/// The byte places where a new word begins: at a bracket or a polite お or ご, behind a dot or を, and where the script
/// changes, but for the endings of words, which are hiragana.
fn word_ends(text: &str) -> impl Iterator<Item = usize> {
    let pairs = text.char_indices().zip(text.char_indices().skip(1));
    pairs.filter_map(|((_, before), (place, after))| {
        let (script, next) = (Script::of(before), Script::of(after));
        let kanji_follows =
            text[place..].chars().nth(1).is_some_and(|third| Script::of(third) == Script::Kanji);
        let polite = "おご".contains(after) && kanji_follows;
        let ends = match next {
            Script::Opening => true,
            Script::Kanji | Script::Katakana => {
                script != next && script != Script::Opening && !"おご".contains(before)
            }
            Script::Hiragana | Script::Other => "・を".contains(before) || polite,
        };
        ends.then_some(place)
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Kanji,
    Hiragana,
    Katakana,
    Opening,
    Other,
}

impl Script {
    fn of(character: char) -> Self {
        match character {
            '(' | '（' | '「' => Self::Opening,
            '\u{3041}'..='\u{309f}' => Self::Hiragana,
            '・' => Self::Other,
            // Small kana and the long sound belong to the word before them, whatever that is.
            '\u{30a0}'..='\u{30ff}' => Self::Katakana,
            '々' | '\u{3400}'..='\u{9fff}' => Self::Kanji,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::typeset::canvas::Drawn;

    fn texts(blocks: &[Block]) -> Vec<&str> {
        let drawn = blocks.iter().flat_map(|block| block.label.drawn.iter().chain(&block.drawn.drawn));
        drawn
            .filter_map(|drawn| if let Drawn::Text { text, .. } = drawn { Some(text.as_str()) } else { None })
            .collect()
    }

    fn sharing(label: &str, value: &str) -> Row {
        Row::sharing(label, value, BODY_PT)
    }

    #[test]
    fn a_label_of_two_lines_breaks_between_words() {
        let cases: &[(&str, &[&str])] = &[
            ("内容", &["内容"]),
            ("キーパーソン(続柄)", &["キーパーソン", "(続柄)"]),
            ("キーパーソンの電話", &["キーパーソンの", "電話"]),
            ("使っている福祉用具", &["使っている", "福祉用具"]),
            ("認知症高齢者の日常生活自立度", &["認知症高齢者の", "日常生活自立度"]),
            ("利用しているサービス", &["利用している", "サービス"]),
            ("生活の状況・必要な理由", &["生活の状況・", "必要な理由"]),
            ("現在の状況とお尋ねしたいこと", &["現在の状況と", "お尋ねしたいこと"]),
            ("ご意見をいただいた日", &["ご意見を", "いただいた日"]),
            ("人生会議(ACP)の記録", &["人生会議", "(ACP)の記録"]),
            // No word ends where both halves fit: broken where it must be.
            ("一二三四五六七八九十", &["一二三四五六七八", "九十"]),
        ];
        for (label, expected) in cases {
            assert_eq!(label_lines(label), *expected, "{label}");
        }
    }

    #[test]
    fn short_neighbours_share_a_line_and_nothing_else_does() {
        let (short, other) = (|| sharing("体温", "38.4 ℃"), || sharing("血圧(上)", "102 mmHg"));
        assert_eq!(texts(&blocks(&[short(), other()])), ["体温", "38.4 ℃", "血圧(上)", "102 mmHg"]);
        let count = |rows: &[Row]| blocks(rows).len();
        assert_eq!(count(&[short(), other()]), 1);
        assert_eq!(count(&[short(), other(), short()]), 2, "the third is alone");
        assert_eq!(count(&[short(), Row::new("内容", "はい", BODY_PT)]), 2, "one that does not share");
        let long = || sharing("所見", "一二三四五六七八九十一二三四五六七八九十");
        assert_eq!((count(&[short(), long()]), count(&[long(), short()])), (2, 2), "one too wide");
        assert_eq!(count(&[short(), sharing("所見", "二\n行")]), 3, "one of two lines");
        let wide = |size_pt| Row::sharing("所見", "一二三四五六七八九十一二三四", size_pt);
        assert_eq!(
            (count(&[short(), wide(10.5)]), count(&[short(), wide(12.0)])),
            (1, 2),
            "too wide when large"
        );
    }

    #[test]
    fn no_scrap_of_a_line_is_left_and_no_blank_line_is_lost() {
        let text = |chars: usize| {
            "長女は同じ考えですが、苦しそうなときに家で看きれるかを不安に思われています。"
                .chars()
                .cycle()
                .take(chars)
                .collect::<String>()
        };
        let mut mended = 0;
        for size_pt in [10.5, 12.0] {
            for chars in 30..130 {
                let lines = Row::new("意向", &text(chars), size_pt).lines;
                assert_eq!(lines.concat(), text(chars));
                let plain = break_lines(&text(chars), Face::Regular, size_pt, RIGHT_MM - VALUE_X_MM - 1.0);
                assert_eq!(lines.len(), plain.len(), "{chars} characters need no line more");
                let last = lines.last().map_or(0, |line| line.chars().count());
                assert!(
                    lines.len() == 1 || last >= SCRAP_CHARS,
                    "{chars} characters of {size_pt} pt: {lines:?}"
                );
                mended += usize::from(lines != plain);
            }
        }
        assert!(mended >= 10, "{mended} of 200 had a scrap");
        assert_eq!(Row::new("内容", "一\n\n三", BODY_PT).lines, ["一", "", "三"]);
    }

    #[test]
    fn a_telephone_stands_beside_its_own_name_or_alone() {
        let (day, number) =
            (|| sharing("話し合った日", "12月1日"), || sharing("連絡先の電話", "03-0000-0010"));
        let (name, other) = (|| sharing("連絡先の氏名", "見本 幸子"), || sharing("世帯", "独居"));
        let long = || sharing("連絡先の氏名", "一二三四五六七八九十一二三四五六七八九十");
        let heads = |rows: &[Row]| -> Vec<usize> {
            let count = |block: &Block| texts(std::slice::from_ref(block)).len() / 2;
            blocks(rows).iter().map(count).collect()
        };
        assert_eq!(heads(&[day(), name(), number(), other()]), [1, 2, 1], "name and number");
        assert_eq!(heads(&[day(), other(), name(), number()]), [2, 2]);
        assert_eq!(heads(&[long(), number(), other()]), [1, 1, 1], "the number is not beside the household");
    }

    #[test]
    fn a_value_goes_on_overleaf_but_no_line_alone_does() {
        let keeps = |label: &str, lines: usize| -> Vec<bool> {
            let row = Row::new(label, &vec!["行"; lines].join("\n"), BODY_PT);
            blocks(&[row]).iter().map(|block| block.keep_with_next).collect()
        };
        assert_eq!(keeps("内容", 1), [false]);
        assert_eq!(keeps("内容", 2), [true, false]);
        assert_eq!(keeps("内容", 5), [true, false, false, true, false]);
        assert_eq!(keeps("キーパーソンの電話", 1), [true, false], "two lines of label beside one");
    }
}
