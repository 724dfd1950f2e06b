//! A good reply with bytes changed on its way: either the right ticks, or a person.

use super::clinic::{Clinic, call, opinion};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use renraku::store::{ArrivalStore, Filed};

const MUTANTS: usize = 500;

#[tokio::test(flavor = "multi_thread")]
async fn no_mutant_becomes_another_answer() {
    let clinic = Clinic::new().await;
    let mut rng = ChaCha8Rng::seed_from_u64(20_261_127);
    let saves = clinic.saves(&opinion(), &call());
    for (nth, save) in saves.iter().enumerate() {
        let (_dir, store) = clinic.copy();
        let filed = clinic.reads_into(&store, &clinic.reply(save));
        assert_eq!(filed.answered, [clinic.request], "save {nth}: {filed:?}");
        assert_eq!(store.replies(clinic.request).unwrap()[0].answers, opinion().answers, "save {nth}");
    }
    let (mut right, mut other_words, mut waiting) = (0, 0, 0);
    let mut copy = clinic.copy();
    for turn in 0..MUTANTS {
        let save = &saves[turn % saves.len()];
        // Half of them in the file, half in the mail that carries it.
        let mail = if turn % 2 == 0 {
            clinic.reply(&mutant(save, &mut rng))
        } else {
            mutant(&clinic.reply(save), &mut rng)
        };
        let filed: Filed = clinic.reads_into(&copy.1, &mail);
        if filed.answered.is_empty() {
            assert!(!filed.reviews.is_empty(), "mutant {turn} is nowhere");
            waiting += 1;
            continue;
        }
        let reply = copy.1.replies(clinic.request).unwrap().remove(0);
        assert_eq!(reply.answers, opinion().answers, "mutant {turn}");
        if reply.texts == opinion().texts {
            right += 1;
        } else {
            other_words += 1;
        }
        copy = clinic.copy();
    }
    println!(
        "{MUTANTS} mutants: {right} right, {other_words} the right ticks with a letter changed in the words, {waiting} wait"
    );
    assert!(right > 0 && waiting > 0);
}

/// One to three bytes changed, mostly in the part that holds the fields.
fn mutant(bytes: &[u8], rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut mutant = bytes.to_vec();
    for _ in 0..rng.random_range(1..=3) {
        let from = if rng.random_bool(0.8) { mutant.len() * 3 / 5 } else { 0 };
        let at = rng.random_range(from..mutant.len());
        mutant[at] = rng.random();
    }
    mutant
}
