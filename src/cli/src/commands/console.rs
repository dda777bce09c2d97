//! `console`: evaluates expressions that a person types, or the lines of standard input.

use std::io::{self, BufRead, IsTerminal};

use landfall_diag::{Diagnostic, Diagnostics};
use landfall_engine::{ConsoleValues, PlanMode, PlanOptions};
use landfall_lang::expr::NodeKind;
use landfall_lang::syntax::lexer::{self, Start};
use landfall_lang::syntax::parse_expression;
use landfall_lang::syntax::token::TokenKind;
use landfall_lang::{Expr, Scope};
use rustyline::error::ReadlineError;

use super::{Outcome, steps};
use crate::args::{ConsoleArgs, LockArgs};
use crate::exit::Exit;
use crate::operation::Engine;
use crate::project::{self, Asking};
use crate::session::Session;
use crate::views;

const HELP: &str = "\
landfall's console evaluates expressions of the language. Names stand for what
they stand for in the root module: `aws_vpc.main.id` gives the identifier of that
object if the state has it.

Type an expression and press <enter> to see its value.

To leave, type \"exit\" and press <enter>, or use Control-C or Control-D.";

const UNEXPECTED: &str = "Due to the problems above, some expressions may produce unexpected results.";

pub(super) fn run(session: &mut Session, args: &ConsoleArgs) -> Outcome {
    session.compact_warnings = args.view.compact_warnings;
    let config = steps::load(session, "Console", PlanMode::Destroy)?;
    let store = project::open_store(session, &config.root, &args.state)?;
    let (variables, found) = project::collect_variables(session, &config, &args.variables, Asking::Never)?;
    session.report(&found);
    let _lock = project::lock(session, &*store, LockArgs::default(), "OperationTypeInvalid")?;
    let state = project::read_state(&*store)?;
    let engine = Engine::new(session)?;
    let options = PlanOptions { variables, targets: args.targets.clone(), ..PlanOptions::default() };
    let values = if args.plan { ConsoleValues::Plan } else { ConsoleValues::State };
    let mut exit = Exit::Done;
    engine.console(&config, state, &options, values, |scope, found| {
        session.report(&found);
        if found.has_errors() {
            session.report(&Diagnostic::warning(UNEXPECTED, "").into());
        }
        exit = match io::stdin().is_terminal() {
            true => converse(session, scope),
            false => batch(session, scope),
        };
    })?;
    Ok(exit)
}

/// What an entry asks for.
enum Answer {
    Text(String),
    Leave,
}

/// Evaluates lines until one fails, and shows the last value.
fn batch(session: &mut Session, scope: &dyn Scope) -> Exit {
    let mut last = String::new();
    for line in io::stdin().lock().lines() {
        let Ok(line) = line else { return Exit::Failed };
        match answer(session, scope, line.trim()) {
            Ok(Answer::Text(text)) => last = text,
            Ok(Answer::Leave) => return Exit::Done,
            Err(found) => {
                session.report(&found);
                return Exit::Failed;
            }
        }
    }
    session.print(&format!("{last}\n"));
    Exit::Done
}

/// Evaluates what a person types. An entry goes on while a bracket is open, and ends with an empty line.
fn converse(session: &mut Session, scope: &dyn Scope) -> Exit {
    let mut editor = match rustyline::DefaultEditor::new() {
        Ok(editor) => editor,
        Err(error) => {
            session.report(&Diagnostic::error("Error initializing console", format!("{error}.")).into());
            return Exit::Failed;
        }
    };
    let mut entry = String::new();
    loop {
        match editor.readline(if entry.is_empty() { "> " } else { ": " }) {
            Ok(line) => {
                // A line that is not kept in the history can still be typed again.
                let _ = editor.add_history_entry(line.as_str());
                let is_blank = line.trim().is_empty();
                entry.push_str(&line);
                entry.push('\n');
                if !is_blank && goes_on(&entry) {
                    continue;
                }
            }
            Err(ReadlineError::Interrupted) if !entry.is_empty() => {
                entry.clear();
                session.print("(multi-line entry canceled)\n");
                continue;
            }
            Err(_) => return Exit::Done,
        }
        match answer(session, scope, &std::mem::take(&mut entry)) {
            Ok(Answer::Text(text)) => session.print(&format!("{text}\n")),
            Ok(Answer::Leave) => return Exit::Done,
            Err(found) => session.report(&found),
        }
    }
}

