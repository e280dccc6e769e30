use proptest::prelude::*;

use super::bytes::Bytes;
use super::chunk::{Rows, column_of, decode_axis, encode_axis};
use super::{column, ints, piece};
use crate::store::tier::group_of;

fn round_trip(values: &[f32]) -> usize {
    let mut bytes = Vec::new();
    column::write(values, &mut bytes);
    let mut back = Vec::new();
    column::read(Bytes(&bytes), values.len(), &mut back).unwrap();
    let bits =
        |v: &[f32]| v.iter().map(|v| if v.is_nan() { u32::MAX } else { v.to_bits() }).collect::<Vec<_>>();
    assert_eq!(bits(values), bits(&back));
    bytes.len()
}

#[test]
fn special_values_come_back_bit_for_bit() {
    let odd =
        [0.0, -0.0, f32::INFINITY, f32::NEG_INFINITY, f32::MIN_POSITIVE, 1e-45, f32::MAX, f32::MIN, f32::NAN];
    round_trip(&odd);
    round_trip(&[]);
    for v in odd {
        round_trip(&[v]);
        round_trip(&[v; 200]);
        round_trip(&[v, f32::NAN, 1.0, v]);
        round_trip(&[v, 0.0, -1.5, 3.0e7]);
    }
}

#[test]
fn one_value_takes_next_to_nothing_whatever_the_number_of_rows() {
    assert!(round_trip(&[42.5; 1000]) <= 5);
    assert!(round_trip(&[0.0; 1000]) <= 2);
    assert!(round_trip(&[f32::NAN; 1000]) <= 1);
}

#[test]
fn values_on_the_grid_are_short() {
    let noisy: Vec<f32> = (0..600_u64)
        .map(|i| {
            let chance = (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as f64 / f64::from(1 << 24);
            crate::model::resolution::round(crate::model::metric::MetricId::VmDiskRead, 1e6 * (1.0 + chance))
        })
        .collect();
    assert!(round_trip(&noisy) <= 600 * 11 / 8, "{}", round_trip(&noisy));
    let mut spike = vec![0.0; 600];
    spike[77] = 1234.0;
    assert!(round_trip(&spike) < 60);
}

#[test]
fn broken_bytes_are_told_and_never_panic() {
    let mut good = Vec::new();
    let values: Vec<f32> = (0..300).map(|i| (i * i) as f32).collect();
    column::write(&values, &mut good);
    for cut in 0..good.len() {
        assert!(column::read(Bytes(&good[..cut]), 300, &mut Vec::new()).is_none(), "{cut}");
    }
}

proptest! {
    #[test]
    fn any_floats(values in prop::collection::vec(any::<u32>().prop_map(f32::from_bits), 0..400)) {
        round_trip(&values);
    }

    #[test]
    fn grid_values_with_gaps(values in prop::collection::vec(prop_oneof![
        Just(f32::NAN), Just(0.0_f32), (0_u16..1024, -20_i32..20).prop_map(|(m, e)| f32::from(m) * 2_f32.powi(e)),
    ], 0..400)) {
        round_trip(&values);
    }

    #[test]
    fn any_numbers(values in prop::collection::vec(any::<u32>(), 0..300), low in 0_u32..32) {
        let values: Vec<u32> = values.into_iter().map(|v| v >> low).collect();
        let mut bytes = Vec::new();
        ints::write(&values, &mut bytes);
        let mut back = Vec::new();
        prop_assert!(ints::read(&mut Bytes(&bytes), values.len(), &mut back).is_some());
        prop_assert_eq!(&values, &back);
        prop_assert_eq!(decode_axis(&encode_axis(&values)), Some(values));
    }

    #[test]
    fn any_bytes_end(bytes in prop::collection::vec(any::<u8>(), 0..200), rows in 0_usize..300) {
        let _ = column::read(Bytes(&bytes), rows, &mut Vec::new());
        let _ = piece::decode(&bytes);
        let _ = column_of(3, 1, rows, &bytes);
    }

    #[test]
    fn tracks_come_back(
        tracks in prop::collection::btree_map(0_i64..1 << 24, (1_usize..5, prop::collection::vec(0_u32..60_000, 0..40)), 0..9)
    ) {
        let tracks: piece::Tracks = tracks.into_iter().map(|(id, (width, offsets))| {
            let mut rows = Rows::new(width);
            for o in offsets {
                let values: Vec<f32> = (0..width).map(|c| (o as usize * (c + 1)) as f32 / 8.0).collect();
                rows.push(o, &values);
            }
            (id, rows)
        }).collect();
        let mut back = piece::Tracks::new();
        let mut groups = Vec::new();
        for (group, blob) in piece::encode(&tracks) {
            let mut some = piece::decode(&blob).unwrap();
            prop_assert!(some.keys().all(|track| group_of(*track) == group));
            groups.push(group);
            back.append(&mut some);
        }
        prop_assert!(groups.is_sorted_by(|a, b| a < b));
        prop_assert_eq!(back.len(), tracks.len());
        for (id, rows) in &tracks {
            prop_assert_eq!(&back[id].offsets, &rows.offsets);
            prop_assert_eq!(&back[id].values, &rows.values);
        }
    }
}
