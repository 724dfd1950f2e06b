//! Mails as tables: what is text, what is attached, and what a hostile one does.

use super::*;

const PDF: &[u8] = b"%PDF-1.7 x";
const PDF_BASE64: &str = "JVBERi0xLjcgeA==";

fn parsed(text: &str) -> ParsedMail {
    parse(text.replace('\n', "\r\n").as_bytes())
}

#[test]
fn a_page_is_found_wherever_it_hides() {
    let part =
        |kind: &str| format!("Content-Type: {kind}\nContent-Transfer-Encoding: base64\n\n{PDF_BASE64}\n");
    let multi = |part: &str| {
        format!(
            "From: a@b.jp\nContent-Type: multipart/mixed; boundary=\"b\"\n\n--b\n\nhello\n--b\n{part}--b--\n"
        )
    };
    let inner = format!("From: x@y.jp\nSubject: fax\n{}", part("application/pdf"));
    let table = [
        ("attached", multi(&part("application/pdf; name=\"a.pdf\""))),
        ("declared as text", multi(&part("text/plain"))),
        ("declared as html", multi(&part("text/html"))),
        ("declared as octets", multi(&part("application/octet-stream"))),
        ("no type", multi(&format!("Content-Transfer-Encoding: base64\n\n{PDF_BASE64}\n"))),
        ("inline", multi(&format!("Content-Disposition: inline\n{}", part("image/tiff")))),
        ("not closed", multi(&part("application/pdf")).replace("--b--\n", "")),
        ("boundary with white space", multi(&part("application/pdf")).replace("--b\nC", "--b  \nC")),
        ("the whole mail", format!("From: a@b.jp\n{}", part("application/pdf"))),
        ("forwarded", multi(&format!("Content-Type: message/rfc822\n\n{inner}"))),
        ("8 bit", multi("Content-Type: application/pdf\nContent-Transfer-Encoding: 8bit\n\n%PDF-1.7 x\n")),
        (
            "another boundary",
            multi(&part("application/pdf"))
                .replace("\n--b\n\nhello", "\n--B\nContent-Type: text/plain\n\nhello")
                .replace("--b", "--B"),
        ),
        (
            "no boundary declared",
            multi(&part("application/pdf"))
                .replace("; boundary=\"b\"", "")
                .replace("\n--b\n\nhello", "\n--b\nContent-ID: <1>\n\nhello"),
        ),
        ("upper case", multi(&part("APPLICATION/PDF").replace("base64", "BASE64"))),
    ];
    for (name, mail) in table {
        let parsed = parsed(&mail);
        assert_eq!(parsed.attachments.len(), 1, "{name}: {parsed:?}");
        assert_eq!(parsed.attachments[0].bytes, PDF, "{name}");
        assert_eq!(parsed.text.trim(), if name == "the whole mail" { "" } else { "hello" }, "{name}");
    }
}

#[test]
fn a_mail_encoded_within_a_mail_is_opened() {
    // "From: x@y.jp\nContent-Type: application/pdf\n\n%PDF-1.7 x"
    let inner = "RnJvbTogeEB5LmpwCkNvbnRlbnQtVHlwZTogYXBwbGljYXRpb24vcGRmCgolUERGLTEuNyB4";
    let mail = parsed(&format!(
        "From: a@b.jp\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{inner}\n"
    ));
    assert_eq!(mail.attachments.len(), 1, "{mail:?}");
    assert_eq!(mail.attachments[0].bytes, PDF);
}

#[test]
fn japanese_headers_and_texts() {
    let mail = parsed(
        "From: =?ISO-2022-JP?B?GyRCJUYlOSVIGyhC?= <a@b.jp>\nTo: c@d.jp, e@f.jp\n\
         Subject: =?UTF-8?B?6YCj57Wh56Wo?=\nDate: Wed, 1 Apr 2026 09:00:00 +0900\n\
         Content-Type: text/plain; charset=iso-2022-jp\n\n\u{1b}$B%F%9%H\u{1b}(B\n",
    );
    assert_eq!(mail.subject.as_deref(), Some("連絡票"));
    assert_eq!(mail.from.as_deref(), Some("a@b.jp"));
    assert_eq!(mail.to, ["c@d.jp", "e@f.jp"]);
    assert_eq!(mail.date, Some("2026-04-01T00:00:00Z".parse().unwrap()));
    assert_eq!(mail.text.trim(), "テスト");
    assert_eq!(mail.problems, Vec::<String>::new());
}

#[test]
fn html_alone_becomes_text() {
    let mail = parsed("From: a@b.jp\nContent-Type: text/html\n\n<p>FAX<b>送信</b></p>\n");
    assert!(mail.text.contains("FAX") && !mail.text.contains('<'), "{}", mail.text);
}

#[test]
fn who_wrote_it_a_machine_or_a_person() {
    let table = [
        ("Auto-Submitted: auto-replied", true),
        ("Auto-Submitted: auto-generated; owner=x", true),
        ("auto-submitted: NO", false),
        ("Auto-Submitted: no (really)", false),
        ("Precedence: bulk", true),
        ("Precedence: Junk", true),
        ("Precedence: auto_reply", true),
        ("Precedence: list", false),
        ("X-Autoreply: yes", true),
        ("Return-Path: <>", true),
        ("Return-Path: <a@b.jp>", false),
        ("From: Mail Delivery <MAILER-DAEMON@b.jp>", true),
        ("From: MAILER-DAEMON <>", true),
        ("From: <>", true),
        ("From: postmaster@b.jp", true),
        ("From: mailer@b.jp", false),
        ("Content-Type: multipart/report; boundary=x", true),
        ("Subject: auto", false),
    ];
    for (header, auto) in table {
        let mail = parsed(&format!("{header}\nTo: x@y.jp\n\ntext\n"));
        assert_eq!(mail.auto_submitted, auto, "{header}");
        assert_eq!(mail.return_path_empty, header == "Return-Path: <>", "{header}");
    }
}

