//! Mails as they come, cut, doubled, swapped and strewn with other octets, through the whole inbox: no panic, the bytes are
//! kept as they came, and each becomes something that a person can see. `RENRAKU_MUTANTS=10000` makes that many.

use crate::letters::{FAX, MAIL, Region};
use crate::mail_answers::quote;
use crate::notices::mutate;
use crate::world::reading;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use renraku::domain::directory::RouteKind;
use renraku::domain::request::ArrivalState;
use renraku::flow::ingest::{Reading, read_arrival, store_arrival};
use renraku::mail::parse::parse;
use renraku::pool::{Pool, PoolLimits};
use renraku::practice::clinic::{Sending, answer, fax_service_mail};
use renraku::practice::damage::Resolution;
use renraku::store::Recorded;
use std::collections::BTreeMap;
use std::path::PathBuf;

#[tokio::test(flavor = "multi_thread")]
async fn whatever_becomes_of_a_mail_somebody_sees_it() {
    let count = std::env::var("RENRAKU_MUTANTS").ok().and_then(|count| count.parse().ok()).unwrap_or(150_u64);
    let region = Region::new().await;
    let originals = originals(&region).await;
    let pool = Pool::new(env!("CARGO_BIN_EXE_renraku").into(), PoolLimits::default());
    let service = region.sender.fax.as_ref();
    let with = Reading { service, ..reading(&pool, &region.sender.keyring) };
    let store = region.store.as_ref();
    let mut became: BTreeMap<&str, u64> = BTreeMap::new();
    for seed in 0..count {
        let mut rng = ChaCha8Rng::seed_from_u64(8_000_000 + seed);
        let mut raw = originals.choose(&mut rng).unwrap().clone();
        for _ in 0..rng.random_range(1..6) {
            mutate(&mut raw, &mut rng);
        }
        let key = format!("mutant:{seed}");
        let recorded = store_arrival(store, &key, "mail", &raw, region.clock.now()).unwrap();
        let Recorded::New(id) = recorded else {
            *became.entry("known").or_default() += 1;
            continue;
        };
        let read = read_arrival(store, &with, Some(id), &region.clock).unwrap().expect("something to read");
        let stored = store.arrival(id).unwrap();
        assert_eq!(store.blobs().get(&stored.blob).unwrap(), raw, "seed {seed}");
        assert_eq!(stored.state, ArrivalState::Done, "seed {seed}");
        let filed = &read.filed;
        let what = match () {
            () if !filed.reviews.is_empty() => "waits for a person",
            () if !filed.answered.is_empty() => "an answer",
            () if !filed.repeated.is_empty() => "the same answer again",
            () if !filed.told.is_empty() => "told about a delivery",
            () if !filed.messages.is_empty() => "a message",
            () => panic!("seed {seed}: nobody sees what became of it"),
        };
        *became.entry(what).or_default() += 1;
    }
    println!("{count} mutants of {} mails: {became:?}", originals.len());
    assert!(became.get("waits for a person").is_some_and(|waiting| *waiting > count / 4), "{became:?}");
}

/// An answer in a mail's text, an answered fax, a report, a service's words, a holiday notice, and what the world sends.
async fn originals(region: &Region) -> Vec<Vec<u8>> {
    let (request, sent) = region.sent(RouteKind::PlainMail, MAIL).await;
    let text = String::from_utf8(sent.bytes.clone()).unwrap();
    let reply_to = text.lines().find_map(|line| line.strip_prefix("Reply-To: ")).unwrap().trim();
    let block = quote(&parse(&sent.bytes).text.replace("[ ] 1-1 ", "[○] 1-1 "));
    let answered = format!(
        "From: {MAIL}\r\nTo: {reply_to}\r\nSubject: Re: {number}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; \
         charset=utf-8\r\n\r\n確認しました。\r\n\r\n{block}",
        number = request.number
    );
    let away =
        answered.replace("Subject: Re:", "Auto-Submitted: auto-replied\r\nSubject: 休診のお知らせ Re:");
    let report = crate::results::report(&sent, "failed", "5.2.2", "552 mailbox full");
    let (fax, _) = region.sent(RouteKind::FaxByMail, FAX).await;
    let delivery = region.store.deliveries(fax.id).unwrap().pop().unwrap();
    let sheet = region.store.sheet(&delivery.sheet_id.unwrap()).unwrap().unwrap();
    let pdf = region.store.blobs().get(&sheet.pdf).unwrap();
    let manner = Sending { resolution: Resolution::Standard, damage: 0.0 };
    let ticked = answer(&pdf, &sheet.layout, manner, &mut ChaCha8Rng::seed_from_u64(5)).unwrap();
    let mut originals = vec![
        answered.into_bytes(),
        away.into_bytes(),
        report,
        crate::results::service_mail("result@fax.example", "送信完了", fax.number.as_str()),
        fax_service_mail(&ticked.tiff, "03-0000-0001", 1),
        sent.bytes,
    ];
    if let Some(corpora) = std::env::var_os("RENRAKU_CORPORA").map(PathBuf::from) {
        for folder in ["bounces/lf", "bounces/cr", "mail/malformed", "mail/rfc"] {
            let files = std::fs::read_dir(corpora.join(folder)).unwrap().map(|entry| entry.unwrap().path());
            originals.extend(files.filter(|path| path.is_file()).map(|path| std::fs::read(path).unwrap()));
        }
    }
    originals
}
