//! Cells: the map is halved `step` times along each axis. The number of a cell takes one bit of each axis by turns, so
//! that the cells inside a larger one have numbers in a row:
//!
//! ```text
//!   number   .. longitude 1, latitude 1, longitude 0, latitude 0
//! ```

use std::ops::Range;

use super::Position;
use super::position::{LATITUDES, LONGITUDES};

/// The limits of one coordinate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    pub min: f64,
    pub max: f64,
}

impl Axis {
    pub(super) fn contains(self, value: f64) -> bool {
        (self.min..=self.max).contains(&value)
    }

    /// Which of 2^`step` parts holds `value`. At the very end of the axis it is one more than there are, as in Redis.
    fn part(self, value: f64, step: u32) -> u32 {
        let offset = (value - self.min) / (self.max - self.min);
        (offset * (1_u64 << step) as f64) as u32
    }

    #[inline]
    fn limits(self, part: u32, step: u32) -> (f64, f64) {
        let (parts, length) = ((1_u64 << step) as f64, self.max - self.min);
        let at = |part: f64| self.min + (part / parts) * length;
        (at(f64::from(part)), at(f64::from(part) + 1.0))
    }
}

/// A cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    longitude: u32,
    latitude: u32,
    step: u32,
}

/// What a cell covers: lower and upper limits, in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub longitudes: (f64, f64),
    pub latitudes: (f64, f64),
}

impl Cell {
    /// The step of the smallest cells: their numbers have 52 bits and are exact as scores.
    pub const FINEST: u32 = 26;

    /// The cell around a point.
    pub fn around(position: Position, step: u32) -> Cell {
        Cell::on_axes(position, step, LONGITUDES, LATITUDES)
    }

    pub(super) fn on_axes(
        position: Position,
        step: u32,
        longitudes: Axis,
        latitudes: Axis,
    ) -> Cell {
        Cell {
            longitude: longitudes.part(position.longitude, step),
            latitude: latitudes.part(position.latitude, step),
            step,
        }
    }

    /// The smallest cell with this number.
    #[inline]
    pub fn of_number(number: u64) -> Cell {
        Cell {
            longitude: squeeze(number >> 1),
            latitude: squeeze(number),
            step: Cell::FINEST,
        }
    }

    /// Its number among cells of its size.
    pub fn number(self) -> u64 {
        spread(self.latitude) | spread(self.longitude) << 1
    }

    /// The scores of all points inside: from the first to before the second.
    pub fn scores(self) -> Range<f64> {
        let (number, shift) = (self.number(), 2 * (Cell::FINEST - self.step));
        (number << shift) as f64..((number + 1) << shift) as f64
    }

    /// The cell so many cells to the east and to the north. The map has no edges here: it goes on at the other side.
    pub fn neighbour(self, east: i32, north: i32) -> Cell {
        let step = |part: u32, by: i32| match by {
            0 => part,
            by => part.wrapping_add_signed(by) & ((1 << self.step) - 1),
        };
        Cell {
            longitude: step(self.longitude, east),
            latitude: step(self.latitude, north),
            step: self.step,
        }
    }

    #[inline]
    pub(super) fn area(self) -> Area {
        Area {
            longitudes: LONGITUDES.limits(self.longitude, self.step),
            latitudes: LATITUDES.limits(self.latitude, self.step),
        }
    }
}

/// Puts a zero above every bit.
fn spread(part: u32) -> u64 {
    let mut bits = u64::from(part);
    bits = (bits | bits << 16) & 0x0000_ffff_0000_ffff;
    bits = (bits | bits << 8) & 0x00ff_00ff_00ff_00ff;
    bits = (bits | bits << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    bits = (bits | bits << 2) & 0x3333_3333_3333_3333;
    (bits | bits << 1) & 0x5555_5555_5555_5555
}

/// Takes every second bit, beginning with the lowest.
#[inline]
fn squeeze(number: u64) -> u32 {
    let mut bits = number & 0x5555_5555_5555_5555;
    bits = (bits | bits >> 1) & 0x3333_3333_3333_3333;
    bits = (bits | bits >> 2) & 0x0f0f_0f0f_0f0f_0f0f;
    bits = (bits | bits >> 4) & 0x00ff_00ff_00ff_00ff;
    bits = (bits | bits >> 8) & 0x0000_ffff_0000_ffff;
    (bits | bits >> 16) as u32
}
