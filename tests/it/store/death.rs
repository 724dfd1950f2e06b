//! A program is killed (SIGKILL) at any moment, and what it had acknowledged is there. This proves the
//! death of a process alone: what the operating system had taken is kept, and the loss of power is another
//! matter, for which the store calls `fsync` and no test here can stand.

use super::world::{World, at, lease};
use renraku::domain::id::{ArrivalId, RequestId};
use renraku::domain::state::{DeliveryState, RequestState};
use renraku::store::{ArrivalStore, DirectoryStore, RequestFilter, RequestStore, SqliteStore, Store};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Tells the child where to work.
const DIRECTORY: &str = "RENRAKU_TEST_DEATH_IN";
/// How often the program dies.
const DEATHS: u64 = 20;

#[test]
fn what_was_acknowledged_outlives_the_program() {
    let dir = tempfile::tempdir().unwrap();
    let acknowledged: Vec<String> = (0..DEATHS).flat_map(|death| live_and_die(dir.path(), death)).collect();
    assert!(
        acknowledged.len() > 100,
        "only {} things happened: too few to mean anything",
        acknowledged.len()
    );

    let store = SqliteStore::open(dir.path()).unwrap();
    for line in &acknowledged {
        match line.split_once(' ') {
            Some(("request", id)) => assert_request(&store, id.parse().unwrap()),
            Some(("arrival", id)) => assert_arrival(&store, id.parse().unwrap()),
            _ => panic!("the child said '{line}'"),
        }
    }
    // Also what was not yet acknowledged is whole, and no number was given twice.
    let requests = store.requests(&RequestFilter::default(), usize::MAX).unwrap();
    for request in &requests {
        assert_request(&store, request.id);
    }
    let numbers: BTreeSet<_> = requests.iter().map(|request| request.number.clone()).collect();
    assert_eq!(numbers.len(), requests.len());
    while let Some(arrival) = store.lease_arrival(None, &lease("reader", at(1)), at(1)).unwrap() {
        assert_arrival(&store, arrival.id);
    }
}

fn assert_request(store: &SqliteStore, id: RequestId) {
    assert_eq!(store.request(id).unwrap().state, RequestState::Queued);
    let deliveries = store.deliveries(id).unwrap();
    assert_eq!(deliveries.len(), 1);
    assert_eq!(deliveries[0].state, DeliveryState::Queued);
}

fn assert_arrival(store: &SqliteStore, id: ArrivalId) {
    let arrival = store.arrival(id).unwrap();
    assert_eq!(store.blobs().get(&arrival.blob).unwrap(), arrival.source_key.as_bytes());
}

/// Runs the child until a moment that differs from death to death; returns what it acknowledged.
fn live_and_die(dir: &Path, death: u64) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::death::child", "--ignored", "--nocapture"])
        .env(DIRECTORY, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    // So many acknowledgements, however slow the disk, and then some moments more.
    let count = 6 + death * 7_919 % 11;
    let begun: Vec<String> =
        lines.by_ref().filter(|line| line.contains("ack ")).take(count as usize).collect();
    assert_eq!(begun.len(), count as usize, "the child stopped by itself");
    std::thread::sleep(Duration::from_micros(death * 7_919 % 5_000));
    child.kill().unwrap();
    child.wait().unwrap();
    let all = begun.into_iter().chain(lines);
    // A line without its last word was cut off by the death.
    let whole = all.filter_map(|line| Some(line.split_once("ack ")?.1.strip_suffix(" stored")?.to_owned()));
    whole.collect()
}

#[test]
#[ignore = "the program that dies in what_was_acknowledged_outlives_the_program"]
fn child() {
    let dir = std::env::var(DIRECTORY).expect("only started by the test above");
    let store = SqliteStore::open(Path::new(&dir)).unwrap();
    let world = match (store.offices().unwrap().first(), store.clinics().unwrap().first()) {
        (Some(office), Some(clinic)) => World { store: &store, office: office.id, clinic: clinic.id },
        _ => World::new(&store),
    };
    loop {
        println!("ack request {} stored", world.submit("0300000001").id);
        let key = format!("mail {}", RequestId::new_at(at(0)));
        println!("ack arrival {} stored", world.record(&key, at(0)));
    }
}
