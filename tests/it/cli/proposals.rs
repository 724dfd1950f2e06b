//! A program that reads handwriting proposes; the answer is what was ticked, with or without it.

use crate::world::{FaxService, World, random_fax};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use renraku::store::ArrivalStore;

#[test]
fn what_a_program_makes_out_of_handwriting_is_kept_beside_the_picture_and_is_no_answer() {
    let service = FaxService::willing();
    for (settings, expected) in [
        (
            "[reading]\ntranscriber = ['sh', '-c', 'wc -c >/dev/null; echo 訪問は午後に']\n",
            Some("訪問は午後に"),
        ),
        ("[reading]\ntranscriber = ['sh', '-c', 'exit 1']\n", None),
        ("", None),
    ] {
        let world = World::new(service.port(), settings);
        let request = world.submit(0, &[]);
        world.run(&["deliver", "--once"]).ok();
        let (layout, pdf) = world.sheet(&request);
        let (ticked, fax) = (0..50)
            .map(|seed| random_fax(&pdf, &layout, &mut ChaCha8Rng::seed_from_u64(seed)))
            .find(|(ticked, _)| !ticked.written.is_empty())
            .unwrap();
        let said = world.run(&["ingest", &world.file("fax.tif", &fax)]).ok().json();
        let arrival = said["arrival"].as_str().unwrap().parse().unwrap();
        let pages = world.store().arrival_pages(arrival).unwrap();
        let reading = &pages.last().unwrap().reading;
        for field in &ticked.written {
            assert_eq!(reading.proposals.get(field).map(String::as_str), expected, "{settings}");
        }
        assert!(reading.texts.is_empty());
        let replies = world.store().replies(request.parse().unwrap()).unwrap();
        for reply in &replies {
            assert!(reply.texts.is_empty() && reply.answers == ticked.answers, "{reply:?}");
        }
        assert_eq!(replies.len() + said["reviews"].as_array().unwrap().len(), 1, "{said}");
    }
}
