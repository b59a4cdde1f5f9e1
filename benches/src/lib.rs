//! What load runs are made of: servers started and pinned, load driven at them, and what they spent.

pub mod client;
pub mod closed_loop;
pub mod contestant;
pub mod machine;
pub mod processors;
pub mod redis_benchmark;
pub mod running;
pub mod sample;
pub mod scenario;
pub mod table;

/// What fails in a load run: a server that does not start, a reply that makes no sense, a file that cannot be read.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
