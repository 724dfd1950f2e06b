//! The pages of replies as fax machines bring them: together, apart, out of order, twice, among pages of other replies and
//! of nobody's. Each page finds its request, one answer is recorded, and the page that is missing is named.

use crate::attachments::{paper, table};
use crate::world::{FaxService, World};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use renraku::domain::id::ArrivalId;
use renraku::domain::request::ReplyAnswers;
use renraku::domain::state::RequestState;
use renraku::form::layout::{Layout, TickBox};
use renraku::practice::clinic::fax_service_mail;
use renraku::practice::damage::{Damage, Resolution, fax};
use renraku::practice::fax_tiff::encode_g3;
use renraku::practice::pen::{MarkStyle, mark_box, write_in_zone};
use renraku::read::bitmap::Bitmap;
use renraku::read::raster::{Limits, rasterize_pdf};
use renraku::store::{ArrivalStore, RequestStore, Store};
use serde_json::Value;

const DPI: f64 = 300.0;
const PX_PER_MM: f64 = DPI / 25.4;
/// Both have a first page that asks nothing and a second one with the whole reply part.
const FORMS: [&str; 2] = ["end_of_life", "opinion_letter"];

/// One mail: the pages of its fax, and what became of them.
///
/// A page is `A1`: request A's page 1, its reply ticked if it has one. `A2o` is ticked otherwise, `A2u` twice where one is
/// asked for, `A1n` has a note beside the print, `P` is the paper that went along with A, `X` is nobody's.
///
/// What became of them is `A answered`, `A repeated`, or an item that waits: `page request reasons`.
type Mail<'a> = (&'a str, &'a [&'a str]);

/// What follows from some mails.
struct Case<'a> {
    mails: &'a [Mail<'a>],
    /// Answers on record in the end, of A and of B.
    answers: [usize; 2],
    /// What still waits for a person in the end.
    waits: &'a [&'a str],
}

const MISSING: &str = "1 A pages_missing: 2/2";

#[test]
fn whole_sets_are_one_answer_in_whatever_order_they_come() {
    for (mails, answers) in [
        (&[("A1 A2", &["A answered"][..])][..], [1, 0]),
        (&[("A2 A1", &["A answered"])], [1, 0]),
        (&[("A1 A1 A2", &["A answered"])], [1, 0]),
        (&[("A2", &["A answered"])], [1, 0]),
        (&[("A2", &["A answered"]), ("A1", &[])], [1, 0]),
        (&[("A1 A2", &["A answered"]), ("A1 A2", &["A repeated"])], [1, 0]),
        (&[("A1 A2 A1 A2", &["A answered"])], [1, 0]),
        (&[("A1 B1 A2 B2", &["A answered", "B answered"])], [1, 1]),
        (&[("B2 A1", &["B answered", "2 A pages_missing: 2/2"]), ("B1 A2", &["A answered"])], [1, 1]),
    ] {
        check(&Case { mails, answers, waits: &[] });
    }
}

#[test]
fn what_is_missing_waits_for_a_person_until_it_comes() {
    for (mails, answers, waits) in [
        (&[("A1", &[MISSING][..])][..], [0, 0], &[MISSING][..]),
        (&[("A1", &[MISSING]), ("A2", &["A answered"])], [1, 0], &[]),
        // Once is enough, and it is said no more when the page has come, even if a person must look at that one.
        (&[("A1", &[MISSING]), ("A1 A1", &[])], [0, 0], &[MISSING]),
        (&[("A1", &[MISSING]), ("A2u", &["1 A several_chosen"])], [0, 0], &["1 A several_chosen"]),
        (&[("A2u", &["1 A several_chosen"]), ("A1", &[])], [0, 0], &["1 A several_chosen"]),
        (&[("A1 B1 A2", &["A answered", "2 B pages_missing: 2/2"])], [1, 0], &["2 B pages_missing: 2/2"]),
        // A note on the page that asks nothing is looked at, whatever else came.
        (&[("A1n A2", &["A answered", "1 A ink_outside"])], [1, 0], &["1 A ink_outside"]),
        (&[("A1n", &["1 A ink_outside", MISSING]), ("A2", &["A answered"])], [1, 0], &["1 A ink_outside"]),
    ] {
        check(&Case { mails, answers, waits });
    }
}

