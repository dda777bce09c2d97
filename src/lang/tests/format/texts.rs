//! Generated texts: odd spaces, comments, line breaks, heredocs, and groups of arguments.

use proptest::prelude::*;
use proptest::sample::select;

/// Returns texts of which nearly all are valid.
pub fn texts() -> impl Strategy<Value = String> {
    let text =
        (prop::collection::vec(item(), 1..8), any::<u64>()).prop_map(|(items, seed)| fill(&items.concat(), seed));
    (text, 0..8).prop_map(|(text, ending)| match ending {
        0 => text.replace('\n', "\r\n"),
        1 => text.trim_end_matches('\n').to_owned(),
        2 => format!("\u{feff}{text}"),
        _ => text,
    })
}

/// What stands for each mark of a skeleton: at the start of a line, between tokens, between tokens in brackets, at the
/// end of a line.
const MARKS: [(char, &[&str]); 4] = [
    ('»', &["", "", "  ", "     ", "\t"]),
    ('·', &["", "", " ", " ", "   ", "\t", " /* é */ "]),
    ('¦', &["", "", " ", " ", "  ", "\n", "\n      ", " # c\n\t", "\n\n", "//d\n", "/* e\n e */"]),
    ('«', &["\n", "\n", "\n", "  \n", " # f\n", "# gg\n", "  // h\n", " /* i */\n", " /* j */ # k\n"]),
];

/// Puts something in place of every mark.
fn fill(skeleton: &str, mut seed: u64) -> String {
    let mut text = String::new();
    for c in skeleton.chars() {
        match MARKS.iter().find(|(mark, _)| *mark == c) {
            Some((_, choices)) => {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                text.push_str(choices[(seed >> 33) as usize % choices.len()]);
            }
            None => text.push(c),
        }
    }
    text
}

fn name() -> impl Strategy<Value = &'static str> {
    select(vec!["a", "bb", "long_name", "type", "in", "for", "with-dash", "é", "count"])
}

fn leaf() -> impl Strategy<Value = String> {
    let leaves = [
        "1",
        "-·1",
        "!·x",
        "var.a",
        "x[·0·].y",
        "x.*.y",
        "x[*]",
        "null",
        "\"\"",
        "\"s\"",
        "\"é👨‍👩‍👧\"",
        "\"क्षि\"",
        "\"$${a} %%{b}\"",
        "\"${·x·}${y}\"",
        "\"%{·if x·}a%{·else·}b%{·endif·}\"",
        "x::y(·1·)",
        "[]",
        "[·]",
        "{·}",
        "list",
    ];
    select(leaves.to_vec()).prop_map(str::to_owned)
}

fn expression() -> impl Strategy<Value = String> {
    leaf().prop_recursive(4, 24, 3, |inner| {
        let operators = select(vec!["+", "-", "*", "/", "%", "==", "!=", "<", ">=", "&&", "||"]);
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            two.clone().prop_map(|(a, b)| format!("[¦{a}¦,¦{b}¦]")),
            two.clone().prop_map(|(a, b)| format!("[¦{a}·,·{b}¦,¦]")),
            two.clone().prop_map(|(a, b)| format!("f(¦{a}¦,¦{b}¦)")),
            two.clone().prop_map(|(a, b)| format!("f(·{a},·{b}·...)")),
            two.clone().prop_map(|(a, b)| format!("{{·k·=·{a}·,·long_key·:·{b}·}}")),
            (name(), two.clone()).prop_map(|(k, (a, b))| format!("{{«»{k}·=·{a}«»\"q\"·=·{b}·,«»(z)·=·1«»}}")),
            two.clone().prop_map(|(a, b)| format!("(¦{a}¦)·?·{b}·:·{a}")),
            two.clone().prop_map(|(a, b)| format!("[¦for k, v in ·{a}¦:¦{b}¦if k¦]")),
            two.clone().prop_map(|(a, b)| format!("{{¦for k in ·{a}·:·k·=>·{b}·...¦}}")),
            (inner.clone(), operators, inner.clone()).prop_map(|(a, op, b)| format!("{a} ·{op}·{b}")),
            inner.clone().prop_map(|a| format!("\"x ${{¦{a}¦}} y${{~·{a}·~}}\"")),
            inner.clone().prop_map(|a| format!("f(<<EOT\n  t ${{·{a}·}} $\n EOT\n¦,¦{a}¦)")),
        ]
    })
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => expression().prop_map(|value| format!("{value}«")),
        1 => (0..3_usize, leaf()).prop_map(|(breaks, value)| {
            let around = "\n".repeat(breaks);
            format!("\"${{{around}·{value}·{around}}}\"«")
        }),
        1 => Just("\"${·var.x\n+ 1·}\"«".to_owned()),
        1 => expression().prop_map(|inside| format!("<<-EOT\n    a=1 # no\n  ${{·{inside}·}}%{{·if x·~}}\n\n%{{endif}}\n    EOT\n")),
        1 => select(vec!["\"string\"«", "\"list\"«", "list«", "set«", "map(·any·)«"]).prop_map(str::to_owned),
    ]
}

fn argument() -> impl Strategy<Value = String> {
    (name(), any::<u16>(), value()).prop_map(|(name, number, value)| format!("»{name}{}·=·{value}", number % 1000))
}

fn item() -> impl Strategy<Value = String> {
    let comment = select(vec!["»# x\n", "»//y\n", "»/* z */«", "»/*\n * z\n */\n", "\n", "  \n", "\n\n"]);
    let plain = prop_oneof![6 => argument(), 2 => comment.prop_map(str::to_owned)];
    plain.prop_recursive(3, 16, 4, |inner| {
        let labels = select(vec!["", "\"a\"", "b", "\"a\"  \"b-c\"", "b \"\\u00e9\\t\\\"\"", "\"\""]);
        let kind = select(vec!["variable", "resource", "b"]);
        let items = prop::collection::vec(inner, 0..6);
        prop_oneof![
            4 => (kind, labels.clone(), items, value()).prop_map(|(kind, labels, items, value)| {
                format!("»{kind} {labels}·{{«{}»type·=·{value}»}}«", items.concat())
            }),
            1 => (labels.clone(), leaf()).prop_map(|(labels, value)| format!("»b {labels}·{{·a·=·{value}·}}«")),
            1 => labels.prop_map(|labels| format!("»b {labels}·{{·}}«")),
        ]
    })
}
