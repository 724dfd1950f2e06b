//! Words that are only polite, and words that may take an answer back or tie it to something. Both lists are short
//! of a language: what is on neither is a person's to read as soon as a code stands beside it.

/// What may stand beside a code without changing it. Longer ones before those that they begin with.
const POLITE: &[&str] = &[
    "いつもお世話になっております",
    "いつもお世話になります",
    "お世話になっております",
    "お世話になります",
    "でお願いいたします",
    "でお願い致します",
    "でお願いします",
    "でおねがいします",
    "をお願いいたします",
    "をお願いします",
    "お願いいたします",
    "お願い致します",
    "お願い申し上げます",
    "お願いします",
    "でございます",
    "と回答いたします",
    "と回答致します",
    "と回答します",
    "で回答いたします",
    "で回答します",
    "と返信します",
    "を希望いたします",
    "を希望します",
    "を選択します",
    "を選びます",
    "にいたします",
    "に致します",
    "にします",
    "とします",
    "となります",
    "になります",
    "よろしく",
    "宜しく",
    "どうぞ",
    "ご回答は",
    "ご回答",
    "回答は",
    "回答",
    "答えは",
    "です",
    "および",
    "及び",
    "で",
    "と",
];

/// Signs that part a sentence and say nothing.
const SIGNS: &[char] = &[' ', '、', ',', '。', '.', ':', '「', '」', '・', ';', '!'];

/// What may take back, correct, delay or tie what was marked.
const RISKY: &[&str] = &[
    "ただし",
    "但し",
    "条件",
    "訂正",
    "修正",
    "間違",
    "まちが",
    "誤っ",
    "誤り",
    "違い",
    "違います",
    "取り消",
    "取消",
    "とりけ",
    "撤回",
    "キャンセル",
    "無効",
    "破棄",
    "差し替",
    "保留",
    "未定",
    "未確定",
    "検討",
    "確認中",
    "確認してから",
    "確認し次第",
    "確認後",
    "調整中",
    "後日",
    "改めて",
    "あらためて",
    "かもしれ",
    "かも知れ",
    "ではない",
    "ではありません",
    "ではなく",
    "じゃない",
    "でない",
    "でなく",
    "以外",
    "やはり",
    "やっぱり",
    "迷って",
    "迷い",
    "わからな",
    "分からな",
    "わかりません",
    "分かりません",
    "決めかね",
    "決まってい",
    "決まら",
    "どちらで",
    "どっち",
    "たぶん",
    "多分",
    "おそらく",
    "恐らく",
    "仮に",
    "仮の",
    "暫定",
    "とりあえず",
    "ひとまず",
    "できれば",
    "出来れば",
    "できません",
    "出来ません",
    "できない",
    "出来ない",
    "しかねます",
    "なら",
    "たら、",
    "もし、",
    "もし ",
    "場合に限",
    "場合のみ",
    "待って",
    "見合わせ",
    "取りやめ",
    "ご放念",
    "回答を変更",
    "回答の変更",
    "前回の回答",
    "先ほどの",
    "都合が悪",
    "都合がつか",
    "都合がつき",
    "無理です",
    "いいえ",
    "代わりに",
    "かわりに",
];

/// The same in English, as whole words.
const RISKY_ENGLISH: &[&str] = &[
    "but",
    "except",
    "cancel",
    "cancelled",
    "wrong",
    "not",
    "unless",
    "if",
    "however",
    "instead",
    "only",
    "mistake",
    "ignore",
    "correction",
    "pending",
    "maybe",
    "perhaps",
    "undecided",
    "unsure",
    "cannot",
    "withdraw",
    "disregard",
    "later",
    "either",
    "never",
    "although",
    "provided",
];

/// What follows the polite words and signs at the beginning; `None` when none stands there.
pub(super) fn after_polite(text: &str) -> Option<&str> {
    let signs = text.trim_start_matches(SIGNS);
    if signs.len() < text.len() {
        return Some(signs);
    }
    // The comparing form has no long vowels of its own kind: none stands in these words.
    POLITE.iter().find_map(|word| text.strip_prefix(word))
}

/// The first word in a plain text that may take an answer back or tie it to something.
pub(super) fn risky(text: &str) -> Option<&'static str> {
    let joined: String = text.chars().filter(|c| *c != ' ').collect();
    let japanese = RISKY.iter().find(|word| joined.contains(**word) || text.contains(**word));
    japanese.or_else(|| risky_english(text)).copied()
}

fn risky_english(text: &str) -> Option<&'static &'static str> {
    let lower = text.to_ascii_lowercase();
    let not = |word: &str| word.ends_with("n't") || word.ends_with("n’t");
    let mut words = lower.split(|c: char| !c.is_ascii_alphabetic() && c != '\'' && c != '’');
    words.find_map(|word| {
        let word = if not(word) { "not" } else { word };
        RISKY_ENGLISH.iter().find(|risky| **risky == word)
    })
}
