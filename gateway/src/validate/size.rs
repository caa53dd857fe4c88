//! How large a schema may be: told from its text and its references alone, before anything is held against it.
//!
//! A chain of definitions that each name the next one twice is small, and has more ways through it than there is time.
//! What is bounded here is refused for every instance alike; what only an instance makes costly, `fuel` bounds.

use std::ops::Range;

use super::rules::NodeId;

/// Bounds the schemas of strangers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SchemaLimits {
    /// The most schemas within the schema. 10,000.
    pub nodes: usize,
    /// The most references. 1,000.
    pub references: usize,
    /// The most ways from the schema's root to a schema within it, over all of them. What leads back to where one came from is no
    /// way. 100,000.
    pub paths: u64,
}

impl Default for SchemaLimits {
    fn default() -> Self {
        Self { nodes: 10_000, references: 1_000, paths: 100_000 }
    }
}

impl SchemaLimits {
    /// Bounds nothing: for schemas that nobody else wrote.
    pub(super) const NONE: Self = Self { nodes: usize::MAX, references: usize::MAX, paths: u64::MAX };
}

/// Knows which schema leads to which, in the order in which they are read.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// Where the edges of each node stand.
    nodes: Vec<Range<usize>>,
    edges: Vec<NodeId>,
}

impl Graph {
    /// Begins the next node.
    pub(super) fn begin_node(&mut self) {
        self.nodes.push(self.edges.len()..self.edges.len());
    }

    /// Notes where the node at hand leads.
    pub(super) fn leads_to(&mut self, node: NodeId) {
        let Some(edges) = self.nodes.last_mut() else { return };
        self.edges.push(node);
        edges.end = self.edges.len();
    }

    /// Counts the ways from the first node to every node, itself included. Takes a list instead of calling itself, and
    /// looks at each edge once.
    pub(super) fn paths(&self) -> u64 {
        let mut counts = vec![Count::NotBegun; self.nodes.len()];
        let mut trail = Vec::new();
        self.step_down(0, &mut trail, &mut counts);
        let mut ways = 0;
        while let Some(step) = trail.last_mut() {
            match step.edges.next().map(|edge| self.edges[edge].0) {
                Some(next) => match counts[next] {
                    Count::Done(below) => step.ways = step.ways.saturating_add(below),
                    // The edge leads back.
                    Count::Begun => {}
                    Count::NotBegun => self.step_down(next, &mut trail, &mut counts),
                },
                None => {
                    ways = step.ways;
                    counts[step.node] = Count::Done(ways);
                    trail.pop();
                    if let Some(above) = trail.last_mut() {
                        above.ways = above.ways.saturating_add(ways);
                    }
                }
            }
        }
        ways
    }

    fn step_down(&self, node: usize, trail: &mut Vec<Step>, counts: &mut [Count]) {
        if let Some(edges) = self.nodes.get(node) {
            counts[node] = Count::Begun;
            trail.push(Step { node, edges: edges.clone(), ways: 1 });
        }
    }
}

/// How many ways lead from a node to those below it and to itself.
#[derive(Clone, Copy, Debug)]
enum Count {
    NotBegun,
    Begun,
    Done(u64),
}

/// A node whose ways are being counted, and the edges that are left of it.
#[derive(Debug)]
struct Step {
    node: usize,
    edges: Range<usize>,
    ways: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(nodes: &[&[usize]], paths: u64) {
        let mut graph = Graph::default();
        for edges in nodes {
            graph.begin_node();
            edges.iter().for_each(|to| graph.leads_to(NodeId(*to)));
        }
        assert_eq!(graph.paths(), paths, "{nodes:?}");
    }

    #[test]
    fn ways_are_counted_once_for_each() {
        check(&[], 0);
        check(&[&[]], 1);
        check(&[&[1, 2], &[], &[]], 3);
        check(&[&[1, 1], &[2, 2], &[]], 7);
        check(&[&[1, 2], &[3], &[3], &[]], 5);
    }

    #[test]
    fn what_leads_back_is_no_way() {
        check(&[&[0]], 1);
        check(&[&[1, 1], &[0, 1]], 3);
        check(&[&[1], &[2], &[0, 1, 3], &[]], 4);
    }

    #[test]
    fn a_chain_that_doubles_is_counted_at_once() {
        let chain: Vec<[usize; 2]> = (1..10_000).map(|next| [next, next]).collect();
        let mut nodes: Vec<&[usize]> = chain.iter().map(<[usize; 2]>::as_slice).collect();
        nodes.push(&[]);
        check(&nodes, u64::MAX);
    }
}
