//! The scanner of the practice clinic's machines: paper on a glass becomes pixels, by how much of each
//! pixel is dark. It knows no fax: what is lost on the line, others lose.

use super::damage::Damage;
use crate::read::affine::Point;
use crate::read::bitmap::Bitmap;
use crate::read::plane::Plane;
use rand::Rng;

/// What lies on the glass.
#[derive(Debug, Clone, Copy)]
pub struct Glass<'a> {
    /// Everything, in square pixels.
    pub scene: &'a Bitmap,
    /// Their size.
    pub px_per_mm: f64,
    /// The paper: left, top, width, height in mm of the glass.
    pub paper_mm: (f64, f64, f64, f64),
    /// Pixels in a line of the machine.
    pub width_px: usize,
}

/// Samples on each pixel, across and down: its share of ink in steps of 1/12.
const SAMPLES: (usize, usize) = (3, 4);
/// Pixels for which the map is taken as straight.
const STRAIGHT_PX: usize = 16;

/// Scans through `plane` (glass mm → pixels of `bitmap`).
pub fn scan(bitmap: &mut Bitmap, glass: &Glass, plane: &Plane, damage: &Damage, rng: &mut impl Rng) {
    let blank = Blank::of(glass.scene);
    let width = bitmap.width_px.max(1);
    let mut specks = Specks::new(damage.specks, rng);
    for (y, row) in bitmap.ink.chunks_mut(width).enumerate() {
        for (block, pixels) in row.chunks_mut(STRAIGHT_PX).enumerate() {
            let first = (block * STRAIGHT_PX) as f64;
            let seen = Seen::new(glass, plane, first, y as f64);
            for (x, pixel) in pixels.iter_mut().enumerate() {
                let dark = seen.dark(glass.scene, &blank, x as f64);
                let share = f64::from(dark) / (SAMPLES.0 * SAMPLES.1) as f64;
                let waver = if dark > 0 && damage.fray > 0.0 {
                    rng.random_range(-damage.fray..=damage.fray)
                } else {
                    0.0
                };
                *pixel = u8::from((share > damage.threshold + waver) != specks.next(rng));
            }
        }
    }
}

/// A few pixels of a row as the scene shows them, in scene px.
struct Seen {
    origin: (f64, f64),
    right: (f64, f64),
    down: (f64, f64),
}

impl Seen {
    fn new(glass: &Glass, plane: &Plane, x: f64, y: f64) -> Self {
        let at = |x: f64, y: f64| {
            let mm = plane.to_sheet(Point::new(x, y)).unwrap_or(Point::new(-1e6, -1e6));
            (mm.x * glass.px_per_mm, mm.y * glass.px_per_mm)
        };
        let (origin, right, down) = (at(x, y), at(x + 1.0, y), at(x, y + 1.0));
        let from_origin = |to: (f64, f64)| (to.0 - origin.0, to.1 - origin.1);
        Self { origin, right: from_origin(right), down: from_origin(down) }
    }

    /// Dark samples of the pixel `x` places to the right.
    fn dark(&self, scene: &Bitmap, blank: &Blank, x: f64) -> u8 {
        let (sx, sy) = (self.origin.0 + x * self.right.0, self.origin.1 + x * self.right.1);
        if blank.is_white(sx, sy) {
            return 0;
        }
        let mut dark = 0;
        for down in 0..SAMPLES.1 {
            let fy = (down as f64 + 0.5) / SAMPLES.1 as f64;
            for across in 0..SAMPLES.0 {
                let fx = (across as f64 + 0.5) / SAMPLES.0 as f64;
                let x = sx + fx * self.right.0 + fy * self.down.0;
                let y = sy + fx * self.right.1 + fy * self.down.1;
                // Cut, not rounded down: they differ beyond the glass alone, where nothing lies.
                dark += scene.at(x as isize, y as isize);
            }
        }
        dark
    }
}

/// Which pixels flip: the distance from one to the next is drawn, not every pixel.
struct Specks {
    share: f64,
    wait: u64,
}

impl Specks {
    fn new(share: f64, rng: &mut impl Rng) -> Self {
        let mut specks = Self { share, wait: u64::MAX };
        specks.draw(rng);
        specks
    }

    fn draw(&mut self, rng: &mut impl Rng) {
        if self.share > 0.0 {
            let chance: f64 = rng.random_range(f64::MIN_POSITIVE..1.0);
            self.wait = (chance.ln() / (1.0 - self.share).ln()) as u64;
        }
    }

    fn next(&mut self, rng: &mut impl Rng) -> bool {
        if self.wait > 0 {
            self.wait -= 1;
            return false;
        }
        self.draw(rng);
        true
    }
}

/// Blocks of the scene without any ink, so that white paper costs little.
struct Blank {
    columns: isize,
    inked: Vec<bool>,
}

const BLOCK_PX: isize = 32;

impl Blank {
    fn of(scene: &Bitmap) -> Self {
        let columns = scene.width_px as isize / BLOCK_PX + 3;
        let rows = scene.height_px as isize / BLOCK_PX + 3;
        let mut inked = vec![false; (columns * rows) as usize];
        for y in 0..scene.height_px {
            for (block, pixels) in scene.row(y).chunks(BLOCK_PX as usize).enumerate() {
                if pixels.contains(&1) {
                    // A block and all beside it: a pixel that reaches over an edge sees them too.
                    for dy in 0..3 {
                        let at = (y / BLOCK_PX as usize + dy) * columns as usize + block;
                        inked[at..at + 3].fill(true);
                    }
                }
            }
        }
        Self { columns, inked }
    }

    /// True when nothing is drawn in the pixel's block nor in any beside it.
    fn is_white(&self, x: f64, y: f64) -> bool {
        let (column, row) = ((x as isize).div_euclid(BLOCK_PX) + 1, (y as isize).div_euclid(BLOCK_PX) + 1);
        if column < 0 || row < 0 || column >= self.columns {
            return true;
        }
        !self.inked.get((row * self.columns + column) as usize).copied().unwrap_or(false)
    }
}
