//! The fonts of the sheet: `BIZ UDGothic` Regular and Bold (SIL Open Font License 1.1), parsed once
//! for the life of the process.

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
        match self {
            Self::Regular => REGULAR.get_or_init(|| {
                Font::parse("BIZUDGothic", include_bytes!("../../assets/fonts/BIZUDGothic-Regular.ttf"))
            }),
            Self::Bold => BOLD.get_or_init(|| {
                Font::parse("BIZUDGothic-Bold", include_bytes!("../../assets/fonts/BIZUDGothic-Bold.ttf"))
            }),
        }
    }
}

impl Font {
    /// The glyph of a character with its advance in font units; `None` when the font lacks it.
    #[must_use]
    pub fn glyph(&self, character: char) -> Option<(u16, u16)> {
        self.glyphs.get(&u32::from(character)).copied()
    }

    /// The width of a line in millimetres. A character that the font lacks counts a full em.
    #[must_use]
    pub fn width_mm(&self, text: &str, size_pt: f64) -> f64 {
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
        let printable =
            Face::Regular.font().glyph(character).is_some() && Face::Bold.font().glyph(character).is_some();
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
        assert_eq!(missing_characters("𠮷田と𠮷野 ☑"), vec!['𠮷', '☑']);
    }

    #[test]
    fn a_full_width_line_is_as_wide_as_its_characters() {
        // 10 characters of 12 pt: 10 × 12 × 25.4 / 72 mm.
        let width_mm = Face::Regular.font().width_mm("主治医の先生へお願い", 12.0);
        assert!((width_mm - 42.333).abs() < 0.01, "{width_mm}");
        assert!((Face::Bold.font().width_mm("0123456789", 12.0) - 21.167).abs() < 0.01);
    }
}
