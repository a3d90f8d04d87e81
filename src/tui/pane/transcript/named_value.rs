//! Settings with a few named values: a key goes through them, a name chooses one.

/// A setting with a few values.
pub trait NamedValue: Copy + PartialEq + 'static {
    /// All values, in the order in which a key goes through them.
    const ALL: &'static [Self];

    /// The name of a value.
    fn name(self) -> &'static str;

    /// The value with this name, in any case. Without a name, the next value.
    ///
    /// # Errors
    /// If there is no such name: all names.
    fn select(self, name: &str) -> Result<Self, String> {
        if name.is_empty() {
            let at = Self::ALL.iter().position(|value| *value == self);
            let next = at.map_or(0, |at| (at + 1) % Self::ALL.len());
            return Ok(Self::ALL[next]);
        }
        let mut all = Self::ALL.iter().copied();
        let found = all.find(|value| value.name().eq_ignore_ascii_case(name));
        found.ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|value| value.name()).collect();
            names.join(", ")
        })
    }
}
