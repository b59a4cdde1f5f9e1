//! A point: longitude and latitude in degrees, on the part of the earth that Web Mercator shows (EPSG:3857).

use super::cell::{Axis, Cell};

/// Longitudes that can be indexed.
pub(super) const LONGITUDES: Axis = Axis {
    min: -180.0,
    max: 180.0,
};
/// Latitudes that can be indexed.
pub(super) const LATITUDES: Axis = Axis {
    min: -85.051_128_78,
    max: 85.051_128_78,
};

/// A point on the earth, in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Position {
    /// East of Greenwich.
    pub longitude: f64,
    /// North of the equator.
    pub latitude: f64,
}

impl Position {
    /// A point that can be indexed; None beyond the limits.
    pub fn new(longitude: f64, latitude: f64) -> Option<Position> {
        let within = LONGITUDES.contains(longitude) && LATITUDES.contains(latitude);
        within.then_some(Position {
            longitude,
            latitude,
        })
    }

    /// The number of the smallest cell around it: 52 bits.
    pub fn score(self) -> u64 {
        Cell::around(self, Cell::FINEST).number()
    }

    /// The middle of the smallest cell with this number. Any number is some place.
    #[inline]
    pub fn of_score(score: f64) -> Position {
        let area = Cell::of_number(score as i64 as u64).area();
        let middle =
            |(min, max): (f64, f64), axis: Axis| ((min + max) / 2.0).clamp(axis.min, axis.max);
        Position {
            longitude: middle(area.longitudes, LONGITUDES),
            latitude: middle(area.latitudes, LATITUDES),
        }
    }

    /// The customary geohash (<https://en.wikipedia.org/wiki/Geohash>) of 11 characters. It divides all latitudes up to the
    /// poles, so it is not the text of the score. The last character would need three bits more than there are, and is
    /// always `0`.
    pub fn geohash(self) -> [u8; 11] {
        const ALPHABET: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";
        const TO_THE_POLES: Axis = Axis {
            min: -90.0,
            max: 90.0,
        };
        let bits = Cell::on_axes(self, Cell::FINEST, LONGITUDES, TO_THE_POLES).number();
        let mut text = [b'0'; 11];
        for (index, char) in text[..10].iter_mut().enumerate() {
            *char = ALPHABET[(bits >> (52 - (index + 1) * 5) & 31) as usize];
        }
        text
    }
}
