//! Papers that go along with a request: what can be faxed is taken, what cannot is refused with a sentence, and what was
//! taken arrives behind the sheet, stamped, where the reader of the answer does not trip over it.

use crate::hostile;
use crate::world::{FaxService, World, ticked_fax};
use jiff::Timestamp;
use lopdf::encryption::EncryptionState;
use lopdf::{Document, EncryptionVersion, Object, Permissions, dictionary};
use renraku::domain::attachment::{
    ATTACHED_DPI, ATTACHED_FILE_BYTES, ATTACHED_PAGES, AttachedPage, AttachmentMistake,
};
use renraku::flow::attach;
use renraku::pool::{Pool, PoolLimits};
use renraku::practice::clinic::fax_service_mail;
use renraku::read::bitmap::Bitmap;
use renraku::read::raster::{Limits, rasterize_pdf};
use renraku::store::{ArrivalStore, RequestStore};
use renraku::typeset::canvas::Page;
use renraku::typeset::font::Face;
use renraku::typeset::pdf;
use std::time::Duration;

fn pool() -> Pool {
    Pool::new(env!("CARGO_BIN_EXE_renraku").into(), PoolLimits::default())
}

/// A table with text on a page of this size, `margin_mm` from its edges, marked in its upper left corner.
pub fn table(width_mm: f64, height_mm: f64, margin_mm: f64) -> Page {
    let mut page = Page { width_mm, height_mm, drawn: Vec::new() };
    let (w_mm, h_mm) = (width_mm - 2.0 * margin_mm, height_mm - 2.0 * margin_mm);
    page.frame(margin_mm, margin_mm, w_mm, h_mm, 0.4);
    page.solid(margin_mm + 3.0, margin_mm + 3.0, 8.0, 4.0);
    for row in 1..12 {
        let y_mm = margin_mm + f64::from(row) * h_mm / 12.0;
        page.line((margin_mm, y_mm), (width_mm - margin_mm, y_mm), 0.25);
        page.text(margin_mm + 14.0, y_mm - 3.0, Face::Regular, 9.0, "第2表 居宅サービス計画書(見本)");
    }
    page
}

/// A PDF of such pages.
pub fn paper(pages: &[Page]) -> Vec<u8> {
    pdf::write("見本", pages).unwrap()
}

fn a4() -> Vec<u8> {
    paper(&[table(210.0, 297.0, 20.0)])
}

fn edited(bytes: &[u8], edit: impl FnOnce(&mut Document)) -> Vec<u8> {
    let mut document = Document::load_mem(bytes).unwrap();
    edit(&mut document);
    let mut out = Vec::new();
    document.save_to(&mut out).unwrap();
    out
}

fn encrypted(user: &str, owner: &str) -> Vec<u8> {
    edited(&a4(), |document| {
        let version = EncryptionVersion::V2 {
            document,
            owner_password: owner,
            user_password: user,
            key_length: 128,
            permissions: Permissions::all(),
        };
        let state = EncryptionState::try_from(version).unwrap();
        document.encrypt(&state).unwrap();
    })
}

/// The fonts' names stay, the fonts themselves are gone: so many an office program saves.
fn without_fonts() -> Vec<u8> {
    edited(&a4(), |document| {
        for object in document.objects.values_mut() {
            if let Object::Dictionary(dictionary) = object {
                dictionary.remove(b"FontFile2");
                dictionary.remove(b"FontFile3");
            }
        }
    })
}

fn with_broken_picture() -> Vec<u8> {
    edited(&a4(), |document| {
        let page = document.get_pages()[&1];
        let picture = lopdf::Stream::new(
            dictionary! {
                "Type" => "XObject", "Subtype" => "Image", "Width" => 100, "Height" => 100,
                "ColorSpace" => "DeviceGray", "BitsPerComponent" => 8, "Filter" => "DCTDecode",
            },
            b"no JPEG".to_vec(),
        );
        let picture = document.add_object(picture);
        document.add_xobject(page, "Broken", picture).unwrap();
        let draw = lopdf::content::Content {
            operations: vec![lopdf::content::Operation::new("Do", vec![Object::Name(b"Broken".to_vec())])],
        };
        document.add_to_page_content(page, draw).unwrap();
    })
}

