//! PNG and JPEG → one page. It writes no picture and looks at no metadata but a photograph's turn.

use super::threshold::to_ink;
use super::turn::Turn;
use super::{Limits, guarded, resolution, trouble};
use crate::domain::reading::Problem;
use crate::read::bitmap::{Bitmap, RasterPage};
use image::{DynamicImage, ImageDecoder, ImageReader};
use std::io::Cursor;

/// A picture's grey, before anything is decided about ink.
pub(super) struct Grey {
    pub(super) values: Vec<u8>,
    pub(super) width_px: usize,
    pub(super) height_px: usize,
    orientation: u32,
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub(super) enum PictureError {
    #[error("the picture is larger than the limits allow")]
    TooLarge,
    #[error("the picture is broken")]
    Broken,
}

/// The one page of a picture file. A picture's own resolution is mostly that of a screen, so it is
/// guessed from the pixels.
pub(super) fn open(bytes: &[u8], limits: &Limits, each: &mut dyn FnMut(RasterPage)) -> Vec<Problem> {
    match decode(bytes, limits) {
        Ok(grey) => {
            each(page(&grey));
            Vec::new()
        }
        Err(PictureError::TooLarge) => vec![trouble::page_too_large(1)],
        Err(PictureError::Broken) => vec![trouble::broken("画像 (JPEG/PNG)")],
    }
}

fn page(grey: &Grey) -> RasterPage {
    let bitmap = Turn::from_orientation(grey.orientation).apply(ink(grey));
    let found = resolution::resolve(None, bitmap.width_px, bitmap.height_px);
    RasterPage {
        page_in_file: 1,
        bitmap,
        dpi_x: found.dpi_x,
        dpi_y: found.dpi_y,
        damaged_rows: Vec::new(),
        problems: Vec::new(),
    }
}

/// The ink of a picture as it is stored, not turned.
pub(super) fn ink(grey: &Grey) -> Bitmap {
    to_ink(&grey.values, grey.width_px, grey.height_px)
}

/// Decodes a PNG or JPEG to grey; transparent parts are paper.
pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Grey, PictureError> {
    guarded(|| decode_unguarded(bytes, limits)).unwrap_or(Err(PictureError::Broken))
}

fn decode_unguarded(bytes: &[u8], limits: &Limits) -> Result<Grey, PictureError> {
    let mut reader =
        ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|_| PictureError::Broken)?;
    reader.limits(image_limits(limits));
    let mut decoder = reader.into_decoder().map_err(|error| reason(&error))?;
    let (width, height) = decoder.dimensions();
    if !limits.allow(width as usize, height as usize) {
        return Err(PictureError::TooLarge);
    }
    let orientation = decoder.orientation().map_or(1, |turn| u32::from(turn.to_exif()));
    let image = DynamicImage::from_decoder(decoder).map_err(|error| reason(&error))?;
    let values = grey_on_paper(image);
    Ok(Grey { values, width_px: width as usize, height_px: height as usize, orientation })
}

fn image_limits(limits: &Limits) -> image::Limits {
    let mut bounds = image::Limits::default();
    bounds.max_image_width = Some(limits.max_side_px as u32);
    bounds.max_image_height = Some(limits.max_side_px as u32);
    // Eight bytes a pixel: four colours of sixteen bits.
    bounds.max_alloc = Some(limits.max_pixels as u64 * 8);
    bounds
}

fn reason(error: &image::ImageError) -> PictureError {
    match error {
        image::ImageError::Limits(_) => PictureError::TooLarge,
        _ => PictureError::Broken,
    }
}

fn grey_on_paper(image: DynamicImage) -> Vec<u8> {
    if !image.color().has_alpha() {
        return image.into_luma8().into_raw();
    }
    let pixels = image.into_luma_alpha8().into_raw();
    pixels.chunks_exact(2).map(|pair| over_paper(pair.first(), pair.get(1))).collect()
}

fn over_paper(value: Option<&u8>, alpha: Option<&u8>) -> u8 {
    let (value, alpha) = (u32::from(*value.unwrap_or(&255)), u32::from(*alpha.unwrap_or(&255)));
    ((value * alpha + 255 * (255 - alpha)) / 255) as u8
}

/// Rec. 601 luma of the first three samples of each pixel of `each` samples.
pub(super) fn luma(samples: &[u8], each: usize) -> Vec<u8> {
    let weigh = |pixel: &[u8]| {
        let weighed = pixel.iter().zip([299, 587, 114]).map(|(&value, weight)| u32::from(value) * weight);
        (weighed.sum::<u32>() / 1000) as u8
    };
    samples.chunks_exact(each.max(1)).map(weigh).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reading::ProblemCode;
    use crate::read::raster::samples::page;
    use image::{DynamicImage, GrayImage, ImageFormat, LumaA};

    fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, format).expect("encoded");
        bytes.into_inner()
    }

    fn grey(bitmap: &Bitmap, paper: u8, ink: u8) -> GrayImage {
        let values = bitmap.ink.iter().map(|&one| if one == 1 { ink } else { paper }).collect();
        GrayImage::from_raw(bitmap.width_px as u32, bitmap.height_px as u32, values).expect("an image")
    }

    fn read(bytes: &[u8], limits: &Limits) -> (Vec<RasterPage>, Vec<ProblemCode>) {
        let mut pages = Vec::new();
        let problems = crate::read::raster::open(bytes, limits, &mut |page| pages.push(page));
        (pages, problems.iter().map(|problem| problem.code).collect())
    }

    #[test]
    fn a_png_gives_its_ink() {
        let bitmap = page(200, 290);
        let black_and_white = DynamicImage::from(grey(&bitmap, 255, 0));
        let pencil = DynamicImage::from(grey(&bitmap, 235, 150));
        let mut glass = black_and_white.to_luma_alpha8();
        for (pixel, &ink) in glass.pixels_mut().zip(&bitmap.ink) {
            *pixel = LumaA([0, ink * 255]);
        }
        for image in [black_and_white, pencil, DynamicImage::from(glass)] {
            let (pages, problems) = read(&encoded(&image, ImageFormat::Png), &Limits::default());
            assert_eq!(problems, []);
            assert!(pages[0].bitmap == bitmap, "{:?}", image.color());
        }
    }

    #[test]
    fn a_jpeg_gives_its_ink() {
        let mut bitmap = Bitmap::white(160, 240);
        for (at, ink) in bitmap.ink.iter_mut().enumerate() {
            *ink = u8::from(at % 160 / 8 % 3 == 1 && at / 160 / 8 % 4 == 2);
        }
        let image = DynamicImage::from(grey(&bitmap, 240, 60));
        let (pages, problems) = read(&encoded(&image, ImageFormat::Jpeg), &Limits::default());
        assert_eq!(problems, []);
        assert!(pages[0].bitmap == bitmap);
    }

    #[test]
    fn a_picture_beyond_the_limits_is_refused() {
        let limits = Limits { max_pixels: 1000, ..Limits::default() };
        for format in [ImageFormat::Png, ImageFormat::Jpeg] {
            let image = DynamicImage::from(grey(&page(100, 100), 255, 0));
            let (pages, problems) = read(&encoded(&image, format), &limits);
            assert_eq!((pages.len(), problems), (0, vec![ProblemCode::TooLarge]), "{format:?}");
        }
    }
}
