//! How much of a client a sheet shows: the name, an age band for the birth date, the municipality for the
//! address. Pure: takes texts and days, and never shows more than the setting allows.

use super::{Client, HIDDEN};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What is hidden. Of two settings (a form's and a region's) the [stricter](Self::stricter) counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Masking {
    /// The name.
    pub name: NameMask,
    /// The birth date.
    pub birth: BirthMask,
    /// Addresses.
    pub address: AddressMask,
}

/// How the name is shown. The order is the strictness.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NameMask {
    /// As it is written.
    #[default]
    Full,
    /// Every second character: ●京●郎.
    Alternate,
    /// The initials: T・T.
    Initials,
}

/// How the birth date is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BirthMask {
    /// The day.
    #[default]
    Date,
    /// 80歳代.
    AgeBand,
}

/// How an address is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressMask {
    /// As it is written.
    #[default]
    Full,
    /// 都道府県・市区町村 alone.
    Municipality,
}

/// Ten years of age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgeBand {
    /// The first age of the band; 0 is everybody under 40, whom the insurance does not know.
    from: u16,
}

impl Masking {
    /// True when nothing is hidden.
    #[must_use]
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }

    /// Of each item the stricter one.
    #[must_use]
    pub fn stricter(self, other: Self) -> Self {
        Self {
            name: self.name.max(other.name),
            birth: self.birth.max(other.birth),
            address: self.address.max(other.address),
        }
    }

    /// True when kana, 保険者番号 and 被保険者番号 may stand on the sheet: they tell who it is as well as a name.
    #[must_use]
    pub fn shows_identifiers(&self) -> bool {
        self.name == NameMask::Full
    }

    /// An address as it may be shown. One in which no municipality is found is hidden.
    #[must_use]
    pub fn address<'a>(&self, address: &'a str) -> &'a str {
        match self.address {
            AddressMask::Full => address,
            AddressMask::Municipality => municipality(address).unwrap_or(HIDDEN),
        }
    }
}

impl Client {
    /// The name as `mask` shows it.
    #[must_use]
    pub fn shown_name(&self, mask: NameMask) -> String {
        match mask {
            NameMask::Full => self.name.clone(),
            NameMask::Alternate => alternate(&self.name),
            NameMask::Initials => self.masked_initial(),
        }
    }

    /// The age band on the day `on`; `None` without a birth date, or with one that is later.
    #[must_use]
    pub fn age_band(&self, on: Date) -> Option<AgeBand> {
        AgeBand::of(self.birth_date?, on)
    }
}

impl AgeBand {
    /// The band of somebody born on `birth`, on the day `on`. A year of age is full on the birthday.
    #[must_use]
    pub fn of(birth: Date, on: Date) -> Option<Self> {
        let before_birthday = (on.month(), on.day()) < (birth.month(), birth.day());
        let age = u16::try_from(on.year() - birth.year() - i16::from(before_birthday)).ok()?;
        Some(Self { from: if age < 40 { 0 } else { (age / 10 * 10).min(100) } })
    }
}

impl fmt::Display for AgeBand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.from {
            0 => f.write_str("40歳未満"),
            100 => f.write_str("100歳以上"),
            from => write!(f, "{from}歳代"),
        }
    }
}

/// `●京 ●郎` of 東京 太郎: in each part of the name every second character, beginning with the first. A
/// name that would show nothing hidden cannot arise: the first character of every part is always hidden.
#[must_use]
pub fn alternate(name: &str) -> String {
    let mut shown = String::new();
    let mut nth = 0;
    for c in name.chars() {
        if c.is_whitespace() || c == '・' {
            shown.push(c);
            nth = 0;
        } else if is_part_of_the_one_before(c) {
            // It tells which variant of a character stands there, so it goes where its character goes.
            if nth % 2 == 0 && nth > 0 {
                shown.push(c);
            }
        } else {
            if nth % 2 == 0 {
                shown.push_str(HIDDEN);
            } else {
                shown.push(c);
            }
            nth += 1;
        }
    }
    if shown.trim().is_empty() { HIDDEN.to_owned() } else { shown }
}

