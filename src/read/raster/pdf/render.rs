//! Pages of any content → pixels, with the renderer. It takes part in nothing but drawing.

use super::work;
use crate::domain::reading::Problem;
use crate::read::bitmap::RasterPage;
use crate::read::raster::{Limits, guarded, threshold::to_ink, trouble};
use hayro::hayro_interpret::font::FontQuery;
use hayro::hayro_interpret::{InterpreterSettings, InterpreterWarning};
use hayro::hayro_syntax::object::{Dict, Object};
use hayro::hayro_syntax::{LoadPdfError, Pdf, page::Page};
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// An opened PDF whose pages can be drawn.
pub(super) struct Renderer {
    pdf: Pdf,
}

/// Why a page could not be drawn.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq, Eq)]
pub(super) enum RenderError {
    #[error("the PDF needs a password")]
    Encrypted,
    #[error("the page is larger than the limits allow")]
    TooLarge,
    #[error("the page asks for more drawing than the limits allow")]
    TooMuch,
    #[error("the page is broken")]
    Broken,
}

impl RenderError {
    pub(super) fn problem(self, page: u32) -> Problem {
        match self {
            Self::Encrypted => trouble::encrypted(),
            Self::TooLarge => trouble::page_too_large(page),
            Self::TooMuch => trouble::page_too_much(page),
            Self::Broken => trouble::page_broken(page),
        }
    }
}

impl Renderer {
    /// Opens the file, with the empty password if it has one; refuses it when any image in it is larger
    /// than a page may be, since images are decoded whole.
    pub(super) fn new(bytes: &[u8], limits: &Limits) -> Result<Self, RenderError> {
        let opened = guarded(|| Pdf::new(bytes.to_vec()));
        let pdf = match opened {
            Some(Ok(pdf)) => pdf,
            Some(Err(LoadPdfError::Decryption(_))) => return Err(RenderError::Encrypted),
            Some(Err(LoadPdfError::Invalid)) | None => return Err(RenderError::Broken),
        };
        if !guarded(|| images_within(&pdf, limits)).unwrap_or(false) {
            return Err(RenderError::TooLarge);
        }
        Ok(Self { pdf })
    }

    pub(super) fn page_count(&self) -> u32 {
        u32::try_from(self.pdf.pages().len()).unwrap_or(u32::MAX)
    }

    /// Draws page `number` (from 1), turned as a viewer shows it.
    pub(super) fn page(
        &self,
        number: u32,
        dpi: (f64, f64),
        limits: &Limits,
    ) -> Result<RasterPage, RenderError> {
        self.drawn(number, dpi, limits, &InterpreterSettings::default())
    }

    /// [`Self::page`], with what could not be drawn as the file means it.
    pub(super) fn page_and_missing(
        &self,
        number: u32,
        dpi: (f64, f64),
        limits: &Limits,
    ) -> Result<(RasterPage, Missing), RenderError> {
        let noted = Arc::new(Noted::default());
        let page = self.drawn(number, dpi, limits, &noting(&noted))?;
        let seen = |flag: &AtomicBool| flag.load(Ordering::Relaxed);
        Ok((page, Missing { letters: seen(&noted.letters), pictures: seen(&noted.pictures) }))
    }

    fn drawn(
        &self,
        number: u32,
        dpi: (f64, f64),
        limits: &Limits,
        interpreter: &InterpreterSettings,
    ) -> Result<RasterPage, RenderError> {
        let drawn = guarded(|| {
            let page = self.pdf.pages().get(number as usize - 1).ok_or(RenderError::Broken)?;
            draw(page, number, dpi, limits, interpreter)
        });
        drawn.unwrap_or(Err(RenderError::Broken))
    }
}

/// What is not on the picture of a page as its file means it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Missing {
    /// Letters whose font the file does not carry and no other can stand in for.
    pub(super) letters: bool,
    /// Pictures that could not be decoded, or what was laid over the page.
    pub(super) pictures: bool,
}

#[derive(Default)]
struct Noted {
    letters: AtomicBool,
    pictures: AtomicBool,
}

/// The renderer's own settings, with every substitution noted. A Latin font may be replaced by one of the standard
/// fourteen (ISO 32000-1 §9.6.2.2); a font of numbered characters, as all Japanese ones are, may not: its
/// replacement has none of its characters.
fn noting(noted: &Arc<Noted>) -> InterpreterSettings {
    let settings = InterpreterSettings::default();
    let (own, fonts, warnings) = (settings.font_resolver, Arc::clone(noted), Arc::clone(noted));
    InterpreterSettings {
        font_resolver: Arc::new(move |query| {
            if let FontQuery::Fallback(font) = query
                && font.character_collection.is_some()
            {
                fonts.letters.store(true, Ordering::Relaxed);
            }
            own(query)
        }),
        warning_sink: Arc::new(move |warning| match warning {
            InterpreterWarning::UnsupportedFont => warnings.letters.store(true, Ordering::Relaxed),
            _ => warnings.pictures.store(true, Ordering::Relaxed),
        }),
        ..settings
    }
}

fn draw(
    page: &Page<'_>,
    number: u32,
    (dpi_x, dpi_y): (f64, f64),
    limits: &Limits,
    interpreter: &InterpreterSettings,
) -> Result<RasterPage, RenderError> {
    let points = page.render_dimensions();
    let pixels = |length: f32, dpi: f64| (f64::from(length) * dpi / 72.0).round().max(1.0) as usize;
    let (width_px, height_px) = (pixels(points.0, dpi_x), pixels(points.1, dpi_y));
    if !limits.allow(width_px, height_px) {
        return Err(RenderError::TooLarge);
    }
    if !work::within(page, limits) {
        return Err(RenderError::TooMuch);
    }
    // The renderer cuts width × scale down to whole pixels; a hundredth more keeps the last column.
    let scale = |pixels: usize, length: f32| (pixels as f32 + 0.01) / length;
    let settings = PixmapSettings {
        x_scale: scale(width_px, points.0),
        y_scale: scale(height_px, points.1),
        bg_color: WHITE,
    };
    let pixmap = hayro::render(page, &RenderCache::new(), interpreter, &RenderSettings::default(), &settings);
    let (width_px, height_px) = (usize::from(pixmap.width()), usize::from(pixmap.height()));
    let grey = crate::read::raster::picture::luma(pixmap.data_as_u8_slice(), 4);
    let bitmap = to_ink(&grey, width_px, height_px);
    Ok(RasterPage {
        page_in_file: number,
        bitmap,
        dpi_x,
        dpi_y,
        damaged_rows: Vec::new(),
        problems: Vec::new(),
    })
}

/// Fax images are decoded by their own `Columns` and `Rows`, whatever the image's width and height say.
fn images_within(pdf: &Pdf, limits: &Limits) -> bool {
    pdf.objects().into_iter().all(|object| match object {
        Object::Stream(stream) => {
            let dict = stream.dict();
            size_within(dict, b"Width", b"Height", limits)
                && dict
                    .get::<Dict<'_>>(b"DecodeParms")
                    .is_none_or(|parameters| size_within(&parameters, b"Columns", b"Rows", limits))
        }
        _ => true,
    })
}

fn size_within(dict: &Dict<'_>, width: &[u8], height: &[u8], limits: &Limits) -> bool {
    let side = |key: &[u8]| dict.get::<u32>(key).unwrap_or(1) as usize;
    limits.allow(side(width), side(height))
}
