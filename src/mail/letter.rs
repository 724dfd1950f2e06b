//! The texts of mails that are no sheets: a notice to a user, a link and a withdrawal to a clinic, the test of an address. Japanese
//! first, English complete below. Knows numbers, offices and links; no text here names or describes a client.

use crate::domain::calendar::wareki::wareki;
use crate::domain::directory::{Association, Office};
use crate::domain::id::RequestId;
use crate::domain::letter::NoticeAbout;
use jiff::civil::Date;
use std::fmt::Write as _;

/// Lines of a notice; the rest is counted.
const LINES_MAX: usize = 20;

/// A mail's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterText {
    /// One line.
    pub subject: String,
    /// Several lines.
    pub body: String,
}

/// One line of a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeLine {
    /// The request's number.
    pub number: String,
    /// Where its page is.
    pub request_id: RequestId,
    /// What is the matter.
    pub about: NoticeAbout,
}

/// What a mail with a link says.
#[derive(Clone, Copy)]
pub struct LinkText<'a> {
    /// The request's number.
    pub number: &'a str,
    /// Who asks.
    pub office: &'a Office,
    /// The whole address: a secret, which only this mail carries.
    pub url: &'a str,
    /// The last day in time.
    pub due_on: Option<Date>,
    /// The last day of the link.
    pub expires_on: Date,
}

/// Tells a user what needs them, and of how many messages that clinics sent unasked; `url` is where the pages are.
#[must_use]
pub fn notice(name: &str, url: &str, lines: &[NoticeLine], messages: usize) -> LetterText {
    let url = url.trim_end_matches('/');
    let more = lines.len().saturating_sub(LINES_MAX);
    let mut japanese = String::new();
    let mut english = String::new();
    if messages > 0 {
        _ = write!(japanese, "■ 医療機関から連絡が届いています({messages}件)。\n  {url}/messages\n");
        _ = writeln!(english, "- messages from clinics: {messages}");
    }
    for line in lines.iter().take(LINES_MAX) {
        let (ja, en) = about(line.about);
        let place = format!("{url}/requests/{}", line.request_id);
        _ = write!(japanese, "■ {} {ja}\n  {place}\n", line.number);
        _ = writeln!(english, "- {}: {en}", line.number);
    }
    if more > 0 {
        _ = write!(japanese, "ほかに{more}件あります。\n  {url}/\n");
        _ = writeln!(english, "- and {more} more");
    }
    let body = format!(
        "{name} 様\n\nご確認いただきたいことがあります。\n\n{japanese}\n\
         このメールには、利用者さんの情報は書かれていません。上のページを開いてご確認ください。\n\
         このメールは自動で送られています。ご返信いただいても届きません。\n\n\
         --\nSomething needs you:\n{english}\
         This mail names no client. Please open the pages above. It was sent automatically; do not reply.\n"
    );
    LetterText {
        subject: format!("【連絡】ご確認ください({}件) / please look", lines.len() + messages),
        body,
    }
}

fn about(about: NoticeAbout) -> (&'static str, &'static str) {
    match about {
        NoticeAbout::Answered => ("回答が届きました。", "an answer has come"),
        NoticeAbout::Overdue => {
            ("返信の期日を過ぎました。電話でご確認ください。", "the reply is overdue: please telephone")
        }
        NoticeAbout::Undelivered => (
            "医療機関に届きませんでした。電話など別の方法でご連絡ください。",
            "not delivered: use another way",
        ),
        NoticeAbout::InDoubt => (
            "届いたかどうか分かりません。医療機関に電話でご確認ください。",
            "it may or may not have arrived: please ask the clinic",
        ),
        NoticeAbout::CancelUnknown => (
            "取り消しのお知らせが届いていないかもしれません。医療機関に電話でお伝えください。",
            "the clinic may not know that it was withdrawn: please telephone",
        ),
        NoticeAbout::LinkUnknown => (
            "回答用リンクのメールが届いていないかもしれません。",
            "the mail with the link may not have arrived",
        ),
    }
}

/// What a mail with a sheet says below its own words.
#[derive(Clone, Copy)]
pub struct PdfText<'a> {
    /// Who asks.
    pub office: &'a Office,
    /// Where the printed sheet is faxed to, as it is printed.
    pub return_fax: &'a str,
    /// The last day in time.
    pub due_on: Option<Date>,
    /// True: the sheet has fields to fill in.
    pub asks: bool,
    /// True: the file opens with the passphrase that was agreed with the clinic.
    pub locked: bool,
}

/// Tells how the attached sheet opens, is filled in and sent back. `None` where there is nothing to tell.
#[must_use]
pub fn by_pdf(text: &PdfText) -> Option<String> {
    let PdfText { office, return_fax, due_on, asks, locked } = *text;
    let (from, tel) = (&office.name, &office.tel);
    let lock = "添付のPDFは、あらかじめお決めした合言葉で開きます。\n";
    let lock_english = "The attached PDF opens with the passphrase that was agreed.\n";
    let (lock, lock_english) = if locked { (lock, lock_english) } else { ("", "") };
    if !asks {
        return locked.then(|| format!("{lock}お問い合わせ: {from} 電話 {tel}\n\n--\n{lock_english}"));
    }
    let due =
        due_on.map_or_else(String::new, |day| format!("{}までにご返信をお願いいたします。\n", wareki(day)));
    let due_english = due_on.map_or_else(String::new, |day| format!("Please answer by {day}. "));
    Some(format!(
        "添付のPDFは、パソコンの画面で記入できる用紙です。\n{lock}{due}\n\
         1. 添付のPDFを保存して、開きます。\n\
         2. 四角を押して印を付けます。連絡欄には文字を入れられます。\n\
         3. 保存します。\n\
         4. このメールに返信して、保存したPDFを添付してください。\n\n\
         このメールを受け取ったアドレスからご返信ください。\n\
         印刷して手で記入し、FAX {return_fax} へお送りいただいてもかまいません。\n\
         お問い合わせ: {from} 電話 {tel}\n\n\
         --\n{lock_english}The attached sheet can be filled in on a screen: save and open it, tick, save again, and reply to\n\
         this mail from this address with the file. Or print it, tick by hand and fax it to {return_fax}.\n\
         {due_english}This mail names no patient.\n"
    ))
}

