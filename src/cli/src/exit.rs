//! Exit codes: Terraform's.

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It did what was asked for.
    Done,
    /// It failed or was interrupted.
    Failed,
    /// `-detailed-exitcode`: there are changes.
    Changes,
    /// `fmt`: some files could not be formatted.
    NotFormatted,
    /// `fmt -check`: some files are not formatted.
    Unformatted,
    /// No command was named; what was printed is the list of commands.
    NoCommand,
}

impl Exit {
    /// Returns the code.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Changes | Self::NotFormatted => 2,
            Self::Unformatted => 3,
            Self::NoCommand => 127,
        }
    }
}
