//! Sheets that the practice clinic answered, kept for tests that then do harm to their files: what was ticked is
//! known, and any sure reading must say the same.

use crate::sheets::OneSheet;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use renraku::domain::reading::BoxState;
use renraku::domain::sheet_number::SheetNumber;
use renraku::form::answers::check_answers;
use renraku::form::catalogue::Catalogue;
use renraku::form::layout::Layout;
use renraku::practice::clinic::{Sending, Ticked, answer};
use renraku::practice::damage::Resolution;
use renraku::read::ReadPage;
use renraku::read::bitmap::RasterPage;
use renraku::read::raster::{self, Limits};
use renraku::seal::keyring::Keyring;
use renraku::sheet::{SheetOrder, render};

/// One answered sheet.
pub struct Answered {
    pub layout: Layout,
    pub keyring: Keyring,
    pub pdf: Vec<u8>,
    pub ticked: Ticked,
    /// As the fax machine sent them.
    pub pages: Vec<RasterPage>,
}

impl Answered {
    pub fn new(seed: u64, resolution: Resolution, damage: f64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let form = Catalogue::built_in().unwrap().load("liaison").unwrap();
        let json = serde_json::from_str(include_str!("../forms/liaison/example.json")).unwrap();
        let answers = check_answers(&form, &json).unwrap();
        // Always the same key, so that the same seed makes the same bytes.
        let keyring = Keyring::from_toml(&format!("current = \"1\"\n[keys]\n1 = \"{}\"\n", "5a".repeat(32)));
        let keyring = keyring.unwrap();
        let sheet_id = SheetNumber::from_random(rng.random());
        let order = SheetOrder {
            form: &form,
            answers: &answers,
            number: "26-000042-2",
            sheet_id: &sheet_id,
            keyring: &keyring,
            issued_on: jiff::civil::date(2026, 11, 22),
            due_on: None,
            return_fax: "03-0000-0001",
            sample: true,
            cover: false,
            attached: &[],
        };
        let sheet = render(&order).unwrap();
        let faxed = answer(&sheet.pdf, &sheet.layout, Sending { resolution, damage }, &mut rng).unwrap();
        let mut pages = Vec::new();
        let problems = raster::open(&faxed.tiff, &Limits::default(), &mut |page| pages.push(page));
        assert_eq!(problems, []);
        Self { layout: sheet.layout, keyring, pdf: sheet.pdf, ticked: faxed.ticked, pages }
    }

    pub fn book(&self) -> OneSheet<'_> {
        OneSheet { layout: &self.layout, keyring: &self.keyring }
    }

    /// Boxes that were read as something else than what the pen did, without a doubt about them.
    pub fn silent_errors(&self, page: &ReadPage) -> Vec<String> {
        let wrong = page.reading.boxes.iter().filter(|one| {
            let chosen = self.ticked.answers[&one.field].contains(&one.option);
            match one.state {
                BoxState::Empty => chosen,
                BoxState::Marked | BoxState::Circled => !chosen,
                BoxState::Cancelled | BoxState::Unsure => false,
            }
        });
        wrong.map(|one| format!("{}.{} {:?}", one.field, one.option, one.state)).collect()
    }
}
