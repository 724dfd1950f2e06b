//! renraku (連絡), a gateway between physicians and care managers. This page is the map.
//!
//! A care manager's structured form leaves as a sheet of paper by fax or mail; the doctor ticks and faxes it
//! back; the page is read and becomes a record. What stays unanswered is flagged and reported.
//!
//! # The floors
//!
//! A module uses only floors below its own, never a sibling (`tests/layers.rs` checks every `use crate::`).
//!
//! | floor | modules | their job |
//! |---|---|---|
//! | 0 | [`domain`] | the words of the field: request, reply, states and their steps, calendar, identifiers |
//! | 1 | [`form`], [`seal`], [`typeset`] | form files and layouts · keys and codes · fonts, lines, PDF |
//! | 2 | [`sheet`], [`read`], [`mail`], [`store`], [`report`] | paper out · paper in · mails · what must survive · rows for people |
//! | 3 | [`pool`] | child processes that read strangers' bytes within limits |
//! | 4 | [`flow`] | one file per verb: submit, deliver, ingest, file a page, flag overdue |
//! | 5 | [`web`], [`jobs`], [`practice`] | HTTP · what runs by itself · the practice clinic |
//! | 6 | [`cli`], [`config`] | wires everything once |
//!
//! # How data flows
//!
//! **Out:** `cli`/`web` → [`flow::submit`] (request and outbox row in one transaction) → a job leases it →
//! [`flow::deliver`]: render once, note "attempt started", connect, note "body started", send, note the end.
//!
//! **In:** [`mail::receive`] yields raw bytes with a source key → [`flow::ingest`] makes them durable, *then*
//! the source is acknowledged → [`pool`] reads the pages → [`flow::file_page`] records a sure reply, or a
//! person gets an item with its reason. Of a PDF with fields, these are read too and laid over what its page shows.
//!
//! **Back:** every mail carries sealed marks ([`mail::marks`]). A notice that names a try steps its delivery
//! (`flow::told`); an answer in a mail's text becomes a page of the request's sheet ([`flow::mail_answer`]) and goes the
//! same way as paper; [`flow::candidates`] offers a person what anything else may answer.
//!
//! **People:** [`flow::sign_in`] → a session; [`flow::review`] decides what waits, [`flow::phone_answer`] writes
//! down what was said, [`flow::decide_in_doubt`] ends a doubt; [`flow::changes`] tells a page that it is old. Each
//! writes its entry of the audit log in the same transaction ([`domain::audit`]).
//!
//! **Then:** [`flow::flag_overdue`] → [`flow::notify`] tells whoever asked, by mail and without a client → reports.
//!
//! **Letters:** the outbox carries whatever leaves ([`domain::letter`]): sheets, withdrawals, links, tests of numbers, notices, all
//! by the same steps.
//!
//! **Unasked:** [`flow::blank_sheet`] makes a sheet that a clinic keeps; what comes on it is a message for the office that it is
//! addressed to, every time anew.
//!
//! # What never happens
//!
//! - Nothing is acknowledged before its bytes are on the disk (`tests/it/kill.rs`, `tests/system/mail-servers`).
//! - Nothing is sent again by itself once its text has begun to leave (`tests/it/kill.rs`, `tests/it/mail.rs`).
//! - No mail's text becomes a reply without a token of ours, the clinic's own mailbox and an answer beyond doubt
//!   (`tests/it/mail_answers.rs`); no automatic reply ever does.
//! - No notice steps a delivery that it does not name by a token, but for the service's own words about one fax
//!   (`tests/it/results.rs`).
//! - Nothing leaves to a destination that is not verified ([`flow::submit`], and again right before it leaves), but for a page
//!   without anybody's data that finds out whose number it is ([`flow::number_test`], `tests/it/letters.rs`).
//! - No number is verified on a page but by the code that was read out, or a test page that came back and that a person saw.
//! - What becomes of a letter that is no sheet moves no request (`tests/it/store/letters.rs`).
//! - What comes on a sheet that nobody asked for answers nothing, reaches no other office, and is shown as read, beside its page
//!   (`tests/it/blank_sheets.rs`, `tests/it/web/incoming.rs`).
//! - No reading becomes a reply without a verified code and without being sure ([`flow::file_page`]).
//! - Nothing that a person did is rewritten: decisions, replies and the audit log are append-only, and a change
//!   of the audit log is found (`store/sqlite/tests.rs`). Undo is one more line.
//! - Two people never decide the same item: the second hears who was first (`tests/it/store/reviews.rs`).
//! - No password and no token of a session is stored, only hashes of them ([`seal::password`], [`seal::token`]).
//! - Nothing in `read`, `sheet`, `form` or `domain` opens a socket, knows a key of the store or reads a clock
//!   (`tests/layers.rs`).
//! - No fields of a PDF become a reply unless their page shows the same and the mail says that the clinic sent it
//!   ([`flow::ingest`], `tests/it/screen.rs`).
//! - Looking at a clinic's one-time link changes nothing, and its token stands in no file and no log line
//!   (`tests/it/link.rs`).
//! - No name of a client stands in a log line, a mail's subject or text, or the reply part of a sheet.
//! - No SQL and no type of a database stands above [`store`].

pub mod cli;
pub mod config;
pub mod domain;
pub mod flow;
pub mod form;
pub mod jobs;
pub mod mail;
pub mod pool;
pub mod practice;
pub mod read;
pub mod report;
pub mod seal;
pub mod sheet;
pub mod store;
pub mod typeset;
pub mod web;
