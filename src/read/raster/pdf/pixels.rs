//! An image `XObject` → its pixels. Codings and colours that are not understood for certain are left to
//! the renderer; it guesses no colour.

use super::{PageError, value};
use crate::domain::reading::Problem;
use crate::read::bitmap::Bitmap;
use crate::read::raster::ccitt::{Coding, Shape, decode_rows};
use crate::read::raster::picture::{self, PictureError};
use crate::read::raster::{Limits, bits, spans::Spans, threshold::to_ink, trouble};
use hayro_ccitt::EncodingMode;
use lopdf::{Dictionary, Document, Object, Stream};

/// The pixels with what was wrong with them.
pub(super) struct Pixels {
    pub(super) bitmap: Bitmap,
    pub(super) damaged: Spans,
    pub(super) problems: Vec<Problem>,
}

impl From<Bitmap> for Pixels {
    fn from(bitmap: Bitmap) -> Self {
        Self { bitmap, damaged: Spans::default(), problems: Vec::new() }
    }
}

/// The image's own rows, not turned. Its size is checked before anything is inflated.
pub(super) fn decode(
    document: &Document,
    image: &Stream,
    paints_black: bool,
    limits: &Limits,
) -> Result<Pixels, PageError> {
    let image = Image::new(document, image).ok_or(PageError::Unsupported)?;
    if !limits.allow(image.width_px, image.height_px) {
        return Err(PageError::TooLarge);
    }
    if image.is_mask && !paints_black {
        return Err(PageError::Unsupported);
    }
    let coding = image.filters.last().map(|filter| filter.name.as_slice()).unwrap_or_default();
    match coding {
        b"CCITTFaxDecode" | b"CCF" => image.fax(limits),
        b"JBIG2Decode" => image.jbig2(limits),
        b"DCTDecode" | b"DCT" => image.jpeg(limits),
        b"JPXDecode" => Err(PageError::Unsupported),
        _ => image.plain(limits),
    }
}

struct Filter<'a> {
    name: Vec<u8>,
    parameters: Option<&'a Dictionary>,
}

struct Image<'a> {
    document: &'a Document,
    stream: &'a Stream,
    width_px: usize,
    height_px: usize,
    bits: i64,
    is_mask: bool,
    filters: Vec<Filter<'a>>,
    colours: Colours,
}

/// How samples become grey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Colours {
    /// 1 or 3.
    each: usize,
    /// The greatest sample is black.
    inverted: bool,
}

impl<'a> Image<'a> {
    fn new(document: &'a Document, stream: &'a Stream) -> Option<Self> {
        let dict = &stream.dict;
        let number = |key: &[u8]| value(document, dict, key).and_then(|number| number.as_i64().ok());
        let side = |key: &[u8]| number(key).and_then(|px| usize::try_from(px).ok()).filter(|&px| px > 0);
        let is_mask = value(document, dict, b"ImageMask").is_some_and(|mask| mask.as_bool().unwrap_or(false));
        let bits = if is_mask { 1 } else { number(b"BitsPerComponent").unwrap_or(1) };
        Some(Self {
            document,
            stream,
            width_px: side(b"Width")?,
            height_px: side(b"Height")?,
            bits,
            is_mask,
            filters: filters(document, dict)?,
            colours: colours(document, dict, bits, is_mask)?,
        })
    }

    /// The sample that is ink in a one-bit image. An image mask paints where its sample is 0 (ISO
    /// 32000-1 section 8.9.6.2), a grey image is black there: the same.
    fn ink_sample(&self) -> u8 {
        u8::from(self.colours.inverted)
    }

    fn fax(&self, limits: &Limits) -> Result<Pixels, PageError> {
        let parameters = self.filters.last().and_then(|filter| filter.parameters);
        let get = |key: &[u8]| parameters.and_then(|dict| value(self.document, dict, key));
        let flag = |key: &[u8]| get(key).is_some_and(|flag| flag.as_bool().unwrap_or(false));
        let columns = get(b"Columns").and_then(|columns| columns.as_i64().ok());
        // ISO 32000-1 table 11 has 1728 when nothing is said; writers who say nothing mean the width.
        let width_px = columns.map_or(self.width_px, |columns| usize::try_from(columns).unwrap_or(0));
        if width_px == 0 || !limits.allow(width_px, self.height_px) {
            return Err(PageError::TooLarge);
        }
        let k = get(b"K").and_then(|k| k.as_i64().ok()).unwrap_or(0);
        let mode = match k {
            ..0 => EncodingMode::Group4,
            0 => EncodingMode::Group3_1D,
            _ => EncodingMode::Group3_2D,
        };
        let said = Coding { mode, byte_aligned: flag(b"EncodedByteAlign"), least_first: false };
        let shape =
            Shape { width_px, rows: self.height_px, max_rows: limits.max_rows(width_px), counted: true };
        let decoded = decode_rows(&self.before_last_filter(limits)?, said, shape);
        let mut ink = decoded.black;
        // Black is sample 0 unless BlackIs1 (ISO 32000-1 table 11).
        if u8::from(flag(b"BlackIs1")) != self.ink_sample() {
            bits::invert(&mut ink);
        }
        decoded.lost.whiten(&mut ink, width_px);
        filled_up(ink, (width_px, self.height_px), decoded.damaged)
    }

