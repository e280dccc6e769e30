//! Names and texts from guests, XML and files are never trusted: what would move the cursor, hide text or
//! reverse its order is taken out before anything is drawn or logged.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Whether a character may reach a terminal as part of a name.
fn is_harmless(c: char) -> bool {
    !c.is_control()
        && !matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' // drawn by some terminals, hidden by others
            | '\u{200b}'..='\u{200f}' // zero width, direction marks
            | '\u{2028}'..='\u{202e}' // separators, embeddings, overrides
            | '\u{2060}'..='\u{206f}' // joiners, isolates, deprecated format characters
            | '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' // variants and skin tones: terminals differ in width
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// The character as it may be drawn: a regional indicator becomes its letter, since terminals differ in how wide a
/// flag is.
fn harmless(c: char) -> Option<char> {
    match c {
        '\u{1f1e6}'..='\u{1f1ff}' => char::from_u32(u32::from(c) - 0x1f1e6 + u32::from('A')),
        c => is_harmless(c).then_some(c),
    }
}

/// The text without control characters (C0, C1), bidirectional controls and invisible format characters.
///
/// The zero-width joiner goes too: an emoji joined by it falls apart into its parts, which draw
/// at a predictable width. So do variation selectors and skin tones, which not every terminal joins to what
/// stands before them. Flags become their letters.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| harmless(c) == Some(c)) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.chars().filter_map(harmless).collect())
    }
}

/// Like [`clean`], but keeps line breaks and turns tabs into spaces: for XML and other multi-line text.
pub fn clean_lines(text: &str) -> String {
    text.chars()
        .filter_map(|c| match c {
            '\n' => Some('\n'),
            '\t' => Some(' '),
            c => harmless(c),
        })
        .collect()
}

/// Columns the text takes on a terminal.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text cut to at most `max` columns, the last being `…` where something was cut.
pub fn truncate(text: &str, max: usize) -> Cow<'_, str> {
    if width(text) <= max {
        return Cow::Borrowed(text);
    }
    if max == 0 {
        return Cow::Borrowed("");
    }
    let mut out = String::new();
    let mut used = 0;
    for cluster in text.graphemes(true) {
        let w = cluster.width();
        if used + w > max - 1 {
            break;
        }
        out.push_str(cluster);
        used += w;
    }
    out.push('…');
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escape_sequences_and_direction_overrides_are_taken_out() {
        assert_eq!(clean("a\x1b[2Jb"), "a[2Jb");
        assert_eq!(clean("x\u{202e}y\u{9b}z"), "xyz");
        assert_eq!(clean("web01"), "web01");
        assert_eq!(clean("\u{1f44d}\u{1f3fd}\u{2764}\u{fe0f}"), "\u{1f44d}\u{2764}");
        assert_eq!(clean("\u{1f1e9}\u{1f1ea} x"), "DE x");
        assert_eq!(clean_lines("<a>\n\t<b/>\x07"), "<a>\n <b/>");
    }

    proptest! {
        #[test]
        fn clean_leaves_no_control(s in "\\PC*|.*") {
            prop_assert!(!clean(&s).chars().any(char::is_control));
        }

        #[test]
        fn truncate_never_exceeds(s in ".{0,40}", max in 0usize..20) {
            let s = clean(&s);
            prop_assert!(width(&truncate(&s, max)) <= max);
        }
    }
}
