//! `sheet`, `read`, `forms` and wrong usage: what needs no database.

use super::{NO_PROBLEM, strange};
use crate::world::{EXAMPLE, Ran, renraku, ticked_fax};
use renraku::form::layout::Layout;
use renraku::seal::keyring::Keyring;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// A folder of files, and the binary run in it.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap();
    }

    fn run(&self, args: &[&str]) -> Ran {
        Ran::of(renraku().current_dir(self.0.path()).args(args))
    }

    /// Renders the example, ticks it, and leaves `NAME.pdf`, `NAME.json` and `NAME.tif`.
    fn sheet_and_fax(&self, name: &str, more: &[&str]) {
        let (pdf, json) = (format!("{name}.pdf"), format!("{name}.json"));
        let args = ["sheet", "--form", "liaison", "--answers", EXAMPLE, "--out", &pdf, "--layout", &json];
        self.run(&[&args, more].concat()).ok();
        let layout: Layout = serde_json::from_slice(&fs::read(self.path(&json)).unwrap()).unwrap();
        let fax = ticked_fax(&fs::read(self.path(&pdf)).unwrap(), &layout, NO_PROBLEM);
        self.put(&format!("{name}.tif"), fax);
    }
}

/// Its name, its bytes if it is there at all, and the problems of which one must be named.
type BadFile<'a> = (&'a str, Option<Vec<u8>>, &'a [&'a str]);

/// What a page gives away about its sheet.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Known {
    /// Code verified, layout at hand.
    Sheet,
    /// Code verified, but nobody knows what stands where.
    NumberAlone,
    /// Not ours, or forged.
    Nothing,
}

/// `field.option` of every box that is taken for chosen.
fn chosen(page: &Value) -> Vec<String> {
    let boxes = page["boxes"].as_array().unwrap();
    let marked = boxes.iter().filter(|one| one["state"] == "marked" || one["state"] == "circled");
    let name =
        |one: &Value| format!("{}.{}", one["field"].as_str().unwrap(), one["option"].as_str().unwrap());
    marked.map(name).collect()
}

fn texts(page: &Value, key: &str) -> String {
    let texts: Vec<&str> = page[key].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
    texts.join(" | ")
}

#[test]
fn a_sheet_comes_back_as_it_was_ticked_and_only_with_its_own_key() {
    let desk = Desk::new();
    for key in ["k1", "k2"] {
        desk.put(key, Keyring::generate().unwrap().to_toml());
    }
    desk.sheet_and_fax("sample", &[]);
    desk.sheet_and_fax("real", &["--key-file", "k1"]);
    let cases: &[(&str, &[&str], Known)] = &[
        ("the sample key", &["sample.tif", "--layout", "sample.json"], Known::Sheet),
        ("its key", &["real.tif", "--layout", "real.json", "--key-file", "k1"], Known::Sheet),
        (
            "several layouts",
            &["real.tif", "--layout", "sample.json", "--layout", "real.json", "--key-file", "k1"],
            Known::Sheet,
        ),
        (
            "another key of the same id",
            &["real.tif", "--layout", "real.json", "--key-file", "k2"],
            Known::Nothing,
        ),
        ("the sample key for a real sheet", &["real.tif", "--layout", "real.json"], Known::Nothing),
        (
            "a real key for a sample",
            &["sample.tif", "--layout", "sample.json", "--key-file", "k1"],
            Known::Nothing,
        ),
        ("no layout", &["real.tif", "--key-file", "k1"], Known::NumberAlone),
        (
            "another sheet's layout",
            &["real.tif", "--layout", "sample.json", "--key-file", "k1"],
            Known::NumberAlone,
        ),
    ];
    for (case, args, known) in cases {
        let pages = desk.run(&[&["read"], *args].concat()).ok().lines();
        let ticked: Vec<String> = pages.iter().flat_map(chosen).collect();
        let expected: &[&str] =
            if *known == Known::Sheet { &["answer.no_problem", "signature.doctor"] } else { &[] };
        assert_eq!(ticked, expected, "{case}");
        for page in &pages {
            let by_code = page["found_by"] == "code" || page["found_by"] == "code_search";
            assert_eq!(by_code, *known != Known::Nothing, "{case}: {page}");
            assert_eq!(page["sheet_id"].is_string(), *known != Known::Nothing, "{case}: {page}");
            assert_eq!(page["needs_person"], *known != Known::Sheet, "{case}: {page}");
            if *known != Known::Sheet {
                assert_eq!(page["boxes"].as_array().unwrap().len(), 0, "{case}: {page}");
                assert!(!texts(page, "reasons").is_empty(), "{case}: {page}");
            }
        }
    }
}

#[test]
fn a_sheet_says_sample_unless_it_has_a_key() {
    let desk = Desk::new();
    desk.put("k1", Keyring::generate().unwrap().to_toml());
    desk.sheet_and_fax("sample", &[]);
    desk.sheet_and_fax("real", &["--key-file", "k1"]);
    let code = |name: &str| {
        let layout: Value = serde_json::from_slice(&fs::read(desk.path(name)).unwrap()).unwrap();
        layout["pages"][0]["code"]["text"].as_str().unwrap().to_owned()
    };
    assert!(code("sample.json").starts_with('0') && code("real.json").starts_with('1'));
    let size = |name: &str| fs::metadata(desk.path(name)).unwrap().len();
    assert!(size("sample.pdf") > 10_000 && size("real.pdf") > 10_000);
}

