//! The client (利用者) that a request is about.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A client of the long-term care insurance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// 氏名, as it is written.
    pub name: String,
    /// フリガナ.
    #[serde(default)]
    pub kana: Option<String>,
    /// 生年月日.
    #[serde(default)]
    pub birth_date: Option<Date>,
}
