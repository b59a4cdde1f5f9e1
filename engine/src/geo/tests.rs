use super::*;
use proptest::prelude::*;

fn place(longitude: f64, latitude: f64) -> Position {
    Position::new(longitude, latitude).unwrap()
}

#[test]
fn known_places_have_known_numbers() {
    // From redis-server.
    let palermo = place(13.361389, 38.115556);
    let catania = place(15.087269, 37.502669);
    assert_eq!(palermo.score(), 3_479_099_956_230_698);
    assert_eq!(catania.score(), 3_479_447_370_796_909);
    assert_eq!(&palermo.geohash(), b"sqc8b49rny0");
    assert_eq!(&catania.geohash(), b"sqdtr74hyu0");
    let [from, to] = [palermo, catania].map(|place| Position::of_score(place.score() as f64));
    assert_eq!(format!("{:.4}", distance(from, to)), "166274.1516");
    assert_eq!(format!("{:.17}", from.longitude), "13.36138933897018433");
    assert_eq!(format!("{:.17}", from.latitude), "38.11555639549629859");
}

#[test]
fn the_map_ends_before_the_poles() {
    for (longitude, latitude) in [
        (181.0, 0.0),
        (-180.1, 0.0),
        (0.0, 85.1),
        (0.0, -86.0),
        (f64::NAN, 0.0),
    ] {
        assert_eq!(Position::new(longitude, latitude), None);
    }
    let corner = place(180.0, 85.051_128_78);
    assert_eq!(Position::of_score(corner.score() as f64), corner);
    for score in [-1.0, f64::INFINITY, f64::NEG_INFINITY, 1e300, f64::NAN] {
        let position = Position::of_score(score);
        assert!(Position::new(position.longitude, position.latitude).is_some());
    }
}

fn position() -> impl Strategy<Value = Position> {
    (-180.0..180.0_f64, -85.0..85.0_f64)
        .prop_map(|(longitude, latitude)| place(longitude, latitude))
}

/// Where a box around a search in degrees is as wide as it should be: further to the poles, and across the edge of the map
/// at 180 degrees, matches are missed, in Redis too.
fn inland() -> impl Strategy<Value = Position> {
    (-100.0..100.0_f64, -60.0..60.0_f64)
        .prop_map(|(longitude, latitude)| place(longitude, latitude))
}

fn shape() -> impl Strategy<Value = Shape> {
    let meters = || prop_oneof![0.0..1000.0_f64, 0.0..1_000_000.0_f64];
    prop_oneof![
        meters().prop_map(|radius| Shape::Circle { radius }),
        (meters(), meters()).prop_map(|(width, height)| Shape::Box { width, height }),
    ]
}

fn is_within(center: Position, shape: Shape, point: Position) -> bool {
    match shape {
        Shape::Circle { radius } => distance(center, point) <= radius,
        Shape::Box { width, height } => {
            let north = Position {
                longitude: center.longitude,
                ..point
            };
            distance(
                center,
                Position {
                    longitude: center.longitude,
                    ..point
                },
            ) <= height / 2.0
                && distance(point, north) <= width / 2.0
        }
    }
}

proptest! {
    #[test]
    fn scores_stand_for_points(point in position()) {
        let again = Position::of_score(point.score() as f64);
        prop_assert!((again.longitude - point.longitude).abs() <= 360.0 / f64::from(1 << 26));
        prop_assert!((again.latitude - point.latitude).abs() <= 171.0 / f64::from(1 << 26));
        prop_assert_eq!(again.score(), point.score());
    }

    #[test]
    fn cells_hold_their_points(point in position(), step in 1..=Cell::FINEST) {
        let cell = Cell::around(point, step);
        prop_assert!(cell.scores().contains(&(point.score() as f64)));
        for (east, north) in [(1, 0), (0, 1), (-1, 1), (-1, -1)] {
            prop_assert_eq!(cell.neighbour(east, north).neighbour(-east, -north), cell);
        }
        let area = cell.area();
        prop_assert!(area.longitudes.0 <= point.longitude && point.longitude <= area.longitudes.1);
        prop_assert!(area.latitudes.0 <= point.latitude && point.latitude <= area.latitudes.1);
    }

    #[test]
    fn a_search_finds_what_brute_force_does(
        center in inland(),
        shape in shape(),
        offsets in prop::collection::vec((-1.2..1.2_f64, -1.2..1.2_f64), 1..60),
    ) {
        let search = Search::new(center, shape);
        let reach = match shape {
            Shape::Circle { radius } => radius,
            Shape::Box { width, height } => width.max(height) / 2.0,
        } / 111_000.0;
        for (east, north) in offsets {
            let longitude = center.longitude + east * reach / center.latitude.to_radians().cos();
            let Some(point) = Position::new(longitude, center.latitude + north * reach) else { continue };
            let score = point.score() as f64;
            let point = Position::of_score(score);
            let ranges = search.scores().filter(|range| range.contains(&score)).count();
            let found = search.matches(score).filter(|_| ranges > 0);
            prop_assert!(ranges <= 1, "in one range at most");
            prop_assert_eq!(found.is_some(), is_within(center, shape, point));
            if let Some(found) = found {
                prop_assert_eq!(found.position, point);
                prop_assert_eq!(found.distance, distance(center, point));
            }
        }
    }
}
