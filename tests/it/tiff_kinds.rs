//! Every kind of TIFF that fax services, scanners and gateways were seen to send, and the mistakes that they make in
//! its tags: each gives the page, pixel for pixel.

use crate::tiffs::{Page, Rows, Tiff, Value, coded};
use renraku::domain::reading::ProblemCode;
use renraku::read::bitmap::{Bitmap, RasterPage};
use renraku::read::raster::{self, Limits};

/// A page that no turn, shift or mirror leaves alike.
fn page(width_px: usize, height_px: usize) -> Bitmap {
    let mut bitmap = Bitmap::white(width_px, height_px);
    for (at, ink) in bitmap.ink.iter_mut().enumerate() {
        let (x, y) = (at % width_px, at / width_px);
        *ink = u8::from((x * 7 + y * y) % (23 + y % 11) < 4 && y % 5 != 0 || x < y % 3);
    }
    bitmap
}

fn open(bytes: &[u8]) -> (Vec<RasterPage>, Vec<ProblemCode>) {
    let mut pages = Vec::new();
    let problems = raster::open(bytes, &Limits::default(), &mut |page| pages.push(page));
    (pages, problems.iter().map(|problem| problem.code).collect())
}

/// One page with these pixels and these problems, and nothing damaged.
fn check(name: &str, file: &Tiff, expected: &Bitmap, codes: &[ProblemCode]) {
    let (pages, problems) = open(&file.bytes());
    assert_eq!((pages.len(), problems), (1, vec![]), "{name}");
    assert!(pages[0].bitmap == *expected, "{name}: pixels differ");
    let found: Vec<_> = pages[0].problems.iter().map(|problem| problem.code).collect();
    assert_eq!((found.as_slice(), pages[0].damaged_rows.as_slice()), (codes, [].as_slice()), "{name}");
}

fn short(value: u16) -> Value {
    Value::Short(vec![value])
}

fn part(bitmap: &Bitmap, rows: std::ops::Range<usize>) -> Bitmap {
    let ink = bitmap.ink[rows.start * bitmap.width_px..rows.end * bitmap.width_px].to_vec();
    Bitmap { width_px: bitmap.width_px, height_px: rows.len(), ink }
}

fn in_strips(bitmap: &Bitmap, rows: Rows, each: usize) -> Tiff {
    let mut file = Tiff::fax(bitmap, rows).with(278, Value::Long(vec![each as u32]));
    let strips = (0..bitmap.height_px).step_by(each);
    let strips = strips.map(|top| coded(&part(bitmap, top..(top + each).min(bitmap.height_px)), rows));
    file.pages[0].parts = strips.collect();
    file
}

fn in_tiles(bitmap: &Bitmap, rows: Rows, side: usize) -> Tiff {
    let mut file = Tiff::fax(bitmap, rows).without(278);
    let size = Value::Long(vec![side as u32]);
    file = file.with(322, size.clone()).with(323, size);
    let mut tiles = Vec::new();
    for top in (0..bitmap.height_px).step_by(side) {
        for left in (0..bitmap.width_px).step_by(side) {
            let mut tile = Bitmap::white(side, side);
            for (at, ink) in tile.ink.iter_mut().enumerate() {
                *ink = bitmap.at((left + at % side) as isize, (top + at / side) as isize);
            }
            tiles.push(coded(&tile, rows));
        }
    }
    file.pages[0] =
        Page { tags: std::mem::take(&mut file.pages[0].tags), parts: tiles, tiled: true, uncounted: false };
    file
}

#[test]
fn every_coding_is_read_in_strips_and_tiles_of_either_order_and_size() {
    let bitmap = page(1728, 200);
    for rows in Rows::ALL {
        for (big_endian, wide) in [(false, false), (true, false), (false, true), (true, true)] {
            let kinds = [
                ("one strip", Tiff::fax(&bitmap, rows)),
                ("strips", in_strips(&bitmap, rows, 64)),
                ("tiles", in_tiles(&bitmap, rows, 128)),
            ];
            for (kind, file) in kinds {
                let file = Tiff { big_endian, wide, ..file };
                let name = format!("{rows:?} in {kind}, big-endian {big_endian}, 64 bits {wide}");
                check(&name, &file, &bitmap, &[]);
                let turned = file.lowest_bit_first().with(266, short(2));
                check(&format!("{name}, lowest bit first"), &turned, &bitmap, &[]);
            }
        }
    }
}