#[test]
fn what_looks_like_a_mail() {
    let table: [(&[u8], bool); 12] = [
        (b"From: a@b\r\nTo: c@d\r\n\r\nx", true),
        (b"From: a@b\rTo: c@d\r\rx", true),
        (b"From a@b Mon\nReceived: x\n\ty\nDate: z\n\n", true),
        (b"X-A: 1\nX-B: 2\nSubject: s\nDate: d", true),
        (b"Return-Path: <>\nReceived: x\nno colon here\n", true),
        (b"Subject: only one\n\nFrom: x\nTo: y", false),
        (b"%PDF-1.7\nFrom: x\nTo: y", false),
        (b"II*\0\x08\0\0\0", false),
        (b"From: a\0b", false),
        (b" From: a\n To: b", false),
        (b"hello\nworld", false),
        (b"", false),
    ];
    for (bytes, expected) in table {
        assert_eq!(looks_like_mail(bytes), expected, "{}", bytes.escape_ascii());
    }
}

#[test]
fn what_cannot_be_read_is_said() {
    for garbage in [&b""[..], b"\0\0\0", b"\n\n", b"II*\0\x08", &[0xff; 3000]] {
        assert!(!parse(garbage).problems.is_empty(), "{}", garbage.escape_ascii());
    }
}

#[test]
fn a_mail_without_its_boundary_keeps_its_body() {
    let mail = parsed("From: a@b.jp\nContent-Type: multipart/mixed; boundary=b\n\nJVBERi0=\n");
    assert_eq!(mail.attachments.len(), 1);
    assert_eq!(mail.problems.len(), 2, "{:?}", mail.problems);
}

#[test]
fn nesting_and_number_are_limited() {
    let nested = "Content-Type: message/rfc822\n\n".repeat(200_000);
    let multi = (0..5_000).fold(String::new(), |multi, at| {
        multi + &format!("Content-Type: multipart/mixed; boundary=b{at}\n\n--b{at}\n")
    });
    let digest = "Content-Type: multipart/digest; boundary=b\n\n--b\n\n".repeat(5_000);
    let many = format!("Content-Type: multipart/mixed; boundary=b\n\n{}", "--b\n\nx\n".repeat(100_000));
    let names = (0..100_000).fold("Content-Type: text/plain;".to_owned(), |names, at| {
        names + &format!("n{at}*0*=utf-8'{at}'%41;")
    });
    for (name, body) in
        [("names", names), ("nested", nested), ("multi", multi), ("digest", digest), ("many", many)]
    {
        let mail = parsed(&format!("From: a@b.jp\n{body}"));
        assert!(!mail.problems.is_empty(), "{name}");
    }
}

/// Every cut and many single wrong octets of a real-looking mail: no panic, and a page that is
/// whole is found.
#[test]
fn damage_never_panics() {
    let whole = format!(
        "Return-Path: <>\r\nFrom: =?UTF-8?B?6YCj?= <a@b.jp>\r\nDate: Wed, 1 Apr 2026 09:00:00 +0900\r\n\
         Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/html; charset=euc-jp\r\n\
         Content-Transfer-Encoding: quoted-printable\r\n\r\n<p>=A4=A2</p>\r\n--b\r\n\
         Content-Type: message/rfc822\r\n\r\nSubject: x\r\nContent-Type: image/tiff; name*=utf-8''%E9%80%A3\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{PDF_BASE64}\r\n--b--\r\n"
    );
    let whole = whole.as_bytes();
    for end in 0..whole.len() {
        let _ = parse(&whole[..end]);
        let _ = looks_like_mail(&whole[..end]);
        for wrong in [0_u8, b'\n', b'=', b';', b'"', b'(', b'<', 0xff] {
            let mut spoilt = whole.to_vec();
            spoilt[end] = wrong;
            let _ = parse(&spoilt);
        }
    }
    assert_eq!(parse(whole).attachments[0].bytes, PDF);
}

#[test]
fn a_subject_that_is_written_as_it_is_can_be_read() {
    for (name, subject) in [
        ("jis", &b"Re: \x1b$B2sEz\x1b(B 26-000042-3"[..]),
        ("euc", b"Re: \xb2\xf3\xc5\xfa 26-000042-3"),
        ("sjis", b"Re: \x89\xf1\x93\x9a\r\n 26-000042-3"),
        ("utf-8", "Re: 回答 26-000042-3".as_bytes()),
        ("RFC 2047", b"Re: =?iso-2022-jp?B?GyRCMnNFehsoQg==?= 26-000042-3"),
    ] {
        let mail = [&b"From: a@b.jp\r\nSubject: "[..], subject, b"\r\nTo: c@d.jp\r\n\r\ntext\r\n"].concat();
        assert_eq!(parse(&mail).subject.as_deref(), Some("Re: 回答 26-000042-3"), "{name}");
    }
}
