//! Requests whose ten keys live on both shards, against one shard that has them all.

use super::{Plan, shards};
use crate::Failure;
use crate::redis_benchmark::Test;
use crate::table::Table;

pub(super) fn run(plan: &Plan) -> Result<Table, Failure> {
    shards::compare(
        plan,
        "mset: ten random keys, server and client on processors 0 and 1",
        &[Test::Mset],
    )
}
