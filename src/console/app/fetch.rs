//! Something that is fetched when it is seen: asked for once, and again when it may have changed.

/// What was fetched last, and whether it is on its way.
#[derive(Clone, Debug)]
pub struct Fetch<T> {
    wanted: bool,
    asked: Option<u64>,
    /// What came last; `None` until something did. An error is a sentence.
    pub got: Option<Result<T, String>>,
}

impl<T> Default for Fetch<T> {
    fn default() -> Self {
        Self { wanted: true, asked: None, got: None }
    }
}

impl<T> Fetch<T> {
    /// What came, if it is not an error.
    pub fn ready(&self) -> Option<&T> {
        self.got.as_ref()?.as_ref().ok()
    }

    /// It may have changed.
    pub const fn again(&mut self) {
        self.wanted = true;
    }

    /// Whether it is to be asked for now, and nothing is on its way.
    pub const fn is_wanted(&self) -> bool {
        self.wanted && self.asked.is_none()
    }

    /// It was asked for under this number.
    pub const fn asked(&mut self, number: u64) {
        self.asked = Some(number);
        self.wanted = false;
    }

    /// Whether this is the answer to what was asked.
    pub fn waits_for(&self, number: u64) -> bool {
        self.asked == Some(number)
    }

    /// The answer is here.
    pub fn answer(&mut self, result: Result<T, String>) {
        self.asked = None;
        self.got = Some(result);
    }
}
