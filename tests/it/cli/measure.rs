//! `trials`, `measure` and what `read` shows to people: the tools that tell how well the reader reads.

use crate::world::{Ran, renraku};
use serde_json::Value;
use std::fs;
use std::path::Path;

fn run(folder: &Path, args: &[&str]) -> Ran {
    Ran::of(renraku().current_dir(folder).args(args))
}

/// `sheets` with every form and `made` with a few trials of them.
fn made(folder: &Path) {
    // The examples lie in the repository.
    let sheets = folder.join("sheets");
    run(Path::new(env!("CARGO_MANIFEST_DIR")), &["sheet", "--all", "--out", sheets.to_str().unwrap()]).ok();
    run(folder, &["trials", "made", "--sheets", "sheets", "--count", "4", "--seed", "400"]).ok();
}

#[test]
fn a_folder_of_trials_is_measured_and_one_wrong_answer_fails_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    made(folder);
    let again = run(folder, &["trials", "made", "--sheets", "sheets"]);
    again.refused("a folder in use", "not empty");
    let good = run(folder, &["measure", "made", "--why"]).ok().out;
    assert!(good.contains("== 204 × 196") && good.contains("silent errors 0"), "{good}");
    let table = |name: &str| good.lines().any(|line| line.starts_with(name));
    assert!(table("empty") && table("quality") && table("damage"), "{good}");
    // Nobody reads better than all.
    run(folder, &["measure", "made", "--found", "100", "--to-a-person", "100"]).ok();
    assert_eq!(run(folder, &["measure", "made", "--found", "100.1"]).code, Some(1));
    assert_eq!(run(folder, &["measure", "made", "--to-a-person", "-0.1"]).code, Some(2));
    // The doctor meant another option of some field: what is read is then wrong.
    let file = folder.join("made/400.json");
    let mut expected: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let boxes = expected["sheets"][0]["boxes"].as_array_mut().unwrap();
    let empty = boxes.iter_mut().find(|one| one["mark"] == "empty").unwrap();
    empty["mark"] = "tick".into();
    empty["chosen"] = true.into();
    empty["dark"] = 0.2.into();
    fs::write(&file, expected.to_string()).unwrap();
    let bad = run(folder, &["measure", "made"]);
    assert_eq!(bad.code, Some(1));
    assert!(bad.out.contains("silent errors 1"), "{}", bad.out);
    run(folder, &["measure", "sheets/no-such"]).refused("no folder", "known answers");
}

#[test]
fn what_the_reader_saw_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    made(folder);
    let args = ["read", "made", "--layout", "sheets", "--explain", "seen", "--crops", "boxes", "--timings"];
    // The folder has the answers beside the pages: they are no pictures, and each is told so.
    let lines = run(folder, &args).ok().lines();
    let pages: Vec<&Value> = lines.iter().filter(|line| line["sheet_id"].is_string()).collect();
    assert!(pages.len() >= 4, "{lines:?}");
    let timings = lines.iter().filter_map(|line| line["timings_us"].as_object());
    for stages in timings.clone() {
        let names: Vec<&str> = stages.keys().map(String::as_str).collect();
        assert_eq!(names, ["areas", "boxes", "finding", "opening", "outside", "placing", "summing"]);
    }
    assert_eq!(timings.count(), 4);
    let boxes: usize = pages.iter().map(|page| page["boxes"].as_array().unwrap().len()).sum();
    let mut crops: Vec<String> = fs::read_dir(folder.join("boxes"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(crops.len(), boxes);
    crops.sort();
    let quality = |name: &String| name.split('-').next().unwrap().parse::<f64>().unwrap();
    assert!(crops.is_sorted_by(|a, b| quality(a) <= quality(b)));
    let picture = image::open(folder.join("boxes").join(&crops[0])).unwrap();
    assert_eq!((picture.width(), picture.height()), (132, 132));
    let svg = fs::read_to_string(folder.join("seen/400.tif-p1.svg")).unwrap();
    let first = pages.iter().find(|page| page["file"].as_str().unwrap().ends_with("400.tif")).unwrap();
    assert!(svg.contains(first["sheet_id"].as_str().unwrap()), "the number is drawn in");
    assert!(svg.matches("<polygon").count() >= 5 + first["boxes"].as_array().unwrap().len());
    assert!(svg.ends_with("</svg>\n"));
}
