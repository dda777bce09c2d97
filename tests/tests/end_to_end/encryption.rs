//! Encrypted states and plans.

use landfall_tests::{Emulator, Project};

const APPLY: [&str; 3] = ["apply", "-input=false", "-auto-approve"];
const SECRET: &str = "resource \"terraform_data\" \"a\" { input = \"pssst\" }\n";
const ONE: &str = "correct horse battery";
const TWO: &str = "staple correct horse!";

/// Returns an `encryption` block that writes by one method and reads by others too.
fn block(method: &str, fallbacks: &[&str]) -> String {
    let fallbacks: String =
        fallbacks.iter().map(|name| format!("    fallback {{ method = method.{name} }}\n")).collect();
    let keys = |name: &str, text: &str| {
        format!(
            "  key_provider \"argon2\" \"{name}\" {{\n    passphrase = \"{text}\"\n    memory_kib = 256\n  }}\n  method \
             \"aes_gcm\" \"{name}\" {{ keys = key_provider.argon2.{name} }}\n"
        )
    };
    format!(
        "terraform {{\n encryption {{\n{}{}  method \"unencrypted\" \"none\" {{}}\n  state {{\n    method = \
         method.{method}\n{fallbacks}  }}\n  plan {{ method = method.{method} }}\n }}\n}}\n",
        keys("one", ONE),
        keys("two", TWO)
    )
}

#[test]
fn encryption_is_turned_on_rotated_and_turned_off() {
    let project = Project::with_files(&[("main.tf", SECRET)]);
    project.succeed(APPLY);
    let steps = [
        ("aes_gcm.one", vec!["unencrypted.none"]),
        ("aes_gcm.two", vec!["aes_gcm.one"]),
        ("unencrypted.none", vec!["aes_gcm.two"]),
    ];
    for (method, fallbacks) in steps {
        project.write("encryption.tf", &block(method, &[]));
        let refused = project.run(["plan", "-input=false"]);
        if method != "unencrypted.none" {
            assert!(refused.text().contains("Failed to decrypt the state"), "{method}: {}", refused.text());
        }
        project.write("encryption.tf", &block(method, &fallbacks));
        project.succeed(APPLY);
        project.write("encryption.tf", &block(method, &[]));
        assert_eq!(project.run(["plan", "-input=false", "-detailed-exitcode"]).code, 0);
        assert_eq!(project.read("terraform.tfstate").contains("pssst"), method == "unencrypted.none");
    }
}

#[test]
fn a_saved_plan_is_encrypted_and_applied() {
    let project = Project::with_files(&[("main.tf", SECRET), ("encryption.tf", &block("aes_gcm.one", &[]))]);
    project.succeed(["plan", "-input=false", "-out=plan.bin"]);
    let plan = project.read("plan.bin");
    assert!(plan.contains("key_provider.argon2.one") && !plan.contains("pssst"));
    assert!(project.succeed(["show", "plan.bin"]).stdout.contains("terraform_data.a"));
    project.succeed(["apply", "plan.bin"]);
    assert!(!project.read("terraform.tfstate").contains("pssst"));
    assert!(project.succeed(["state", "pull"]).stdout.contains("pssst"));
}

#[test]
fn a_passphrase_in_the_environment_is_never_shown() {
    let inner = |passphrase: &str| {
        format!(
            "key_provider \"pbkdf2\" \"a\" {{ passphrase = \"{passphrase}\" }}\nmethod \"aes_gcm\" \"a\" {{ keys = \
             key_provider.pbkdf2.a }}\nstate {{ method = method.aes_gcm.a }}\n"
        )
    };
    let files = [("main.tf", SECRET)];
    let with = |text: &str| Project::with_files(&files).with_environment("TF_ENCRYPTION", text);
    let project = with(&inner(ONE));
    project.succeed(APPLY);
    let state = project.read("terraform.tfstate");
    assert!(state.contains("key_provider.pbkdf2.a"));
    for text in [inner(TWO), inner("hunter2"), inner(TWO).replace("keys =", "kees ="), format!("{} {{", inner(TWO))] {
        let other = with(&text);
        other.write("terraform.tfstate", &state);
        let run = other.run(["plan", "-input=false"]);
        assert_eq!(run.code, 1);
        assert!(!run.text().contains("staple") && !run.text().contains("hunter2"), "{}", run.text());
    }
}

#[test]
fn a_state_in_a_bucket_is_encrypted_by_kms() {
    let emulator = Emulator::start();
    let account = emulator.account();
    account.put("s3", "/states", "");
    let key = account.json("kms", "TrentService.CreateKey");
    let key: serde_json::Value = serde_json::from_str(&key).expect("JSON");
    let key = key["KeyMetadata"]["KeyId"].as_str().expect("it has an id");
    let backend = "terraform {\n  backend \"s3\" {\n    bucket = \"states\"\n    key = \"a\"\n  }\n}\n";
    let encryption = format!(
        "terraform {{\n encryption {{\n  key_provider \"aws_kms\" \"a\" {{\n    kms_key_id = \"{key}\"\n    key_spec = \
         \"AES_256\"\n  }}\n  method \"aes_gcm\" \"a\" {{ keys = key_provider.aws_kms.a }}\n  state {{ method = \
         method.aes_gcm.a }}\n }}\n}}\n"
    );
    let files = [("main.tf", SECRET), ("backend.tf", backend), ("encryption.tf", encryption.as_str())];
    let project = Project::with_files(&files).on(&emulator);
    project.succeed(["init"]);
    project.succeed(APPLY);
    assert!(!account.get("s3", "/states/a").contains("pssst"));
    assert_eq!(project.run(["plan", "-input=false", "-detailed-exitcode"]).code, 0);
}
