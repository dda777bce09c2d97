//! Small texts and their layout; `tests/format.rs` has many more.

use super::format;

#[track_caller]
fn check(text: &str, expected: &str) {
    let once = format(text);
    assert_eq!(once, expected);
    assert_eq!(format(&once), once, "a second time changes more");
}

#[test]
fn arguments_and_comments_stand_in_columns() {
    check("a=1 # x\nbcd=[1,2]# y\n\ne=1\n", "a   = 1      # x\nbcd = [1, 2] # y\n\ne = 1\n");
    check("é=\"🇩🇪\"# x\nab=1 # y\n", "é  = \"🇩🇪\" # x\nab = 1   # y\n");
}

#[test]
fn lines_are_indented_by_open_brackets() {
    check("a {\nb = f([{\nc = 1\n}])\nd = [1,\n2]\n}\n", "a {\n  b = f([{\n    c = 1\n  }])\n  d = [1,\n  2]\n}\n");
}

#[test]
fn comments_and_heredocs_stay() {
    check(
        "a {\n/* x\n y */\n# z\nb = <<-E\n   ${ c }\n E\n}\n# end",
        "a {\n  /* x\n y */\n  # z\n  b = <<-E\n   ${c}\n E\n}\n# end",
    );
}

#[test]
fn minus_is_a_negation_behind_what_is_no_operand() {
    check("a = - 1-2*-3\nb = c -1\n", "a = -1 - 2 * -3\nb = c - 1\n");
}

#[test]
fn template_that_only_wraps_goes() {
    check("a=\"${ b }\"\nc=\"${d}${e}\"\nf=\"${\"${g}\"}h\"\n", "a = b\nc = \"${d}${e}\"\nf = \"${\"${g}\"}h\"\n");
    check("a = \"${\nb\n+ c\n}\"\n", "a = (b\n+ c)\n");
}

#[test]
fn types_get_an_element_type() {
    check("variable \"a\" {\ntype=\"list\"\n}\n", "variable \"a\" {\n  type = list(string)\n}\n");
    check("variable \"a\" {\ntype=map\n}\n", "variable \"a\" {\n  type = map(any)\n}\n");
    check("x {\ntype=list\n}\n", "x {\n  type = list\n}\n");
}

#[test]
fn labels_get_quotes() {
    check("a b /* c */ \"\\u00e9\\\"\\t\" \"\" {}\n", "a \"b\" \"é\\\"\\t\" \"\" {}\n");
    check("a \"b$c\" {}\n", "a \"b$c\" {}\n");
}
