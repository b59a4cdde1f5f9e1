//! The sections of INFO in their order, and which of them a client wants.

use super::{
    Report, Text, clients, commands, cores, cpu, keyspace, memory, persistence, replication,
    server, stats,
};
use engine::command::args::Args;

/// Writes the lines below the heading.
type Write = fn(&Report, &mut Text);

/// When a section is shown without being named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    /// Always.
    Default,
    /// With `all` and `everything`.
    All,
    /// With `everything`.
    Everything,
}

/// One section.
pub(crate) struct Section {
    pub(super) title: &'static str,
    names: &'static [&'static str],
    shown: Shown,
    pub(super) write: Write,
}

const fn section(
    title: &'static str,
    names: &'static [&'static str],
    shown: Shown,
    write: Write,
) -> Section {
    Section {
        title,
        names,
        shown,
        write,
    }
}

/// All sections.
pub(super) const SECTIONS: &[Section] = &[
    section("Server", &["server"], Shown::Default, server::write),
    section("Clients", &["clients"], Shown::Default, clients::write),
    section("Memory", &["memory"], Shown::Default, memory::write),
    section(
        "Persistence",
        &["persistence"],
        Shown::Default,
        persistence::write,
    ),
    section("Stats", &["stats"], Shown::Default, stats::write),
    section(
        "Replication",
        &["replication"],
        Shown::Default,
        replication::write,
    ),
    section("CPU", &["cpu"], Shown::Default, cpu::write),
    // There are no modules.
    section(
        "Modules",
        &["modules", "module_list"],
        Shown::Default,
        |_, _| (),
    ),
    section(
        "Commandstats",
        &["commandstats"],
        Shown::All,
        commands::write_counts,
    ),
    section(
        "Errorstats",
        &["errorstats"],
        Shown::Default,
        commands::write_errors,
    ),
    section(
        "Latencystats",
        &["latencystats"],
        Shown::All,
        commands::write_latencies,
    ),
    section("Cluster", &["cluster"], Shown::Default, |report, text| {
        text.switch("cluster_enabled", report.settings.cluster.enabled);
    }),
    section("Keyspace", &["keyspace"], Shown::Default, keyspace::write),
    section("Cores", &["cores"], Shown::Everything, cores::write),
];

/// What a client wants to see.
pub(crate) struct Wanted {
    names: Vec<String>,
}

impl Wanted {
    /// The words behind INFO; none at all mean `default`. Words that name nothing show nothing.
    pub(crate) fn read(args: &Args<'_>) -> Self {
        let words = args.skip(1);
        let mut names: Vec<String> = words
            .iter()
            .map(|word| String::from_utf8_lossy(word).to_ascii_lowercase())
            .collect();
        if names.is_empty() {
            names.push("default".to_owned());
        }
        Wanted { names }
    }

    fn has(&self, name: &str) -> bool {
        self.names.iter().any(|wanted| wanted == name)
    }

    pub(super) fn holds(&self, section: &Section) -> bool {
        let shown = match section.shown {
            Shown::Default => self.has("default") || self.has("all") || self.has("everything"),
            Shown::All => self.has("all") || self.has("everything"),
            Shown::Everything => self.has("everything"),
        };
        shown || section.names.iter().any(|name| self.has(name))
    }

    /// Whether figures of single commands are shown: they are copied only then.
    pub(crate) fn holds_commands(&self) -> bool {
        SECTIONS.iter().any(|section| {
            matches!(section.title, "Commandstats" | "Latencystats") && self.holds(section)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::command::args::OwnedArgs;

    fn titles(line: &str) -> Vec<&'static str> {
        let words: OwnedArgs = line.split(' ').map(str::as_bytes).collect();
        let wanted = Wanted::read(&words.as_args());
        SECTIONS
            .iter()
            .filter(|section| wanted.holds(section))
            .map(|section| section.title)
            .collect()
    }

    #[test]
    fn sections_are_chosen_by_name_or_group() {
        assert_eq!(titles("info").len(), 11);
        assert_eq!(titles("info"), titles("info DEFAULT"));
        assert_eq!(titles("info all").len(), 13);
        assert_eq!(titles("info everything").len(), 14);
        assert_eq!(titles("info keyspace CPU nope"), ["CPU", "Keyspace"]);
        assert_eq!(titles("info default cores").len(), 12);
        assert!(titles("info nope").is_empty());
    }
}
