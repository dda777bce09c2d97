//! Policy documents as IAM answers them.

use percent_encoding::percent_decode_str;

use crate::policy::keep_known;

/// Returns the text of a document: IAM's answers carry it in percent-encoding.
pub fn decoded(document: &str) -> String {
    percent_decode_str(document).decode_utf8_lossy().into_owned()
}

/// Returns a document from an answer, in the form in which it is known if that means the same.
pub fn observed(known: Option<&str>, document: &str) -> String {
    keep_known(known, &decoded(document))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_decoded_and_keep_the_known_form() {
        let encoded = "%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%7D%7D";
        assert_eq!(observed(None, encoded), r#"{"Statement":{"Effect":"Allow"}}"#);
        let known = r#"{ "Statement": [{ "Effect": "Allow" }] }"#;
        assert_eq!(observed(Some(known), encoded), known);
    }
}
