//! Every form's example as programs see it that are not ours: qpdf checks the file, poppler reads its text and its
//! fonts, tesseract reads the page as a fax shows it. `tests/system/paper/run` installs them and starts this.

#[path = "../../it/catalogue/said.rs"]
mod said;

use renraku::domain::identifier::FaxNumber;
use renraku::flow::submit::{Rule, due_on};
use renraku::form::answers::check_answers;
use renraku::form::catalogue::Catalogue;
use renraku::form::definition::FormDefinition;
use renraku::form::layout::Layout;
use renraku::read::png;
use renraku::read::raster::{Limits, rasterize_pdf};
use said::{Said, compact};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use unicode_normalization::UnicodeNormalization as _;

/// The day on which the sheets are made; their words depend on it.
const NOW: &str = "2026-11-27T09:00:00+09:00";
const TODAY: jiff::civil::Date = jiff::civil::date(2026, 11, 27);
/// What `renraku sheet` prints without a request.
const NUMBER: &str = "00-000000-0";
/// 204 × 196 an inch (T.4); the pictures of 204 × 98 come from `renraku sheet --all`, their rows doubled.
const FINE_DPI: (f64, f64) = (204.0, 196.0);

/// Share of characters that tesseract must read back, of every form. Tesseract is no person; what matters is that no
/// change of the sheet makes it worse. The worst forms have 0.96 at 98 lines an inch and 0.965 at 196; with the lines of
/// recipient and sender staggered one had 0.915, and must have been found. A sheet's random number moves it by 0.005.
const FLOOR_STANDARD: f64 = 0.94;
const FLOOR_FINE: f64 = 0.95;

/// One page of one form, with its two pictures.
struct Page {
    form: String,
    number: usize,
    text: String,
    pictures: [PathBuf; 2],
}

#[test]
fn other_programs_read_what_was_filled_in() {
    let kept = std::env::var_os("RENRAKU_PAPER_OUT").map(PathBuf::from);
    let temporary = tempfile::tempdir().unwrap();
    let out = kept.unwrap_or_else(|| temporary.path().to_owned());
    make_sheets(&out);
    let mut pages = Vec::new();
    let mut rows = BTreeMap::new();
    for form in Catalogue::built_in().unwrap().newest() {
        let pdf = out.join(format!("{}.pdf", form.id));
        check_file(&pdf);
        check_fonts(&pdf);
        let count = check_words(form, &out, &pdf);
        let bytes = fs::metadata(&pdf).unwrap().len();
        assert!(count > 1 || bytes <= 80_000, "{}: one page of {bytes} bytes", form.id);
        rows.insert(form.id.clone(), (count, bytes, [(0, 0); 2]));
        pages.extend(pictures(form, &out, &pdf, count));
    }
    for (form, resolution, read) in read_all(&pages) {
        let (_, _, sums) = rows.get_mut(&form).unwrap();
        sums[resolution].0 += read.0;
        sums[resolution].1 += read.1;
    }
    report(&rows);
}

/// What stands in the report for one form: pages, bytes, and of both resolutions what was read of how much.
type Row = (usize, u64, [(usize, usize); 2]);

/// `renraku sheet --all`, as a person would call it.
fn make_sheets(out: &Path) {
    let program =
        std::env::var("RENRAKU_BINARY").unwrap_or_else(|_| env!("CARGO_BIN_EXE_renraku").to_owned());
    let data = tempfile::tempdir().unwrap();
    let mut command = Command::new(program);
    command.args(["--now", NOW, "--data"]).arg(data.path()).args(["sheet", "--all", "--out"]).arg(out);
    ran(command.current_dir(env!("CARGO_MANIFEST_DIR")));
}