    fn jbig2(&self, limits: &Limits) -> Result<Pixels, PageError> {
        let parameters = self.filters.last().and_then(|filter| filter.parameters);
        let globals = parameters.and_then(|dict| value(self.document, dict, b"JBIG2Globals"));
        let globals = globals.and_then(|globals| globals.as_stream().ok());
        let globals = globals
            .and_then(|stream| stream.get_plain_content_with_limit(limits.max_decoded_stream_bytes).ok());
        let data = self.before_last_filter(limits)?;
        let mut bitmap = jbig2_page(&data, globals.as_deref(), limits)?;
        // The filter gives black as sample 0 (ISO 32000-1 section 7.4.7).
        if self.ink_sample() == 1 {
            bits::invert(&mut bitmap.ink);
        }
        Ok(bitmap.into())
    }

    fn jpeg(&self, limits: &Limits) -> Result<Pixels, PageError> {
        let mut grey = match picture::decode(&self.before_last_filter(limits)?, limits) {
            Ok(grey) => grey,
            Err(PictureError::TooLarge) => return Err(PageError::TooLarge),
            Err(PictureError::Broken) => return Err(PageError::Unsupported),
        };
        if self.colours.inverted {
            bits::negate(&mut grey.values);
        }
        Ok(picture::ink(&grey).into())
    }

    fn plain(&self, limits: &Limits) -> Result<Pixels, PageError> {
        let samples = self.inflated(&self.filters, limits)?;
        let (width_px, height_px) = (self.width_px, self.height_px);
        let bitmap = match (self.bits, self.colours.each) {
            (1, 1) => {
                let ink = bits::unpack(&samples, width_px, height_px, self.ink_sample());
                return filled_up(ink, (width_px, height_px), Spans::default());
            }
            (8, each) => {
                let grey = grey(samples, each, self.colours.inverted);
                let grey = grey.get(..width_px * height_px).ok_or(PageError::Unsupported)?;
                to_ink(grey, width_px, height_px)
            }
            _ => return Err(PageError::Unsupported),
        };
        Ok(bitmap.into())
    }

    fn before_last_filter(&self, limits: &Limits) -> Result<Vec<u8>, PageError> {
        let before = self.filters.len().saturating_sub(1);
        self.inflated(self.filters.get(..before).unwrap_or(&[]), limits)
    }

