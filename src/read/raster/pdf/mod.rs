//! PDF → pages. A page that is one image (how fax services wrap a fax) gives that image, pixel for
//! pixel; any other page is rendered. Form fields are not looked at here, only what is seen.

mod attached;
mod dashes;
mod pixels;
mod placed;
mod render;
mod work;

use super::{Limits, guarded, trouble};
use crate::domain::reading::Problem;
use crate::read::bitmap::RasterPage;
pub(in crate::read) use attached::fitted_pages;
use lopdf::{Document, LoadOptions, Object, ObjectId};
use render::{RenderError, Renderer};

/// A page that is not one image is rendered as a fine fax page (T.4: 204 × 196 an inch).
const RENDER_DPI: (f64, f64) = (204.0, 196.0);

/// Why a page has no pixels here.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
enum PageError {
    #[error("the page is larger than the limits allow")]
    TooLarge,
    #[error("the page cannot be had in this way")]
    Unsupported,
}

/// Calls `each` with every page that can be had.
pub(super) fn open(bytes: &[u8], limits: &Limits, each: &mut dyn FnMut(RasterPage)) -> Vec<Problem> {
    match structure(bytes, limits) {
        Ok(document) => {
            let mut file = File { bytes, limits, document: &document, dpi: RENDER_DPI, renderer: None };
            file.each_page(true, each)
        }
        Err(Refusal::TooLarge) => vec![trouble::stream_too_large()],
        Err(Refusal::Unreadable) => render_all(bytes, RENDER_DPI, limits, each),
    }
}

/// Every page rendered, whatever it is made of.
pub(super) fn rasterize(bytes: &[u8], dpi: (f64, f64), limits: &Limits) -> (Vec<RasterPage>, Vec<Problem>) {
    let mut pages = Vec::new();
    let problems = match structure(bytes, limits) {
        Err(Refusal::TooLarge) => vec![trouble::stream_too_large()],
        Err(Refusal::Unreadable) => render_all(bytes, dpi, limits, &mut |page| pages.push(page)),
        Ok(document) => {
            let mut file = File { bytes, limits, document: &document, dpi, renderer: None };
            file.each_page(false, &mut |page| pages.push(page))
        }
    };
    (pages, problems)
}

enum Refusal {
    TooLarge,
    Unreadable,
}

/// The file's objects, with every stream known to stay within the limits when it is inflated. A file
/// without pages, or one that stays encrypted, is unreadable here; the renderer may still open it.
fn structure(bytes: &[u8], limits: &Limits) -> Result<Document, Refusal> {
    let options = LoadOptions {
        password: None,
        max_decompressed_size: Some(limits.max_decoded_stream_bytes),
        ..LoadOptions::default()
    };
    let loaded = guarded(|| Document::load_mem_with_options(bytes, options));
    let document = match loaded {
        Some(Ok(document)) => document,
        Some(Err(lopdf::Error::Decompress(_))) => return Err(Refusal::TooLarge),
        Some(Err(_)) | None => return Err(Refusal::Unreadable),
    };
    if !guarded(|| inflates_within(&document, limits)).unwrap_or(false) {
        return Err(Refusal::TooLarge);
    }
    let usable = !document.is_encrypted() && document.page_iter().next().is_some();
    if usable { Ok(document) } else { Err(Refusal::Unreadable) }
}

/// A Flate stream grows up to a thousandfold, and the renderer inflates without a bound: every stream
/// is inflated here first, one at a time and no further than the limits.
fn inflates_within(document: &Document, limits: &Limits) -> bool {
    let mut total = 0;
    for stream in document.objects.values().filter_map(|object| object.as_stream().ok()) {
        let Ok(filters) = stream.filters() else { continue };
        if filters.len() > limits.max_pdf_filters {
            return false;
        }
        match stream.get_plain_content_with_limit(limits.max_decoded_stream_bytes) {
            Ok(plain) if is_form(stream) && plain.len() > limits.max_content_bytes => return false,
            Ok(plain) => total += plain.len(),
            Err(lopdf::Error::Decompress(_)) => return false,
            Err(_) => {}
        }
        if total > limits.max_decoded_total_bytes {
            return false;
        }
    }
    true
}

fn is_form(stream: &lopdf::Stream) -> bool {
    stream.dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|kind| kind == b"Form")
}

struct File<'a> {
    bytes: &'a [u8],
    limits: &'a Limits,
    document: &'a Document,
    /// For pages that are rendered.
    dpi: (f64, f64),
    /// Opened when the first page needs it.
    renderer: Option<Result<Renderer, RenderError>>,
}

