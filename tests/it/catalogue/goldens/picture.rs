//! A page in small, one grey pixel a millimetre, and two of them compared as an eye does: block by block. What a
//! renderer draws a hair thicker is the same picture; a line that moved, a word that went or another sign is not.

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::Pdf;
use hayro::hayro_syntax::page::Page;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings};
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder as _};
use std::fmt;

/// The pages are rendered with so many grey dots a millimetre: black and white ones would make noise of every edge.
pub const DOTS_A_MM: f32 = 4.0;
/// A4.
const WIDTH: usize = 210;
const HEIGHT: usize = 297;
/// Shades from paper (0) to ink: finer than the eye, and few enough that PNG packs them well.
const SHADES: usize = 52;
/// A block is so many millimetres wide and high: about one character.
const BLOCK: usize = 4;
/// The share of a block's darkness that may differ. Rendered with finer dots, or with all its text a hundredth of a
/// millimetre off, a sheet differs by 0.02 at most; the weakest of the changes in `mutations` by 0.06.
const MOST_DIFFERENCE: f64 = 0.035;

/// One page; for each square millimetre its shade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    shades: Vec<u8>,
}

/// The block that differs most.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Worst {
    pub x_mm: usize,
    pub y_mm: usize,
    /// 0 to 1.
    pub difference: f64,
}

impl fmt::Display for Worst {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { x_mm, y_mm, difference } = self;
        write!(
            f,
            "looks otherwise, most of all {x_mm} mm from the left and {y_mm} mm from the top ({difference:.2})"
        )
    }
}

/// Every page of a PDF.
pub fn of_pdf(pdf: &[u8]) -> Vec<Picture> {
    of_pdf_at(pdf, DOTS_A_MM)
}

/// The same from a rendering with other dots.
pub fn of_pdf_at(pdf: &[u8], dots_a_mm: f32) -> Vec<Picture> {
    let pdf = Pdf::new(pdf.to_vec()).unwrap();
    pdf.pages().iter().map(|page| of_page(page, dots_a_mm)).collect()
}

fn of_page(page: &Page<'_>, dots_a_mm: f32) -> Picture {
    let scale = dots_a_mm * 25.4 / 72.0;
    let settings = PixmapSettings { x_scale: scale, y_scale: scale, bg_color: WHITE };
    // Without what makes glyphs sharp on screens: hinting and whole-dot places move them by a hair.
    let renderer = RenderSettings { hinting: false, glyph_caching: false, ..RenderSettings::default() };
    let cache = RenderCache::new();
    let pixmap = hayro::render(page, &cache, &InterpreterSettings::default(), &renderer, &settings);
    // Everything on a sheet is black on white, so that one channel says all.
    let dark = pixmap.data_as_u8_slice().chunks(4).map(|pixel| 255 - usize::from(pixel[0]));
    let (mut sum, mut count) = (vec![0; WIDTH * HEIGHT], vec![0; WIDTH * HEIGHT]);
    for (at, dark) in dark.enumerate() {
        let (x, y) = (at % usize::from(pixmap.width()), at / usize::from(pixmap.width()));
        let millimetre = |dots: usize, most: usize| ((dots as f32 / dots_a_mm) as usize).min(most - 1);
        let place = millimetre(y, HEIGHT) * WIDTH + millimetre(x, WIDTH);
        sum[place] += dark;
        count[place] += 1;
    }
    let shade = |(sum, count): (&usize, &usize)| {
        let all = 255 * (*count).max(1);
        ((2 * sum * (SHADES - 1) + all) / (2 * all)) as u8
    };
    Picture { shades: sum.iter().zip(&count).map(shade).collect() }
}

impl Picture {
    /// An empty page.
    pub fn white() -> Self {
        Self { shades: vec![0; WIDTH * HEIGHT] }
    }

    /// The block that differs most, when it differs more than renderers do.
    pub fn worst_block(&self, other: &Self) -> Option<Worst> {
        Some(self.worst(other)).filter(|worst| worst.difference > MOST_DIFFERENCE)
    }

    /// The block that differs most. Blocks overlap by half, so that nothing hides on the line between two.
    pub fn worst(&self, other: &Self) -> Worst {
        let mut worst = Worst { x_mm: 0, y_mm: 0, difference: 0.0 };
        for y_mm in (0..=HEIGHT - BLOCK).step_by(BLOCK / 2) {
            for x_mm in (0..=WIDTH - BLOCK).step_by(BLOCK / 2) {
                let difference = self.block(other, x_mm, y_mm);
                if difference > worst.difference {
                    worst = Worst { x_mm, y_mm, difference };
                }
            }
        }
        worst
    }

    fn block(&self, other: &Self, x: usize, y: usize) -> f64 {
        let rows = (y..y + BLOCK).map(|y| y * WIDTH + x..y * WIDTH + x + BLOCK);
        let sum: u32 = rows.flatten().map(|at| u32::from(self.shades[at].abs_diff(other.shades[at]))).sum();
        f64::from(sum) / (BLOCK * BLOCK * (SHADES - 1)) as f64
    }

    /// As a small grey PNG.
    pub fn png(&self) -> Vec<u8> {
        let grey: Vec<u8> = self.shades.iter().map(|shade| 255 - shade * step()).collect();
        png(&grey, ExtendedColorType::L8)
    }

    /// `None` for what is not such a picture.
    pub fn from_png(bytes: &[u8]) -> Option<Self> {
        let picture = image::load_from_memory_with_format(bytes, image::ImageFormat::Png).ok()?.into_luma8();
        let right_size = (picture.width() as usize, picture.height() as usize) == (WIDTH, HEIGHT);
        let shades = picture.as_raw().iter().map(|grey| (255 - grey) / step()).collect();
        right_size.then_some(Self { shades })
    }

    /// What was here and is gone in red, what is new in blue, the rest pale.
    pub fn difference_png(&self, now: &Self) -> Vec<u8> {
        let colour = |(before, now): (&u8, &u8)| {
            let (gone, new) = (before.saturating_sub(*now) * step(), now.saturating_sub(*before) * step());
            let rest = before.min(now) * step() / 3;
            [
                255 - rest - new.min(255 - rest),
                255 - rest - gone.max(new).min(255 - rest),
                255 - rest - gone.min(255 - rest),
            ]
        };
        let pixels: Vec<u8> = self.shades.iter().zip(&now.shades).flat_map(colour).collect();
        png(&pixels, ExtendedColorType::Rgb8)
    }
}

/// From one shade to the next in a PNG's grey.
fn step() -> u8 {
    (255 / (SHADES - 1)) as u8
}

fn png(pixels: &[u8], colour: ExtendedColorType) -> Vec<u8> {
    let mut bytes = Vec::new();
    PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, FilterType::NoFilter)
        .write_image(pixels, WIDTH as u32, HEIGHT as u32, colour)
        .unwrap();
    bytes
}
