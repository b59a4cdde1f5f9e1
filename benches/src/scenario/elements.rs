//! Bytes of memory that an element of a collection takes.

use super::Plan;
use super::fill::Fill;
use crate::Failure;
use crate::client::Client;
use crate::machine;
use crate::processors::Processors;
use crate::running::Running;
use crate::table::{Table, figure};

/// Small collections are measured many at a time.
const SMALL_ONES: u64 = 10_000;

/// A kind of collection: [`SMALL_ONES`] of so many elements, or one of `Plan::keys`.
struct Case {
    name: &'static str,
    fill: Fill,
    elements: Option<u64>,
}

const CASES: &[Case] = &[
    Case {
        name: "hash of 100 fields",
        fill: Fill::Hash,
        elements: Some(100),
    },
    Case {
        name: "large hash",
        fill: Fill::Hash,
        elements: None,
    },
    Case {
        name: "list of 100",
        fill: Fill::List,
        elements: Some(100),
    },
    Case {
        name: "large list of small integers",
        fill: Fill::Numbers,
        elements: None,
    },
    Case {
        name: "set of 100 integers",
        fill: Fill::SetOfIntegers,
        elements: Some(100),
    },
    Case {
        name: "large set of integers",
        fill: Fill::SetOfIntegers,
        elements: None,
    },
    Case {
        name: "large set of words",
        fill: Fill::SetOfWords,
        elements: None,
    },
    Case {
        name: "sorted set of 100",
        fill: Fill::SortedSet,
        elements: Some(100),
    },
    Case {
        name: "large sorted set",
        fill: Fill::SortedSet,
        elements: None,
    },
    Case {
        name: "large stream",
        fill: Fill::Stream,
        elements: None,
    },
];

pub(super) fn run(plan: &Plan) -> Result<Table, Failure> {
    let base = plan.contestants.len() - 1;
    let title = format!(
        "elements: growth of used memory and of resident memory by elements, {} in a large collection; x: against {}",
        plan.keys, plan.contestants[base].name
    );
    let columns = [
        "collection",
        "server",
        "used B/element",
        "RSS B/element",
        "used x",
        "RSS x",
    ];
    let mut table = Table::new(&title, &columns);
    for case in CASES {
        let figures: Vec<[f64; 2]> = plan
            .contestants
            .iter()
            .map(|contestant| {
                // A fresh one each time: what the last collection left behind would count as nothing.
                let server = Running::start(contestant, 1, &Processors::one(0))?;
                of_elements(plan, case, &server)
            })
            .collect::<Result<_, Failure>>()?;
        for (contestant, [used, resident]) in plan.contestants.iter().zip(&figures) {
            let mut cells = vec![case.name.to_owned(), contestant.name.clone()];
            cells.extend(
                [
                    *used,
                    *resident,
                    used / figures[base][0],
                    resident / figures[base][1],
                ]
                .map(figure),
            );
            table.row(cells);
        }
    }
    Ok(table)
}

fn of_elements(plan: &Plan, case: &Case, server: &Running) -> Result<[f64; 2], Failure> {
    let mut client = server.connect()?;
    let before = memory(&mut client, server)?;
    let count = match case.elements {
        Some(elements) => {
            for number in 0..SMALL_ONES {
                case.fill
                    .fill(&mut client, &format!("c{number}"), elements)?;
            }
            SMALL_ONES * elements
        }
        None => {
            case.fill.fill(&mut client, "c", plan.keys)?;
            plan.keys
        }
    };
    let after = memory(&mut client, server)?;
    Ok([0, 1].map(|at| (after[at] - before[at]) / count as f64))
}

/// Used and resident bytes.
fn memory(client: &mut Client, server: &Running) -> Result<[f64; 2], Failure> {
    let used = client.info("memory", "used_memory");
    let resident = machine::resident_bytes(server.pid())?;
    Ok([used.map_or(f64::NAN, |used| used as f64), resident as f64])
}
