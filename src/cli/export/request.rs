//! What a client asked. Anything but a plain question for the page is refused.

use super::text::Dialect;

/// Bytes of a request's head at most; Prometheus sends some hundreds.
pub(super) const MOST: usize = 8192;

/// What a head asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// The page.
    Page(Dialect),
    /// Something else: status and reason.
    Refused(u16, &'static str),
}

/// Whether the head is whole.
pub(super) fn is_whole(head: &[u8]) -> bool {
    head.windows(4).any(|w| w == b"\r\n\r\n") || head.windows(2).any(|w| w == b"\n\n")
}

/// Reads a whole head.
pub(super) fn read(head: &[u8]) -> Asked {
    let Ok(text) = str::from_utf8(head) else { return Asked::Refused(400, "Bad Request") };
    let mut lines = text.lines();
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (Some(method), Some(target), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Asked::Refused(400, "Bad Request");
    };
    if !matches!(version, "HTTP/1.0" | "HTTP/1.1") {
        return Asked::Refused(400, "Bad Request");
    }
    if target.split('?').next() != Some("/metrics") {
        return Asked::Refused(404, "Not Found");
    }
    if method != "GET" {
        return Asked::Refused(405, "Method Not Allowed");
    }
    let accepted = lines.take_while(|l| !l.is_empty()).filter_map(|l| l.split_once(':'));
    let accepted: Vec<String> = accepted
        .filter(|(name, _)| name.eq_ignore_ascii_case("accept"))
        .map(|(_, value)| value.to_ascii_lowercase())
        .collect();
    let wants = |kind: &str| accepted.iter().any(|a| a.contains(kind));
    // OpenMetrics unless the client knows the older format alone.
    let plain = wants("text/plain") && !wants("application/openmetrics-text");
    Asked::Page(if plain { Dialect::Plain } else { Dialect::OpenMetrics })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_a_question_for_the_page_gets_it() {
        let open = Asked::Page(Dialect::OpenMetrics);
        for (head, asked) in [
            ("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", open),
            ("GET /metrics?x=1 HTTP/1.0\r\n\r\n", open),
            (
                "GET /metrics HTTP/1.1\r\naccept: application/openmetrics-text;version=1.0.0;q=0.8,text/plain;q=0.5\r\n\r\n",
                open,
            ),
            (
                "GET /metrics HTTP/1.1\r\nAccept: text/plain;version=0.0.4\r\n\r\n",
                Asked::Page(Dialect::Plain),
            ),
            ("GET / HTTP/1.1\r\n\r\n", Asked::Refused(404, "Not Found")),
            ("GET /metrics/../etc HTTP/1.1\r\n\r\n", Asked::Refused(404, "Not Found")),
            ("POST /metrics HTTP/1.1\r\n\r\n", Asked::Refused(405, "Method Not Allowed")),
            ("GET /metrics HTTP/2\r\n\r\n", Asked::Refused(400, "Bad Request")),
            ("GET /metrics\r\n\r\n", Asked::Refused(400, "Bad Request")),
            ("\r\n\r\n", Asked::Refused(400, "Bad Request")),
        ] {
            assert!(is_whole(head.as_bytes()), "{head:?}");
            assert_eq!(read(head.as_bytes()), asked, "{head:?}");
        }
        assert!(!is_whole(b"GET /metrics HTTP/1.1\r\nHost: x\r\n"));
        assert_eq!(read(b"GET /\xff HTTP/1.1\r\n\r\n"), Asked::Refused(400, "Bad Request"));
    }

    proptest! {
        #[test]
        fn any_bytes_get_an_answer(head in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = (is_whole(&head), read(&head));
        }
    }
}
