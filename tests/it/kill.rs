//! The whole line is killed (SIGKILL) at random moments, again and again: while it starts, leases, renders,
//! sends, waits for the answer to its final dot, stores what arrives, reads it and files it. Afterwards
//! nothing that was acknowledged is lost, nothing was sent twice, and no answer differs from what was ticked.
//!
//! This proves the death of a process alone. What the operating system had taken it keeps; against the loss
//! of power the gateway rests on `fsync` and the disk, and no test here can prove that.
//!
//! `RENRAKU_KILLS` raises the number of kills.

use crate::world::{EXAMPLE, FaxService, PATIENCE, Server, World, random_fax};
use jiff::Timestamp;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use renraku::domain::event::Subject;
use renraku::domain::id::{ArrivalId, RequestId};
use renraku::domain::request::{ArrivalState, Delivery, Request};
use renraku::domain::state::DeliveryState;
use renraku::flow::ingest::store_arrival;
use renraku::flow::submit::{Filled, Rule, Way, submit};
use renraku::form::catalogue::Catalogue;
use renraku::mail::receive::maildir::deliver_to_maildir;
use renraku::practice::clinic::{Ticked, fax_service_mail};
use renraku::practice::smtp_server::Behaviour;
use renraku::store::{
    ArrivalStore, GatewayStore, Recorded, RequestFilter, RequestStore, SqliteStore, Store, sqlite,
};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Mutex;
use std::thread::sleep;
use std::time::{Duration, Instant};

const SEED: u64 = 20_261_123;
/// The gateway looks often, so that a life of some hundred milliseconds is full of work, and a try that a
/// death ended is tried again soon.
const FAST: &str = "[serve]\nlook_every_ms = 15\ndue_every_ms = 50\nsends_at_once = 3\n\
                    [backoff]\nfirst_s = 1\ncap_s = 1\nmax_attempts = 10000\njitter_share = 0.25\n";
/// The fax service thinks up to so long between the final dot and its answer.
const THINKS_MS: u64 = 120;

fn kills() -> u32 {
    std::env::var("RENRAKU_KILLS").ok().and_then(|count| count.parse().ok()).unwrap_or(20)
}

#[test]
fn nothing_is_lost_or_sent_twice_when_the_line_dies_at_any_moment() {
    println!("seed {SEED}, {} kills", kills());
    let mut line = Line::new();
    for death in 1..=kills() {
        line.live_and_die(death);
    }
    line.run_to_quiet();

    let store = line.world.store();
    let requests = store.requests(&RequestFilter::default(), usize::MAX).unwrap();
    line.assert_every_request_is_there(&requests);
    line.assert_nothing_was_sent_twice(&store, &requests);
    line.assert_every_mail_became_something(&store);
    line.assert_replies_are_what_was_ticked(&store, &requests);
    line.assert_the_deaths_meant_something();
    drop(store);
    line.assert_a_backup_is_whole(requests.len());
}

/// What was going on when the gateway died.
#[derive(Debug, Default)]
struct Hit {
    leased: usize,
    before_body: usize,
    body_begun: usize,
    reading: usize,
}

/// The whole line, and what the world outside knows of it.
struct Line {
    world: World,
    service: FaxService,
    rng: ChaCha8Rng,
    /// Requests whose id was printed.
    acknowledged: BTreeSet<RequestId>,
    /// By request number: what the practice clinic ticked.
    ticked: BTreeMap<String, Ticked>,
    /// Every mail that was laid into the inbox.
    mails: Vec<(PathBuf, Vec<u8>)>,
    /// Those that were found to be read: nobody asks for them at every death.
    read: BTreeSet<PathBuf>,
    hits: Vec<Hit>,
}

impl Line {
    fn new() -> Self {
        let thinks = Mutex::new(ChaCha8Rng::seed_from_u64(SEED + 1));
        let service = FaxService::start(Behaviour::default(), move || {
            Duration::from_millis(thinks.lock().unwrap().random_range(0..THINKS_MS))
        });
        Self {
            world: World::new(service.port(), FAST),
            service,
            rng: ChaCha8Rng::seed_from_u64(SEED),
            acknowledged: BTreeSet::new(),
            ticked: BTreeMap::new(),
            mails: Vec::new(),
            read: BTreeSet::new(),
            hits: Vec::new(),
        }
    }