#[test]
fn a_page_keeps_its_size_where_it_can_and_a_table_is_turned() {
    let pool = pool();
    let open = |page: Page| pool.attachment(&paper(&[page])).unwrap().remove(0);
    let mm = |pixels: u32| f64::from(pixels) / ATTACHED_DPI * 25.4;
    let near = |found: f64, expected: f64| (found - expected).abs() < 1.5;
    let upright = open(table(210.0, 297.0, 20.0));
    assert_eq!(upright.percent, 100);
    assert!(near(mm(upright.width_px), 170.0) && near(mm(upright.height_px), 257.0), "{upright:?}");
    let lying = open(table(297.0, 210.0, 20.0));
    assert_eq!(lying.percent, 100);
    assert!(near(mm(lying.width_px), 170.0) && near(mm(lying.height_px), 257.0), "{lying:?}");
    // Hardly any margin: a little smaller. A3: much smaller, and that is told.
    let tight = open(table(210.0, 297.0, 5.0));
    assert!((90..100).contains(&tight.percent), "{tight:?}");
    let large = open(table(420.0, 297.0, 10.0));
    assert!((60..72).contains(&large.percent), "{large:?}");
    for page in [upright, tight, large] {
        assert!(f64::from(page.width_px) <= 190.0 / 25.4 * ATTACHED_DPI + 1.0);
        assert!(f64::from(page.height_px) <= 264.0 / 25.4 * ATTACHED_DPI + 1.0);
    }
}

#[test]
fn what_cannot_be_faxed_is_refused_with_what_to_do() {
    let pool = pool();
    let blank = Page::a4();
    let poster = table(841.0, 1189.0, 20.0);
    let many = vec![table(210.0, 297.0, 20.0); ATTACHED_PAGES + 1];
    let bomb = hostile::deflated(b"", 2_000_000_000, b"");
    let bomb = hostile::pdf(&[
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>".to_vec(),
        hostile::stream("/Filter /FlateDecode", &bomb),
    ]);
    let cut = a4();
    for (case, bytes, expected) in [
        ("empty", Vec::new(), "空です"),
        ("a text", b"hello there".to_vec(), "添付できるのはPDFだけ"),
        ("a picture", b"\x89PNG\r\n\x1a\n....".to_vec(), "添付できるのはPDFだけ"),
        ("a TIFF", hostile::huge_tiff(60_000, 60_000), "添付できるのはPDFだけ"),
        ("a header alone", b"%PDF-1.7\n".to_vec(), "壊れて"),
        ("a password", encrypted("secret", "owner"), "パスワード"),
        ("no fonts", without_fonts(), "フォントを埋め込む"),
        ("a broken picture", with_broken_picture(), "画像を開けません"),
        ("an empty page", paper(&[table(210.0, 297.0, 20.0), blank]), "2ページ目は白紙"),
        ("a poster", paper(&[poster]), "大きすぎて"),
        ("many pages", paper(&many), "10ページまで"),
        ("a bomb", bomb, "大きすぎる"),
        ("10 MB and a byte", [cut, vec![b'\n'; ATTACHED_FILE_BYTES]].concat(), "大きすぎます"),
    ] {
        let problem = pool.attachment(&bytes).expect_err(case);
        assert!(problem.sentence.contains(expected), "{case}: {}", problem.sentence);
        assert!(problem.sentence.contains(" / "), "{case}");
        let mistake = attach::open(&pool, "C:\\見本\\第1表.pdf", &bytes, Timestamp::UNIX_EPOCH);
        assert!(mistake.unwrap_err().to_string().starts_with("第1表.pdf: "), "{case}");
    }
    // A file that only may not be changed is opened by everybody, and so here.
    assert_eq!(pool.attachment(&encrypted("", "owner")).unwrap().len(), 1);
    assert_eq!(pool.attachment(&a4()).unwrap().len(), 1, "the pool lives on");
}

#[test]
fn a_file_that_takes_too_long_is_refused_and_nothing_hangs() {
    let limits = PoolLimits { wall: Duration::from_millis(1), ..PoolLimits::default() };
    let pool = Pool::new(env!("CARGO_BIN_EXE_renraku").into(), limits);
    let problem = pool.attachment(&a4()).unwrap_err();
    assert!(problem.sentence.contains("PDFとして印刷"), "{}", problem.sentence);
}

