//! Expressions: operators, terms and what follows them.

use landfall_diag::Span;
use landfall_value::Value;

use super::cursor::Cursor;
use super::token::{Token, TokenKind};
use crate::expr::{AccessKind, AccessStep, BinaryOperator, Name, NameTarget, Node, NodeKind, Splat, UnaryOperator};

impl Cursor<'_> {
    /// Parses an expression. What cannot be parsed is reported and becomes an invalid node.
    pub(super) fn expression(&mut self) -> Node {
        let node = self.deeper(|cursor| {
            let errors = cursor.errors();
            let node = cursor.binary(0);
            if cursor.lost_since(errors) || cursor.eat(TokenKind::Question).is_none() {
                return node;
            }
            cursor.conditional(node, errors)
        });
        node.unwrap_or_else(|| Node::new(NodeKind::Invalid, self.next_span()))
    }

    /// Parses `then : otherwise`.
    #[inline(never)]
    fn conditional(&mut self, condition: Node, errors: usize) -> Node {
        let then = self.expression();
        if self.lost_since(errors) {
            return condition;
        }
        if self.eat(TokenKind::Colon).is_none() {
            let at = self.next_span();
            let detail = "The conditional operator (...?...:...) requires a false expression, delimited by a colon.";
            self.report("Missing false expression in conditional", detail, at, Some(condition.span.to(at)));
            return condition;
        }
        let otherwise = self.expression();
        if self.lost_since(errors) {
            return condition;
        }
        let span = condition.span.to(otherwise.span);
        Node::new(NodeKind::Conditional(Box::new([condition, then, otherwise])), span)
    }

    /// Parses operands joined by operators that bind at least as tightly as `least`. Operators of one level in a row
    /// become one node, so that long chains are not deep.
    fn binary(&mut self, least: u8) -> Node {
        let errors = self.errors();
        let mut node = self.operand();
        let mut chain = None;
        while !self.lost_since(errors) {
            let Some((level, operator)) = operator(self.peek().kind).filter(|(level, _)| *level >= least) else {
                break;
            };
            self.read();
            let before = self.errors();
            let operand = self.binary(level + 1);
            if self.lost_since(before) {
                // What was lost may be anything: the operator is left out with it.
                break;
            }
            let span = node.span.to(operand.span);
            match &mut node.kind {
                NodeKind::Binary(_, rest) if chain == Some(level) => {
                    rest.push((operator, operand));
                    node.span = span;
                }
                _ => node = Node::new(NodeKind::Binary(Box::new(node), vec![(operator, operand)]), span),
            }
            chain = Some(level);
        }
        node
    }

    /// Parses a term with the attributes, indices and splats that follow it.
    fn operand(&mut self) -> Node {
        let term = self.term();
        self.accesses(term)
    }

    fn term(&mut self) -> Node {
        let token = self.peek();
        let span = self.span(token);
        match token.kind {
            TokenKind::OpenParenthesis => self.parenthesized(span),
            TokenKind::Number => {
                self.read();
                let value = self.number(token);
                Node::new(NodeKind::Literal(value), span)
            }
            TokenKind::Identifier => self.word(token),
            TokenKind::OpenQuote | TokenKind::OpenHeredoc => self.quoted_template(),
            TokenKind::Minus => self.unary(UnaryOperator::Negate, span),
            TokenKind::Bang => self.unary(UnaryOperator::Not, span),
            TokenKind::OpenBracket => self.tuple(),
            TokenKind::OpenBrace => self.object(),
            kind => {
                let (summary, detail) = if kind == TokenKind::EndOfFile {
                    ("Missing expression", "Expected the start of an expression, but found the end of the file.")
                } else {
                    (
                        "Invalid expression",
                        "Expected the start of an expression, but found an invalid expression token.",
                    )
                };
                self.report_unless_recovering(summary, detail, span, None);
                self.recovering = true;
                Node::new(NodeKind::Invalid, span)
            }
        }
    }

    #[inline(never)]
    fn parenthesized(&mut self, open: Span) -> Node {
        self.read();
        self.push_newlines(false);
        let errors = self.errors();
        let inner = self.expression();
        if self.errors() > errors {
            self.recover(TokenKind::CloseParenthesis);
            self.pop_newlines();
            return inner;
        }
        let close = self.peek();
        if close.kind != TokenKind::CloseParenthesis {
            let at = self.span(close);
            let detail = "Expected a closing parenthesis to terminate the expression.";
            self.report("Unbalanced parentheses", detail, at, Some(open.to(at)));
            self.recovering = true;
        }
        let close = self.read();
        self.pop_newlines();
        let span = open.to(self.span(close));
        Node::new(NodeKind::Parenthesized(Box::new(inner)), span)
    }

    #[inline(never)]
    fn unary(&mut self, operator: UnaryOperator, symbol: Span) -> Node {
        self.read();
        let Some(operand) = self.deeper(Self::operand) else { return Node::new(NodeKind::Invalid, symbol) };
        let span = symbol.to(operand.span);
        Node::new(NodeKind::Unary(operator, Box::new(operand)), span)
    }

    fn word(&mut self, token: Token) -> Node {
        self.read();
        if matches!(self.peek().kind, TokenKind::OpenParenthesis | TokenKind::DoubleColon) {
            return self.call(token);
        }
        let kind = match self.slice(token) {
            "true" => NodeKind::Literal(Value::TRUE),
            "false" => NodeKind::Literal(Value::FALSE),
            "null" => NodeKind::Literal(Value::NULL),
            text => NodeKind::Name(Name { text: text.into(), target: NameTarget::Nothing }),
        };
        Node::new(kind, self.span(token))
    }

    #[inline(never)]
    pub(super) fn number(&mut self, token: Token) -> Value {
        match parse_number(self.slice(token)) {
            Some(number) => Value::from(number),
            None => {
                let detail = "This is not a number: a number has digits, at most one dot and at most one exponent.";
                self.report("Invalid number literal", detail, self.span(token), None);
                Value::unknown(landfall_value::Type::Number)
            }
        }
    }

    /// Parses attributes, indices and splats after a value.
    fn accesses(&mut self, from: Node) -> Node {
        let mut node = from;
        loop {
            node = match self.peek().kind {
                TokenKind::Dot => self.dot(node),
                TokenKind::OpenBracket => self.index(node),
                _ => return node,
            };
        }
    }

    #[inline(never)]
    fn dot(&mut self, node: Node) -> Node {
        let dot = self.read();
        let dot = self.span(dot);
        let token = self.peek();
        let at = self.span(token);
        match token.kind {
            TokenKind::Identifier => {
                self.read();
                let kind = AccessKind::Attribute(self.slice(token).into());
                with_step(node, AccessStep { kind, span: dot.to(at) })
            }
            TokenKind::Number => {
                let step = self.legacy_index(dot, at);
                with_step(node, step)
            }
            TokenKind::Star => self.attribute_splat(node, dot),
            _ => {
                let detail = "An attribute name is required after a dot.";
                self.report("Invalid attribute name", detail, at, None);
                self.recovering = true;
                Node::new(NodeKind::Invalid, node.span.to(dot))
            }
        }
    }

    /// Parses the number of `a.0`, an old way to write `a[0]`. Two of them in a row are reported at `culprit`.
    #[inline(never)]
    fn legacy_index(&mut self, dot: Span, culprit: Span) -> AccessStep {
        let token = self.read();
        let at = self.span(token);
        let value = match self.slice(token).split_once('.') {
            Some((first, second)) => {
                let detail = format!(
                    "With the legacy index syntax, two indices cannot be chained. Use the index syntax instead: \
                     `[{first}][{second}]`."
                );
                self.report("Invalid legacy index syntax", &detail, culprit, None);
                Value::unknown(landfall_value::Type::Dynamic)
            }
            None => self.number(token),
        };
        AccessStep { kind: AccessKind::Constant(value), span: dot.to(at) }
    }

    /// Parses `.*` with the attributes after it; an index after those applies to the result.
    #[inline(never)]
    fn attribute_splat(&mut self, source: Node, dot: Span) -> Node {
        let star = self.read();
        let star_span = self.span(star);
        let mut each = Node::new(NodeKind::SplatItem(0), dot.to(star_span));
        while let Some(dot) = self.eat(TokenKind::Dot) {
            let dot = self.span(dot);
            let token = self.peek();
            match token.kind {
                TokenKind::Number => {
                    let step = self.legacy_index(dot, star_span);
                    each = with_step(each, step);
                }
                TokenKind::Identifier => {
                    self.read();
                    let span = dot.to(self.span(token));
                    each = with_step(each, AccessStep { kind: AccessKind::Attribute(self.slice(token).into()), span });
                }
                kind => {
                    if kind == TokenKind::Star {
                        let detail = "A splat (*) cannot be used inside another attribute-only splat.";
                        let at = self.span(token);
                        self.report_unless_recovering("Nested splat expression not allowed", detail, at, None);
                    } else {
                        let detail = "An attribute name is required after a dot.";
                        self.report_unless_recovering("Invalid attribute name", detail, star_span, None);
                    }
                    self.recovering = true;
                    return Node::new(NodeKind::Invalid, source.span.to(dot));
                }
            }
        }
        splat(source, each, dot.to(star_span))
    }

    #[inline(never)]
    fn index(&mut self, node: Node) -> Node {
        let open = self.read();
        let open = self.span(open);
        if self.eat(TokenKind::Star).is_some() {
            return self.full_splat(node, open);
        }
        self.push_newlines(false);
        let errors = self.errors();
        let key = self.expression();
        let close = if self.lost_since(errors) {
            self.recover(TokenKind::CloseBracket)
        } else {
            let close = self.read();
            if close.kind != TokenKind::CloseBracket && !self.recovering {
                let detail = "The index operator must end with a closing bracket (\"]\").";
                self.unclosed_index("Missing close bracket on index", detail)
            } else {
                close
            }
        };
        self.pop_newlines();
        let span = open.to(self.span(close));
        let kind = match key.kind {
            NodeKind::Literal(value) => AccessKind::Constant(value),
            _ => AccessKind::Computed(key),
        };
        with_step(node, AccessStep { kind, span })
    }

    /// Gets back in step behind an index without its bracket, and reports it where that is: at the next bracket that
    /// could end the index, or the end of the file.
    #[cold]
    #[inline(never)]
    fn unclosed_index(&mut self, summary: &str, detail: &str) -> Token {
        let close = self.recover(TokenKind::CloseBracket);
        let at = self.span(close);
        self.report(summary, detail, at, None);
        close
    }

    #[inline(never)]
    fn full_splat(&mut self, source: Node, open: Span) -> Node {
        let mut close = self.read();
        if close.kind != TokenKind::CloseBracket && !self.recovering {
            let detail = "The star of a full splat must be followed by a closing bracket (\"]\").";
            close = self.unclosed_index("Missing close bracket on splat index", detail);
        }
        let marker = open.to(self.span(close));
        let item = Node::new(NodeKind::SplatItem(0), marker);
        match self.deeper(|cursor| cursor.accesses(item)) {
            Some(each) => splat(source, each, marker),
            None => Node::new(NodeKind::Invalid, marker),
        }
    }
}

