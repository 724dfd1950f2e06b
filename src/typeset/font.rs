//! The fonts of the sheet: `BIZ UDGothic` Regular and Bold, and for the characters of names that it lacks (𠮷) a part of
//! Noto Sans JP (all SIL Open Font License 1.1), each parsed once for the life of the process.

use std::ops::{Add, AddAssign};
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
    /// The glyphs of 256 characters each, by the upper bits of the code point: looked up for every character of a
    /// sheet several times. Glyph 0 stands where the font has none.
    rows: Vec<Option<Box<Row>>>,
}

type Row = [(u16, u16); ROW];
const ROW: usize = 256;

/// How far a text reaches, in font units of the face that was asked for and of the one that steps in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Advance {
    own: u32,
    names: u32,
}

impl Add for Advance {
    type Output = Self;

    fn add(self, more: Self) -> Self {
        Self { own: self.own + more.own, names: self.names + more.names }
    }
}

impl AddAssign for Advance {
    fn add_assign(&mut self, more: Self) {
        *self = *self + more;
    }
}

impl Face {
    /// Every face.
    pub const ALL: [Self; 3] = [Self::Regular, Self::Bold, Self::Names];

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

    /// How far the character reaches where this face is asked for. One that no font has counts a full em.
    #[must_use]
    pub fn advance(self, character: char) -> Advance {
        let font = self.font();
        if let Some((_, own)) = font.glyph(character) {
            return Advance { own: own.into(), names: 0 };
        }
        match Self::Names.font().glyph(character) {
            Some((_, names)) => Advance { own: 0, names: names.into() },
            None => Advance { own: font.units_per_em.into(), names: 0 },
        }
    }

    /// An advance in millimetres.
    #[must_use]
    pub fn advance_mm(self, advance: Advance, size_pt: f64) -> f64 {
        let mm =
            |units: u32, font: &Font| f64::from(units) / f64::from(font.units_per_em) * size_pt * MM_A_POINT;
        mm(advance.own, self.font()) + mm(advance.names, Self::Names.font())
    }

    /// The width of a line in millimetres. A character that no font has counts a full em.
    #[must_use]
    pub fn width_mm(self, text: &str, size_pt: f64) -> f64 {
        let advance = text.chars().fold(Advance::default(), |sum, character| sum + self.advance(character));
        self.advance_mm(advance, size_pt)
    }
}

impl Font {
    /// The glyph of a character with its advance in font units; `None` when the font lacks it.
    #[must_use]
    pub fn glyph(&self, character: char) -> Option<(u16, u16)> {
        let place = u32::from(character) as usize;
        let row = self.rows.get(place / ROW)?.as_ref()?;
        Some(row[place % ROW]).filter(|(glyph, _)| *glyph != 0)
    }

    fn parse(name: &'static str, bytes: &'static [u8]) -> Self {
        let face = ttf_parser::Face::parse(bytes, 0).expect("the embedded font is a font: a test parses it");
        let mut rows = vec![None; char::MAX as usize / ROW + 1];
        let subtables = face.tables().cmap.map(|cmap| cmap.subtables).into_iter().flatten();
        for subtable in subtables.filter(ttf_parser::cmap::Subtable::is_unicode) {
            subtable.codepoints(|codepoint| {
                let place = codepoint as usize;
                let glyph = subtable.glyph_index(codepoint).filter(|glyph| glyph.0 != 0);
                if let (Some(glyph), Some(row)) = (glyph, rows.get_mut(place / ROW)) {
                    let row = row.get_or_insert_with(|| Box::new([(0, 0); ROW]));
                    row[place % ROW] = (glyph.0, face.glyph_hor_advance(glyph).unwrap_or(0));
                }
            });
        }
        Self {
            bytes,
            name,
            units_per_em: face.units_per_em(),
            ascent: face.ascender(),
            descent: face.descender(),
            rows,
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