    fn inflated(&self, filters: &[Filter<'_>], limits: &Limits) -> Result<Vec<u8>, PageError> {
        if filters.is_empty() {
            return Ok(self.stream.content.clone());
        }
        if filters.len() > limits.max_pdf_filters {
            return Err(PageError::TooLarge);
        }
        let parameters = filters.iter().map(|filter| direct(self.document, filter.parameters)).collect();
        let names = filters.iter().map(|filter| Object::Name(filter.name.clone())).collect();
        let mut dict = Dictionary::new();
        dict.set("Filter", Object::Array(names));
        dict.set("DecodeParms", Object::Array(parameters));
        let stream = Stream::new(dict, self.stream.content.clone());
        match stream.get_plain_content_with_limit(limits.max_decoded_stream_bytes) {
            Ok(plain) => Ok(plain),
            Err(lopdf::Error::Decompress(_)) => Err(PageError::TooLarge),
            Err(_) => Err(PageError::Unsupported),
        }
    }
}

/// The rows that came, and white ones for those that did not; a page without any is none.
fn filled_up(
    mut ink: Vec<u8>,
    (width_px, height_px): (usize, usize),
    mut damaged: Spans,
) -> Result<Pixels, PageError> {
    let had = ink.len() / width_px;
    if had == 0 {
        return Err(PageError::Unsupported);
    }
    damaged.add(had..height_px);
    ink.resize(width_px * height_px, 0);
    let mut problems = Vec::new();
    if !damaged.is_empty() {
        problems.push(trouble::damaged_lines(height_px.saturating_sub(damaged.rows()), height_px));
    }
    Ok(Pixels { bitmap: Bitmap { width_px, height_px, ink }, damaged, problems })
}

/// Parameters without references, which the inflater does not follow.
fn direct(document: &Document, parameters: Option<&Dictionary>) -> Object {
    let Some(parameters) = parameters else { return Object::Null };
    let mut dict = Dictionary::new();
    for (key, _) in parameters {
        if let Some(value) = value(document, parameters, key) {
            dict.set(key.clone(), value.clone());
        }
    }
    Object::Dictionary(dict)
}

fn filters<'a>(document: &'a Document, dict: &'a Dictionary) -> Option<Vec<Filter<'a>>> {
    let follow = |object: &'a Object| document.dereference(object).map(|(_, object)| object).ok();
    let names: Vec<&Object> = match value(document, dict, b"Filter") {
        None => Vec::new(),
        Some(Object::Array(names)) => names.iter().filter_map(follow).collect(),
        Some(name) => vec![name],
    };
    let parameters: Vec<Option<&Object>> = match value(document, dict, b"DecodeParms") {
        None => Vec::new(),
        Some(Object::Array(all)) => all.iter().map(follow).collect(),
        Some(one) => vec![Some(one)],
    };
    let parameters = parameters.into_iter().chain(std::iter::repeat(None));
    let pair = |(name, parameters): (&Object, Option<&'a Object>)| {
        let parameters = parameters.and_then(|object| object.as_dict().ok());
        name.as_name().ok().map(|name| Filter { name: name.to_vec(), parameters })
    };
    names.into_iter().zip(parameters).map(pair).collect()
}

fn colours(document: &Document, dict: &Dictionary, bits: i64, is_mask: bool) -> Option<Colours> {
    let space = value(document, dict, b"ColorSpace").filter(|_| !is_mask);
    let mut colours = match space {
        None => Colours { each: 1, inverted: false },
        Some(space) => colour_space(document, space, bits)?,
    };
    if let Some(decode) = value(document, dict, b"Decode").and_then(|decode| decode.as_array().ok()) {
        let ends: Vec<f32> = decode.iter().take(2).filter_map(|end| end.as_float().ok()).collect();
        colours.inverted ^= matches!(ends.as_slice(), [low, high] if low > high);
    }
    Some(colours)
}

fn colour_space(document: &Document, space: &Object, bits: i64) -> Option<Colours> {
    let plain = |each| Some(Colours { each, inverted: false });
    let array = space.as_array().map(Vec::as_slice).unwrap_or_default();
    let item =
        |index: usize| array.get(index).and_then(|item| document.dereference(item).ok()).map(|it| it.1);
    let name = space.as_name().ok().or_else(|| item(0)?.as_name().ok())?;
    match name {
        b"DeviceGray" | b"G" | b"CalGray" => plain(1),
        b"DeviceRGB" | b"RGB" | b"CalRGB" => plain(3),
        b"ICCBased" => match item(1)?.as_stream().ok()?.dict.get(b"N").ok()?.as_i64().ok()? {
            1 => plain(1),
            3 => plain(3),
            _ => None,
        },
        b"Separation" if item(1)?.as_name().ok()? == b"Black" => Some(Colours { each: 1, inverted: true }),
        b"Indexed" | b"I" if bits == 1 => two_colours(item(1)?, item(3)?),
        _ => None,
    }
}

/// A palette of two: whichever is darker is ink.
fn two_colours(base: &Object, lookup: &Object) -> Option<Colours> {
    let each = match base.as_name().ok()? {
        b"DeviceGray" | b"G" => 1,
        b"DeviceRGB" | b"RGB" => 3,
        _ => return None,
    };
    let table = match lookup {
        Object::String(table, _) => table.clone(),
        Object::Stream(stream) => stream.get_plain_content_with_limit(1 << 10).ok()?,
        _ => return None,
    };
    let values = grey(table, each, false);
    match values.as_slice() {
        [first, second, ..] if first != second => Some(Colours { each: 1, inverted: first > second }),
        _ => None,
    }
}

fn grey(samples: Vec<u8>, each: usize, inverted: bool) -> Vec<u8> {
    let mut grey = if each == 1 { samples } else { picture::luma(&samples, each) };
    if inverted {
        bits::negate(&mut grey);
    }
    grey
}

fn jbig2_page(data: &[u8], globals: Option<&[u8]>, limits: &Limits) -> Result<Bitmap, PageError> {
    let settings = hayro_jbig2::DecodeSettings::default();
    let unsupported = |_| PageError::Unsupported;
    let globals = globals.map(|data| hayro_jbig2::Globals::new(data, &settings)).transpose();
    let globals = globals.map_err(unsupported)?;
    let page = hayro_jbig2::Page::new_embedded(data, globals.as_ref(), &settings).map_err(unsupported)?;
    let (width_px, height_px) = (page.width() as usize, page.height() as usize);
    if !limits.allow(width_px, height_px) {
        return Err(PageError::TooLarge);
    }
    let mut rows = Jbig2Rows { width_px, rows: 0, ink: Vec::with_capacity(width_px * height_px) };
    page.decode(&mut rows).map_err(unsupported)?;
    rows.ink.resize(width_px * height_px, 0);
    Ok(Bitmap { width_px, height_px, ink: rows.ink })
}

struct Jbig2Rows {
    width_px: usize,
    rows: usize,
    ink: Vec<u8>,
}

impl hayro_jbig2::Decoder for Jbig2Rows {
    fn push_pixel(&mut self, black: bool) {
        self.ink.push(u8::from(black));
    }

    fn push_pixel_chunk(&mut self, black: bool, chunk_count: u32) {
        self.ink.resize(self.ink.len() + chunk_count as usize * 8, u8::from(black));
    }

    fn next_line(&mut self) {
        self.rows += 1;
        self.ink.resize(self.rows * self.width_px, 0);
    }
}