fn parse_number(text: &str) -> Option<landfall_value::Number> {
    landfall_value::Number::parse(text)
}

fn splat(source: Node, each: Node, marker: Span) -> Node {
    let span = source.span.to(each.span);
    Node::new(NodeKind::Splat(Box::new(Splat { source, each, marker, slot: 0 })), span)
}

fn with_step(mut node: Node, step: AccessStep) -> Node {
    let span = node.span.to(step.span);
    if let NodeKind::Access(_, steps) = &mut node.kind {
        steps.push(step);
        node.span = span;
        return node;
    }
    Node::new(NodeKind::Access(Box::new(node), vec![step]), span)
}

/// Returns an operator with its precedence; 0 binds loosest.
fn operator(kind: TokenKind) -> Option<(u8, BinaryOperator)> {
    Some(match kind {
        TokenKind::Or => (0, BinaryOperator::Or),
        TokenKind::And => (1, BinaryOperator::And),
        TokenKind::EqualEqual => (2, BinaryOperator::Equal),
        TokenKind::NotEqual => (2, BinaryOperator::NotEqual),
        TokenKind::Greater => (3, BinaryOperator::Greater),
        TokenKind::GreaterEqual => (3, BinaryOperator::GreaterEqual),
        TokenKind::Less => (3, BinaryOperator::Less),
        TokenKind::LessEqual => (3, BinaryOperator::LessEqual),
        TokenKind::Plus => (4, BinaryOperator::Add),
        TokenKind::Minus => (4, BinaryOperator::Subtract),
        TokenKind::Star => (5, BinaryOperator::Multiply),
        TokenKind::Slash => (5, BinaryOperator::Divide),
        TokenKind::Percent => (5, BinaryOperator::Modulo),
        _ => return None,
    })
}
