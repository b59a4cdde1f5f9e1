//! Distances over the surface of a round earth, by the haversine formula, in meters.

use super::Position;

/// The radius of the earth, as Redis has it.
pub(super) const EARTH_RADIUS: f64 = 6_372_797.560_856;

/// How far it is from one point to another, in meters.
pub fn distance(from: Position, to: Position) -> f64 {
    let haversine = Haversine::from(from);
    haversine.meters(haversine.size(to), to)
}

/// Distances from one point; what does not depend on the other one is worked out once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Haversine {
    longitude: f64,
    latitude: f64,
    cosine: f64,
}

/// The square of half the chord between two points on a sphere of radius 1. Grows with their distance, and is much
/// cheaper.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(super) struct Size(pub f64);

impl Size {
    /// Certainly more than that of any two points at most so many meters from each other.
    pub(super) fn above(meters: f64) -> Size {
        let angle = meters / (2.0 * EARTH_RADIUS);
        if angle >= std::f64::consts::FRAC_PI_2 {
            return Size(f64::INFINITY);
        }
        // The margin is far above what rounding can do, and costs an exact look at next to no points.
        Size(angle.sin().powi(2) * (1.0 + 1e-9) + f64::MIN_POSITIVE)
    }
}

impl Haversine {
    pub(super) fn from(position: Position) -> Haversine {
        let latitude = position.latitude.to_radians();
        Haversine {
            longitude: position.longitude.to_radians(),
            latitude,
            cosine: latitude.cos(),
        }
    }

    #[inline]
    pub(super) fn size(&self, to: Position) -> Size {
        let latitude = to.latitude.to_radians();
        let v = ((to.longitude.to_radians() - self.longitude) / 2.0).sin();
        let u = ((latitude - self.latitude) / 2.0).sin();
        Size(u * u + self.cosine * latitude.cos() * v * v)
    }

    /// The distance of a point whose size is known, in meters.
    #[inline]
    pub(super) fn meters(&self, size: Size, to: Position) -> f64 {
        if to.longitude.to_radians() == self.longitude {
            return self.meters_north(to.latitude);
        }
        2.0 * EARTH_RADIUS * size.0.sqrt().asin()
    }

    /// How far a circle of latitude is away, in meters.
    #[inline]
    pub(super) fn meters_north(&self, latitude: f64) -> f64 {
        EARTH_RADIUS * (latitude.to_radians() - self.latitude).abs()
    }

    /// How far a point is away along its circle of latitude, in meters.
    #[inline]
    pub(super) fn meters_east(&self, to: Position) -> f64 {
        let v = ((self.longitude - to.longitude.to_radians()) / 2.0).sin();
        let cosine = to.latitude.to_radians().cos();
        2.0 * EARTH_RADIUS * (cosine * cosine * v * v).sqrt().asin()
    }
}