    /// Some work is laid ready, the server is started, gets some more, and is killed.
    fn live_and_die(&mut self, death: u32) {
        if death.is_multiple_of(2) {
            self.submit_and_die();
        } else {
            self.submit();
        }
        let fax = self.answer_one();
        let server = Server::start(&self.world, "127.0.0.1:0");
        // One death in four falls on the start.
        let started = self.rng.random_bool(0.75);
        if started {
            server.address();
        }
        let before_ms = self.rng.random_range(0..100);
        // One in three falls right after the mail, while it is being stored.
        let soon = self.rng.random_ratio(1, 3);
        let after_ms = self.rng.random_range(0..if soon { 40 } else { 150 });
        sleep(Duration::from_millis(before_ms));
        self.submit_beside();
        if let Some(fax) = fax {
            self.lay_into_inbox(&fax);
        }
        sleep(Duration::from_millis(after_ms));
        server.kill();
        let hit = self.look();
        println!("death {death} (it listened: {started}; {before_ms} and {after_ms} ms later): {hit:?}");
        self.hits.push(hit);
    }

    fn submit(&mut self) {
        let id = self.world.submit(self.rng.random_range(0..2), &[]);
        self.acknowledged.insert(id.parse().unwrap());
    }

    /// A request that comes while the gateway lives, in a transaction of another process.
    fn submit_beside(&mut self) {
        let world = &self.world;
        let form = Catalogue::built_in().unwrap().load("liaison").unwrap();
        let filled = Filled {
            form: &form,
            answers: serde_json::from_str(&std::fs::read_to_string(EXAMPLE).unwrap()).unwrap(),
            office_id: world.office.parse().unwrap(),
            clinic_id: world.clinics[self.rng.random_range(0..2)].parse().unwrap(),
            asked_by: None,
            papers: Vec::new(),
            way: Way::Verified,
        };
        let rule = Rule { return_fax: Some("03-0000-0001".to_owned()), ..Rule::default() };
        let now = Timestamp::now();
        let request = submit(&world.store(), &rule, filled, RequestId::new_at(now), now).unwrap();
        self.acknowledged.insert(request.id);
    }

    /// A submission that is killed too: only an id that was printed whole counts.
    fn submit_and_die(&mut self) {
        let clinic = self.rng.random_range(0..2);
        let mut command = self.world.command(&self.world.new_request(clinic, EXAMPLE));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        sleep(Duration::from_millis(self.rng.random_range(0..250)));
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        if let Some(id) = String::from_utf8(output.stdout).unwrap().strip_suffix('\n') {
            self.acknowledged.insert(id.parse().unwrap());
        }
    }

    /// The practice clinic answers one sheet of those that it has not answered yet.
    fn answer_one(&mut self) -> Option<Vec<u8>> {
        let number = self.service.numbers().into_iter().find(|number| !self.ticked.contains_key(number))?;
        let request = self.world.store().request_by_number(&number.parse().unwrap()).unwrap();
        let request = request.expect("a fax that no request is behind");
        let (layout, pdf) = self.world.sheet(&request.id.to_string());
        let (ticked, tiff) = random_fax(&pdf, &layout, &mut self.rng);
        self.ticked.insert(number, ticked);
        Some(tiff)
    }

    /// One fax in three is sent twice, as fax machines do when nobody is sure.
    fn lay_into_inbox(&mut self, tiff: &[u8]) {
        let times = if self.rng.random_ratio(1, 3) { 2 } else { 1 };
        for _ in 0..times {
            let mail = fax_service_mail(tiff, "03-0000-1002", self.mails.len() as u64);
            let path = deliver_to_maildir(&self.world.data.join("inbox"), Timestamp::now(), &mail).unwrap();
            self.mails.push((path, mail));
        }
    }

