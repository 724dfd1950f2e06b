//! The tiles of a one-bit page → its pixels, as [`super::strips`] gives them. A tile is a small page of its own; what is
//! damaged in one makes the page's rows beside it doubtful.

use super::strips::{Rows, decode_part};
use super::{Directory, PageError, tag};
use crate::read::raster::Limits;
use crate::read::raster::ccitt::{Decoded, Shape};
use crate::read::raster::spans::Spans;

/// The tiles lie side by side, row by row, and reach over the page's edges (TIFF 6.0 section 15).
pub(super) fn collect(
    directory: &Directory<'_>,
    (width_px, height_px): (usize, usize),
    limits: &Limits,
) -> Result<Rows, PageError> {
    let side = |which| directory.number(which).filter(|&px| px > 0).ok_or(PageError::Broken);
    let (tile_px, rows) = (side(tag::TILE_WIDTH)? as usize, side(tag::TILE_HEIGHT)? as usize);
    let (across, down) = (width_px.div_ceil(tile_px), height_px.div_ceil(rows));
    let whole = across.checked_mul(tile_px).zip(down.checked_mul(rows));
    if !whole.is_some_and(|(width, height)| limits.allow(width, height)) {
        return Err(PageError::TooLarge);
    }
    // Where nothing comes there is paper, whichever colour 0 is.
    let paper = u8::from(directory.number(tag::PHOTOMETRIC) == Some(1));
    let mut page = Rows { ink: vec![paper; width_px * height_px], ..Rows::default() };
    let offsets = directory.numbers(tag::TILE_OFFSETS);
    let lengths = directory.numbers(tag::TILE_BYTE_COUNTS);
    let shape = Shape { width_px: tile_px, rows, max_rows: rows, counted: true };
    let mut bytes_left = directory.file_bytes();
    for index in 0..across * down {
        let (left, top) = (index % across * tile_px, index / across * rows);
        let data = offsets.get(index).zip(lengths.get(index));
        let data = data.map_or(&[][..], |(offset, length)| directory.strip(*offset, Some(*length)));
        let data = data.get(..bytes_left).unwrap_or(data);
        bytes_left -= data.len();
        let tile = decode_part(directory, data, shape);
        place(&mut page, &tile, shape, (left, top), (width_px, height_px));
    }
    Ok(page)
}

fn place(
    page: &mut Rows,
    tile: &Decoded,
    shape: Shape,
    (left, top): (usize, usize),
    (width_px, height_px): (usize, usize),
) {
    let visible = shape.rows.min(height_px.saturating_sub(top));
    let had = tile.rows(shape).min(visible);
    let width = shape.width_px.min(width_px.saturating_sub(left));
    for (y, row) in tile.black.chunks_exact(shape.width_px).take(had).enumerate() {
        let from = (top + y) * width_px + left;
        if let (Some(to), Some(row)) = (page.ink.get_mut(from..from + width), row.get(..width)) {
            to.copy_from_slice(row);
        }
    }
    page.had += had;
    let mut damaged = Spans::default();
    damaged.add_all(&tile.damaged, top);
    damaged.add(top + had..top + visible);
    page.damaged.add_all(&damaged.within(height_px), 0);
}
