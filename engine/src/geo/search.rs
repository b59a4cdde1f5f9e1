//! What is searched: all points in a circle or in a box around a center.

use std::ops::Range;

use super::Position;
use super::cover::cover;
use super::distance::{Haversine, Size};

/// A circle or a box around a center, in meters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    /// All points at most so far away.
    Circle {
        /// Meters.
        radius: f64,
    },
    /// All points at most half the height north or south, and half the width east or west along their own circle of
    /// latitude.
    Box {
        /// Meters.
        width: f64,
        /// Meters.
        height: f64,
    },
}

/// A point that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Match {
    /// Where it is.
    pub position: Position,
    /// How far from the center, in meters.
    pub distance: f64,
}

/// A search.
#[derive(Clone, Copy, Debug)]
pub struct Search {
    center: Position,
    shape: Shape,
    from: Haversine,
    too_far: Size,
}

impl Search {
    /// A search around `center`.
    pub fn new(center: Position, shape: Shape) -> Search {
        let too_far = match shape {
            Shape::Circle { radius } => Size::above(radius),
            Shape::Box { .. } => Size(f64::INFINITY),
        };
        Search {
            center,
            shape,
            from: Haversine::from(center),
            too_far,
        }
    }

    /// The ranges of scores to look at, from their start to before their end. They hold every match, each in one range.
    pub fn scores(&self) -> impl Iterator<Item = Range<f64>> + use<> {
        cover(self.center, self.shape)
            .into_iter()
            .map(|cell| cell.scores())
    }

    /// Whether the point with this score lies inside.
    #[inline]
    pub fn matches(&self, score: f64) -> Option<Match> {
        let position = Position::of_score(score);
        let is_inside = match self.shape {
            // A point far to the north or south needs no trigonometry.
            Shape::Circle { radius } => {
                self.from.meters_north(position.latitude) <= radius * (1.0 + 1e-9) + 1e-3
            }
            Shape::Box { width, height } => {
                self.from.meters_north(position.latitude) <= height / 2.0
                    && self.from.meters_east(position) <= width / 2.0
            }
        };
        if !is_inside {
            return None;
        }
        let size = self.from.size(position);
        if size > self.too_far {
            return None;
        }
        let distance = self.from.meters(size, position);
        let is_near = match self.shape {
            Shape::Circle { radius } => distance <= radius,
            Shape::Box { .. } => true,
        };
        is_near.then_some(Match { position, distance })
    }
}