/// Ten dense pages stay far below what may go along.
#[test]
fn ten_pages_of_tables_go_along() {
    let pages = vec![table(297.0, 210.0, 12.0); ATTACHED_PAGES];
    // What is counted is bytes; a test machine that does other things too may take its time.
    let patient = PoolLimits { wall: Duration::from_mins(3), ..PoolLimits::default() };
    let pool = Pool::new(env!("CARGO_BIN_EXE_renraku").into(), patient);
    let paper = attach::open(&pool, "第2表.pdf", &paper(&pages), Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(paper.pages.len(), ATTACHED_PAGES);
    assert!(paper.bytes() < 800_000, "{} bytes", paper.bytes());
    let two = [&paper, &paper];
    let counted = renraku::domain::attachment::check_papers(two);
    assert_eq!(counted, Err(AttachmentMistake::TooManyPages(2 * ATTACHED_PAGES)));
}

/// The share of the picture's ink that the page shows where it should, drawn at the picture's own resolution.
fn ink_found(page: &Bitmap, picture: &Bitmap, left_px: f64, top_px: f64) -> f64 {
    let (mut ink, mut found) = (0, 0);
    for y in 0..picture.height_px {
        for x in 0..picture.width_px {
            if picture.at(x as isize, y as isize) == 1 {
                ink += 1;
                let (at_x, at_y) = (left_px + x as f64, top_px + y as f64);
                let near = (-1..=1).any(|dy| {
                    (-1..=1).any(|dx| page.at(at_x.round() as isize + dx, at_y.round() as isize + dy) == 1)
                });
                found += usize::from(near);
            }
        }
    }
    f64::from(u32::try_from(found).unwrap()) / f64::from(u32::try_from(ink).unwrap())
}

/// The picture of an attached page, read back from Group 4.
fn decoded(page: &AttachedPage) -> Bitmap {
    let width = u16::try_from(page.width_px).unwrap();
    let mut ink = Vec::new();
    fax::decoder::decode_g4(page.g4.iter().copied(), width, None, |transitions| {
        ink.extend(fax::decoder::pels(transitions, width).map(|color| u8::from(color == fax::Color::Black)));
    })
    .expect("Group 4");
    assert_eq!(ink.len(), (page.width_px * page.height_px) as usize);
    Bitmap { width_px: page.width_px as usize, height_px: page.height_px as usize, ink }
}

#[test]
fn what_was_attached_is_faxed_behind_the_sheet_and_the_answer_is_read_all_the_same() {
    let service = FaxService::willing();
    let world = World::new(service.port(), "");
    let [first, second] = [paper(&vec![table(297.0, 210.0, 15.0); 2]), a4()];
    let files = [world.file("第2表.pdf", &first), world.file("第1表.pdf", &second)];
    let id =
        world.submit(0, &["--attach", &files[0], "--attach", &files[1], "--now", "2026-11-18T01:00:00Z"]);
    world.run(&["deliver", "--once", "--now", "2026-11-18T01:01:00Z"]).ok();
    let papers = world.store().attachments(id.parse().unwrap()).unwrap();
    let shape: Vec<_> = papers.iter().map(|paper| (paper.name.as_str(), paper.pages.len())).collect();
    assert_eq!(shape, [("第2表.pdf", 2), ("第1表.pdf", 1)]);
    let (layout, pdf) = world.sheet(&id);
    let own = layout.pages.len();
    let (pages, problems) = rasterize_pdf(&pdf, ATTACHED_DPI, ATTACHED_DPI, &Limits::default());
    assert_eq!(problems, []);
    assert_eq!(pages.len(), own + 3);
    // Stamped, in the text of the file.
    let document = Document::load_mem(&pdf).unwrap();
    let number = world.store().request(id.parse().unwrap()).unwrap().number;
    let text = |page: usize| document.extract_text(&[page as u32]).unwrap();
    assert!(text(1).contains(&format!("1/{}", own + 3)), "{}", text(1));
    for nth in 1..=3 {
        let said = text(own + nth);
        let stamp = format!("連絡番号 {number}  {}/{}", own + nth, own + 3);
        assert!(said.contains(&format!("添付 {nth}/3")) && said.contains(&stamp), "{said}");
    }
    // The pixels that were taken are the pixels that are sent.
    let taken = [first, second].map(|bytes| pool().attachment(&bytes).unwrap()).concat();
    for (page, picture) in pages[own..].iter().zip(&taken) {
        let px = |mm: f64| mm / 25.4 * ATTACHED_DPI;
        let left_px = px(105.0) - f64::from(picture.width_px) / 2.0;
        let share = ink_found(&page.bitmap, &decoded(picture), left_px, px(22.0));
        assert!(share > 0.99, "{share}");
    }
    // The doctor faxes the answer back, with everything that came.
    let fax = ticked_fax(&pdf, &layout, &[("answer", "opinion"), ("signature", "doctor")]);
    let mail = world.file("answer.eml", fax_service_mail(&fax, "03-0000-1002", 1));
    world.run(&["ingest", &mail, "--now", "2026-11-19T01:00:00Z"]).ok();
    let replies = world.store().replies(id.parse().unwrap()).unwrap();
    assert_eq!(replies.len(), 1);
    assert_eq!(replies[0].answers["answer"], ["opinion"]);
}

#[test]
fn the_command_line_refuses_what_cannot_be_faxed_and_sends_nothing() {
    let world = World::new(1, "");
    let file = world.file("第1表.pdf", b"hello there");
    let answers = world.path("answers.json");
    std::fs::copy(crate::world::EXAMPLE, &answers).unwrap();
    let mut args = world.new_request(0, answers.to_str().unwrap());
    args.extend(["--attach", &file]);
    let ran = world.run(&args);
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    assert!(ran.err.contains("第1表.pdf: 添付できるのはPDFだけ"), "{}", ran.err);
    assert_eq!(world.run(&["request", "list"]).ok().out, "");
}

/// The cover is what whoever stands at the machine sees.
#[test]
fn a_cover_goes_before_the_sheet_where_the_route_wants_one_and_names_no_client() {
    let service = FaxService::willing();
    let world = World::new(service.port(), "");
    let config = world.data.join("config.toml");
    let settings = std::fs::read_to_string(&config).unwrap();
    std::fs::write(
        &config,
        settings.replace("max_bytes = 10000000\n", "max_bytes = 10000000\ncover = true\n"),
    )
    .unwrap();
    let file = world.file("第1表.pdf", a4());
    let id = world.submit(0, &["--attach", &file, "--now", "2026-11-18T01:00:00Z"]);
    world.run(&["deliver", "--once", "--now", "2026-11-18T01:01:00Z"]).ok();
    let (layout, pdf) = world.sheet(&id);
    let (own, document) = (layout.pages.len(), Document::load_mem(&pdf).unwrap());
    assert_eq!(document.get_pages().len(), 1 + own + 1);
    let text = |page: usize| document.extract_text(&[page as u32]).unwrap();
    let cover = text(1);
    for expected in ["FAX送信票", "誤って届いた場合", "03-0000-0002", &format!("{}枚", own + 1)] {
        assert!(cover.contains(expected), "{expected}: {cover}");
    }
    let request = world.store().request(id.parse().unwrap()).unwrap();
    let name = request.answers["client"]["name"].as_str().unwrap();
    assert!(!cover.contains(name) && !cover.contains("利用者"), "{cover}");
    assert!(text(2).contains(name), "the sheet itself names the client");
    assert!(text(2).contains(&format!("1/{}", own + 1)), "the cover is not counted");
    assert!(text(own + 2).contains("添付 1/1"));
    let (pages, _) = rasterize_pdf(&pdf, 50.0, 50.0, &Limits::default());
    let ink = |page: usize| pages[page].bitmap.ink.iter().map(|ink| usize::from(*ink)).sum::<usize>();
    assert!(ink(own + 1) > 1000, "the attached picture is on the last page");
}

/// What the service would not take is refused when it is added, not when it is sent.
#[test]
fn a_service_that_takes_little_refuses_papers_before_they_are_sent() {
    let world = World::new(1, "");
    let config = world.data.join("config.toml");
    let settings = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, settings.replace("max_bytes = 10000000", "max_bytes = 150000")).unwrap();
    let file = world.file("第2表.pdf", paper(&vec![table(297.0, 210.0, 15.0); 4]));
    let mut args = world.new_request(0, crate::world::EXAMPLE);
    args.extend(["--attach", &file]);
    let ran = world.run(&args);
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    assert!(ran.err.contains("FAXで送れる大きさを超えます"), "{}", ran.err);
    assert_eq!(world.run(&["request", "list"]).ok().out, "");
    world.submit(0, &[]);
}
