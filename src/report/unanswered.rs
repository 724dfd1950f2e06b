//! The association's report on unanswered requests (未回答), one row a clinic. Undelivered (未達) stands in a
//! column of its own and is never counted as unanswered.

use crate::domain::report::UnansweredRow;
use jiff::civil::Date;
use serde::Serialize;

/// The column names, in the order of [`cells`].
const COLUMNS: [&str; 12] = [
    "医療機関",
    "送信",
    "回答",
    "うち期日後",
    "未回答",
    "期日前",
    "要確認",
    "未達",
    "送達不明",
    "取消・終了",
    "返信不要",
    "未回答の連絡番号",
];

/// The report as JSON.
#[derive(Debug, Serialize)]
struct Report<'a> {
    from: Date,
    to: Date,
    clinics: &'a [UnansweredRow],
}

/// `{"from", "to", "clinics": [row, …]}`.
///
/// # Errors
/// Never for rows of a store.
pub fn json(from: Date, to: Date, rows: &[UnansweredRow]) -> serde_json::Result<String> {
    serde_json::to_string_pretty(&Report { from, to, clinics: rows })
}

/// UTF-8 with a byte order mark, so that a spreadsheet shows Japanese; lines end in CR LF (RFC 4180 §2).
///
/// # Errors
/// When memory ends.
pub fn csv(rows: &[UnansweredRow]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer("\u{feff}".as_bytes().to_vec());
    writer.write_record(COLUMNS)?;
    for row in rows {
        writer.write_record(cells(row))?;
    }
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

fn cells(row: &UnansweredRow) -> [String; 12] {
    let numbers: Vec<&str> =
        row.unanswered_numbers.iter().map(crate::domain::sheet_number::RequestNumber::as_str).collect();
    [
        harmless(&row.clinic),
        row.sent.to_string(),
        row.answered.to_string(),
        row.answered_late.to_string(),
        row.unanswered.to_string(),
        row.waiting.to_string(),
        row.needs_review.to_string(),
        row.undelivered.to_string(),
        row.in_doubt.to_string(),
        row.ended.to_string(),
        row.no_reply.to_string(),
        numbers.join(" "),
    ]
}

/// A name that a spreadsheet would take for a formula gets an apostrophe before it.
fn harmless(name: &str) -> String {
    if name.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{name}") } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::ClinicId;
    use crate::domain::sheet_number::RequestNumber;

    fn row(clinic: &str) -> UnansweredRow {
        UnansweredRow {
            clinic_id: ClinicId::new_at(jiff::Timestamp::UNIX_EPOCH),
            clinic: clinic.to_owned(),
            sent: 7,
            answered: 2,
            answered_late: 1,
            needs_review: 1,
            unanswered: 2,
            waiting: 1,
            undelivered: 1,
            in_doubt: 0,
            ended: 0,
            no_reply: 3,
            unanswered_numbers: vec![RequestNumber::new(2026, 1), RequestNumber::new(2026, 2)],
        }
    }

    #[test]
    fn the_spreadsheet_gets_japanese_and_no_formula() {
        let csv = String::from_utf8(csv(&[row("見本, 内科"), row("=1+1")]).unwrap()).unwrap();
        let expected = "\u{feff}医療機関,送信,回答,うち期日後,未回答,期日前,要確認,未達,送達不明,取消・終了,返信不要,未回答の連絡番号\r\n\
             \"見本, 内科\",7,2,1,2,1,1,1,0,0,3,26-000001-3 26-000002-1\r\n\
             '=1+1,7,2,1,2,1,1,1,0,0,3,26-000001-3 26-000002-1\r\n";
        assert_eq!(csv, expected);
    }
}
