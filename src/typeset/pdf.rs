//! Drawn pages → PDF with printpdf. The fonts are cut down to the glyphs in use *before* printpdf sees
//! them: printpdf itself would embed 4.6 MB a weight. The same pages give the same bytes.

use super::canvas::{Drawn, Page};
use super::font::{Face, Font};
use super::pack::Packer;
use printpdf::{
    Color, FontId, Greyscale, Line, LineDashPattern, LinePoint, Mm, Op, PaintMode, ParsedFont, PdfDocument,
    PdfFont, PdfFontHandle, PdfPage, PdfSaveOptions, Point, Polygon, PolygonRing, Pt, TextItem, TextMatrix,
    WindingOrder,
};
use std::collections::{BTreeMap, BTreeSet};
use subsetter::GlyphRemapper;

/// Why pages could not become a PDF.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PdfError {
    /// A character that no font here has: it would print as an empty box.
    #[error(
        "「{character}」は印刷できない文字です。別の文字に置きかえてください / '{character}' cannot be printed: replace it"
    )]
    MissingGlyph {
        /// The character.
        character: char,
    },
    /// The bytes could not be written.
    #[error("the PDF could not be written: {0}")]
    Written(String),
    /// The font could not be cut down.
    #[error("the font could not be prepared: {0}")]
    Font(String),
}

/// A sheet of one page, with room.
const USUAL_BYTES: usize = 96 << 10;

/// Writes the pages. `title` goes into the document's information, which must hold no client data.
///
/// # Errors
/// [`PdfError`].
pub fn write(title: &str, pages: &[Page]) -> Result<Vec<u8>, PdfError> {
    let mut document = PdfDocument::new(title);
    "renraku".clone_into(&mut document.metadata.info.producer);
    let mut fonts = BTreeMap::new();
    for face in [Face::Regular, Face::Bold, Face::Names] {
        let used = characters_of(face, pages);
        if !used.is_empty() {
            let subset = Subset::of(face, &used)?;
            let id = FontId(format!("F{}", fonts.len() + 1));
            document.resources.fonts.map.insert(id.clone(), PdfFont::new(subset.font.clone()));
            fonts.insert(face, (id, subset));
        }
    }
    document.pages = pages.iter().map(|page| write_page(page, &fonts)).collect();
    let options =
        PdfSaveOptions { optimize: false, subset_fonts: false, secure: true, image_optimization: None };
    let mut objects = document.to_lopdf_document(&options, &mut Vec::new());
    let mut packer = Packer::new();
    for object in objects.objects.values_mut() {
        let Ok(stream) = object.as_stream_mut() else { continue };
        if stream.dict.get(b"Filter").is_err() {
            let packed = packer.pack(&stream.content);
            stream.dict.set("Filter", "FlateDecode");
            stream.set_content(packed);
        }
    }
    let mut bytes = Vec::with_capacity(USUAL_BYTES);
    // Writing to memory fails only when memory ends.
    objects.save_to(&mut bytes).map_err(|error| PdfError::Written(error.to_string()))?;
    fix_identifier(&mut bytes);
    Ok(bytes)
}

/// printpdf draws the trailer's two identifiers (ISO 32000-1 §14.4) at random; they become a hash of the
/// rest, of the same length, so that no offset moves.
fn fix_identifier(bytes: &mut [u8]) {
    let Some(start) = bytes.windows(5).rposition(|window| window == b"/ID[(") else { return };
    let letters: Vec<usize> = (start + 5..bytes.len())
        .take_while(|place| bytes[*place] != b']')
        .filter(|place| bytes[*place].is_ascii_uppercase())
        .collect();
    let mut hash = bytes[..start].iter().fold(FNV_BASIS, |hash, byte| fnv(hash, u64::from(*byte)));
    for place in letters {
        hash = fnv(hash, 1);
        bytes[place] = b'A' + (hash >> 32) as u8 % 26;
    }
}

/// FNV-1a, 64 bits.
const FNV_BASIS: u64 = 0xcbf2_9ce4_8422_2325;