    /// What the dead server had in its hands.
    fn look(&mut self) -> Hit {
        let store = self.world.store();
        let mut hit = Hit::default();
        for delivery in deliveries(&store) {
            if delivery.state == DeliveryState::Sending {
                let attempts = store.attempts(delivery.id).unwrap();
                match attempts.last().filter(|attempt| attempt.ended_at.is_none()) {
                    None => hit.leased += 1,
                    Some(attempt) if attempt.body_started_at.is_none() => hit.before_body += 1,
                    Some(_) => hit.body_begun += 1,
                }
            }
        }
        let news = self.taken_mails().filter(|(path, _)| !self.read.contains(path));
        let states: Vec<(PathBuf, ArrivalState)> = news
            .map(|(path, bytes)| {
                let id = arrival_of(&store, path, bytes);
                (path.clone(), store.arrival(id).unwrap().state)
            })
            .collect();
        hit.reading = states.iter().filter(|(_, state)| *state == ArrivalState::Reading).count();
        let done = states.into_iter().filter(|(_, state)| *state == ArrivalState::Done);
        self.read.extend(done.map(|(path, _)| path));
        hit
    }

    /// The mails that the gateway has marked as seen.
    fn taken_mails(&self) -> impl Iterator<Item = &(PathBuf, Vec<u8>)> {
        self.mails.iter().filter(|(path, _)| !path.exists())
    }

    /// The last life: nobody dies, one more answer comes, and it ends when there is nothing left to do.
    fn run_to_quiet(&mut self) {
        let server = Server::start(&self.world, "127.0.0.1:0");
        server.address();
        if let Some(fax) = self.answer_one() {
            self.lay_into_inbox(&fax);
        }
        let began = Instant::now();
        while !self.is_quiet() {
            assert!(began.elapsed() < PATIENCE, "it does not come to rest");
            sleep(Duration::from_millis(200));
        }
        assert_eq!(server.terminate(), Some(0), "it stops when it is told to");
    }

    fn is_quiet(&self) -> bool {
        let store = self.world.store();
        let at_rest = |delivery: &Delivery| {
            !matches!(delivery.state, DeliveryState::Queued | DeliveryState::Sending | DeliveryState::Held)
        };
        let read = |(path, bytes): &(PathBuf, Vec<u8>)| {
            let arrival = store.arrival(arrival_of(&store, path, bytes)).unwrap();
            matches!(arrival.state, ArrivalState::Done | ArrivalState::Quarantined)
        };
        deliveries(&store).iter().all(at_rest)
            && self.taken_mails().count() == self.mails.len()
            && self.taken_mails().all(read)
    }

    fn assert_every_request_is_there(&self, requests: &[Request]) {
        let stored: BTreeSet<RequestId> = requests.iter().map(|request| request.id).collect();
        let lost: Vec<_> = self.acknowledged.difference(&stored).collect();
        assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    }

    /// A body reached the fax service at most once; one whose fate is not known says so and stays.
    fn assert_nothing_was_sent_twice(&self, store: &SqliteStore, requests: &[Request]) {
        let numbers = self.service.numbers();
        for request in requests {
            let reached = numbers.iter().filter(|number| *number == request.number.as_str()).count();
            let deliveries = store.deliveries(request.id).unwrap();
            let [delivery] = deliveries.as_slice() else { panic!("{} has {deliveries:?}", request.number) };
            match delivery.state {
                DeliveryState::Submitted => assert_eq!(reached, 1, "{} submitted", request.number),
                DeliveryState::InDoubt => assert!(reached <= 1, "{} in doubt: {reached}", request.number),
                other => panic!("{} reached {reached} times and is {other}", request.number),
            }
        }
        let known = |number: &String| requests.iter().any(|request| request.number.as_str() == number);
        assert!(numbers.iter().all(known), "a fax that no request is behind");
    }

