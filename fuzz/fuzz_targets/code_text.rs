//! Any text as the code of a sheet: nothing but our own seal verifies, and the number that people read out is parsed
//! to itself or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use renraku::domain::sheet_number::SheetNumber;
use renraku::seal::code;
use renraku::seal::keyring::Keyring;
use std::sync::LazyLock;

static KEYS: LazyLock<Keyring> = LazyLock::new(|| Keyring::generate().expect("a keyring"));

fuzz_target!(|text: &str| {
    // The keys are new in every run: no text can know them.
    assert!(code::verify(&KEYS, text).is_err(), "{text:?} verifies");
    if let Ok(number) = text.parse::<SheetNumber>() {
        let again = number.as_str().parse::<SheetNumber>();
        assert!(again.is_ok_and(|again| again == number), "{text:?} is not itself");
    }
});
