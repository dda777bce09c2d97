//! Lists in pages, with tokens that only the sandbox reads.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::protocol::fault::Fault;
use crate::tree::Tree;

/// How a service pages: names of its members, and the sizes it allows.
#[derive(Clone, Copy, Debug)]
pub struct Paging {
    /// Member with the size of a page.
    pub size: &'static str,
    /// Member with the token of a page.
    pub token: &'static str,
    /// Least size.
    pub least: i64,
    /// Greatest size.
    pub most: i64,
    /// Size where none is asked for.
    pub usual: i64,
    /// Error for a token that is not one.
    pub bad_token: fn(&str) -> Fault,
}

/// One page of a list.
#[derive(Debug)]
pub struct Page<T> {
    /// The items of the page.
    pub items: Vec<T>,
    /// Token of the next page, where there is one.
    pub next: Option<String>,
}

/// Returns the page that an input asks for. Items should come in an order that stays.
///
/// # Errors
/// When size or token are refused.
pub fn page<T>(paging: &Paging, input: &Tree, items: impl IntoIterator<Item = T>) -> Result<Page<T>, Fault> {
    let size = input.int(paging.size)?;
    if let Some(size) = size.filter(|size| !(paging.least..=paging.most).contains(size)) {
        let why = format!("Expecting a value between {} and {}.", paging.least, paging.most);
        return Err(Fault::invalid(paging.size, size, &why));
    }
    let start = match input.text(paging.token)?.filter(|token| !token.is_empty()) {
        Some(token) => start_of(token).ok_or_else(|| (paging.bad_token)(token))?,
        None => 0,
    };
    let size = usize::try_from(size.unwrap_or(paging.usual)).unwrap_or(usize::MAX);
    let mut rest = items.into_iter().skip(start);
    let items: Vec<T> = rest.by_ref().take(size).collect();
    let next = rest.next().map(|_| STANDARD.encode(format!("start={}", start + items.len())));
    Ok(Page { items, next })
}

fn start_of(token: &str) -> Option<usize> {
    let text = String::from_utf8(STANDARD.decode(token).ok()?).ok()?;
    text.strip_prefix("start=")?.parse().ok()
}
