//! The fonts of the sheet: `BIZ UDGothic` Regular and Bold, and for the characters of names that it lacks (𠮷) a part of
//! Noto Sans JP (all SIL Open Font License 1.1), each parsed once for the life of the process.

use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Millimetres in a point: 25.4 / 72.
pub const MM_A_POINT: f64 = 25.4 / 72.0;

/// A weight of the font.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Face {
    /// For text.
    Regular,
    /// For titles, numbers and questions.
    Bold,
    /// Steps in for characters that the other two lack; never asked for by name.
    Names,
}

/// A parsed font file.
pub struct Font {
    /// The file.
    pub bytes: &'static [u8],
    /// The PostScript name without a subset's prefix.
    pub name: &'static str,
    /// Font units in an em.
    pub units_per_em: u16,
    /// Above the baseline, in font units.
    pub ascent: i16,
    /// Below the baseline, negative, in font units.
    pub descent: i16,
    glyphs: BTreeMap<u32, (u16, u16)>,
}

impl Face {
    /// The parsed font.
    #[must_use]
    pub fn font(self) -> &'static Font {
        static REGULAR: OnceLock<Font> = OnceLock::new();
        static BOLD: OnceLock<Font> = OnceLock::new();
        static NAMES: OnceLock<Font> = OnceLock::new();
        match self {
            Self::Regular => REGULAR.get_or_init(|| {
                Font::parse("BIZUDGothic", include_bytes!("../../assets/fonts/BIZUDGothic-Regular.ttf"))
            }),
            Self::Bold => BOLD.get_or_init(|| {
                Font::parse("BIZUDGothic-Bold", include_bytes!("../../assets/fonts/BIZUDGothic-Bold.ttf"))
            }),
            Self::Names => NAMES.get_or_init(|| {
                Font::parse("NotoSansJP-Medium", include_bytes!("../../assets/fonts/NotoSansJP-names.ttf"))
            }),
        }
    }

    /// The face that prints the character where this one is asked for; `None` when no font here has it.
    #[must_use]
    pub fn printing(self, character: char) -> Option<Self> {
        if self.font().glyph(character).is_some() {
            return Some(self);
        }
        Self::Names.font().glyph(character).map(|_| Self::Names)
    }

    /// The line in pieces, each with the face that prints it. A character that no font has goes with its neighbours.
    #[must_use]
    pub fn runs(self, text: &str) -> Vec<(Self, &str)> {
        let mut runs: Vec<(Self, &str)> = Vec::new();
        let mut begun = 0;
        let mut now = self;
        for (place, character) in text.char_indices() {
            let face = self.printing(character).unwrap_or(self);
            if face != now && place > begun {
                runs.push((now, &text[begun..place]));
                begun = place;
            }
            now = face;
        }
        if begun < text.len() {
            runs.push((now, &text[begun..]));
        }
        runs
    }

    /// The width of a line in millimetres. A character that no font has counts a full em.
    #[must_use]
    pub fn width_mm(self, text: &str, size_pt: f64) -> f64 {
        self.runs(text).iter().map(|(face, run)| face.font().width_mm(run, size_pt)).sum()
    }
}

impl Font {
    /// The glyph of a character with its advance in font units; `None` when the font lacks it.
    #[must_use]
    pub fn glyph(&self, character: char) -> Option<(u16, u16)> {
        self.glyphs.get(&u32::from(character)).copied()
    }

    /// The width of a line of this font alone in millimetres. A character that it lacks counts a full em.
    fn width_mm(&self, text: &str, size_pt: f64) -> f64 {
        let units: u32 = text
            .chars()
            .map(|character| {
                u32::from(self.glyph(character).map_or(self.units_per_em, |(_, advance)| advance))
            })
            .sum();
        f64::from(units) / f64::from(self.units_per_em) * size_pt * MM_A_POINT
    }

    fn parse(name: &'static str, bytes: &'static [u8]) -> Self {
        let face = ttf_parser::Face::parse(bytes, 0).expect("the embedded font is a font: a test parses it");
        let mut glyphs = BTreeMap::new();
        let subtables = face.tables().cmap.map(|cmap| cmap.subtables).into_iter().flatten();
        for subtable in subtables.filter(ttf_parser::cmap::Subtable::is_unicode) {
            subtable.codepoints(|codepoint| {
                if let Some(glyph) = subtable.glyph_index(codepoint).filter(|glyph| glyph.0 != 0) {
                    glyphs.insert(codepoint, (glyph.0, face.glyph_hor_advance(glyph).unwrap_or(0)));
                }
            });
        }
        Self {
            bytes,
            name,
            units_per_em: face.units_per_em(),
            ascent: face.ascender(),
            descent: face.descender(),
            glyphs,
        }
    }
}

/// The characters of `text` that cannot be printed, each once, in order.
#[must_use]
pub fn missing_characters(text: &str) -> Vec<char> {
    let mut missing = Vec::new();
    for character in text.chars().filter(|character| !character.is_control()) {
        let printable = [Face::Regular, Face::Bold].iter().all(|face| face.printing(character).is_some());
        if !printable && !missing.contains(&character) {
            missing.push(character);
        }
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_the_field_can_be_printed_and_what_cannot_is_said() {
        assert!(missing_characters("髙橋 﨑 ㈱ ① 主治医・ケアマネ連絡票 ABC 123「」、。□").is_empty());
        assert!(missing_characters("𠮷田 槗本").is_empty(), "the second font has them");
        assert_eq!(missing_characters("☑ 𛀁 ☑"), vec!['☑', '𛀁']);
    }

    #[test]
    fn a_name_is_printed_by_the_font_that_has_it() {
        let runs = Face::Bold.runs("見本 𠮷田𠮷");
        assert_eq!(
            runs,
            [(Face::Bold, "見本 "), (Face::Names, "𠮷"), (Face::Bold, "田"), (Face::Names, "𠮷")]
        );
        assert!(Face::Regular.runs("").is_empty());
        let (plain, name) = (Face::Regular.width_mm("吉", 12.0), Face::Regular.width_mm("𠮷", 12.0));
        assert!((plain - name).abs() < 0.01, "both are a full em wide: {plain} {name}");
    }

    #[test]
    fn a_full_width_line_is_as_wide_as_its_characters() {
        // 10 characters of 12 pt: 10 × 12 × 25.4 / 72 mm.
        let width_mm = Face::Regular.width_mm("主治医の先生へお願い", 12.0);
        assert!((width_mm - 42.333).abs() < 0.01, "{width_mm}");
        assert!((Face::Bold.width_mm("0123456789", 12.0) - 21.167).abs() < 0.01);
    }
}
