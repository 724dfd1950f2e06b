//! The command line as a contract: every test runs the real binary as a process on a data directory of its
//! own, and looks at what scripts see: exit status, JSON on stdout, sentences on stderr.

mod answers;
mod keeping;
mod measure;
mod paper;
mod passphrase;
mod proposals;
mod requests;
mod sending;
mod serving;
mod strange;

/// A Wednesday morning in Japan, from which the tests' clocks begin.
const NOW: &str = "2026-11-18T01:00:00Z";
/// A little later: a clock that begins at [`NOW`] goes on, and what one process hands over some milliseconds
/// after it is not yet due for the next that begins there.
const SOON: &str = "2026-11-18T01:10:00Z";
/// After every due date of what was sent then (26 November: five business days, one holiday between).
const LATER: &str = "2026-12-10T01:00:00Z";
/// An answer that is whole.
const NO_PROBLEM: &[(&str, &str)] = &[("answer", "no_problem"), ("signature", "doctor")];
