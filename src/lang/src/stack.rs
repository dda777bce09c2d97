//! Room on the stack for what recurs over nested texts.

/// What one level of a recursion may need, with whatever it calls, in bytes.
const ONE_LEVEL: usize = 256 * 1024;
/// The size of a new piece of stack, in bytes.
const PIECE: usize = 2 * 1024 * 1024;

/// Takes a step of a recursion, on a new piece of stack when the present one is nearly used up.
///
/// How large a frame is, is up to the compiler; so no limit on depth can promise that a thread's stack is enough.
pub(crate) fn with_room<R>(step: impl FnOnce() -> R) -> R {
    stacker::maybe_grow(ONE_LEVEL, PIECE, step)
}
