//! One of a few ways to look, each with a name: a key goes through them, a name chooses one.

/// One of a few, in the order in which a key goes through them.
pub trait Cycle: Copy + PartialEq + 'static {
    /// All of them.
    const EACH: &'static [Self];

    /// Its name.
    fn name(self) -> &'static str;

    /// The one of that name, in any case of letters; without a name the one behind this one.
    ///
    /// # Errors
    /// A name that none has: those that there are.
    fn turn(self, name: &str) -> Result<Self, String> {
        if name.is_empty() {
            let at = Self::EACH.iter().position(|one| *one == self);
            let next = at.map_or(0, |at| (at + 1) % Self::EACH.len());
            return Ok(Self::EACH[next]);
        }
        let mut each = Self::EACH.iter().copied();
        let found = each.find(|one| one.name().eq_ignore_ascii_case(name));
        found.ok_or_else(|| {
            let names: Vec<_> = Self::EACH.iter().map(|one| one.name()).collect();
            names.join(", ")
        })
    }
}