fn answer(session: &mut Session, scope: &dyn Scope, entry: &str) -> Result<Answer, Diagnostics> {
    Ok(match entry.trim() {
        "" => Answer::Text(String::new()),
        "exit" => Answer::Leave,
        "help" => Answer::Text(HELP.to_owned()),
        _ => {
            let expr = parse(session, entry)?;
            match type_argument(&expr) {
                // Evaluated at its place in the entry, so that findings point there.
                Some(argument) => {
                    let blank = |(at, c): (usize, char)| if argument.contains(&at) { c } else { ' ' };
                    let padded: String = entry.char_indices().map(blank).collect();
                    let argument = parse(session, &padded)?;
                    Answer::Text(views::type_text(&evaluate(&argument, scope)?.r#type()))
                }
                None => Answer::Text(views::literal(&evaluate(&expr, scope)?)),
            }
        }
    })
}

fn parse(session: &mut Session, text: &str) -> Result<Expr, Diagnostics> {
    let mut found = Diagnostics::new();
    let source = session.sources.add("<console-input>", text);
    let expr = parse_expression(&session.sources, source, &mut found);
    found.into_result(expr).map(|(expr, _)| expr)
}

fn evaluate(expr: &Expr, scope: &dyn Scope) -> Result<landfall_value::Value, Diagnostics> {
    let mut found = Diagnostics::new();
    let value = expr.evaluate(scope, &mut found);
    found.into_result(value).map(|(value, _)| value)
}

/// Returns the bytes of the argument where an expression is a call of `type`, which only the console has.
fn type_argument(expr: &Expr) -> Option<std::ops::Range<usize>> {
    let NodeKind::Call(call) = &expr.tree().kind else { return None };
    match call.arguments.as_slice() {
        [argument] if &*call.name == "type" && !call.expand => {
            Some(argument.span.start as usize..argument.span.end as usize)
        }
        _ => None,
    }
}

/// Returns whether some bracket of an entry is open and every closing one has its opening one.
fn goes_on(entry: &str) -> bool {
    let mut open = Vec::new();
    for token in lexer::tokens(entry, Start::Normal) {
        match token.kind {
            TokenKind::OpenBrace
            | TokenKind::OpenBracket
            | TokenKind::OpenParenthesis
            | TokenKind::OpenHeredoc
            | TokenKind::Interpolation
            | TokenKind::Directive => open.push(token.kind),
            TokenKind::CloseBrace | TokenKind::SequenceEnd => match open.pop() {
                Some(TokenKind::OpenBrace | TokenKind::Interpolation | TokenKind::Directive) => {}
                _ => return false,
            },
            TokenKind::CloseBracket if open.pop() != Some(TokenKind::OpenBracket) => return false,
            TokenKind::CloseParenthesis if open.pop() != Some(TokenKind::OpenParenthesis) => return false,
            TokenKind::CloseHeredoc if open.pop() != Some(TokenKind::OpenHeredoc) => return false,
            TokenKind::Invalid | TokenKind::QuotedNewline => return false,
            _ => {}
        }
    }
    !open.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_goes_on_while_a_bracket_is_open() {
        assert!(goes_on("{\n  a = [1,\n"));
        assert!(goes_on("<<EOT\nx\n"));
        assert!(!goes_on("<<EOT\nx\nEOT\n"));
        assert!(!goes_on("[1, 2]\n"));
        assert!(!goes_on("[1)\n"));
        assert!(!goes_on("1 +\n"));
    }
}
