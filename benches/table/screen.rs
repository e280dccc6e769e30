//! What stands on a screen of the console.

use vt100::Screen;

/// The bar that marks the row under the cursor.
const CURSOR: char = '▌';
/// It stands at the left of its pane.
const CURSOR_WITHIN: usize = 6;

/// The rows of the screen as text.
pub(crate) fn rows(screen: &Screen) -> Vec<String> {
    let (_, columns) = screen.size();
    screen.rows(0, columns).collect()
}

/// Whether one of these names stands on the screen.
pub(crate) fn shows_any(screen: &Screen, names: &[String]) -> bool {
    let text = screen.contents();
    names.iter().any(|name| text.contains(name.as_str()))
}

/// The screen's row in which the cursor is.
pub(crate) fn cursor_row(screen: &Screen) -> Option<usize> {
    let marked = |row: &String| row.chars().take(CURSOR_WITHIN).any(|c| c == CURSOR);
    rows(screen).iter().position(marked)
}

/// How many rows of the list show a running VM.
pub(crate) fn running_rows(screen: &Screen) -> usize {
    rows(screen).iter().filter(|row| is_running(row)).count()
}

/// Whether the cursor is on a running VM.
pub(crate) fn cursor_on_running(screen: &Screen) -> bool {
    cursor_row(screen).is_some_and(|n| rows(screen).get(n).is_some_and(|row| is_running(row)))
}

fn is_running(row: &str) -> bool {
    row.chars().take(CURSOR_WITHIN).any(|c| c == '●') && row.contains("running")
}

/// Whether values are on screen that are known only after the second poll.
pub(crate) fn is_live(screen: &Screen) -> bool {
    screen.contents().contains("● live")
}