/// The output of a program that must end well and say nothing against the file.
fn ran(command: &mut Command) -> String {
    let Output { status, stdout, stderr } =
        command.output().unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
    let (stdout, stderr) = (String::from_utf8_lossy(&stdout).into_owned(), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{command:?} ended with {status}\n{stdout}\n{stderr}");
    stdout
}

/// qpdf ends with 3 for warnings, and then says WARNING.
fn check_file(pdf: &Path) {
    let said = ran(Command::new("qpdf").arg("--check").arg(pdf));
    assert!(said.contains("No syntax or stream encoding errors found"), "{}: {said}", pdf.display());
    assert!(!said.contains("WARNING"), "{}: {said}", pdf.display());
}

/// Of each font `pdffonts` says, before the two numbers of its object: encoding, embedded, subset, unicode.
fn check_fonts(pdf: &Path) {
    let said = ran(Command::new("pdffonts").arg(pdf));
    let fonts: Vec<&str> = said.lines().skip(2).collect();
    assert!(fonts.len() >= 2, "{}: {said}", pdf.display());
    for font in fonts {
        let words: Vec<&str> = font.split_whitespace().rev().take(6).collect();
        assert_eq!(words[2..], ["yes", "yes", "yes", "Identity-H"], "{}: {said}", pdf.display());
    }
}

/// What poppler takes out, in the order of the content, is what was filled in. Returns the number of pages.
fn check_words(form: &FormDefinition, out: &Path, pdf: &Path) -> usize {
    let example =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/forms").join(&form.id).join("example.json");
    let example = serde_json::from_str(&fs::read_to_string(example).unwrap()).unwrap();
    let answers = check_answers(form, &example).unwrap();
    let layout = fs::read_to_string(out.join(format!("{}.json", form.id))).unwrap();
    let layout: Layout = serde_json::from_str(&layout).unwrap();
    let fax =
        answers.sender(form).and_then(|party| party.fax.as_ref()).map(FaxNumber::display).unwrap_or_default();
    let said = Said {
        form,
        answers: &answers,
        number: NUMBER,
        sheet_id: layout.sheet_id.as_str(),
        issued_on: TODAY,
        due_on: due_on(form, &Rule::default(), &answers, TODAY).unwrap(),
        return_fax: &fax,
    };
    let pages: Vec<String> = (1..=layout.pages.len()).map(|page| words(pdf, page, "-raw")).collect();
    said.compare(&pages).unwrap_or_else(|error| panic!("{}: {error}", form.id));
    pages.len()
}

fn words(pdf: &Path, page: usize, order: &str) -> String {
    let page = page.to_string();
    ran(Command::new("pdftotext").args([order, "-f", &page, "-l", &page]).arg(pdf).arg("-"))
}

/// The pages of a form as a fax shows them. Their text is in the order of the page's lines, as tesseract reads it.
fn pictures(form: &FormDefinition, out: &Path, pdf: &Path, count: usize) -> Vec<Page> {
    let (fine, problems) = rasterize_pdf(&fs::read(pdf).unwrap(), FINE_DPI.0, FINE_DPI.1, &Limits::default());
    assert_eq!((fine.len(), problems.len()), (count, 0), "{}", form.id);
    let page = |(number, page): (usize, &renraku::read::bitmap::RasterPage)| {
        let fine = out.join(format!("{}-{number}-fine.png", form.id));
        fs::write(&fine, png(&page.bitmap)).unwrap();
        let standard = out.join(format!("{}-{number}.png", form.id));
        Page {
            form: form.id.clone(),
            number,
            text: plain(&words(pdf, number, "-layout")),
            pictures: [standard, fine],
        }
    };
    (1..).zip(&fine).map(page).collect()
}

/// NFKC, without blanks and without what a rule is read as: dashes, bars, and the 一 and the ー that look like them.
fn plain(text: &str) -> String {
    let is_rule = |character: char| "-‐‑‒–—―─━ー一|｜│┃_=~〜".contains(character);
    compact(&text.nfkc().collect::<String>()).chars().filter(|character| !is_rule(*character)).collect()
}

/// Form, resolution (0: 98 lines an inch, 1: 196), characters that were read and that there are.
type Read = (String, usize, (usize, usize));

/// Every picture through tesseract, two at a time.
fn read_all(pages: &[Page]) -> Vec<Read> {
    let waiting = Mutex::new(pages.iter().flat_map(|page| [(page, 0), (page, 1)]).collect::<Vec<_>>());
    let read = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some((page, resolution)) = waiting.lock().unwrap().pop() else { break };
                    let counts = read_page(page, resolution);
                    read.lock().unwrap().push((page.form.clone(), resolution, counts));
                }
            });
        }
    });
    let read = read.into_inner().unwrap();
    assert_eq!(read.len(), 2 * pages.len(), "every page at both resolutions");
    read
}

fn read_page(page: &Page, resolution: usize) -> (usize, usize) {
    let picture = &page.pictures[resolution];
    // One column of lines of any size (--psm 4): a sheet is a table, read row by row. Looking for columns reads less.
    let options = ["-", "-l", "jpn", "--psm", "4", "--dpi", "204"];
    let said = ran(Command::new("tesseract").arg(picture).args(options));
    fs::write(picture.with_extension("txt"), &said).unwrap();
    let read = plain(&said);
    assert!(!page.text.is_empty(), "{} page {} has text", page.form, page.number);
    (common(&page.text, &read), page.text.chars().count())
}

/// The length of the longest common subsequence: characters that were read, in their order.
fn common(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row = vec![0; other.len() + 1];
    for character in one.chars() {
        let mut diagonal = 0;
        for (index, candidate) in other.iter().enumerate() {
            let longer = if character == *candidate { diagonal + 1 } else { row[index].max(row[index + 1]) };
            diagonal = std::mem::replace(&mut row[index + 1], longer);
        }
    }
    row[other.len()]
}

fn report(rows: &BTreeMap<String, Row>) {
    println!(
        "share read back = longest common subsequence / characters of the sheet's own text, both NFKC without"
    );
    println!("blanks, dashes, bars, 一 and ー; tesseract jpn, --psm 4, pictures in black and white");
    println!("{:20} {:>5} {:>7} {:>6} {:>7} {:>7}", "form", "pages", "bytes", "chars", "204×98", "204×196");
    let share = |(read, all): (usize, usize)| read as f64 / all as f64;
    for (form, (pages, bytes, [standard, fine])) in rows {
        let chars = standard.1;
        println!(
            "{form:20} {pages:>5} {bytes:>7} {chars:>6} {:>7.3} {:>7.3}",
            share(*standard),
            share(*fine)
        );
    }
    for (form, (_, _, [standard, fine])) in rows {
        let shares = (share(*standard), share(*fine));
        assert!(shares.0 >= FLOOR_STANDARD && shares.1 >= FLOOR_FINE, "{form} is read worse: {shares:?}");
    }
    assert_eq!(rows.len(), 15, "every form");
}

#[test]
fn the_share_is_counted_as_it_is_said() {
    assert_eq!((common("主治医の先生", "主活医の先生"), common("あいう", ""), common("", "あ")), (5, 0, 0));
    assert_eq!(common("連絡番号26", "x連y絡z番26号"), 5, "the order counts");
    assert_eq!(plain("ﾃｰﾌﾞﾙ ①— ｜１２"), "テブル112");
}
