//! The peer: the pages that renraku has drawn, written by krilla. Same texts at the same places in the same fonts, same
//! lines, boxes and squares; krilla cuts the fonts down itself and keeps them parsed, as renraku does.
//!
//! What makes it cheap for krilla stands here too: no XMP metadata, no tags, glyphs that are looked up already by
//! renraku's tables (so that it needs no shaping), one paint for the whole page.

pub mod sample;

use krilla::Document;
use krilla::SerializeSettings;
use krilla::color::luma;
use krilla::geom::{Path, PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke, StrokeDash};
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use renraku::typeset::canvas::{Drawn, Page};
use renraku::typeset::font::{Face, MM_A_POINT};

/// krilla with its fonts parsed.
pub struct Peer {
    fonts: [Font; 3],
}

impl Default for Peer {
    fn default() -> Self {
        Self::new()
    }
}

impl Peer {
    /// Parses the fonts.
    #[must_use]
    pub fn new() -> Self {
        let font = |face: Face| Font::new(face.font().bytes.into(), 0).expect("the fonts are fonts");
        Self { fonts: Face::ALL.map(font) }
    }

    /// The pages as a PDF. Every character must be printable.
    #[must_use]
    pub fn write(&self, title: &str, pages: &[Page]) -> Vec<u8> {
        let settings =
            SerializeSettings { xmp_metadata: false, enable_tagging: false, ..SerializeSettings::default() };
        let mut document = Document::new_with(settings);
        document.set_metadata(Metadata::new().title(title.to_owned()));
        for page in pages {
            self.write_page(&mut document, page);
        }
        document.finish().expect("the pages are plain")
    }

    fn write_page(&self, document: &mut Document, page: &Page) {
        let size = PageSettings::from_wh(pt(page.width_mm), pt(page.height_mm));
        let mut written = document.start_page_with(size.expect("a page has a size"));
        let mut surface = written.surface();
        for drawn in &page.drawn {
            self.draw(&mut surface, drawn);
        }
        surface.finish();
        written.finish();
    }

    fn draw(&self, surface: &mut Surface, drawn: &Drawn) {
        match drawn {
            Drawn::Text { x_mm, y_mm, face, size_pt, text } => {
                let mut x_mm = *x_mm;
                for (face, run) in face.runs(text) {
                    self.draw_run(surface, face, (x_mm, *y_mm), *size_pt, run);
                    x_mm += face.width_mm(run, *size_pt);
                }
            }
            Drawn::Line { from_mm, to_mm, width_mm, dash_mm } => {
                let mut path = PathBuilder::new();
                path.move_to(pt(from_mm.0), pt(from_mm.1));
                path.line_to(pt(to_mm.0), pt(to_mm.1));
                stroke(surface, *width_mm, *dash_mm);
                surface.draw_path(&path.finish().expect("a line has two ends"));
            }
            Drawn::Frame { x_mm, y_mm, w_mm, h_mm, stroke_mm } => {
                stroke(surface, *stroke_mm, None);
                surface.draw_path(&rectangle((*x_mm, *y_mm), (*w_mm, *h_mm)));
            }
            Drawn::Solid { x_mm, y_mm, w_mm, h_mm } => {
                fill(surface);
                surface.draw_path(&rectangle((*x_mm, *y_mm), (*w_mm, *h_mm)));
            }
        }
    }

    fn draw_run(&self, surface: &mut Surface, face: Face, at_mm: (f64, f64), size_pt: f64, run: &str) {
        let font = face.font();
        let em = f32::from(font.units_per_em);
        let glyphs: Vec<KrillaGlyph> = run
            .char_indices()
            .filter_map(|(start, character)| {
                let (glyph, advance) = font.glyph(character)?;
                let range = start..start + character.len_utf8();
                let id = GlyphId::new(glyph.into());
                Some(KrillaGlyph::new(id, f32::from(advance) / em, 0.0, 0.0, 0.0, range, None))
            })
            .collect();
        fill(surface);
        let start = Point::from_xy(pt(at_mm.0), pt(at_mm.1));
        surface.draw_glyphs(start, &glyphs, self.fonts[face as usize].clone(), run, size_pt as f32, false);
    }
}

fn fill(surface: &mut Surface) {
    surface.set_stroke(None);
    let black = luma::Color::black().into();
    surface.set_fill(Some(Fill { paint: black, opacity: NormalizedF32::ONE, ..Fill::default() }));
}

fn stroke(surface: &mut Surface, width_mm: f64, dash_mm: Option<f64>) {
    surface.set_fill(None);
    surface.set_stroke(Some(Stroke {
        paint: luma::Color::black().into(),
        width: pt(width_mm),
        dash: dash_mm.map(|dash_mm| StrokeDash { array: vec![pt(dash_mm); 2], offset: 0.0 }),
        ..Stroke::default()
    }));
}

fn rectangle(at_mm: (f64, f64), size_mm: (f64, f64)) -> Path {
    let mut path = PathBuilder::new();
    let rect = Rect::from_xywh(pt(at_mm.0), pt(at_mm.1), pt(size_mm.0), pt(size_mm.1));
    path.push_rect(rect.expect("a box has a size"));
    path.finish().expect("a box is a path")
}

fn pt(mm: f64) -> f32 {
    (mm / MM_A_POINT) as f32
}
