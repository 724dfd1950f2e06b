//! A filled sheet with bytes changed, lost or repeated: the reader never panics, and no box is ticked that was not.

use super::{appended, fill, liaison, open, saved, sorted};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use renraku::read::fillable::read_fields;
use renraku::seal::code;
use renraku::seal::keyring::Keyring;

const MUTANTS: u64 = 2_000;

#[test]
fn mutants_never_panic_and_never_tick_another_box() {
    let sample = liaison();
    let mut document = open(&sample);
    fill(&mut document, &sample.answer(1), &sample.form);
    let mut modern = Vec::new();
    document.clone().save_modern(&mut modern).unwrap();
    let originals = [saved(&mut document), modern];
    let mut rng = ChaCha8Rng::seed_from_u64(20_261_127);
    let page = sample.layout.pages.last().unwrap();
    let (mut same, mut none, mut flagged, mut caught, mut text) = (0, 0, 0, 0, 0);
    for turn in 0..MUTANTS {
        let mutant = mutate(&originals[turn as usize % 2], &mut rng);
        // `read_fields` catches a panic and says so.
        match read_fields(&mutant) {
            (None, problems) => {
                let stopped = problems.iter().any(|one| one.sentence.contains("stopped half-way"));
                assert!(!problems.is_empty() && !stopped, "mutant {turn}: {problems:?}");
                none += 1;
            }
            (Some(_), problems) if !problems.is_empty() => flagged += 1,
            (Some(form), _) if sorted(form.clone()) == sorted(sample.answer(1)) => same += 1,
            // What a caller has to ask finds the rest: the token, and what the page has.
            (Some(form), _) if code::verify(&Keyring::sample(), &form.token).is_err() => caught += 1,
            (Some(form), _) if !form.lacks(page).is_empty() => caught += 1,
            (Some(form), _) => {
                assert_eq!(sorted(form).answers, sorted(sample.answer(1)).answers, "mutant {turn}");
                text += 1;
            }
        }
    }
    println!(
        "{MUTANTS} mutants: {same} read the same, {none} refused, {flagged} with a problem, {caught} with a wrong token or \
         a lost field, {text} the same boxes and another text"
    );
    assert!(same > 0 && none > 0);
}

/// What was saved last stands in the last table alone: a reader that repairs a damaged one finds the answer before.
#[test]
fn no_damage_of_the_last_table_brings_an_earlier_answer_back() {
    let sample = liaison();
    let (before, last) = (sample.answer(0), sample.answer(1));
    let bytes = appended(&sample.pdf, &sample.form, &before, &last);
    let table = bytes.windows(5).rposition(|five| five == b"\nxref").unwrap();
    let (mut same, mut doubted, mut earlier) = (0, 0, 0);
    for at in table..bytes.len() {
        for other in [b'0', b'9', b' ', b'x', bytes[at] ^ 1] {
            let mut mutant = bytes.clone();
            mutant[at] = other;
            match read_fields(&mutant) {
                (Some(form), problems) if problems.is_empty() => {
                    assert_eq!(sorted(form), sorted(last.clone()), "byte {at} as {other}");
                    same += 1;
                }
                (Some(form), _) if sorted(form.clone()).answers != sorted(last.clone()).answers => {
                    earlier += 1;
                }
                _ => doubted += 1,
            }
        }
    }
    println!("{same} read the same, {doubted} in doubt, {earlier} with a box as it was before, and said so");
    assert!(same > 0 && doubted > 100 && earlier > 0);
}

/// One to eight bytes changed, removed or repeated, mostly in the part that holds the fields.
fn mutate(bytes: &[u8], rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut mutant = bytes.to_vec();
    for _ in 0..rng.random_range(1..=8) {
        let from = if rng.random_bool(0.8) { mutant.len() * 4 / 5 } else { 0 };
        let at = rng.random_range(from..mutant.len());
        match rng.random_range(0..4) {
            0 => mutant[at] = rng.random(),
            1 => mutant[at] ^= 1 << rng.random_range(0..8),
            2 => {
                let end = (at + rng.random_range(1..40)).min(mutant.len());
                mutant.drain(at..end);
            }
            _ => {
                let end = (at + rng.random_range(1..40)).min(mutant.len());
                let copy = mutant[at..end].to_vec();
                mutant.splice(at..at, copy);
            }
        }
    }
    mutant
}
