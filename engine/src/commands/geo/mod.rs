//! Places: members of sorted sets whose scores are cells of the map. The geometry is in [`crate::geo`].

mod add;
mod hits;
mod inspect;
mod query;
mod radius;
mod search;
mod unit;

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::number::float;
use crate::command::spec::{Argument, ArgumentKind, Command};
use crate::geo::Position;

pub(super) const FAMILY: &[&Command] = &[
    &add::GEOADD,
    &inspect::GEOPOS,
    &inspect::GEODIST,
    &inspect::GEOHASH,
    &search::GEOSEARCH,
    &search::GEOSEARCHSTORE,
    &radius::GEORADIUS,
    &radius::GEORADIUS_RO,
    &radius::GEORADIUSBYMEMBER,
    &radius::GEORADIUSBYMEMBER_RO,
];

const LONGITUDE: Argument = Argument::new("longitude", ArgumentKind::Double);
const LATITUDE: Argument = Argument::new("latitude", ArgumentKind::Double);

/// Reads longitude and latitude from word `at` on. Errors: no numbers; beyond the limits of the map.
fn position(args: &Args<'_>, at: usize) -> Result<Position, CommandError> {
    let (longitude, latitude) = (float(args.at(at))?, float(args.at(at + 1))?);
    Position::new(longitude, latitude).ok_or_else(|| {
        CommandError::with(format!(
            "ERR invalid longitude,latitude pair {longitude:.6},{latitude:.6}"
        ))
    })
}

#[cfg(test)]
mod tests;