/// Variation selectors (葛󠄀) and combining marks (か゚).
fn is_part_of_the_one_before(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' | '\u{3099}' | '\u{309a}' | '\u{300}'..='\u{36f}')
}

/// Municipalities whose names hold 市, 町 or 村 before their end, so that the first such character does not
/// end them.
const WITH_ONE_INSIDE: &[&str] = &[
    "市川市",
    "市原市",
    "四日市市",
    "廿日市市",
    "野々市市",
    "八日市場市",
    "余市町",
    "余市郡",
    "町田市",
    "十日町市",
    "大町市",
    "大町町",
    "村山市",
    "東村山市",
    "武蔵村山市",
    "村上市",
    "田村市",
    "羽村市",
    "大村市",
    "中村区",
    "玉村町",
    "高市郡",
    "西村山郡",
    "北村山郡",
    "東村山郡",
    "田村郡",
    "市川三郷町",
    "市川町",
    "市貝町",
    "上市町",
    "下市町",
    "五日市町",
    "村田町",
    "上郡町",
];

const PREFECTURES: &str = "北海道 青森県 岩手県 宮城県 秋田県 山形県 福島県 茨城県 栃木県 群馬県 埼玉県 千葉県 東京都 \
     神奈川県 新潟県 富山県 石川県 福井県 山梨県 長野県 岐阜県 静岡県 愛知県 三重県 滋賀県 京都府 大阪府 兵庫県 奈良県 \
     和歌山県 鳥取県 島根県 岡山県 広島県 山口県 徳島県 香川県 愛媛県 高知県 福岡県 佐賀県 長崎県 熊本県 大分県 宮崎県 \
     鹿児島県 沖縄県";

/// `東京都見本区` of 東京都見本区一丁目2-3: prefecture, 郡, city, ward or town; `None` when there is none.
#[must_use]
pub fn municipality(address: &str) -> Option<&str> {
    let address = address.trim();
    let mut end = prefecture_len(address);
    let rest = address.get(end..)?;
    let part = unit_len(rest)?;
    end += part;
    let (named, after) = rest.split_at(part);
    let next = unit_len(after);
    let goes_on = match named.chars().last() {
        // 郡 is only the half of it; a designated city has wards of at most four characters.
        Some('郡') => next.filter(|_| !after.starts_with(['町', '村', '市'])),
        Some('市') => next.filter(|len| after.get(..*len).is_some_and(is_ward)),
        _ => None,
    };
    end += goes_on.unwrap_or(0);
    address.get(..end)
}

fn is_ward(part: &str) -> bool {
    part.ends_with('区') && part.chars().count() <= 4
}

fn prefecture_len(address: &str) -> usize {
    let named = PREFECTURES.split(' ').find(|name| address.starts_with(name));
    named.map_or(0, str::len)
}

/// The length of the leading 郡, 市, 区, 町 or 村.
fn unit_len(text: &str) -> Option<usize> {
    let known = WITH_ONE_INSIDE.iter().filter(|name| text.starts_with(**name)).map(|name| name.len()).max();
    let first = text.char_indices().skip(1).find(|(_, c)| "郡市区町村".contains(*c));
    // 郡山市, 郡上市, 蒲郡市, 小郡市, 大和郡山市: the city goes on after 郡.
    let county = first.filter(|(_, c)| *c == '郡').and_then(|(at, _)| city_with_county_inside(text, at));
    known.or(county).or(first.map(|(at, c)| at + c.len_utf8()))
}

