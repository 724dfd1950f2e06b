//! Sheets that a pen ticked, through real T.30 calls, as `renraku read` reads them. `tests/system/fax-line/run` sets the
//! lines up and starts this.

#[path = "../../it/faxed/penned.rs"]
mod penned;

use penned::{Compared, Penned, compare, read};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use renraku::practice::clinic::{self, Sending};
use renraku::practice::damage::Resolution;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// Fixed: the pen does the same in every run; the sheets' numbers differ.
const SEED: u64 = 20_261_127;
/// Calls for one fax at the most.
const CALLS_MAX: usize = 3;
const LINE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/system/fax-line/line");
const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/files/faxed");

/// One telephone call.
struct Call {
    name: &'static str,
    /// What the clinic's machine is told (sendfax).
    options: &'static [&'static str],
    /// How its scanner looks at the paper.
    scanned: Resolution,
    /// What the two machines must agree on, in the words of `HylaFAX`: a line of it that is missing is another test.
    agreed: &'static [&'static str],
    /// One sheet of each; those with two pages send both.
    forms: &'static [&'static str],
    /// Pages that these are at the least.
    pages: usize,
}

impl Call {
    const fn fine(name: &'static str, forms: &'static [&'static str], pages: usize) -> Self {
        Self { name, options: &["-m"], scanned: Resolution::Fine, agreed: &[FINE, MMR, ECM], forms, pages }
    }

    const fn standard(name: &'static str, forms: &'static [&'static str], pages: usize) -> Self {
        let scanned = Resolution::Standard;
        Self { name, options: &["-l"], scanned, agreed: &[STANDARD, MMR, ECM], forms, pages }
    }

    /// Without the correction of errors (T.30 annex A): lines are then coded one after another, MR (T.4 §4.2).
    const fn fine_no_ecm(name: &'static str, forms: &'static [&'static str], pages: usize) -> Self {
        let options = &["-m", "-E"];
        Self { name, options, scanned: Resolution::Fine, agreed: &[FINE, "2-D MR"], forms, pages }
    }

    /// The same at 98 lines an inch.
    const fn standard_no_ecm(name: &'static str, forms: &'static [&'static str], pages: usize) -> Self {
        let options = &["-l", "-E"];
        Self { name, options, scanned: Resolution::Standard, agreed: &[STANDARD, "2-D MR"], forms, pages }
    }

    /// The machine scans fine and sends coarse: `HylaFAX` and Ghostscript make the fax, no line of it is ours.
    const fn fine_sent_coarse(name: &'static str, forms: &'static [&'static str], pages: usize) -> Self {
        Self { scanned: Resolution::Fine, ..Self::standard(name, forms, pages) }
    }
}

const FINE: &str = "7.7 line/mm";
const STANDARD: &str = "3.85 line/mm";
const MMR: &str = "2-D MMR";
const ECM: &str = "ECM";

const MANY: &[&str] =
    &["liaison", "opinion_letter", "rule_survey", "conference", "call_request", "end_of_life"];

/// The calls of each line, one after the other; the lines speak at the same time.
const CALLS: [&[Call]; 2] = [
    &[
        Call::fine("fine, ECM", MANY, 8),
        Call::fine_sent_coarse("fine sent coarse", &["liaison", "rule_survey"], 2),
    ],
    &[
        Call::standard("standard, ECM", MANY, 8),
        Call::fine_no_ecm("fine, no ECM", &["liaison", "outpatient_visit"], 2),
    ],
];

/// The calls whose faxes stay in the repository, a file each.
const KEPT_CALLS: [&[Call]; 2] = [
    &[
        Call::fine("fine", &["liaison"], 1),
        Call::fine("fine-two-pages", &["opinion_letter"], 2),
        Call::fine_no_ecm("fine-no-ecm", &["rule_survey"], 1),
    ],
    &[
        Call::standard("standard", &["liaison"], 1),
        Call::standard("standard-two-sheets", &["conference", "call_request"], 2),
        Call::standard_no_ecm("standard-no-ecm", &["outpatient_visit"], 1),
        Call::fine_sent_coarse("fine-sent-coarse", &["liaison"], 1),
    ],
];

/// What came out of a call.
struct Came {
    name: &'static str,
    fax: PathBuf,
    sheets: Vec<Penned>,
    seconds: f64,
    compared: Compared,
}

#[test]
fn what_the_pen_ticked_is_read_after_a_real_call() {
    let keep = std::env::var_os("RENRAKU_FAXED").is_some();
    let lines =
        std::env::var("RENRAKU_FAX_LINES").expect("start tests/system/fax-line/run, which sets the lines up");
    let lines: Vec<&Path> = lines.split_whitespace().map(Path::new).collect();
    let plan = if keep { KEPT_CALLS } else { CALLS };
    assert_eq!(lines.len(), plan.len());
    let came: Vec<Came> = std::thread::scope(|scope| {
        let threads: Vec<_> = lines
            .iter()
            .zip(plan)
            .map(|(line, calls)| {
                scope.spawn(move || calls.iter().map(|one| call_until_whole(line, one)).collect::<Vec<_>>())
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let mut wrong = Vec::new();
    println!(
        "{:20} {:>5} {:>5} {:>6} {:>6} {:>6} {:>5} {:>7}",
        "call", "pages", "boxes", "ticked", "unsure", "person", "wrong", "seconds"
    );
    for one in &came {
        report(one);
        let said = one.compared.wrong.iter().chain(&one.compared.broken);
        wrong.extend(said.map(|what| format!("{}: {what}", one.name)));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    if keep {
        came.iter().for_each(stay);
    }
}

fn program() -> String {
    std::env::var("RENRAKU_BINARY").unwrap_or_else(|_| env!("CARGO_BIN_EXE_renraku").to_owned())
}

/// Where errors are not corrected, the line may break a page, as telephone lines do: it then waits for a person, and the
/// clinic faxes again. Nothing of what came may be wrong, whole or not.
fn call_until_whole(line: &Path, one: &Call) -> Came {
    let corrected = one.agreed.contains(&ECM);
    let mut came = call(line, one);
    for _ in 1..CALLS_MAX {
        if corrected || came.compared.broken.is_empty() || !came.compared.wrong.is_empty() {
            break;
        }
        println!("{}: faxed again, the line broke a page: {:?}", one.name, came.compared.broken);
        came = call(line, one);
    }
    came
}

/// Makes the sheets, ticks them, scans them and faxes all of them in one call.
fn call(line: &Path, call: &Call) -> Came {
    let folder = tempfile::tempdir().unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let (mut sheets, mut scans) = (Vec::new(), Vec::new());
    for form in call.forms {
        let (sheet, tiff) = penned(folder.path(), form, call.scanned, &mut rng);
        let path = folder.path().join(format!("{form}.tif"));
        std::fs::write(&path, tiff).unwrap();
        sheets.push(sheet);
        scans.push(path);
    }
    let pages: usize = sheets.iter().map(|sheet| sheet.layout.pages.len()).sum();
    assert!(pages >= call.pages, "{}: {pages} pages", call.name);
    let began = Instant::now();
    let output = Command::new(LINE).arg("call").arg(line).args(call.options).args(&scans).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}: {said}{}", call.name, String::from_utf8_lossy(&output.stderr));
    let (fax, agreed) = said.trim().split_once('\n').expect("the file and what was agreed on");
    assert!(call.agreed.iter().all(|word| agreed.contains(word)), "{}: {agreed}", call.name);
    assert_eq!(agreed.contains(ECM), call.agreed.contains(&ECM), "{}: {agreed}", call.name);
    let fax = PathBuf::from(fax);
    let seconds = began.elapsed().as_secs_f64();
    let compared = compare(&sheets, &read(&program(), &fax, &sheets));
    Came { name: call.name, fax, sheets, seconds, compared }
}

/// A sheet with the form's example, ticked by the practice clinic and scanned without a fault: what is wrong with it
/// afterwards, the call did.
fn penned(folder: &Path, form: &str, scanned: Resolution, rng: &mut ChaCha8Rng) -> (Penned, Vec<u8>) {
    let (pdf, layout) = (folder.join(format!("{form}.pdf")), folder.join(format!("{form}.json")));
    let example = format!("{}/tests/forms/{form}/example.json", env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(program());
    command.arg("--data").arg(folder).args(["sheet", "--form", form, "--answers", &example, "--out"]);
    let output = command.arg(&pdf).arg("--layout").arg(&layout).output().unwrap();
    assert!(output.status.success(), "{form}: {}", String::from_utf8_lossy(&output.stderr));
    let layout = serde_json::from_slice(&std::fs::read(layout).unwrap()).unwrap();
    let manner = Sending { resolution: scanned, damage: 0.0 };
    let answered = clinic::answer(&std::fs::read(pdf).unwrap(), &layout, manner, rng).unwrap();
    (Penned { layout, ticked: answered.ticked }, answered.tiff)
}

fn report(came: &Came) {
    let compared = &came.compared;
    println!(
        "{:20} {:>5} {:>5} {:>6} {:>6} {:>6} {:>5} {:>7.0}",
        came.name,
        compared.pages,
        compared.boxes,
        compared.ticked,
        compared.unsure.len(),
        compared.for_a_person.len(),
        compared.wrong.len(),
        came.seconds
    );
    compared.unsure.iter().chain(&compared.for_a_person).for_each(|what| println!("    {what}"));
}

/// Keeps a fax as a file of the tests, with its sheets.
fn stay(came: &Came) {
    let at = |ending: &str| Path::new(KEPT).join(format!("{}.{ending}", came.name));
    std::fs::create_dir_all(KEPT).unwrap();
    std::fs::copy(&came.fax, at("tif")).unwrap();
    std::fs::write(at("json"), serde_json::to_vec(&came.sheets).unwrap()).unwrap();
}
