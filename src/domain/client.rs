//! The client (利用者) that a request is about. Never prints a name by accident: `Debug` shows the
//! masked initial alone.

mod masking;

pub use masking::{AddressMask, AgeBand, BirthMask, Masking, NameMask, alternate, municipality};

use super::identifier::{InsuredNumber, InsurerNumber};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;
use unicode_normalization::UnicodeNormalization;

/// What stands for a name of which nothing may be shown.
const HIDDEN: &str = "●";

/// A client of the long-term care insurance.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// 氏名, as it is written.
    pub name: String,
    /// フリガナ, family and given name with a space between.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kana: Option<String>,
    /// 生年月日.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<Date>,
    /// 性別.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sex: Option<Sex>,
    /// 保険者番号.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub insurer_number: Option<InsurerNumber>,
    /// 被保険者番号.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub insured_number: Option<InsuredNumber>,
    /// 要介護度.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub care_level: Option<CareLevel>,
    /// 認定有効期間, first day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Date>,
    /// 認定有効期間, last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Date>,
}

/// 性別, as on the certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// 男.
    Male,
    /// 女.
    Female,
    /// その他・不明.
    Other,
}

/// 要介護度, in JSON by the care insurance's two-digit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum CareLevel {
    /// 非該当.
    #[serde(rename = "01")]
    NotCertified,
    /// 事業対象者.
    #[serde(rename = "06")]
    ProgrammeTarget,
    /// 要支援(経過的要介護).
    #[serde(rename = "11")]
    Transitional,
    /// 要支援1.
    #[serde(rename = "12")]
    Support1,
    /// 要支援2.
    #[serde(rename = "13")]
    Support2,
    /// 要介護1.
    #[serde(rename = "21")]
    Care1,
    /// 要介護2.
    #[serde(rename = "22")]
    Care2,
    /// 要介護3.
    #[serde(rename = "23")]
    Care3,
    /// 要介護4.
    #[serde(rename = "24")]
    Care4,
    /// 要介護5.
    #[serde(rename = "25")]
    Care5,
}

impl Client {
    /// The initials from the kana, `Y・H`, for a slip that must carry no name; parts that cannot be
    /// told are `●`. Without kana, from a name in Latin letters or kana; never a character of the name.
    #[must_use]
    pub fn masked_initial(&self) -> String {
        let source = self.kana.as_deref().filter(|kana| !kana.trim().is_empty()).unwrap_or(&self.name);
        let plain: String = source.nfkc().collect();
        let parts = plain.split(|c: char| c.is_whitespace() || c == '・').filter(|part| !part.is_empty());
        let initials: Vec<String> =
            parts.map(|part| initial(part).map_or_else(|| HIDDEN.to_owned(), String::from)).collect();
        if initials.iter().all(|initial| initial == HIDDEN) {
            HIDDEN.to_owned()
        } else {
            initials.join("・")
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({})", self.masked_initial())
    }
}

impl Sex {
    /// The name in Japanese.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Male => "男",
            Self::Female => "女",
            Self::Other => "その他",
        }
    }
}

impl CareLevel {
    /// Every level, in the order of the codes.
    pub const ALL: [Self; 10] = [
        Self::NotCertified,
        Self::ProgrammeTarget,
        Self::Transitional,
        Self::Support1,
        Self::Support2,
        Self::Care1,
        Self::Care2,
        Self::Care3,
        Self::Care4,
        Self::Care5,
    ];

    /// The two-digit code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotCertified => "01",
            Self::ProgrammeTarget => "06",
            Self::Transitional => "11",
            Self::Support1 => "12",
            Self::Support2 => "13",
            Self::Care1 => "21",
            Self::Care2 => "22",
            Self::Care3 => "23",
            Self::Care4 => "24",
            Self::Care5 => "25",
        }
    }

    /// The name in Japanese.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NotCertified => "非該当",
            Self::ProgrammeTarget => "事業対象者",
            Self::Transitional => "経過的要介護",
            Self::Support1 => "要支援1",
            Self::Support2 => "要支援2",
            Self::Care1 => "要介護1",
            Self::Care2 => "要介護2",
            Self::Care3 => "要介護3",
            Self::Care4 => "要介護4",
            Self::Care5 => "要介護5",
        }
    }
}

/// The first Hepburn letter of a kana word, or the first letter of a Latin one.
fn initial(part: &str) -> Option<char> {
    let mut kana = part.chars().map(as_katakana).skip_while(|c| matches!(c, 'ー' | 'ッ'));
    let first = kana.next()?;
    if first.is_ascii_alphabetic() {
        return Some(first.to_ascii_uppercase());
    }
    match (first, kana.next()) {
        // ウィ, ウェ, ウォ.
        ('ウ', Some('ィ' | 'ェ' | 'ォ')) => Some('W'),
        // イェ.
        ('イ', Some('ェ')) => Some('Y'),
        _ => hepburn(first),
    }
}