#[test]
fn files_that_cannot_be_read_give_a_line_and_no_failure() {
    let desk = Desk::new();
    desk.sheet_and_fax("good", &[]);
    let good = fs::read(desk.path("good.tif")).unwrap();
    let cases: &[BadFile] = &[
        ("missing.tif", None, &["broken"]),
        ("empty.tif", Some(Vec::new()), &["empty", "unknown_kind"]),
        ("text.tif", Some(b"This is not a picture.\n".to_vec()), &["unknown_kind"]),
        ("header-only.tif", Some(good[..8].to_vec()), &["broken", "empty"]),
        ("cut.tif", Some(good[..good.len() / 3].to_vec()), &["broken", "empty", "damaged_lines"]),
        ("bomb.pdf", Some(strange::pdf_bomb()), &["too_large", "took_too_long"]),
        ("bomb.tif", Some(strange::tiff_bomb()), &["too_large", "took_too_long"]),
    ];
    for (name, bytes, problems) in cases {
        if let Some(bytes) = bytes {
            desk.put(name, bytes);
        }
        let lines = desk.run(&["read", name, "--layout", "good.json"]).ok().lines();
        assert!(!lines.is_empty(), "{name}: no line");
        let all: Vec<String> = lines.iter().map(|line| texts(line, "problems")).collect();
        let all = all.join(" | ");
        assert!(problems.iter().any(|problem| all.contains(&format!("{problem}: "))), "{name}: {lines:?}");
        for line in &lines {
            assert_eq!((&line["file"], &line["needs_person"]), (&Value::from(*name), &true.into()), "{line}");
            assert_eq!(chosen(line), [""; 0], "{name}");
        }
    }
    // One bad file does not hide the good one after it.
    let both = desk.run(&["read", "missing.tif", "good.tif", "--layout", "good.json"]).ok().lines();
    assert_eq!(both.iter().flat_map(chosen).count(), NO_PROBLEM.len(), "{both:?}");
    // Of a folder every file is read; one without any has nothing to read.
    let folder = desk.run(&["read", ".", "--layout", "good.json"]).ok().lines();
    let of = |name: &str| folder.iter().filter(|line| line["file"] == format!("./{name}")).count();
    assert!(["empty.tif", "text.tif", "bomb.pdf", "good.tif"].iter().all(|name| of(name) == 1), "{folder:?}");
    fs::create_dir(desk.path("nothing")).unwrap();
    desk.run(&["read", "nothing"]).refused("an empty folder", "nothing to read");
}

#[test]
fn wrong_usage_is_exit_status_2_and_nothing_else() {
    let desk = Desk::new();
    let cases: &[&[&str]] = &[
        &[],
        &["fly"],
        &["read"],
        &["read", "x.tif", "--colour"],
        &["sheet", "--form", "liaison"],
        &["deliver"],
        &["ingest"],
        &["request", "new", "--form", "liaison"],
        &["request", "show", "42"],
        &["request", "list", "--state", "lost"],
        &["report", "unanswered", "--from", "yesterday", "--to", "2026-12-31"],
        &["report", "unanswered", "--from", "2026-11-01", "--to", "2026-11-30", "--format", "xls"],
        &["run-due", "--now", "noon"],
        &["serve", "--listen", "everywhere"],
    ];
    for args in cases {
        let ran = desk.run(args);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{args:?}: {}", ran.err);
        assert!(!ran.err.is_empty(), "{args:?}");
    }
    assert!(!Path::new(&desk.path("data")).exists(), "wrong usage made a data directory");
}

#[test]
fn forms_check_names_file_and_line_of_every_mistake() {
    let desk = Desk::new();
    let good = include_str!("../../../forms/liaison.toml");
    desk.put("good.toml", good);
    desk.put(
        "broken.toml",
        good.replace("kind = \"long_text\"", "kind = \"longtext\"").replace("days = 5", "days = -5"),
    );
    desk.put("syntax.toml", "id = \"liaison\nversion = 1\n");
    let line_of = |needle: &str| good.lines().position(|line| line.contains(needle)).unwrap() + 1;

    assert_eq!(desk.run(&["forms", "check"]).ok().out, "");
    assert_eq!(desk.run(&["forms", "check", "good.toml"]).ok().out, "");
    let broken = desk.run(&["forms", "check", "good.toml", "broken.toml"]);
    assert_eq!(broken.code, Some(1));
    for needle in ["kind = \"long_text\"", "days = 5"] {
        let place = format!("broken.toml:{}:", line_of(needle));
        assert!(broken.out.lines().any(|line| line.starts_with(&place)), "{place}\n{}", broken.out);
    }
    assert!(!broken.out.contains("good.toml"), "{}", broken.out);
    let syntax = desk.run(&["forms", "check", "syntax.toml"]);
    assert_eq!(syntax.code, Some(1));
    assert!(syntax.out.starts_with("syntax.toml:1:"), "{}", syntax.out);
    desk.run(&["forms", "check", "missing.toml"]).refused("a missing file", "missing.toml");
}

#[test]
fn forms_show_tells_the_fields() {
    let desk = Desk::new();
    let form = desk.run(&["forms", "show", "liaison", "--json"]).ok().json();
    assert_eq!((form["id"].as_str(), form["version"].as_u64()), (Some("liaison"), Some(1)));
    let ids = |key: &str| -> Vec<String> {
        let list = form[key].as_array().unwrap().iter();
        list.map(|entry| entry["id"].as_str().unwrap().to_owned()).collect()
    };
    let fields = ids("fields");
    let example: Value = serde_json::from_str(&fs::read_to_string(EXAMPLE).unwrap()).unwrap();
    for key in example.as_object().unwrap().keys().filter(|key| *key != "consent") {
        assert!(fields.contains(key), "{key} is in the example and not in {fields:?}");
    }
    assert_eq!(ids("replies"), ["answer", "slots", "comment", "signature"]);
    desk.run(&["forms", "show", "nothing", "--json"])
        .refused("an unknown form", "there is no form 'nothing'");
}
