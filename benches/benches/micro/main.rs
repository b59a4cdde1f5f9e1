//! Micro-benchmarks of what a request passes on its way: `cargo bench -p darter-benches --bench micro [-- NAME]`.

mod dispatch;
mod keys;
mod keyspace;
mod mesh;
mod order;
mod parser;

fn main() {
    divan::main();
}
