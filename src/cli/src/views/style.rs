//! Colour and width of what people read.

/// How text for people looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether to write ANSI colours.
    pub colour: bool,
    /// Columns that sentences are wrapped to.
    pub width: usize,
}

impl Default for Style {
    /// No colour, and the width that Terraform uses where there is no terminal.
    fn default() -> Self {
        Self { colour: false, width: 78 }
    }
}

/// A colour or weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    Green,
    Yellow,
    Red,
    Cyan,
    Grey,
    Bold,
    BoldRed,
    BoldGreen,
    BoldCyan,
}

impl Ink {
    fn code(self) -> &'static str {
        match self {
            Self::Green => "\x1b[32m",
            Self::Yellow => "\x1b[33m",
            Self::Red => "\x1b[31m",
            Self::Cyan => "\x1b[36m",
            Self::Grey => "\x1b[90m",
            Self::Bold => "\x1b[1m",
            Self::BoldRed => "\x1b[1;31m",
            Self::BoldGreen => "\x1b[1;32m",
            Self::BoldCyan => "\x1b[1;36m",
        }
    }
}

impl Style {
    /// Writes `text` in a colour.
    pub(crate) fn paint(self, out: &mut String, ink: Ink, text: &str) {
        if self.colour {
            out.push_str(ink.code());
            out.push_str(text);
            out.push_str("\x1b[0m");
        } else {
            out.push_str(text);
        }
    }

    /// Writes a paragraph, wrapped at blanks, and a line end. Lines that begin with a blank stay as they are.
    pub(crate) fn paragraph(self, out: &mut String, text: &str) {
        for line in text.split('\n') {
            self.wrapped_line(out, line);
            out.push('\n');
        }
    }

    fn wrapped_line(self, out: &mut String, line: &str) {
        if line.starts_with(' ') {
            out.push_str(line);
            return;
        }
        let mut column = 0;
        for word in line.split(' ') {
            let length = word.chars().count();
            if column > 0 && column + 1 + length > self.width {
                out.push('\n');
                column = 0;
            } else if column > 0 {
                out.push(' ');
                column += 1;
            }
            out.push_str(word);
            column += length;
        }
    }

    /// Writes a line across the screen.
    pub(crate) fn rule(self, out: &mut String) {
        out.push('\n');
        self.paint(out, Ink::Grey, &"─".repeat(self.width.saturating_sub(1)));
        out.push('\n');
    }
}
