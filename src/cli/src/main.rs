#[cfg_attr(not(test), expect(dead_code, unused_imports, reason = "commands come to use the views"))]
mod views;

fn main() {}