#[test]
fn pages_of_others_and_other_answers_change_nothing_and_are_kept() {
    for (mails, answers, waits) in [
        (
            &[("A1 P A2", &["A answered", "2 - sheet_not_found"][..])][..],
            [1, 0],
            &["2 - sheet_not_found"][..],
        ),
        (&[("A1 X A2", &["A answered", "2 - sheet_not_found"])], [1, 0], &["2 - sheet_not_found"]),
        (
            &[("X A1 B2", &["B answered", "1 - sheet_not_found", "2 A pages_missing: 2/2"])],
            [0, 1],
            &["1 - sheet_not_found", "2 A pages_missing: 2/2"],
        ),
        (&[("A1 A2", &["A answered"]), ("A1 A2o", &["2 A second_answer"])], [1, 0], &["2 A second_answer"]),
    ] {
        check(&Case { mails, answers, waits });
    }
}

/// A request whose sheet has left, and its paper.
struct Sent {
    id: String,
    layout: Layout,
    paper: Vec<Bitmap>,
}

fn check(case: &Case) {
    let name = case.mails.iter().map(|mail| mail.0).collect::<Vec<_>>().join(" | ");
    let service = FaxService::willing();
    let world = World::new(service.port(), "");
    let sent = send(&world, name.contains('P'));
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    for (nth, (pages, expected)) in (1..).zip(case.mails) {
        let faxed: Vec<_> = pages
            .split(' ')
            .map(|page| {
                fax(
                    &faxed_paper(&sent, page, &mut rng),
                    PX_PER_MM,
                    Resolution::Fine,
                    &Damage::none(),
                    &mut rng,
                )
            })
            .collect();
        let tiff =
            encode_g3(&faxed.iter().map(|page| (&page.bitmap, page.dpi_x, page.dpi_y)).collect::<Vec<_>>());
        let bytes = fax_service_mail(&tiff, "03-0000-1002", nth);
        let mail = world.file(&format!("{nth}.eml"), &bytes);
        let now = format!("2026-11-19T01:0{nth}:00Z");
        let ingested = world.run(&["ingest", &mail, "--now", &now]).ok().json();
        assert_eq!(said(&sent, &ingested), sorted(expected), "{name}, mail {nth}");
        kept(&world, &ingested, &bytes, faxed.len());
    }
    for ((nth, sent), answers) in sent.iter().enumerate().zip(case.answers) {
        stands(&world, sent, answers, &format!("{name}, {}", ["A", "B"][nth]));
    }
    let open = world.store().open_reviews(100).unwrap();
    let open = serde_json::to_value(open).unwrap();
    assert_eq!(sorted_items(&sent, &open), sorted(case.waits), "{name}");
}

/// Both requests leave by fax, A with a paper that goes along if it is wanted.
fn send(world: &World, with_paper: bool) -> [Sent; 2] {
    let along = world.file("第2表.pdf", paper(&[table(210.0, 297.0, 20.0)]));
    let ids = [0, 1].map(|nth| {
        let answers = format!("{}/tests/forms/{}/example.json", env!("CARGO_MANIFEST_DIR"), FORMS[nth]);
        let mut args = vec!["request", "new", "--form", FORMS[nth], "--answers", &answers];
        args.extend([
            "--office",
            &world.office,
            "--clinic",
            &world.clinics[nth],
            "--now",
            "2026-11-18T01:00:00Z",
        ]);
        if with_paper && nth == 0 {
            args.extend(["--attach", &along]);
        }
        world.run(&args).ok().out.trim().to_owned()
    });
    world.run(&["deliver", "--once", "--now", "2026-11-18T01:01:00Z"]).ok();
    ids.map(|id| {
        let (layout, pdf) = world.sheet(&id);
        assert_eq!(layout.pages.iter().map(|page| page.boxes.is_empty()).collect::<Vec<_>>(), [true, false]);
        let (paper, problems) = rasterize_pdf(&pdf, DPI, DPI, &Limits::default());
        assert_eq!(problems, []);
        Sent { id, layout, paper: paper.into_iter().map(|page| page.bitmap).collect() }
    })
}

