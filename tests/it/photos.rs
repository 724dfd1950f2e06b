//! Sheets that were photographed with a phone: grey, unevenly lit, blurred, seen askew and from a slant, on a desk,
//! as a JPEG without any word of its resolution. `RENRAKU_PHOTOS=200` takes that many instead of a few.

use crate::trials::{Region, region};
use image::codecs::jpeg::JpegEncoder;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use renraku::domain::reading::BoxState;
use renraku::practice::hand::{Manner, fill_in};
use renraku::practice::trial::PAPER_PX_PER_MM;
use renraku::read::affine::{Affine, Point};
use renraku::read::bitmap::Bitmap;
use renraku::read::plane::Plane;
use renraku::read::raster::{self, Limits};
use renraku::read::{ReadPage, read_sheets};

const FIRST: u64 = 32_000_000;

/// Sheet mm → pixels of a photo whose middle is the paper's: turned, slanted, as large as the hand held it.
fn held(size_px: (f64, f64), rng: &mut ChaCha8Rng) -> Plane {
    let px = size_px.0 / 210.0 * rng.random_range(0.82..0.94);
    let quarter = if rng.random_bool(0.2) { 180.0 } else { 0.0 };
    let (sin, cos) = (quarter + rng.random_range(-4.0..4.0_f64)).to_radians().sin_cos();
    let (gx, gy) = (rng.random_range(-0.02..0.02) / 210.0, rng.random_range(-0.03..0.03) / 297.0);
    let (mx, my) =
        (size_px.0 / 2.0 + rng.random_range(-15.0..15.0), size_px.1 / 2.0 + rng.random_range(-15.0..15.0));
    let (xx, xy, yx, yy) = (px * cos + mx * gx, -px * sin + mx * gy, px * sin + my * gx, px * cos + my * gy);
    let (x0, y0) = (mx - xx * 105.0 - xy * 148.5, my - yx * 105.0 - yy * 148.5);
    let depth = 1.0 - gx * 105.0 - gy * 148.5;
    let affine = Affine {
        xx: xx / depth,
        xy: xy / depth,
        x0: x0 / depth,
        yx: yx / depth,
        yy: yy / depth,
        y0: y0 / depth,
    };
    Plane { affine, gx: gx / depth, gy: gy / depth }
}

/// What the camera's chip makes of it, as the phone stores it.
fn photo(paper: &Bitmap, rng: &mut ChaCha8Rng) -> Vec<u8> {
    let (width, height) = (1700_u32, 2300_u32);
    let plane = held((f64::from(width), f64::from(height)), rng);
    let (light, slope, tilt) =
        (rng.random_range(150.0..235.0), rng.random_range(0.0..0.35), rng.random_range(0.0..6.3_f64));
    let desk = rng.random_range(40.0..200.0);
    let (blur, noise) = (rng.random_range(0.5..1.1), rng.random_range(2.0..9.0));
    let mut grey = Vec::with_capacity((width * height) as usize);
    for y in 0..height {
        for x in 0..width {
            let mut dark = 0.0;
            let mut on_paper = true;
            for step in 0..9 {
                let (dx, dy) = (f64::from(step % 3) - 1.0, f64::from(step / 3) - 1.0);
                let at = Point::new(f64::from(x) + 0.5 + blur * dx, f64::from(y) + 0.5 + blur * dy);
                let at = plane.to_sheet(at).unwrap();
                on_paper &= (0.0..210.0).contains(&at.x) && (0.0..297.0).contains(&at.y);
                let (px, py) = (at.x * PAPER_PX_PER_MM, at.y * PAPER_PX_PER_MM);
                dark += f64::from(paper.at(px.floor() as isize, py.floor() as isize)) / 9.0;
            }
            let (u, v) = (f64::from(x) / f64::from(width) - 0.5, f64::from(y) / f64::from(height) - 0.5);
            let lit = 1.0 + slope * (u * tilt.cos() + v * tilt.sin());
            let paper = if on_paper { light * (1.0 - 0.8 * dark) } else { desk };
            grey.push((paper * lit + rng.random_range(-noise..noise)).clamp(0.0, 255.0) as u8);
        }
    }
    let mut jpeg = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut jpeg, rng.random_range(60..92));
    image::ImageEncoder::write_image(encoder, &grey, width, height, image::ExtendedColorType::L8).unwrap();
    jpeg
}

fn read(jpeg: &[u8], region: &Region) -> Vec<ReadPage> {
    let mut pages = Vec::new();
    let problems = raster::open(jpeg, &Limits::default(), &mut |page| {
        pages.extend(read_sheets("photo.jpg", &page, region));
    });
    assert!(problems.is_empty(), "{problems:?}");
    pages
}

#[test]
fn a_photo_is_read_right_or_not_at_all() {
    let count = std::env::var("RENRAKU_PHOTOS").ok().and_then(|count| count.parse().ok()).unwrap_or(4);
    let region = region(1);
    let (mut found, mut sure, mut boxes) = (0, 0, 0);
    for seed in FIRST..FIRST + count {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let sheet = region.pages.choose(&mut rng).unwrap();
        let mut paper = sheet.paper.clone();
        let filled = fill_in(&mut paper, PAPER_PX_PER_MM, &sheet.layout, Manner::Plain, &mut rng);
        let pages = read(&photo(&paper, &mut rng), &region);
        assert_eq!(pages.len(), 1, "{seed}");
        let reading = &pages[0].reading;
        if reading.needs_person {
            println!("{seed}: {:?} {:?}", reading.reasons, reading.problems);
        }
        found += u64::from(reading.sheet_id.is_some());
        sure += u64::from(!reading.needs_person);
        assert!(reading.sheet_id.as_ref().is_none_or(|id| *id == sheet.sheet_id), "{seed}: filed elsewhere");
        for (read, done) in reading.boxes.iter().zip(&filled.boxes) {
            boxes += 1;
            let silent = match read.state {
                BoxState::Empty => done.is_chosen(),
                state => state.is_chosen() && !done.is_chosen(),
            };
            assert!(!silent, "{seed}: {}/{} {done:?} is {:?}", read.field, read.option, read.state);
        }
    }
    println!("{count} photos: {found} found, {sure} without a person, {boxes} boxes, no silent error");
    assert!(found * 100 >= count * 97, "{found} of {count}");
    assert!(sure * 100 >= count * 90 || count < 50, "{sure} of {count}");
}