    /// Every mail was acknowledged, its bytes are kept, and it became a reply, the same reply again, or an item
    /// for a person.
    fn assert_every_mail_became_something(&self, store: &SqliteStore) {
        let reviews = store.open_reviews(usize::MAX).unwrap();
        let requests = store.requests(&RequestFilter::default(), usize::MAX).unwrap();
        let mut became: BTreeSet<String> = reviews.iter().map(|item| item.arrival_id.to_string()).collect();
        for request in &requests {
            let replies = store.replies(request.id).unwrap();
            became.extend(replies.iter().filter_map(|reply| Some(reply.source.page()?.0.to_string())));
            let events = store.events(Subject::Request, &request.id.to_string()).unwrap();
            let repeated = events.iter().filter(|event| event.what == "reply_repeated");
            became.extend(repeated.filter_map(|event| Some(event.detail.split_once(' ')?.0.to_owned())));
        }
        assert_eq!(self.taken_mails().count(), self.mails.len(), "a mail is still in the inbox");
        for (path, bytes) in &self.mails {
            let id = arrival_of(store, path, bytes);
            let arrival = store.arrival(id).unwrap();
            assert_eq!(&store.blobs().get(&arrival.blob).unwrap(), bytes, "the bytes of {id}");
            assert!(became.contains(&id.to_string()), "{id} became nothing");
        }
    }

    fn assert_replies_are_what_was_ticked(&self, store: &SqliteStore, requests: &[Request]) {
        let mut recorded = 0;
        for request in requests {
            let replies = store.replies(request.id).unwrap();
            assert!(replies.len() <= 1, "{} has {} replies", request.number, replies.len());
            if let [reply] = replies.as_slice() {
                let ticked = self.ticked.get(request.number.as_str()).expect("an answer that nobody gave");
                assert_eq!(reply.answers, ticked.answers, "{}", request.number);
                recorded += 1;
            }
        }
        println!("{} faxes answered, {recorded} recorded by themselves", self.ticked.len());
        assert!(recorded * 2 > self.ticked.len(), "most answers want a person: the line does not work");
    }

    /// If the deaths fell on idle moments alone, nothing would be proven.
    fn assert_the_deaths_meant_something(&self) {
        let in_hand = |hit: &&Hit| hit.leased + hit.before_body + hit.body_begun + hit.reading > 0;
        let at_work = self.hits.iter().filter(in_hand).count();
        let body_begun: usize = self.hits.iter().map(|hit| hit.body_begun).sum();
        println!(
            "{at_work} of {} deaths had work in hand; {body_begun} texts had begun to leave",
            self.hits.len()
        );
        assert!(at_work >= 5 && body_begun >= 1, "the deaths fell on idle moments: {:?}", self.hits);
    }

    /// The backup holds every request, the database in it is whole (`restore` asks `SQLite` itself), and
    /// nothing leaves from what was restored.
    fn assert_a_backup_is_whole(&self, requests: usize) {
        let file = self.world.path("whole.backup");
        self.world.run(&["backup", file.to_str().unwrap()]).ok();
        let into = self.world.path("restored");
        sqlite::restore(&file, &into, Timestamp::now()).unwrap();
        let restored = SqliteStore::open(&into).unwrap();
        assert_eq!(restored.requests(&RequestFilter::default(), usize::MAX).unwrap().len(), requests);
        assert!(restored.hold().unwrap().is_some(), "a restored gateway sends");
        drop(restored);
        let database = rusqlite::Connection::open(into.join("renraku.sqlite3")).unwrap();
        let word: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(word, "ok");
    }
}

fn deliveries(store: &SqliteStore) -> Vec<Delivery> {
    let requests = store.requests(&RequestFilter::default(), usize::MAX).unwrap();
    requests.iter().flat_map(|request| store.deliveries(request.id).unwrap()).collect()
}

/// The arrival of a mail that was acknowledged. Recording it once more finds it; were it lost, it would be new.
fn arrival_of(store: &SqliteStore, path: &std::path::Path, bytes: &[u8]) -> ArrivalId {
    let key = format!("maildir:{}", path.file_name().unwrap().to_str().unwrap());
    match store_arrival(store, &key, "mail", bytes, Timestamp::now()).unwrap() {
        Recorded::Known(id) => id,
        Recorded::New(_) => panic!("a mail was acknowledged and lost: {key}"),
    }
}