fn city_with_county_inside(text: &str, county_at: usize) -> Option<usize> {
    const CITIES: &[&str] = &["蒲郡市", "小郡市", "大和郡山市"];
    let city = CITIES.iter().find(|city| text.starts_with(**city));
    city.map(|city| city.len()).filter(|len| *len > county_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn every_second_character_is_hidden() {
        for (name, expected) in [
            ("東京 太郎", "●京 ●郎"),
            ("東京太郎", "●京●郎"),
            ("佐々木 花子", "●々● ●子"),
            ("林 一", "● ●"),
            ("𠮷田　髙子", "●田　●子"),
            ("葛\u{e0100}城 純", "●城 ●"),
            ("山葛\u{e0100} 純", "●葛\u{e0100} ●"),
            ("メアリー・スミス", "●ア●ー・●ミ●"),
            ("", "●"),
            (" ", "●"),
        ] {
            assert_eq!(alternate(name), expected, "{name}");
        }
    }

    #[test]
    fn ages_by_ten_years() {
        let on = date(2026, 11, 27);
        for (birth, expected) in [
            (date(1946, 11, 27), Some("80歳代")),
            (date(1946, 11, 28), Some("70歳代")),
            (date(1926, 11, 27), Some("100歳以上")),
            (date(1910, 1, 1), Some("100歳以上")),
            (date(1986, 11, 28), Some("40歳未満")),
            (date(1986, 11, 27), Some("40歳代")),
            (date(1956, 2, 29), Some("70歳代")),
            (date(2027, 1, 1), None),
        ] {
            assert_eq!(AgeBand::of(birth, on).map(|band| band.to_string()).as_deref(), expected, "{birth}");
        }
    }

    #[test]
    fn a_municipality_is_the_beginning_of_an_address() {
        for (address, expected) in [
            ("東京都見本区一丁目2-3", Some("東京都見本区")),
            ("東京都町田市見本町1-2", Some("東京都町田市")),
            ("東京都西多摩郡見本町大字見本1", Some("東京都西多摩郡見本町")),
            ("神奈川県横浜市中区見本町1", Some("神奈川県横浜市中区")),
            ("千葉県市川市見本1-1", Some("千葉県市川市")),
            ("三重県四日市市見本町", Some("三重県四日市市")),
            ("新潟県十日町市見本", Some("新潟県十日町市")),
            ("福島県郡山市見本町", Some("福島県郡山市")),
            ("愛知県蒲郡市見本町", Some("愛知県蒲郡市")),
            ("奈良県大和郡山市見本町", Some("奈良県大和郡山市")),
            ("愛知県名古屋市中村区見本町", Some("愛知県名古屋市中村区")),
            ("見本市見本町1-2", Some("見本市")),
            ("京都府京都市左京区見本町", Some("京都府京都市左京区")),
            ("北海道余市郡余市町見本", Some("北海道余市郡余市町")),
            ("大阪府大阪市見本", Some("大阪府大阪市")),
            ("福岡県太宰府市見本町1", Some("福岡県太宰府市")),
            ("太宰府市見本町1", Some("太宰府市")),
            ("兵庫県赤穂郡上郡町見本町1", Some("兵庫県赤穂郡上郡町")),
            ("見本", None),
            ("", None),
        ] {
            assert_eq!(municipality(address), expected, "{address}");
        }
        let hidden = Masking { address: AddressMask::Municipality, ..Masking::default() };
        assert_eq!(hidden.address("1-2-3"), "●");
    }

    #[test]
    fn of_two_settings_the_stricter_counts() {
        let form = Masking { name: NameMask::Alternate, ..Masking::default() };
        let region = Masking { birth: BirthMask::AgeBand, ..Masking::default() };
        let both = form.stricter(region);
        assert_eq!(
            (both.name, both.birth, both.address),
            (NameMask::Alternate, BirthMask::AgeBand, AddressMask::Full)
        );
        assert!(Masking::default().is_open() && !both.is_open() && !both.shows_identifiers());
        assert_eq!(NameMask::Full.max(NameMask::Initials).max(NameMask::Alternate), NameMask::Initials);
    }
}