#[test]
fn wrong_and_missing_tags_are_seen_through() {
    let bitmap = page(1728, 200);
    for rows in [Rows::G3, Rows::G3Filled, Rows::G3TwoD, Rows::G3TwoDFilled, Rows::Rle, Rows::NoEol, Rows::G4]
    {
        let file = || Tiff::fax(&bitmap, rows);
        for tag in [262, 266, 278, 282, 283, 292, 296] {
            check(&format!("{rows:?} without {tag}"), &file().without(tag), &bitmap, &[]);
        }
        check(&format!("{rows:?}, bit order lies"), &file().lowest_bit_first(), &bitmap, &[]);
        check(
            &format!("{rows:?}, rows a strip 2^32-1"),
            &file().with(278, Value::Long(vec![u32::MAX])),
            &bitmap,
            &[],
        );
        check(&format!("{rows:?}, rows a strip 1"), &file().with(278, short(1)), &bitmap, &[]);
        let mut uncounted = file();
        uncounted.pages[0].uncounted = true;
        check(&format!("{rows:?}, no lengths"), &uncounted, &bitmap, &[]);
    }
    let dpi = |value: u32| {
        Tiff::fax(&bitmap, Rows::G3).with(282, Value::Ratio(value, 1)).with(283, Value::Ratio(value, 1))
    };
    check("no resolution", &dpi(1), &bitmap, &[]);
    check("0 / 0", &Tiff::fax(&bitmap, Rows::G3).with(282, Value::Ratio(0, 0)), &bitmap, &[]);
    check("a lying resolution", &dpi(72), &bitmap, &[ProblemCode::LyingTags]);
}

#[test]
fn strips_without_lengths_or_rows_are_found_by_the_next_one() {
    let bitmap = page(1728, 200);
    for rows in [Rows::G3, Rows::G3TwoD, Rows::G4] {
        let mut file = in_strips(&bitmap, rows, 64);
        check(&format!("{rows:?} without rows a strip"), &file.clone().without(278), &bitmap, &[]);
        file.pages[0].uncounted = true;
        check(&format!("{rows:?} without lengths"), &file, &bitmap, &[]);
    }
}

/// RFC 2306 leaves the return to control out; machines write it all the same, with or without fill behind it.
#[test]
fn the_end_of_a_page_may_be_said_or_not() {
    let bitmap = page(1728, 200);
    let rtc = [0x00, 0x10, 0x01, 0x00, 0x10, 0x01, 0x00, 0x10, 0x01];
    for (name, end) in
        [("return to control", &rtc[..]), ("zeros", &[0; 40]), ("both", &[&rtc[..], &[0; 40]].concat())]
    {
        let mut file = Tiff::fax(&bitmap, Rows::G3);
        file.pages[0].parts[0].extend(end);
        check(name, &file, &bitmap, &[]);
        check(&format!("{name}, no height"), &file.without(257), &bitmap, &[]);
    }
    let mut cut = Tiff::fax(&bitmap, Rows::G4);
    let length = cut.pages[0].parts[0].len();
    cut.pages[0].parts[0].truncate(length - 3);
    check("no end of block", &cut, &bitmap, &[]);
}

#[test]
fn grey_of_any_depth_goes_through_the_threshold() {
    let bitmap = page(400, 120);
    let samples =
        |paper: u16, ink: u16| bitmap.ink.iter().map(move |&one| if one == 1 { ink } else { paper });
    let packed = |paper: u16, ink: u16, bits: u16| -> Vec<u8> {
        let samples: Vec<u16> = samples(paper, ink).collect();
        let byte = |part: &[u16]| part.iter().fold(0, |byte, sample| byte << bits | sample) as u8;
        samples.chunks(usize::from(8 / bits)).map(byte).collect()
    };
    let cases: [(&str, u16, Vec<u8>); 4] = [
        ("2 bits", 2, packed(3, 1, 2)),
        ("4 bits", 4, packed(14, 6, 4)),
        ("8 bits", 8, samples(230, 80).map(|sample| sample as u8).collect()),
        ("16 bits", 16, samples(59_000, 20_000).flat_map(u16::to_le_bytes).collect()),
    ];
    for (name, bits, data) in cases {
        for wide in [false, true] {
            let mut file = Tiff::fax(&bitmap, Rows::Plain)
                .with(258, short(bits))
                .with(262, short(1))
                .with(277, short(1));
            file.wide = wide;
            file.pages[0].parts = vec![data.clone()];
            check(&format!("{name}, wide {wide}"), &file, &bitmap, &[]);
        }
    }
}

#[test]
fn a_lost_tile_makes_its_rows_doubtful_and_no_other() {
    let bitmap = page(512, 384);
    let mut file = in_tiles(&bitmap, Rows::G4, 128);
    file.pages[0].parts[5] = Vec::new();
    let (pages, problems) = open(&file.bytes());
    assert_eq!((pages.len(), problems), (1, vec![]));
    assert_eq!(pages[0].damaged_rows.as_slice(), std::slice::from_ref(&(128..256)));
    assert_eq!(pages[0].problems[0].code, ProblemCode::DamagedLines);
    for y in (0..128).chain(256..384) {
        assert!(pages[0].bitmap.row(y) == bitmap.row(y), "row {y}");
    }
    assert!(pages[0].bitmap.row(140)[..128] == bitmap.row(140)[..128]);
    assert!(pages[0].bitmap.row(140)[128..256].iter().all(|&ink| ink == 0));
}
