use crate::world::World;
use std::time::Instant;
#[test]
fn perf() {
    let n: usize = std::env::var("N").ok().and_then(|n| n.parse().ok()).unwrap_or(1000);
    let wide: String = (0..n).map(|i| format!("resource \"terraform_data\" \"r{i}\" {{\n  input = {{ name = \"node-{i}\", index = {i}, tags = {{ team = \"t{}\" }} }}\n}}\n", i % 7)).collect();
    let chain: String = (0..n).map(|i| { let up = if i > 0 { format!("terraform_data.r{}.output.name", i - 1) } else { "\"root\"".into() }; format!("resource \"terraform_data\" \"r{i}\" {{\n  input = {{ name = \"node-{i}\", up = {up} }}\n}}\n") }).collect();
    let count = format!("resource \"terraform_data\" \"r\" {{\n  for_each = {{ for i in [for a in [{}] : a] : \"node-${{i}}\" => i }}\n  input = {{ name = each.key, index = each.value }}\n}}\n", (0..n).map(|i| i.to_string()).collect::<Vec<_>>().join(","));
    let modules: String = (0..n / 10).map(|i| format!("module \"m{i}\" {{\n  source = \"./child\"\n  name   = \"m{i}\"\n}}\n")).collect();
    let mut child = "variable \"name\" { type = string }\n".to_owned();
    for j in 0..10 { let prev = if j > 0 { format!("terraform_data.r{}.output.name", j - 1) } else { "var.name".into() }; child.push_str(&format!("resource \"terraform_data\" \"r{j}\" {{\n  input = {{ name = \"${{var.name}}-{j}\", up = {prev} }}\n}}\n")); }
    child.push_str("output \"last\" { value = terraform_data.r9.output }\n");
    for (name, text) in [("wide", wide), ("chain", chain), ("foreach", count), ("modules", modules)] {
        let mut world = World::new(&text);
        world.file("child", &child);
        let t = Instant::now(); world.load(); let load = t.elapsed();
        let t = Instant::now(); world.validate(); let validate = t.elapsed();
        let t = Instant::now(); let plan = world.plan(); let p = t.elapsed();
        let t = Instant::now(); world.apply_plan(&plan); let a = t.elapsed();
        let t = Instant::now(); let again = world.plan(); let r = t.elapsed();
        assert!(!again.has_changes());
        let t = Instant::now(); world.destroy(); let d = t.elapsed();
        eprintln!("{name} {n}: load {load:?} validate+load {validate:?} plan+load {p:?} apply+load {a:?} replan {r:?} destroy {d:?}");
    }
}
