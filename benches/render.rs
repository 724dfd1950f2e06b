//! One sheet → PDF, warm, beside what printpdf alone needs when it embeds the whole font. Only the ratio says
//! something on a machine that does other things too; the size is asserted.

use divan::Bencher;
use jiff::civil::date;
use printpdf::{
    FontId, Mm, Op, ParsedFont, PdfDocument, PdfFont, PdfFontHandle, PdfPage, PdfSaveOptions, Point, Pt,
    TextItem,
};
use renraku::domain::sheet_number::SheetNumber;
use renraku::form::answers::{Answers, check_answers};
use renraku::form::catalogue::Catalogue;
use renraku::form::definition::FormDefinition;
use renraku::seal::keyring::Keyring;
use renraku::sheet::{RenderedSheet, SheetOrder, render};
use renraku::typeset::font::Face;
use std::collections::BTreeMap;

/// Most bytes of a sheet: mail-to-fax services take little, and the font in full would be 6 MB.
const MOST_BYTES: usize = 100_000;

fn main() {
    let bytes = Sample::new().render().pdf.len();
    let whole = write_with(&[Face::Regular, Face::Bold].map(whole_font)).len();
    println!("the sheet has {bytes} bytes; with the whole font it would have more than {whole}");
    divan::main();
}

struct Sample {
    form: FormDefinition,
    answers: Answers,
    keyring: Keyring,
    sheet_id: SheetNumber,
}

impl Sample {
    fn new() -> Self {
        let form = Catalogue::built_in().unwrap().get("liaison").unwrap().clone();
        let example = include_str!("../tests/forms/liaison/example.json");
        let answers = check_answers(&form, &serde_json::from_str(example).unwrap()).unwrap();
        let sheet_id = SheetNumber::from_random([7; 7]);
        Self { form, answers, keyring: Keyring::sample(), sheet_id }
    }

    fn render(&self) -> RenderedSheet {
        let order = SheetOrder {
            form: &self.form,
            answers: &self.answers,
            number: "2026-000001",
            sheet_id: &self.sheet_id,
            keyring: &self.keyring,
            issued_on: date(2026, 11, 20),
            due_on: Some(date(2026, 11, 27)),
            return_fax: "03-0000-0001",
            sample: true,
            cover: false,
            attached: &[],
        };
        render(&order).unwrap()
    }
}

/// The liaison sheet with its example.
#[divan::bench]
fn sheet(bencher: Bencher) {
    let sample = Sample::new();
    let rendered = sample.render();
    let (bytes, pages) = (rendered.pdf.len(), rendered.layout.pages.len());
    assert!(pages == 1 && bytes <= MOST_BYTES, "{pages} pages, {bytes} bytes");
    bencher.bench(|| sample.render());
}

/// Two lines in the same two fonts, by printpdf alone from fonts that were parsed before.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn printpdf_with_the_whole_font(bencher: Bencher) {
    let fonts = [Face::Regular, Face::Bold].map(whole_font);
    bencher.bench(|| write_with(&fonts));
}

fn whole_font(face: Face) -> ParsedFont {
    let font = face.font();
    let glyphs = ('\u{20}'..='\u{9fff}').filter_map(|one| Some((u32::from(one), font.glyph(one)?)));
    let (mut codepoints, mut widths) = (BTreeMap::new(), BTreeMap::new());
    for (character, (glyph, advance)) in glyphs {
        codepoints.insert(character, glyph);
        widths.insert(glyph, advance);
    }
    let metrics = printpdf::FontMetrics { ascent: font.ascent, descent: font.descent };
    let name = Some(font.name.to_owned());
    ParsedFont::with_glyph_data(font.bytes.to_vec(), 0, name, codepoints, widths, font.units_per_em, metrics)
}

fn write_with(fonts: &[ParsedFont]) -> Vec<u8> {
    let mut document = PdfDocument::new("whole");
    let mut ops = Vec::new();
    for (index, font) in fonts.iter().enumerate() {
        let id = FontId(format!("F{index}"));
        document.resources.fonts.map.insert(id.clone(), PdfFont::new(font.clone()));
        ops.extend([
            Op::StartTextSection,
            Op::SetTextCursor { pos: Point::new(Mm(20.0), Mm(200.0 - 20.0 * index as f32)) },
            Op::SetFont { font: PdfFontHandle::External(id), size: Pt(12.0) },
            Op::ShowText { items: vec![TextItem::Text("主治医・ケアマネ連絡票".to_owned())] },
            Op::EndTextSection,
        ]);
    }
    document.pages = vec![PdfPage::new(Mm(210.0), Mm(297.0), ops)];
    let options =
        PdfSaveOptions { optimize: true, subset_fonts: false, secure: true, image_optimization: None };
    document.save(&options, &mut Vec::new())
}