fn fnv(hash: u64, value: u64) -> u64 {
    (hash ^ value).wrapping_mul(0x0100_0000_01b3)
}

/// A font cut down to the characters in use.
struct Subset {
    font: ParsedFont,
    glyphs: BTreeMap<char, u16>,
}

impl Subset {
    fn of(face: Face, used: &BTreeSet<char>) -> Result<Self, PdfError> {
        let font = face.font();
        let mut remapper = GlyphRemapper::new();
        let (mut glyphs, mut codepoints, mut widths) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for character in used {
            let (glyph, advance) =
                font.glyph(*character).ok_or(PdfError::MissingGlyph { character: *character })?;
            let glyph = remapper.remap(glyph);
            glyphs.insert(*character, glyph);
            codepoints.insert(u32::from(*character), glyph);
            widths.insert(glyph, advance);
        }
        let bytes =
            subsetter::subset(font.bytes, 0, &remapper).map_err(|error| PdfError::Font(error.to_string()))?;
        let name = format!("{}+{}", subset_prefix(used), font.name);
        Ok(Self { font: parsed(font, bytes, name, codepoints, widths), glyphs })
    }
}

fn parsed(
    font: &Font,
    bytes: Vec<u8>,
    name: String,
    codepoints: BTreeMap<u32, u16>,
    widths: BTreeMap<u16, u16>,
) -> ParsedFont {
    let metrics = printpdf::FontMetrics { ascent: font.ascent, descent: font.descent };
    let mut parsed =
        ParsedFont::with_glyph_data(bytes, 0, Some(name), codepoints, widths, font.units_per_em, metrics);
    parsed.pdf_font_metrics.y_max = font.ascent;
    parsed.pdf_font_metrics.y_min = font.descent;
    parsed.pdf_font_metrics.x_max = font.units_per_em as i16;
    parsed
}

/// Six capital letters that name the subset (ISO 32000-1 §9.6.4), from the characters themselves, so
/// that equal sheets are equal bytes.
fn subset_prefix(used: &BTreeSet<char>) -> String {
    let hash = used.iter().fold(FNV_BASIS, |hash, character| fnv(hash, u64::from(*character)));
    (0..6).map(|place| char::from(b'A' + (hash >> (place * 9) & 0xff) as u8 % 26)).collect()
}

fn characters_of(face: Face, pages: &[Page]) -> BTreeSet<char> {
    let drawn = pages.iter().flat_map(|page| &page.drawn);
    drawn
        .filter_map(|drawn| match drawn {
            Drawn::Text { face: asked, text, .. } => Some((*asked, text)),
            _ => None,
        })
        .flat_map(|(asked, text)| asked.runs(text))
        .filter(|(used, _)| *used == face)
        .flat_map(|(_, run)| run.chars())
        .collect()
}

fn write_page(page: &Page, fonts: &BTreeMap<Face, (FontId, Subset)>) -> PdfPage {
    let black = || Color::Greyscale(Greyscale { percent: 0.0, icc_profile: None });
    let mut ops = vec![Op::SetFillColor { col: black() }, Op::SetOutlineColor { col: black() }];
    for drawn in &page.drawn {
        match drawn {
            Drawn::Text { x_mm, y_mm, face, size_pt, text } => {
                let mut x_mm = *x_mm;
                for (face, run) in face.runs(text) {
                    if let Some((id, subset)) = fonts.get(&face) {
                        write_text(&mut ops, id, subset, point(page, x_mm, *y_mm), *size_pt, run);
                    }
                    x_mm += face.width_mm(run, *size_pt);
                }
            }
            Drawn::Line { from_mm, to_mm, width_mm, dash_mm } => {
                set_stroke(&mut ops, *width_mm, *dash_mm);
                let points = vec![point(page, from_mm.0, from_mm.1), point(page, to_mm.0, to_mm.1)];
                ops.push(Op::DrawLine { line: Line { points: line_points(points), is_closed: false } });
            }
            Drawn::Frame { x_mm, y_mm, w_mm, h_mm, stroke_mm } => {
                set_stroke(&mut ops, *stroke_mm, None);
                let points = corners(page, *x_mm, *y_mm, *w_mm, *h_mm);
                ops.push(Op::DrawLine { line: Line { points: line_points(points), is_closed: true } });
            }
            Drawn::Solid { x_mm, y_mm, w_mm, h_mm } => {
                let points = line_points(corners(page, *x_mm, *y_mm, *w_mm, *h_mm));
                ops.push(Op::DrawPolygon {
                    polygon: Polygon {
                        rings: vec![PolygonRing { points }],
                        mode: PaintMode::Fill,
                        winding_order: WindingOrder::NonZero,
                    },
                });
            }
        }
    }
    PdfPage::new(Mm(page.width_mm as f32), Mm(page.height_mm as f32), ops)
}

