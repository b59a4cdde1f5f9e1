//! Units of length.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::number::parse_float;
use crate::command::spec::{Argument, ArgumentKind};
use crate::geo::Shape;

/// The argument, for docs.
pub(super) const UNIT: Argument = Argument::new(
    "unit",
    ArgumentKind::OneOf(&[
        Argument::word("m", "M"),
        Argument::word("km", "KM"),
        Argument::word("ft", "FT"),
        Argument::word("mi", "MI"),
    ]),
);

/// How many meters a unit is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Unit(f64);

impl Unit {
    pub(super) const METER: Unit = Unit(1.0);

    /// Errors: no unit.
    pub(super) fn parse(args: &Args<'_>, at: usize) -> Result<Unit, CommandError> {
        let units = [("m", 1.0), ("km", 1000.0), ("ft", 0.3048), ("mi", 1609.34)];
        let unit = units.into_iter().find(|(word, _)| args.is(at, word));
        unit.map(|(_, meters)| Unit(meters))
            .ok_or(CommandError::new(
                "ERR unsupported unit provided. please use M, KM, FT, MI",
            ))
    }

    /// Meters in this unit.
    pub(super) fn of_meters(self, meters: f64) -> f64 {
        meters / self.0
    }
}

/// Reads `radius unit` from word `at` on. Errors: no number, or a negative one; no unit.
pub(super) fn circle(args: &Args<'_>, at: usize) -> Result<(Shape, Unit), CommandError> {
    let radius = parse_float(args.at(at)).ok_or(CommandError::new("ERR need numeric radius"))?;
    if radius < 0.0 {
        return Err(CommandError::new("ERR radius cannot be negative"));
    }
    let unit = Unit::parse(args, at + 1)?;
    let radius = radius * unit.0;
    Ok((Shape::Circle { radius }, unit))
}

/// Reads `width height unit` from word `at` on. Errors: as of a circle.
pub(super) fn rectangle(args: &Args<'_>, at: usize) -> Result<(Shape, Unit), CommandError> {
    let width = parse_float(args.at(at)).ok_or(CommandError::new("ERR need numeric width"))?;
    let height =
        parse_float(args.at(at + 1)).ok_or(CommandError::new("ERR need numeric height"))?;
    if width < 0.0 || height < 0.0 {
        return Err(CommandError::new("ERR height or width cannot be negative"));
    }
    let unit = Unit::parse(args, at + 2)?;
    let (width, height) = (width * unit.0, height * unit.0);
    Ok((Shape::Box { width, height }, unit))
}
