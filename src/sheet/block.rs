//! Blocks of the request: drawn once at the page's top, moved down to where there is room. A block is
//! never split and never cut off.

use crate::typeset::canvas::{Drawn, Page};

/// A drawn piece with its height.
pub struct Block {
    /// Drawn as if the block began at the page's top.
    pub drawn: Page,
    /// A piece of the label beside it, drawn likewise.
    pub label: Page,
    /// True: goes on with the row of the block above. A row's whole label is read before its value.
    pub goes_on: bool,
    /// The height.
    pub height_mm: f64,
    /// True: does not stand alone at a page's foot.
    pub keep_with_next: bool,
}

impl Block {
    /// A block of `height_mm`, drawn by `draw` from the page's top.
    pub fn new(height_mm: f64, draw: impl FnOnce(&mut Page)) -> Self {
        let mut drawn = Page::a4();
        draw(&mut drawn);
        Self { drawn, label: Page::a4(), goes_on: false, height_mm, keep_with_next: false }
    }
}

/// The height of all.
pub fn height_mm(blocks: &[Block]) -> f64 {
    blocks.iter().map(|block| block.height_mm).sum()
}

/// How many of the first blocks fit into `room_mm`: at least one, so that the work ends.
pub fn count_that_fit(blocks: &[Block], room_mm: f64) -> usize {
    let mut used_mm = 0.0;
    let fit = blocks.iter().take_while(|block| {
        used_mm += block.height_mm;
        used_mm <= room_mm
    });
    let mut count = fit.count();
    while count > 1 && blocks[count - 1].keep_with_next {
        count -= 1;
    }
    count.max(1)
}

/// Draws the blocks below each other from `top_mm`, in the order in which they are read.
pub fn stack(page: &mut Page, blocks: Vec<Block>, top_mm: f64) {
    let mut y_mm = top_mm;
    let mut value = Vec::new();
    for block in blocks {
        if !block.goes_on {
            page.drawn.append(&mut value);
        }
        page.drawn.extend(block.label.drawn.into_iter().map(|drawn| moved_down(drawn, y_mm)));
        value.extend(block.drawn.drawn.into_iter().map(|drawn| moved_down(drawn, y_mm)));
        y_mm += block.height_mm;
    }
    page.drawn.append(&mut value);
}

fn moved_down(mut drawn: Drawn, by_mm: f64) -> Drawn {
    match &mut drawn {
        Drawn::Text { y_mm, .. } | Drawn::Frame { y_mm, .. } | Drawn::Solid { y_mm, .. } => *y_mm += by_mm,
        Drawn::Line { from_mm, to_mm, .. } => {
            from_mm.1 += by_mm;
            to_mm.1 += by_mm;
        }
    }
    drawn
}