/// The sheet of paper that lies on the fax machine.
fn faxed_paper(sent: &[Sent; 2], page: &str, rng: &mut ChaCha8Rng) -> Bitmap {
    if page == "X" {
        let (mut pages, _) =
            rasterize_pdf(&paper(&[table(210.0, 297.0, 20.0)]), DPI, DPI, &Limits::default());
        return pages.remove(0).bitmap;
    }
    if page == "P" {
        return sent[0].paper[2].clone();
    }
    let of = &sent[usize::from(page.starts_with('B'))];
    let number = usize::from(page.as_bytes()[1] - b'0');
    let mut bitmap = of.paper[number - 1].clone();
    let ticks = ticks(&of.layout.pages[number - 1].boxes, &page[2..]);
    for one in ticks {
        mark_box(&mut bitmap, PX_PER_MM, one.x_mm, one.y_mm, one.size_mm, MarkStyle::Cross, rng);
    }
    if page.ends_with('n') {
        write_in_zone(&mut bitmap, PX_PER_MM, (40.0, 270.5), (60.0, 9.0), rng);
    }
    bitmap
}

/// The first box of every field; of the first field the second one (`o`), or both (`u`).
fn ticks<'a>(boxes: &'a [TickBox], how: &str) -> Vec<&'a TickBox> {
    let place =
        |one: &TickBox| boxes.iter().filter(|other| other.field == one.field).position(|other| other == one);
    let first_field = |one: &TickBox| boxes.first().is_some_and(|first| first.field == one.field);
    let wanted = |one: &&TickBox| match (place(one), how, first_field(one)) {
        (Some(0), "o", true) => false,
        (Some(1), "o" | "u", true) | (Some(0), ..) => true,
        _ => false,
    };
    boxes.iter().filter(wanted).collect()
}

/// What `ingest` said, in the words of the table.
fn said(sent: &[Sent; 2], ingested: &Value) -> Vec<String> {
    let mut said = sorted_items(sent, &ingested["reviews"]);
    for what in ["answered", "repeated"] {
        said.extend(
            ingested[what].as_array().unwrap().iter().map(|id| format!("{} {what}", name_of(sent, id))),
        );
    }
    said.sort();
    said
}

fn sorted_items(sent: &[Sent; 2], items: &Value) -> Vec<String> {
    let reason = |reason: &Value| {
        let text = reason.as_str().unwrap();
        if text.starts_with("pages_missing") { text } else { text.split(':').next().unwrap() }.to_owned()
    };
    let item = |item: &Value| {
        let reasons: Vec<String> = item["reasons"].as_array().unwrap().iter().map(reason).collect();
        format!("{} {} {}", item["page_number"], name_of(sent, &item["request_id"]), reasons.join("+"))
    };
    let mut items: Vec<String> = items.as_array().unwrap().iter().map(item).collect();
    items.sort();
    items
}

fn sorted(expected: &[&str]) -> Vec<String> {
    let mut expected: Vec<String> = expected.iter().map(|&text| text.to_owned()).collect();
    expected.sort();
    expected
}

fn name_of(sent: &[Sent; 2], id: &Value) -> &'static str {
    let nth = sent.iter().position(|one| id == &Value::from(one.id.as_str()));
    nth.map_or("-", |nth| ["A", "B"][nth])
}

/// Nothing is lost: the mail as it came, and every page of it.
fn kept(world: &World, ingested: &Value, mail: &[u8], pages: usize) {
    let (store, id) = (world.store(), ingested["arrival"].as_str().unwrap().parse::<ArrivalId>().unwrap());
    assert_eq!(store.arrival_pages(id).unwrap().len(), pages);
    assert_eq!(store.blobs().get(&store.arrival(id).unwrap().blob).unwrap(), mail);
}

/// The answers on record are what was ticked first, and the request stands where they put it.
fn stands(world: &World, sent: &Sent, answers: usize, name: &str) {
    let (store, id) = (world.store(), sent.id.parse().unwrap());
    let replies = store.replies(id).unwrap();
    assert_eq!(replies.len(), answers, "{name}");
    let mut ticked = ReplyAnswers::new();
    for one in ticks(&sent.layout.pages[1].boxes, "") {
        ticked.insert(one.field.clone(), vec![one.option.clone()]);
    }
    assert!(replies.iter().all(|reply| reply.answers == ticked), "{name}: {replies:?}");
    let waits = store.open_reviews(100).unwrap().iter().any(|item| item.request_id == Some(id));
    let state = match (answers, waits) {
        (0, false) => RequestState::Sent,
        (0, true) => RequestState::NeedsReview,
        _ => RequestState::Answered,
    };
    assert_eq!(store.request(id).unwrap().state, state, "{name}");
}