fn write_text(ops: &mut Vec<Op>, id: &FontId, subset: &Subset, at: Point, size_pt: f64, text: &str) {
    let glyph = |character: char| {
        let gid = *subset.glyphs.get(&character)?;
        // The character itself goes along, so that the text can be searched, copied and read aloud.
        Some(printpdf::Codepoint { gid, offset: 0.0, cid: Some(character.to_string()) })
    };
    let glyphs = text.chars().filter_map(glyph).collect();
    ops.extend([
        Op::StartTextSection,
        Op::SetFont { font: PdfFontHandle::External(id.clone()), size: Pt(size_pt as f32) },
        Op::SetTextMatrix { matrix: TextMatrix::Translate(at.x, at.y) },
        Op::ShowText { items: vec![TextItem::GlyphIds(glyphs)] },
        Op::EndTextSection,
    ]);
}

fn set_stroke(ops: &mut Vec<Op>, width_mm: f64, dash_mm: Option<f64>) {
    ops.push(Op::SetOutlineThickness { pt: Mm(width_mm as f32).into_pt() });
    let pattern = dash_mm.map(|dash| Mm(dash as f32).into_pt().0).map_or(vec![], |dash| vec![dash, dash]);
    ops.push(Op::SetLineDashPattern { dash: LineDashPattern::new(0.0, &pattern) });
}

/// PDF counts from the bottom left.
fn point(page: &Page, x_mm: f64, y_mm: f64) -> Point {
    Point { x: Mm(x_mm as f32).into_pt(), y: Mm((page.height_mm - y_mm) as f32).into_pt() }
}

fn corners(page: &Page, x_mm: f64, y_mm: f64, w_mm: f64, h_mm: f64) -> Vec<Point> {
    [(0.0, 0.0), (w_mm, 0.0), (w_mm, h_mm), (0.0, h_mm)]
        .map(|(dx, dy)| point(page, x_mm + dx, y_mm + dy))
        .to_vec()
}

fn line_points(points: Vec<Point>) -> Vec<LinePoint> {
    points.into_iter().map(|p| LinePoint { p, bezier: false }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> Page {
        let mut page = Page::a4();
        page.text(20.0, 30.0, Face::Regular, 10.5, text);
        page.text(20.0, 40.0, Face::Bold, 14.0, text);
        page.frame(20.0, 50.0, 5.0, 5.0, 0.35);
        page.solid(30.0, 50.0, 6.0, 6.0);
        page.dashed((10.0, 100.0), (200.0, 100.0), 0.3, 2.0);
        page
    }

    #[test]
    fn the_same_pages_are_the_same_bytes_and_small() {
        let pages = [page("主治医・ケアマネ連絡票 見本")];
        let first = write("sheet", &pages).unwrap();
        assert!(first == write("sheet", &pages).unwrap());
        assert!(first.len() < 40_000, "{} bytes", first.len());
    }

    #[test]
    fn a_character_without_a_glyph_is_refused() {
        assert_eq!(write("sheet", &[page("☑")]), Err(PdfError::MissingGlyph { character: '☑' }));
        assert!(write("sheet", &[page("𠮷田")]).is_ok());
    }
}
