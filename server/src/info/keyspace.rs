//! `# Keyspace`: one line for each database that is not empty.

use super::{Report, Text};

pub(super) fn write(report: &Report, text: &mut Text) {
    for (number, database) in report
        .sum
        .databases
        .iter()
        .enumerate()
        .filter(|(_, database)| database.keys > 0)
    {
        text.line(
            &format!("db{number}"),
            format_args!(
                "keys={},expires={},avg_ttl={}",
                database.keys,
                database.expiring,
                database.mean_ttl()
            ),
        );
    }
}
