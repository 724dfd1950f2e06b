//! 誤送信の報告: what the log knows about a sheet that went to somebody else, for whoever must report it (個人情報の保護に
//! 関する法律 第26条: within days to the commission, and to the person). Facts alone, with their times: no guess at a reason,
//! and no client's data. Pure: never queries.

use crate::domain::calendar::{japan_date, japan_time, wareki::wareki};
use crate::domain::directory::{Clinic, Office};
use crate::domain::event::Event;
use crate::domain::request::{Attempt, Delivery, Request};
use jiff::Timestamp;
use std::fmt::Write as _;

/// What the store knows.
#[derive(Debug, Clone)]
pub struct Facts {
    /// What went wrong.
    pub delivery: Delivery,
    /// Its tries, with the moments at which the text began to leave.
    pub attempts: Vec<Attempt>,
    /// What happened to it, in order.
    pub events: Vec<Event>,
    /// The request.
    pub request: Request,
    /// Who asked.
    pub office: Office,
    /// Whom it was meant for.
    pub clinic: Clinic,
    /// What happened to this very number or address of the clinic: when and how it was verified, and found wrong.
    pub number_events: Vec<Event>,
    /// The form's title and the labels of what was printed, never their contents.
    pub printed: (String, Vec<String>),
    /// Pages that left, with what went along.
    pub pages: usize,
}

/// The report as text, Japanese first.
#[must_use]
pub fn text(facts: &Facts, now: Timestamp) -> String {
    let Facts { delivery, request, office, clinic, .. } = facts;
    let (title, labels) = &facts.printed;
    let mut text = format!("誤送信の報告書(連絡の記録から作成、{})\n\n", moment(now));
    let mut line = |name: &str, value: &str| _ = writeln!(text, "{name}: {value}");
    line("連絡番号 / request", request.number.as_str());
    line("用紙 / form", title);
    line("送った事業所 / office", &format!("{}(電話 {})", office.name, office.tel));
    line("本来の送り先 / meant for", &format!("{}(電話 {})", clinic.name, clinic.tel));
    line(
        "実際に使った番号・アドレス / really used",
        &format!("{} {}", delivery.route.as_str(), delivery.address),
    );
    line("送った枚数 / pages", &facts.pages.to_string());
    line("用紙の記載項目 / items on it", &labels.join("、"));
    line("現在の状態 / now", delivery.state.as_str());
    text.push_str("\n送信の記録 / tries\n");
    for attempt in &facts.attempts {
        let left = attempt.body_started_at.map_or_else(
            || "本文は送り出していません / no text left".to_owned(),
            |at| format!("{} に本文の送信を開始 / the text began to leave", moment(at)),
        );
        let end = attempt.end.map_or("", |end| end.as_str());
        _ = writeln!(text, "- {} {left} {end} {}", moment(attempt.started_at), attempt.detail);
    }
    text.push_str("\nその後の記録 / afterwards\n");
    steps(&mut text, &facts.events);
    text.push_str("\nこの番号の確認の記録 / how the number was verified\n");
    steps(&mut text, &facts.number_events);
    text.push_str(
        "\nこの報告書に利用者の情報は含まれていません。内容は連絡番号から確認してください。\n\
         This report names no client: the request's number leads to what was written.\n",
    );
    text
}

fn steps(text: &mut String, events: &[Event]) {
    if events.is_empty() {
        text.push_str("- なし / none\n");
    }
    for event in events {
        _ = writeln!(text, "- {} {} {}", moment(event.at), event.what, event.detail);
    }
}

/// `令和8年11月28日 14:22`
fn moment(at: Timestamp) -> String {
    let time = japan_time(at);
    format!("{} {:02}:{:02}", wareki(japan_date(at)), time.hour(), time.minute())
}