impl File<'_> {
    /// Takes the image of a page that is one, if `take_images`, and renders the others.
    fn each_page(&mut self, take_images: bool, each: &mut dyn FnMut(RasterPage)) -> Vec<Problem> {
        let pages: Vec<_> = self.document.page_iter().take(self.limits.max_pages as usize + 1).collect();
        let mut problems = Vec::new();
        for (number, id) in (1..=self.limits.max_pages).zip(&pages) {
            let image = if take_images { guarded(|| self.image_page(*id, number)) } else { None };
            match image.unwrap_or(Err(PageError::Unsupported)) {
                Ok(page) => each(page),
                Err(PageError::TooLarge) => problems.push(trouble::page_too_large(number)),
                Err(PageError::Unsupported) => match self.rendered_page(*id, number) {
                    Ok(page) => each(page),
                    Err(error) => problems.push(error.problem(number)),
                },
            }
        }
        if pages.len() > self.limits.max_pages as usize {
            problems.push(trouble::too_many_pages(self.limits.max_pages));
        }
        problems
    }

    /// The page as its one image, turned as the page shows it.
    fn image_page(&self, id: ObjectId, number: u32) -> Result<RasterPage, PageError> {
        let placed = placed::single_image(self.document, id).ok_or(PageError::Unsupported)?;
        let pixels = pixels::decode(self.document, placed.image, placed.paints_black, self.limits)?;
        let (dpi_x, dpi_y) = placed.dpi(pixels.bitmap.width_px, pixels.bitmap.height_px);
        if !(50.0..=1300.0).contains(&dpi_x) || !(50.0..=1300.0).contains(&dpi_y) {
            return Err(PageError::Unsupported);
        }
        let (dpi_x, dpi_y) = placed.turn.size(dpi_x, dpi_y);
        let size_px = (pixels.bitmap.width_px, pixels.bitmap.height_px);
        let damaged_rows = placed.turn.spans(pixels.damaged, size_px).into_vec();
        let bitmap = placed.turn.apply(pixels.bitmap);
        Ok(RasterPage { page_in_file: number, bitmap, dpi_x, dpi_y, damaged_rows, problems: pixels.problems })
    }

    fn rendered_page(&mut self, id: ObjectId, number: u32) -> Result<RasterPage, RenderError> {
        let (bytes, limits) = (self.bytes, self.limits);
        let content = guarded(|| self.document.get_page_content_with_limit(id, limits.max_content_bytes));
        if !matches!(content, Some(Ok(_))) {
            return Err(RenderError::TooMuch);
        }
        let renderer = self.renderer.get_or_insert_with(|| Renderer::new(bytes, limits));
        match renderer {
            Ok(renderer) => renderer.page(number, self.dpi, limits),
            Err(error) => Err(*error),
        }
    }
}

fn render_all(
    bytes: &[u8],
    dpi: (f64, f64),
    limits: &Limits,
    each: &mut dyn FnMut(RasterPage),
) -> Vec<Problem> {
    let renderer = match Renderer::new(bytes, limits) {
        Ok(renderer) => renderer,
        Err(RenderError::Encrypted) => return vec![trouble::encrypted()],
        Err(RenderError::TooLarge) => return vec![trouble::stream_too_large()],
        Err(RenderError::Broken | RenderError::TooMuch) => return vec![trouble::broken("PDF")],
    };
    let mut problems = Vec::new();
    for number in 1..=renderer.page_count().min(limits.max_pages) {
        match renderer.page(number, dpi, limits) {
            Ok(page) => each(page),
            Err(error) => problems.push(error.problem(number)),
        }
    }
    if renderer.page_count() == 0 {
        problems.push(trouble::broken("PDF"));
    } else if renderer.page_count() > limits.max_pages {
        problems.push(trouble::too_many_pages(limits.max_pages));
    }
    problems
}

