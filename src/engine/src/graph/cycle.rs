//! Order of the nodes, and cycles.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use landfall_diag::{Diagnostic, Diagnostics};
use petgraph::graph::DiGraph;

use super::node::{BlockId, ConfigGraph};

/// Returns all nodes, each after its dependencies, ties by id; only those that are not behind a cycle.
pub(super) fn order(dependencies: &[&[BlockId]]) -> Option<Vec<BlockId>> {
    let mut waiting: Vec<u32> = dependencies.iter().map(|list| list.len() as u32).collect();
    let mut dependents: Vec<Vec<u32>> = vec![Vec::new(); dependencies.len()];
    for (i, list) in dependencies.iter().enumerate() {
        for dependency in *list {
            dependents[dependency.index()].push(i as u32);
        }
    }
    let mut ready: BinaryHeap<Reverse<u32>> =
        waiting.iter().enumerate().filter(|(_, count)| **count == 0).map(|(i, _)| Reverse(i as u32)).collect();
    let mut order = Vec::with_capacity(dependencies.len());
    while let Some(Reverse(node)) = ready.pop() {
        order.push(BlockId(node));
        for dependent in &dependents[node as usize] {
            let count = &mut waiting[*dependent as usize];
            *count -= 1;
            if *count == 0 {
                ready.push(Reverse(*dependent));
            }
        }
    }
    (order.len() == dependencies.len()).then_some(order)
}

/// Reports each cycle with the places of its blocks.
pub(super) fn report(graph: &ConfigGraph<'_>) -> Diagnostics {
    let edges = graph
        .nodes
        .iter()
        .enumerate()
        .flat_map(|(i, node)| node.dependencies.iter().map(move |dependency| (i as u32, dependency.0)));
    let directed: DiGraph<(), ()> = DiGraph::from_edges(edges);
    let mut cycles: Vec<Vec<BlockId>> = petgraph::algo::kosaraju_scc(&directed)
        .into_iter()
        .filter(|members| members.len() > 1)
        .map(|members| {
            let mut members: Vec<BlockId> = members.into_iter().map(|node| BlockId(node.index() as u32)).collect();
            members.sort_unstable();
            members
        })
        .collect();
    cycles.sort_unstable();
    cycles.iter().map(|members| diagnostic(graph, members)).collect()
}

fn diagnostic(graph: &ConfigGraph<'_>, members: &[BlockId]) -> Diagnostic {
    let names: Vec<String> = members.iter().map(|member| graph.name(*member)).collect();
    let mut finding = Diagnostic::error(
        format!("Cycle: {}", names.join(", ")),
        "These blocks refer to each other in a circle, so that none can come first. Take out one of the references.",
    );
    if let Some(span) = members.iter().find_map(|member| graph.node(*member).span()) {
        // Not `at`: Terraform does not locate a cycle at one of its members.
        finding = finding.within(span);
    }
    finding
}