/// Hiragana as katakana; anything else as it is.
fn as_katakana(c: char) -> char {
    match c {
        'ぁ'..='ゖ' => char::from_u32(u32::from(c) + 0x60).unwrap_or(c),
        _ => c,
    }
}

/// The first letter of a katakana in Hepburn romanisation, as in passports.
fn hepburn(c: char) -> Option<char> {
    Some(match c {
        'ア' | 'ァ' => 'A',
        'イ' | 'ィ' | 'ヰ' => 'I',
        'ウ' | 'ゥ' => 'U',
        'エ' | 'ェ' | 'ヱ' => 'E',
        'オ' | 'ォ' | 'ヲ' => 'O',
        'カ' | 'キ' | 'ク' | 'ケ' | 'コ' | 'ヵ' | 'ヶ' => 'K',
        'ガ' | 'ギ' | 'グ' | 'ゲ' | 'ゴ' => 'G',
        'サ' | 'シ' | 'ス' | 'セ' | 'ソ' => 'S',
        'ザ' | 'ズ' | 'ゼ' | 'ゾ' | 'ヅ' => 'Z',
        'ジ' | 'ヂ' => 'J',
        'タ' | 'ツ' | 'テ' | 'ト' => 'T',
        'チ' => 'C',
        'ダ' | 'デ' | 'ド' => 'D',
        'ナ' | 'ニ' | 'ヌ' | 'ネ' | 'ノ' | 'ン' => 'N',
        'ハ' | 'ヒ' | 'ヘ' | 'ホ' => 'H',
        'フ' => 'F',
        'バ' | 'ビ' | 'ブ' | 'ベ' | 'ボ' => 'B',
        'パ' | 'ピ' | 'プ' | 'ペ' | 'ポ' => 'P',
        'マ' | 'ミ' | 'ム' | 'メ' | 'モ' => 'M',
        'ヤ' | 'ユ' | 'ヨ' | 'ャ' | 'ュ' | 'ョ' => 'Y',
        'ラ' | 'リ' | 'ル' | 'レ' | 'ロ' => 'R',
        'ワ' | 'ヮ' => 'W',
        'ヴ' | 'ヷ' => 'V',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(name: &str, kana: Option<&str>) -> Client {
        Client {
            name: name.to_owned(),
            kana: kana.map(str::to_owned),
            birth_date: None,
            sex: None,
            insurer_number: None,
            insured_number: None,
            care_level: None,
            valid_from: None,
            valid_to: None,
        }
    }

    #[test]
    fn masked_initials() {
        for (name, kana, expected) in [
            ("山田 花子", Some("ヤマダ ハナコ"), "Y・H"),
            ("山田 花子", Some("やまだ はなこ"), "Y・H"),
            ("山田 花子", Some("ﾔﾏﾀﾞ ﾊﾅｺ"), "Y・H"),
            ("山田 花子", Some("ヤマダハナコ"), "Y"),
            ("山田 花子", Some("Yamada・Hanako"), "Y・H"),
            ("塩谷 千代", Some("シオヤ チヨ"), "S・C"),
            ("藤 純", Some("フジ ジュン"), "F・J"),
            ("", Some("ヴィン ティ"), "V・T"),
            ("", Some("ウィン ウエ"), "W・U"),
            ("", Some("チャン シャオ"), "C・S"),
            ("", Some("ガク バパ"), "G・B"),
            ("", Some("?? ハナコ"), "●・H"),
            ("山田 花子", None, "●"),
            ("山田 花子", Some("  "), "●"),
            ("John Smith", None, "J・S"),
            ("", None, "●"),
        ] {
            assert_eq!(client(name, kana).masked_initial(), expected, "{name} {kana:?}");
        }
    }

    #[test]
    fn debug_shows_no_name() {
        assert_eq!(format!("{:?}", client("山田 花子", Some("ヤマダ ハナコ"))), "Client(Y・H)");
    }

    #[test]
    fn json_uses_codes_and_iso_dates() {
        let text = r#"{"name":"見本 花子","birth_date":"1940-02-29","sex":"female","care_level":"22"}"#;
        let client: Client = serde_json::from_str(text).unwrap();
        assert_eq!(client.care_level.map(CareLevel::name), Some("要介護2"));
        assert_eq!(serde_json::to_string(&client).unwrap(), text);
        for level in CareLevel::ALL {
            assert_eq!(serde_json::to_value(level).unwrap(), level.code());
        }
    }
}
