//! The association's report on unanswered requests: on the screen, on paper and as a spreadsheet. Shows counts
//! and request numbers, never a client; undelivered ones stand apart and are never counted as unanswered.

use super::WebError;
use super::access::Resource;
use super::answer::Answer;
use super::visit::Visit;
use crate::domain::audit::Act;
use crate::domain::calendar::japan_date;
use crate::domain::report::UnansweredRow;
use crate::report::unanswered::csv;
use axum::http::{StatusCode, header};
use jiff::civil::Date;

/// First and last day.
type Period = (Date, Date);

/// The page.
pub fn unanswered(visit: &Visit) -> Result<Answer, WebError> {
    let period = period(visit)?;
    let (from, to) = period.unwrap_or_else(|month| month);
    let rows = visit.store().unanswered(from, to)?;
    let sum = |count: fn(&UnansweredRow) -> u32| rows.iter().map(count).sum::<u32>();
    let totals = context! {
        sent => sum(|row| row.sent),
        answered => sum(|row| row.answered),
        answered_late => sum(|row| row.answered_late),
        unanswered => sum(|row| row.unanswered),
        waiting => sum(|row| row.waiting),
        needs_review => sum(|row| row.needs_review),
        ended => sum(|row| row.ended),
        no_reply => sum(|row| row.no_reply),
        undelivered => sum(|row| row.undelivered),
        in_doubt => sum(|row| row.in_doubt),
    };
    let apart: Vec<&UnansweredRow> = rows.iter().filter(|row| row.undelivered + row.in_doubt > 0).collect();
    let status = if period.is_ok() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let context =
        context! { from, to, wrong => period.is_err(), rows => &rows, totals, apart, made_at => visit.now };
    Ok(visit.page("report_unanswered.html", context)?.with_status(status))
}

/// The same as a file.
pub fn unanswered_csv(visit: &Visit) -> Result<Answer, WebError> {
    let (from, to) = period(visit)?.map_err(|_| WebError::Refused("report-wrong-period"))?;
    let bytes = csv(&visit.store().unanswered(from, to)?)
        .map_err(|error| WebError::Interrupted(error.to_string()))?;
    visit.note(Act::View, "report", "unanswered", "csv")?;
    let disposition = format!("attachment; filename=\"unanswered-{from}-{to}.csv\"");
    Ok(Answer::bytes("text/csv; charset=utf-8", bytes).with(header::CONTENT_DISPOSITION, disposition))
}

/// First and last day, as asked for, or this month; the month, as an error, for what is no period.
fn period(visit: &Visit) -> Result<Result<Period, Period>, WebError> {
    visit.reach(Resource::Reports, "report", "unanswered")?;
    let today = japan_date(visit.now);
    let month = (today.first_of_month(), today.last_of_month());
    let asked = |name: &str, default: Date| match visit.query.get(name) {
        "" => Some(default),
        text => text.parse::<Date>().ok(),
    };
    Ok(match (asked("from", month.0), asked("to", month.1)) {
        (Some(from), Some(to)) if from <= to => Ok((from, to)),
        _ => Err(month),
    })
}