/// Asks a clinic to answer by a link.
#[must_use]
pub fn link(text: &LinkText) -> LetterText {
    let LinkText { number, office, url, due_on, expires_on } = *text;
    let due = due_on.map_or_else(String::new, |day| format!("{}までにお願いいたします。\n", wareki(day)));
    let due_english = due_on.map_or_else(String::new, |day| format!("Please answer by {day}. "));
    let (from, tel) = (&office.name, &office.tel);
    let expires = wareki(expires_on);
    let body = format!(
        "{from}より、連絡票 {number} へのご回答をお願いいたします。\n{due}\n\
         下のページで、3回ほど押すだけでご回答いただけます。\n{url}\n\n\
         はじめに、貴院のFAX番号(ない場合は電話番号)の下4桁をお尋ねします。\n\
         このページは{expires}まで開けます。ほかの方に転送しないでください。\n\
         FAXの用紙でご回答いただいてもかまいません。\n\
         お問い合わせ: {from} 電話 {tel}\n\n\
         --\n{from} asks you to answer request {number} on the page above. {due_english}It asks for the last four digits of\n\
         your fax (or telephone) number first and is open until {expires_on}. Please do not forward it. This mail names no patient.\n"
    );
    LetterText { subject: format!("連絡票 {number} へのご回答のお願い"), body }
}

/// Tells a clinic that gets its sheets by mail that one needs no answer any more.
#[must_use]
pub fn cancel_notice(number: &str, office: &Office) -> LetterText {
    let (from, tel) = (&office.name, &office.tel);
    let body = format!(
        "連絡票 {number} は取り消されました。ご回答は不要です。\nお手元の用紙は破棄してください。詳しくは添付をご覧ください。\n\
         お問い合わせ: {from} 電話 {tel}\n\n\
         --\nRequest {number} was withdrawn. No answer is needed; please destroy the sheet.\n"
    );
    LetterText { subject: format!("【取消】連絡票 {number} へのご回答は不要です"), body }
}

/// Finds out whose mail address it is.
#[must_use]
pub fn number_test(clinic: &str, association: &Association) -> LetterText {
    let Association { name, tel } = association;
    let body = format!(
        "{clinic} 御中\n\n{name}より、メールアドレスの確認のためにお送りしています。\n\
         添付の用紙にある6桁の確認番号を、{name}からの電話でお伝えください。\n\
         患者さんの情報は含まれていません。お心当たりのない方は、お手数ですが {tel} までお知らせください。\n\n\
         --\nThis is a test of your mail address by {name}. Please tell us the code of the attached page when we call.\n\
         If you are not {clinic}, please call {tel}.\n"
    );
    LetterText { subject: "メールアドレスの確認のお願い".to_owned(), body }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn line(nth: usize, about: NoticeAbout) -> NoticeLine {
        let request_id = RequestId::new_at(Timestamp::UNIX_EPOCH);
        NoticeLine { number: format!("26-{nth:06}-1"), request_id, about }
    }

    #[test]
    fn a_notice_names_every_number_until_there_are_too_many() {
        let all = [
            NoticeAbout::Answered,
            NoticeAbout::Overdue,
            NoticeAbout::Undelivered,
            NoticeAbout::InDoubt,
            NoticeAbout::CancelUnknown,
            NoticeAbout::LinkUnknown,
        ];
        let lines: Vec<_> = all.iter().enumerate().map(|(nth, about)| line(nth, *about)).collect();
        let text = notice("見本 太郎", "https://renraku.example.jp/", &lines, 0);
        assert_eq!(text.subject, "【連絡】ご確認ください(6件) / please look");
        for line in &lines {
            let place = format!("https://renraku.example.jp/requests/{}\n", line.request_id);
            assert!(text.body.contains(&line.number) && text.body.contains(&place), "{}", text.body);
        }
        let many: Vec<_> = (0..25).map(|nth| line(nth, NoticeAbout::Overdue)).collect();
        assert!(!text.body.contains("/messages"));
        let text = notice("見本 太郎", "https://renraku.example.jp", &many, 0);
        assert!(text.body.contains("ほかに5件") && text.body.contains("and 5 more"), "{}", text.body);
        assert!(!text.body.contains(&many[20].number));
        let text = notice("見本 太郎", "https://renraku.example.jp/", &lines[..1], 2);
        assert_eq!(text.subject, "【連絡】ご確認ください(3件) / please look");
        assert!(text.body.contains("連絡が届いています(2件)。\n  https://renraku.example.jp/messages\n"));
        assert!(text.body.contains("messages from clinics: 2"), "{}", text.body);
    }
}
