//! How a command ends. The numbers are a promise to scripts and stay.

/// The ways a command can end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// Not done, for a reason that has no number of its own.
    Other,
    /// The command line was wrong.
    Usage,
    /// It needs a network.
    NeedsNetwork,
    /// A rule refused it: limit, scope, date, signature.
    Refused,
    /// The PIN was wrong, or paying is locked.
    Pin,
    /// The card or the reader: absent, removed, not readable, not valid.
    Card,
    /// It was done before.
    AlreadyDone,
    /// Stored data cannot be opened.
    Unreadable,
    /// Part of it was done; the output says which.
    Partly,
    /// The person stopped it.
    Interrupted,
}

impl Exit {
    /// The status.
    pub const fn status(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Other => 1,
            Self::Usage => 2,
            Self::NeedsNetwork => 3,
            Self::Refused => 4,
            Self::Pin => 5,
            Self::Card => 6,
            Self::AlreadyDone => 7,
            Self::Unreadable => 8,
            Self::Partly => 9,
            Self::Interrupted => 130,
        }
    }

    /// How a list ends of which `good` of `all` items are good.
    pub const fn of_list(good: usize, all: usize) -> Self {
        if good == all {
            Self::Done
        } else if good == 0 {
            Self::Other
        } else {
            Self::Partly
        }
    }
}
