//! MEMORY DOCTOR: a few sentences about what is wrong with memory, if something is.

use engine::command::args::Args;
use engine::resp::reply::ReplyWriter;

use super::Done;
use crate::commands::SessionContext;
use crate::info::portion::Portion;
use crate::info::ratio::{human, part};
use crate::info::usage::Usage;

/// Below so much used memory, ratios say nothing.
const TOO_LITTLE: usize = 5 << 20;
/// A gap smaller than this is no problem, whatever its ratio.
const SMALL_GAP: usize = 10 << 20;
/// Bytes of buffers that a client should not exceed in the mean.
const LARGE_CLIENT: usize = 200 << 10;

pub(super) fn doctor(
    context: &mut SessionContext<'_>,
    _: &Args<'_>,
    _: &mut ReplyWriter<'_>,
) -> Done {
    Ok(context.ask_all(
        |core| Portion::of(core, false),
        |core, portions, reply| {
            let mut sum = Portion::default();
            portions.iter().for_each(|portion| sum.add(portion));
            let findings = findings(&Usage::measure(&core.process, &sum), sum.clients);
            reply.verbatim("txt", findings.as_bytes());
            Ok(())
        },
    ))
}

fn findings(usage: &Usage, clients: usize) -> String {
    if usage.used() < TOO_LITTLE {
        return format!(
            "Only {} are in use: too little to judge.\n",
            human(usage.used() as u64)
        );
    }
    let figures = usage.figures;
    let gap =
        |more: usize, less: usize, most: f64| more > less + SMALL_GAP && part(more, less) > most;
    let size = |bytes: usize| human(bytes as u64);
    let mut found = Vec::new();
    if gap(usage.peak, usage.used(), 1.5) {
        found.push(format!(
            "Peak: {} were in use at most and {} are now. The process may still look as large as it was; MEMORY PURGE \
             returns what can be returned.",
            size(usage.peak),
            size(usage.used())
        ));
    }
    if gap(figures.active, figures.allocated, 1.1) {
        found.push(format!(
            "Fragmentation: {} lie unused inside pages that hold data. Data of other sizes than before leave such gaps; they \
             fill again with time, and a restart removes them.",
            size(figures.active - figures.allocated)
        ));
    }
    if gap(figures.resident, figures.active, 1.1) {
        found.push(format!(
            "Unused pages: {} are kept by the allocator and hold no data. It returns them after a while; MEMORY PURGE does so now.",
            size(figures.resident - figures.active)
        ));
    }
    if gap(usage.rss, figures.resident, 1.1) {
        found.push(format!(
            "Beside the allocator: {} of the process are not the allocator's, such as rings, stacks and the program.",
            size(usage.rss - figures.resident)
        ));
    }
    if clients > 0 && usage.clients / clients > LARGE_CLIENT {
        found.push(format!(
            "Clients: {clients} clients hold {} of buffers. They send much at once or read too slowly; CLIENT LIST tells \
             which, and client-output-buffer-limit limits them.",
            size(usage.clients)
        ));
    }
    match found.is_empty() {
        true => "Nothing is wrong with memory.\n".to_owned(),
        false => found
            .into_iter()
            .map(|finding| format!("* {finding}\n"))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::allocator::Figures;

    const HEALTHY: Figures = Figures {
        allocated: 100 << 20,
        active: 101 << 20,
        resident: 105 << 20,
    };

    fn usage(figures: Figures) -> Usage {
        let peak = figures.allocated;
        Usage {
            figures,
            used: figures.allocated,
            rss: figures.resident,
            start: 1 << 20,
            peak,
            clients: 0,
            tables: 0,
            machine: 1 << 30,
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(
            findings(&usage(HEALTHY), 0),
            "Nothing is wrong with memory.\n"
        );
        assert!(findings(&usage(Figures::default()), 0).contains("too little"));
        assert!(
            findings(
                &Usage {
                    peak: 200 << 20,
                    ..usage(HEALTHY)
                },
                0
            )
            .starts_with("* Peak: 200.00M")
        );
        let holes = Figures {
            active: 150 << 20,
            resident: 151 << 20,
            ..HEALTHY
        };
        assert!(findings(&usage(holes), 0).starts_with("* Fragmentation: 50.00M"));
        assert!(
            findings(
                &usage(Figures {
                    resident: 150 << 20,
                    ..HEALTHY
                }),
                0
            )
            .starts_with("* Unused pages: 49.00M")
        );
        assert!(
            findings(
                &Usage {
                    rss: 200 << 20,
                    ..usage(HEALTHY)
                },
                0
            )
            .starts_with("* Beside the allocator: 95.00M")
        );
        assert!(
            findings(
                &Usage {
                    clients: 1 << 20,
                    ..usage(HEALTHY)
                },
                2
            )
            .starts_with("* Clients: 2 clients hold 1.00M")
        );
    }
}
