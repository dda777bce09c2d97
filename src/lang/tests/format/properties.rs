//! What holds for every text.

use landfall_lang::format;
use landfall_lang::syntax::lexer::{Start, tokens};
use landfall_lang::syntax::token::TokenKind;
use proptest::prelude::*;
use proptest::sample::select;

use crate::formatted;
use crate::fuzz::fuzz;
use crate::texts::texts;

fn comments(text: &str) -> Vec<&str> {
    let comments = tokens(text, Start::Normal).into_iter().filter(|token| token.kind == TokenKind::Comment);
    comments.map(|token| &text[token.start as usize..token.end as usize]).collect()
}

const CASES: u32 = 256;

#[test]
fn any_text_is_taken() {
    fuzz(CASES, any::<String>(), |text| {
        format(&text);
        Ok(())
    });
}

#[test]
fn any_tokens_are_taken() {
    fuzz(CASES, prop::collection::vec(select(TOKENS.to_vec()), 0..40), |tokens| {
        format(&tokens.concat());
        Ok(())
    });
}

#[test]
fn comments_stay_and_a_second_time_changes_nothing() {
    fuzz(CASES, texts(), |text| {
        if let Some(once) = formatted(&text) {
            prop_assert_eq!(comments(&text), comments(&once));
            let twice = formatted(&once);
            prop_assert_eq!(twice.as_deref(), Some(once.as_str()));
        }
        Ok(())
    });
}

const TOKENS: [&str; 36] = [
    "a", " ", "\n", "\r\n", "\t", "=", "{", "}", "[", "]", "(", ")", "\"", "${", "%{", "~}", "<<E\n", "\nE\n", "# c\n",
    "/*", "*/", "//", ",", ".", "...", ":", "::", "?", "-", "!", "=>", "in", "variable", "type", "list", "1.5",
];