/// The object itself, behind any reference.
fn value<'a>(document: &'a Document, dict: &'a lopdf::Dictionary, key: &[u8]) -> Option<&'a Object> {
    dict.get_deref(key, document).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reading::ProblemCode;
    use crate::read::bitmap::Bitmap;
    use crate::read::raster::samples::{Rows, coded, packed, page, pdf};
    use crate::read::raster::turn::Turn;

    const PLACED: &str = "q 600 0 0 200 0 0 cm /I Do Q";

    fn read(bytes: &[u8]) -> (Vec<RasterPage>, Vec<ProblemCode>) {
        let mut pages = Vec::new();
        let problems = open(bytes, &Limits::default(), &mut |page| pages.push(page));
        (pages, problems.iter().map(|problem| problem.code).collect())
    }

    fn fax(parameters: &str, rows: Rows, page_entries: &str, content: &str) -> Vec<u8> {
        let image = format!(
            "/Width 1700 /Height 300 /BitsPerComponent 1 /ColorSpace /DeviceGray /Filter /CCITTFaxDecode \
             /DecodeParms << /Columns 1700 /Rows 300 {parameters} >>"
        );
        pdf(&image, &coded(&page(1700, 300), rows), content, page_entries)
    }

    #[test]
    fn a_wrapped_fax_comes_out_pixel_for_pixel() {
        let bitmap = page(1700, 300);
        for (parameters, rows) in [
            ("/K -1", Rows::G4),
            ("", Rows::G3),
            ("/K 0 /EndOfLine true", Rows::G3),
            ("/K 4", Rows::G3TwoD),
            ("/EncodedByteAlign true", Rows::Rle),
            ("/K 0", Rows::G4),
        ] {
            let (pages, problems) = read(&fax(parameters, rows, "", PLACED));
            assert_eq!(problems, [], "{parameters}");
            assert!(pages[0].bitmap == bitmap, "{parameters}");
            assert!((pages[0].dpi_x - 204.0).abs() < 1e-6 && (pages[0].dpi_y - 108.0).abs() < 1e-6);
        }
    }

    #[test]
    fn colours_and_decode_arrays_say_which_sample_is_ink() {
        let bitmap = page(204, 60);
        let samples = packed(&bitmap);
        let inverse: Vec<u8> = samples.iter().map(|byte| !byte).collect();
        let cases: &[(&str, &[u8])] = &[
            ("/ColorSpace /DeviceGray", &inverse),
            ("/ColorSpace /DeviceGray /Decode [1 0]", &samples),
            ("/ColorSpace [/Indexed /DeviceGray 1 <00ff>]", &inverse),
            ("/ColorSpace [/Indexed /DeviceRGB 1 <ffffff000000>]", &samples),
            ("/ColorSpace [/Separation /Black /DeviceGray 4 0 R]", &samples),
            ("/ImageMask true", &inverse),
            ("/ImageMask true /Decode [1 0]", &samples),
        ];
        for (colours, data) in cases {
            let image = format!("/Width 204 /Height 60 /BitsPerComponent 1 {colours}");
            let (pages, problems) = read(&pdf(&image, data, "72 0 0 72 0 0 cm /I Do", ""));
            assert_eq!(problems, [], "{colours}");
            assert!(pages[0].bitmap == bitmap, "{colours}");
            assert_eq!((pages[0].dpi_x, pages[0].dpi_y), (204.0, 60.0), "{colours}");
        }
    }

    #[test]
    fn black_is_1_turns_the_colours() {
        let inverse =
            Bitmap { ink: page(1700, 300).ink.iter().map(|ink| 1 - ink).collect(), ..page(1700, 300) };
        let (pages, _) = read(&fax("/K -1 /BlackIs1 true", Rows::G4, "", "600 0 0 200 0 0 cm /I Do"));
        assert!(pages[0].bitmap == inverse);
    }

    #[test]
    fn rotate_and_flips_show_the_page_as_a_viewer_does() {
        let cases = [
            ("/Rotate 90", "600 0 0 200 0 0 cm /I Do", 6),
            ("/Rotate 180", "600 0 0 200 0 0 cm /I Do", 3),
            ("/Rotate -90", "600 0 0 200 0 0 cm /I Do", 8),
            ("", "600 0 0 -200 0 200 cm /I Do", 4),
            ("/Rotate 90", "0 600 -200 0 200 0 cm /I Do", 1),
        ];
        for (entries, content, orientation) in cases {
            let (pages, _) = read(&fax("/K -1", Rows::G4, entries, content));
            let expected = Turn::from_orientation(orientation).apply(page(1700, 300));
            assert!(pages[0].bitmap == expected, "{entries} {content}");
        }
    }

    /// The renderer is the judge of what a viewer shows: big blocks, so that its smoothing is no matter.
    #[test]
    fn the_image_lies_as_the_renderer_draws_it() {
        let mut bitmap = Bitmap::white(408, 408);
        for (at, ink) in bitmap.ink.iter_mut().enumerate() {
            let (x, y) = (at % 408, at / 408);
            *ink = u8::from((x < 200 && y < 100) || (x > 300 && y > 200));
        }
        let inverse: Vec<u8> = packed(&bitmap).iter().map(|byte| !byte).collect();
        let image = "/Width 408 /Height 408 /BitsPerComponent 1 /ColorSpace /DeviceGray";
        for turn in [0, 90, 180, 270] {
            for matrix in
                ["300 0 0 300 0 0", "300 0 0 -300 0 300", "0 300 -300 0 300 0", "0 -300 300 0 0 300"]
            {
                let entries = format!("/Rotate {turn} /MediaBox [0 0 300 300]");
                let bytes = pdf(image, &inverse, &format!("{matrix} cm /I Do"), &entries);
                let (taken, _) = read(&bytes);
                let (drawn, problems) = rasterize(&bytes, (97.92, 97.92), &Limits::default());
                assert_eq!(problems, []);
                assert_eq!((drawn[0].bitmap.width_px, drawn[0].bitmap.height_px), (408, 408));
                let pairs = taken[0].bitmap.ink.iter().zip(&drawn[0].bitmap.ink);
                let different = pairs.filter(|(taken, drawn)| taken != drawn).count();
                assert!(different < 3000, "{turn} {matrix}: {different} pixels differ");
            }
        }
    }

    #[test]
    fn ink_drawn_over_the_image_is_not_lost() {
        let content = "600 0 0 800 0 0 cm /I Do 0 0 0 rg 0.5 0.5 0.2 0.2 re f";
        let (pages, problems) = read(&fax("/K -1", Rows::G4, "", content));
        assert_eq!(problems, []);
        let drawn = &pages[0].bitmap;
        assert_eq!((drawn.width_px, drawn.height_px), (1700, 2178));
        assert!((900..1100).all(|x| drawn.at(x, 900) == 1));
    }

    #[test]
    fn bombs_are_refused_before_they_are_unpacked() {
        let wide = "/Width 60000 /Height 60000 /BitsPerComponent 1 /Filter /CCITTFaxDecode \
                    /DecodeParms << /K -1 /Columns 60000 /Rows 60000 >>";
        let hidden = "/Width 10 /Height 10 /BitsPerComponent 1 /Filter /CCITTFaxDecode \
                      /DecodeParms << /K -1 /Columns 60000 /Rows 60000 >>";
        let line = "/Width 10 /Height 10 /BitsPerComponent 8 /Filter [/ASCIIHexDecode /ASCIIHexDecode \
                    /ASCIIHexDecode /ASCIIHexDecode /ASCIIHexDecode]";
        let tiny = "/Width 10 /Height 10 /BitsPerComponent 8 /ColorSpace /DeviceGray";
        let zeros = vec![0xff; 2000];
        let cases = [
            ("image size", pdf(wide, &zeros, PLACED, "")),
            ("columns", pdf(hidden, &zeros, PLACED, "")),
            ("columns, drawn", pdf(hidden, &zeros, "600 0 0 800 0 0 cm /I Do 0 0 1 1 re f", "")),
            ("filters", pdf(line, &zeros, PLACED, "")),
            ("page size", pdf(tiny, &zeros, "0 0 9 9 re f", "/MediaBox [0 0 60000 60000]")),
        ];
        for (name, bytes) in cases {
            let (pages, problems) = read(&bytes);
            assert_eq!((pages.len(), problems), (0, vec![ProblemCode::TooLarge]), "{name}");
        }
    }

    #[test]
    fn too_many_drawing_instructions_are_refused() {
        let limits = Limits { max_content_bytes: 10_000, ..Limits::default() };
        let image = "/Width 10 /Height 10 /BitsPerComponent 8 /ColorSpace /DeviceGray";
        let bytes = pdf(image, &[0xff; 100], &"0 0 9 9 re f ".repeat(1000), "");
        let problems = open(&bytes, &limits, &mut |_| panic!("no page"));
        assert_eq!(problems[0].code, ProblemCode::TooLarge);
        assert_eq!(rasterize(&bytes, (98.0, 98.0), &limits).1[0].code, ProblemCode::TooLarge);
    }

    #[test]
    fn a_stream_that_unpacks_to_too_much_is_refused() {
        let mut stream = lopdf::Stream::new(lopdf::Dictionary::new(), vec![0; 4_000_000]);
        stream.compress().expect("compressed");
        let image = "/Width 10 /Height 10 /BitsPerComponent 8 /ColorSpace /DeviceGray /Filter /FlateDecode";
        let bytes = pdf(image, &stream.content, PLACED, "");
        let limits = Limits { max_decoded_stream_bytes: 1_000_000, ..Limits::default() };
        let problems = open(&bytes, &limits, &mut |_| panic!("no page"));
        assert_eq!(problems[0].code, ProblemCode::TooLarge);
    }
}
