//! Pictures of guests' screens: PNG and PPM to pixels. What is in them is not to be trusted.

use std::io::Cursor;

use png::{ColorType, Decoder, Limits, Transformations};

use crate::hypervisor::Screenshot;
use crate::model::picture::{Picture, Rgb};

/// More pixels are refused: a screen of 8K has as many.
const MOST_PIXELS: u64 = 7680 * 4320;
/// Memory for unpacking, bytes.
const MEMORY: usize = 256 << 20;

/// The picture in a file.
///
/// # Errors
/// A sentence without its stop: what is wrong with it.
pub(super) fn decode(file: &Screenshot) -> Result<Picture, String> {
    match file.bytes.as_slice() {
        [0x89, b'P', b'N', b'G', ..] => from_png(&file.bytes),
        [b'P', b'6', ..] => from_ppm(&file.bytes),
        _ => Err("the picture is neither PNG nor PPM".into()),
    }
}

fn from_png(bytes: &[u8]) -> Result<Picture, String> {
    let bad = |e: png::DecodingError| format!("the picture is damaged: {e}");
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: MEMORY });
    decoder.set_transformations(Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(bad)?;
    let (width, height) = reader.info().size();
    bounded(width, height)?;
    let size =
        reader.output_buffer_size().filter(|size| *size <= MEMORY).ok_or("the picture is too large")?;
    let mut samples = vec![0; size];
    let frame = reader.next_frame(&mut samples).map_err(bad)?;
    let samples = samples.get(..frame.buffer_size()).unwrap_or_default();
    let grey = |[grey, ..]: [u8; 2]| [grey; 3];
    let pixels: Vec<Rgb> = match frame.color_type {
        ColorType::Rgb => samples.as_chunks::<3>().0.to_vec(),
        ColorType::Rgba => samples.as_chunks::<4>().0.iter().map(|[r, g, b, _]| [*r, *g, *b]).collect(),
        ColorType::Grayscale => samples.iter().map(|grey| [*grey; 3]).collect(),
        ColorType::GrayscaleAlpha => samples.as_chunks::<2>().0.iter().copied().map(grey).collect(),
        ColorType::Indexed => return Err("the picture's colours were not told".into()),
    };
    Picture::new(width, height, pixels).ok_or_else(|| "the picture is cut off".into())
}

fn from_ppm(bytes: &[u8]) -> Result<Picture, String> {
    let mut rest = bytes.get(2..).unwrap_or_default();
    let mut numbers = [0u32; 3];
    for number in &mut numbers {
        (*number, rest) = ppm_number(rest).ok_or("the head of the picture makes no sense")?;
    }
    // One blank, and the pixels.
    let samples = rest.get(1..).unwrap_or_default();
    let [width, height, most] = numbers;
    bounded(width, height)?;
    if most != 255 {
        return Err(format!("the picture has {most} shades of a colour, not 255"));
    }
    let size = width as usize * height as usize * 3;
    let samples = samples.get(..size).ok_or("the picture is cut off")?;
    Picture::new(width, height, samples.as_chunks::<3>().0.to_vec())
        .ok_or_else(|| "the picture is empty".into())
}

/// The next number of a PPM's head, and what follows. Comments go to the end of their line.
fn ppm_number(mut rest: &[u8]) -> Option<(u32, &[u8])> {
    loop {
        match rest {
            [b'#', ..] => rest = rest.get(rest.iter().position(|b| *b == b'\n')?..)?,
            [blank, tail @ ..] if blank.is_ascii_whitespace() => rest = tail,
            _ => break,
        }
    }
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let number = std::str::from_utf8(rest.get(..digits)?).ok()?.parse().ok()?;
    Some((number, rest.get(digits..)?))
}

fn bounded(width: u32, height: u32) -> Result<(), String> {
    if width == 0 || height == 0 {
        return Err("the picture is empty".into());
    }
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(format!("the picture is too large: {width} × {height}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> Result<Picture, String> {
        decode(&Screenshot { mime: String::new(), bytes: bytes.to_vec() })
    }

    fn png(
        color: ColorType,
        depth: png::BitDepth,
        size: (u32, u32),
        data: &[u8],
        palette: Option<&[u8]>,
    ) -> Vec<u8> {
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, size.0, size.1);
        encoder.set_color(color);
        encoder.set_depth(depth);
        if let Some(palette) = palette {
            encoder.set_palette(palette.to_vec());
        }
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(data).unwrap();
        writer.finish().unwrap();
        out
    }

    #[test]
    fn both_kinds_become_pixels() {
        use png::BitDepth::{Eight, One, Sixteen};
        let two = |bytes: &[u8]| read(bytes).unwrap().scaled(2, 1);
        assert_eq!(two(b"P6\n# a comment\n2 1\n255\n\x01\x02\x03\x04\x05\x06"), [[1, 2, 3], [4, 5, 6]]);
        assert_eq!(
            two(&png(ColorType::Rgb, Eight, (2, 1), &[1, 2, 3, 4, 5, 6], None)),
            [[1, 2, 3], [4, 5, 6]]
        );
        assert_eq!(
            two(&png(ColorType::Rgba, Eight, (2, 1), &[1, 2, 3, 0, 4, 5, 6, 9], None)),
            [[1, 2, 3], [4, 5, 6]]
        );
        assert_eq!(two(&png(ColorType::Grayscale, Sixteen, (2, 1), &[7, 0, 9, 0], None)), [[7; 3], [9; 3]]);
        assert_eq!(
            two(&png(ColorType::Indexed, One, (2, 1), &[0x40], Some(&[9, 9, 9, 1, 2, 3]))),
            [[9; 3], [1, 2, 3]]
        );
    }

    #[test]
    fn what_is_no_picture_says_so() {
        for (bytes, why) in [
            (&b""[..], "neither PNG nor PPM"),
            (b"P6\n2 2\n255\n\x00\x00", "cut off"),
            (b"P6\n0 2\n255\n", "empty"),
            (b"P6\n99999 99999\n255\n", "too large"),
            (b"P6\n2 2\n65535\n", "65535 shades"),
            (b"P6 x", "makes no sense"),
            (b"\x89PNG\r\n", "damaged"),
        ] {
            let said = read(bytes).unwrap_err();
            assert!(said.contains(why), "{said}");
        }
        let mut cut = png(ColorType::Rgb, png::BitDepth::Eight, (2, 1), &[1, 2, 3, 4, 5, 6], None);
        cut.truncate(cut.len() - 20);
        assert!(read(&cut).is_err());
    }

    proptest! {
        #[test]
        fn garbage_is_an_error_or_a_picture(tail in proptest::collection::vec(any::<u8>(), 0..300), png in any::<bool>()) {
            let head: &[u8] = if png { b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" } else { b"P6\n" };
            let _ = read(&[head, &tail].concat());
        }

        #[test]
        fn a_damaged_picture_is_an_error_or_a_picture(at in 0usize..80, byte in any::<u8>()) {
            let mut file = png(ColorType::Rgb, png::BitDepth::Eight, (4, 4), &[5; 48], None);
            let at = at.min(file.len() - 1);
            file[at] = byte;
            let _ = read(&file);
        }
    }
}
