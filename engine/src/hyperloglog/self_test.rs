//! PFSELFTEST: what the unit tests check, in the field.

use super::{Place, Registers, add, dense, empty, estimate, make_dense};
use crate::random::Random;

/// How many elements are counted.
const ELEMENTS: u64 = 100_000;
/// How far an estimate may be off: several times the expected 0.8 %.
const TOLERANCE: f64 = 0.05;

/// Writes random registers, and counts random elements sparse and dense. Errors: what went wrong.
pub fn self_test(random: &mut Random) -> Result<(), String> {
    packed_registers(random)?;
    cardinalities(random.next_u64())
}

fn packed_registers(random: &mut Random) -> Result<(), String> {
    let mut bytes = vec![0; dense::SIZE];
    let mut expected = Registers::default();
    for _ in 0..ELEMENTS {
        let place = Place {
            index: random.below(expected.ranks().len() as u64) as usize,
            rank: random.below(64) as u8,
        };
        let rank = &mut expected.ranks_mut()[place.index];
        let lower = *rank < place.rank;
        *rank = place.rank.max(*rank);
        if dense::raise(&mut bytes, place) != lower {
            return Err(format!("register {} is not what was written", place.index));
        }
    }
    let mut unpacked = Registers::default();
    dense::merge_into(&bytes, &mut unpacked);
    match unpacked == expected {
        true => Ok(()),
        false => Err("registers are not what was written".to_owned()),
    }
}

fn cardinalities(seed: u64) -> Result<(), String> {
    let broken = |_| "a sketch broke".to_owned();
    let (mut sparse, mut dense) = (empty(), empty());
    make_dense(&mut dense).map_err(broken)?;
    let mut checkpoint = 1;
    for element in 1..=ELEMENTS {
        let bytes = (seed ^ element).to_le_bytes();
        add(&mut sparse, &bytes, 3000).map_err(broken)?;
        add(&mut dense, &bytes, 3000).map_err(broken)?;
        if element < checkpoint {
            continue;
        }
        checkpoint *= 10;
        let counts = [&sparse, &dense].map(|sketch| estimate(sketch));
        let [Ok(one), Ok(other)] = counts else {
            return Err("a sketch broke".to_owned());
        };
        let off = (one as f64 - element as f64).abs();
        if one != other || off > (element as f64 * TOLERANCE).ceil() {
            return Err(format!("counted {one} and {other} of {element} elements"));
        }
    }
    Ok(())
}
