//! Replies that were damaged: characters lost, doubled or put in, cut, lines shuffled. Nothing panics, and what is
//! still sure stands in the text as a mark.

use super::cases::{Expected, all};
use super::sure;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use renraku::mail::block::read;
use std::time::Instant;
use unicode_normalization::UnicodeNormalization;

const MUTATED: usize = 6_000;

fn mutated(text: &str, random: &mut ChaCha8Rng) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..random.random_range(1..=6) {
        if chars.is_empty() {
            break;
        }
        let place = random.random_range(0..chars.len());
        match random.random_range(0..8) {
            0 | 1 => drop(chars.remove(place)),
            2 => chars.insert(place, chars[place]),
            3 => {
                let strange: Vec<char> =
                    "x○[]()-0123456789 > \n、。かで?１レ△×\u{200b}\u{0}🙂".chars().collect();
                chars.insert(place, strange[random.random_range(0..strange.len())]);
            }
            4 => chars.truncate(place),
            5 => drop(chars.drain(..place / 2)),
            6 => {
                let end = (place + random.random_range(1..30)).min(chars.len());
                drop(chars.drain(place..end));
            }
            _ => {
                let text: String = chars.iter().collect();
                let mut lines: Vec<&str> = text.lines().collect();
                lines.shuffle(random);
                chars = lines.join("\n").chars().collect();
            }
        }
    }
    chars.into_iter().collect()
}

/// The mark stands there: brackets that are not empty before the code, or the code in a line of its own without
/// brackets. Written without the reader's own rules.
fn stands(text: &str, code: &str, one_question: bool) -> bool {
    let plain = |line: &str| -> String {
        let line: String =
            line.nfkc().filter(|c| !c.is_whitespace() && !c.is_control() && *c != '\u{200b}').collect();
        line.replace(['−', 'ー', '–'], "-").replace('【', "[").replace('】', "]")
    };
    let number = code.split('-').next_back().unwrap();
    text.lines().map(plain).any(|line| {
        let mut places = line.match_indices(code);
        let found = places.any(|(place, _)| {
            let before = &line[..place];
            let outside = before.strip_suffix("[]").or_else(|| before.strip_suffix("()"));
            let drawn = |text: &str| "○〇◯✓✔レ".chars().any(|mark| text.ends_with(mark));
            outside.is_none_or(drawn) || drawn(&line) || line.ends_with('x')
        });
        found || one_question && line.trim_start_matches(['○', '.', '、', '。']).starts_with(number)
    })
}

#[test]
fn damaged_replies_neither_panic_nor_gain_a_mark() {
    let mut random = ChaCha8Rng::seed_from_u64(20_261_120);
    let cases = all();
    let (mut still, mut other, mut gained) = (0, 0, Vec::new());
    for turn in 0..MUTATED {
        let case = &cases[(turn * 7) % cases.len()];
        let text = mutated(&case.text, &mut random);
        let _ = read(&text, None);
        let answer = read(&text, Some(&case.asked.block));
        let Some(codes) = sure(&case.asked, answer.as_ref()) else { continue };
        match &case.expected {
            Expected::Sure(expected) if *expected == codes => still += 1,
            _ => other += 1,
        }
        let one = case.asked.block.questions.len() == 1;
        if let Some(code) = codes.iter().find(|code| !stands(&text, code, one)) {
            gained.push(format!("{}: {code} in\n{text}\n{answer:#?}", case.name));
        }
    }
    println!(
        "{MUTATED} damaged replies: {still} still sure and the same, {other} sure with what stands there now"
    );
    assert!(gained.is_empty(), "{} gained a mark, such as\n{}", gained.len(), gained[0]);
    assert!(still > MUTATED / 20, "{still}");
}

/// Twice the text takes about twice the time, whatever it is made of.
#[test]
fn a_long_reply_takes_no_longer_than_its_length() {
    let case = all().into_iter().next().unwrap();
    for piece in [
        "[x] 1-1 ",
        "1-1 ",
        "1-1-",
        "[",
        "((((",
        "○",
        "> > ",
        "1",
        "1の",
        "\n",
        "====\n",
        "連絡番号:26-",
        "お願い",
    ] {
        let text = piece.repeat(200_000 / piece.len());
        let start = Instant::now();
        let _ = read(&text, Some(&case.asked.block));
        let _ = read(&text, None);
        assert!(start.elapsed().as_secs() < 5, "{piece}: {:?}", start.elapsed());
    }
}

#[test]
fn nothing_of_ours_is_no_answer() {
    let case = all().into_iter().next().unwrap();
    for text in [
        "",
        "\n\n",
        "お世話になっております。",
        "会議は 11/24 13:00 からです。",
        "TEL 03-0000-1001",
        "\u{0}\u{feff}",
    ] {
        assert_eq!(read(text, Some(&case.asked.block)), None, "{text}");
        assert_eq!(read(text, None), None, "{text}");
    }
}
