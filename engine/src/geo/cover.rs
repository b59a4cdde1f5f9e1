//! The cells that cover a search: the one around the center and its eight neighbours, of the smallest size at which they
//! reach as far as the search does, without those that it does not touch.
//!
//! The order of the cells is the order of results that nobody sorts, and is Redis's.

use super::cell::Cell;
use super::distance::EARTH_RADIUS;
use super::{Position, Shape};

/// Half the width of the map at the equator, in meters.
const MAP_REACH: f64 = 20_037_726.37;
/// The center, then its neighbours: steps to the east and to the north.
const ORDER: [(i32, i32); 9] = [
    (0, 0),
    (0, 1),
    (0, -1),
    (1, 0),
    (-1, 0),
    (1, 1),
    (-1, 1),
    (1, -1),
    (-1, -1),
];

/// The smallest upright box around a search, in degrees.
struct Bounds {
    west: f64,
    east: f64,
    south: f64,
    north: f64,
}

pub(super) fn cover(center: Position, shape: Shape) -> Vec<Cell> {
    let bounds = Bounds::of(center, shape);
    let reach = match shape {
        Shape::Circle { radius } => radius,
        Shape::Box { width, height } => {
            ((width / 2.0) * (width / 2.0) + (height / 2.0) * (height / 2.0)).sqrt()
        }
    };
    let mut step = step_for(reach, center.latitude);
    if step > 1 && bounds.exceed_neighbours_of(Cell::around(center, step)) {
        step -= 1;
    }
    let middle = Cell::around(center, step);
    let mut cells: Vec<Cell> = Vec::with_capacity(ORDER.len());
    for (east, north) in ORDER {
        // Cells so large that few make up the map are their own neighbours; such are found in a row.
        let cell = middle.neighbour(east, north);
        let is_needed = step < 2 || bounds.reach(middle, east, north);
        if is_needed && cells.last() != Some(&cell) {
            cells.push(cell);
        }
    }
    cells
}

/// The finest step whose cells are large enough, away from edges: two steps coarser than cells of the size of the search.
fn step_for(reach: f64, latitude: f64) -> u32 {
    if reach == 0.0 {
        return Cell::FINEST;
    }
    let (mut reach, mut step) = (reach, 1_i32);
    while reach < MAP_REACH {
        reach *= 2.0;
        step += 1;
    }
    step -= 2;
    // Cells are narrower towards the poles.
    step -= i32::from(latitude.abs() > 66.0) + i32::from(latitude.abs() > 80.0);
    step.clamp(1, Cell::FINEST as i32) as u32
}

impl Bounds {
    fn of(center: Position, shape: Shape) -> Bounds {
        let (half_width, half_height) = match shape {
            Shape::Circle { radius } => (radius, radius),
            Shape::Box { width, height } => (width / 2.0, height / 2.0),
        };
        let degrees = |radians: f64| radians / (std::f64::consts::PI / 180.0);
        let Position {
            longitude,
            latitude,
        } = center;
        let to_north = degrees(half_height / EARTH_RADIUS);
        // The box is widest in degrees where it is nearest to a pole.
        let towards_pole = if latitude < 0.0 {
            latitude - to_north
        } else {
            latitude + to_north
        };
        let to_east = degrees(half_width / EARTH_RADIUS / towards_pole.to_radians().cos());
        Bounds {
            west: longitude - to_east,
            east: longitude + to_east,
            south: latitude - to_north,
            north: latitude + to_north,
        }
    }

    /// Whether some neighbour of `cell` ends before the box does.
    fn exceed_neighbours_of(&self, cell: Cell) -> bool {
        let area = |east, north| cell.neighbour(east, north).area();
        area(0, 1).latitudes.1 < self.north
            || area(0, -1).latitudes.0 > self.south
            || area(1, 0).longitudes.1 < self.east
            || area(-1, 0).longitudes.0 > self.west
    }

    /// Whether the box leaves `middle` in this direction.
    fn reach(&self, middle: Cell, east: i32, north: i32) -> bool {
        let area = middle.area();
        let leaves = |direction: i32, (low, high): (f64, f64), min: f64, max: f64| match direction {
            0 => true,
            1 => high <= max,
            _ => low >= min,
        };
        leaves(east, area.longitudes, self.west, self.east)
            && leaves(north, area.latitudes, self.south, self.north)
    }
}
