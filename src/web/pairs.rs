//! Names with values, as a form posts them or an address carries them. Order and repetition are kept: a form
//! that comes back with mistakes shows exactly what was typed.

/// Names with values.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Pairs(Vec<(String, String)>);

impl Pairs {
    /// Reads `a=1&b=2` (`application/x-www-form-urlencoded`).
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Self {
        Self(form_urlencoded::parse(bytes).into_owned().collect())
    }

    /// Writes them so.
    #[must_use]
    pub fn encode(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }

    /// The first value of `name`, without blanks around it; empty when there is none.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.iter().find(|(candidate, _)| *candidate == name).map_or("", |(_, value)| value.trim())
    }

    /// Every value of `name`.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.iter().filter(move |(candidate, _)| *candidate == name).map(|(_, value)| value)
    }

    /// Every pair, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Those whose name is not among `names`.
    #[must_use]
    pub fn without(&self, names: &[&str]) -> Self {
        Self(self.0.iter().filter(|(name, _)| !names.contains(&name.as_str())).cloned().collect())
    }

    /// With one more.
    pub fn add(&mut self, name: &str, value: &str) {
        self.0.push((name.to_owned(), value.to_owned()));
    }
}

/// The names alone: what was typed may be a client's data.
impl std::fmt::Debug for Pairs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_comes_back_as_it_was() {
        let mut pairs = Pairs::default();
        for (name, value) in [("a", "𠮷野 \"><script>"), ("a", " 2 "), ("b", "1\r\n2&3=4"), ("c", "")] {
            pairs.add(name, value);
        }
        let again = Pairs::decode(pairs.encode().as_bytes());
        assert!(again == pairs);
        assert_eq!(again.all("a").collect::<Vec<_>>(), ["𠮷野 \"><script>", " 2 "]);
        assert_eq!((again.get("b"), again.get("nothing")), ("1\r\n2&3=4", ""));
        assert!(!format!("{again:?}").contains("𠮷"));
    }
}
