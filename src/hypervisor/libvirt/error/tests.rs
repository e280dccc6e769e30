//! Errors as libvirt 9.0 to 11.3 word them.

use super::*;

fn raw(code: u32, message: &str) -> RawError {
    RawError { code, domain: 0, message: message.to_owned() }
}

#[test]
fn opening_tells_what_to_do() {
    use HvErrorKind::{BadUri, NoConnection, PermissionDenied};
    for (code, message, kind) in [
        (
            38,
            "Failed to connect socket to '/var/run/libvirt/libvirt-sock': No such file or directory",
            NoConnection,
        ),
        (38, "Failed to connect socket to '/var/run/libvirt/libvirt-sock': Connection refused", NoConnection),
        (
            38,
            "Failed to connect socket to '/var/run/libvirt/libvirt-sock': Permission denied",
            PermissionDenied,
        ),
        (38, "unable to connect to server at 'h:16509': No route to host", NoConnection),
        (38, "Unable to resolve address 'h' service '16509': Name or service not known", NoConnection),
        (
            38,
            "Cannot recv data: Permission denied, please try again. ann@h: Permission denied (publickey).: Connection reset by peer",
            PermissionDenied,
        ),
        (
            38,
            "End of file while reading data: Host key verification failed.: Input/output error",
            NoConnection,
        ),
        (
            38,
            "End of file while reading data: ssh: Could not resolve hostname h: Name or service not known: Input/output error",
            NoConnection,
        ),
        (45, "authentication failed: access denied by policy", PermissionDenied),
        (88, "access denied: 'QEMU' denied access", PermissionDenied),
        (5, "no connection driver available for nonsense:///", BadUri),
        (1, "unable to parse URI qemu:::", BadUri),
        (8, "invalid argument: URI 'x' does not include a driver name", BadUri),
        (1, "some new trouble", NoConnection),
    ] {
        assert_eq!(open_error(&raw(code, message), Some("qemu:///system")).kind, kind, "{message}");
    }
    // Without a URI, the driver that is missing is not the user's doing.
    assert_eq!(open_error(&raw(5, "no connection driver available for URI"), None).kind, NoConnection);
    // Of another machine, other things are to be looked at than of this one.
    let refused = raw(38, "unable to connect to server at 'h:16509': Connection refused");
    assert_eq!(open_error(&refused, Some("qemu+tcp://h/system")).kind, HvErrorKind::Unreachable);
    // Whoever logs in by hand is asked whether the key is right.
    let unknown =
        raw(38, "End of file while reading data: Host key verification failed.: Input/output error");
    assert_eq!(open_error(&unknown, Some("qemu+ssh://h/system")).kind, HvErrorKind::Unreachable);
}

#[test]
fn calls_tell_what_happened() {
    use HvErrorKind::{
        Aborted, AgentUnavailable, ConnectionLost, Exists, InvalidState, NotFound, Other, PermissionDenied,
        ReadOnly, TimedOut, Unsupported,
    };
    for (code, message, kind) in [
        (42, "Domain not found: no domain with matching uuid", NotFound),
        (49, "Storage pool not found", NotFound),
        (3, "this function is not supported by the connection driver: virNodeGetMemoryStats", Unsupported),
        (1, "internal error: wrong nlmsg len", Unsupported),
        (
            8,
            "invalid argument: unsupported flags (0x20000000) in function testConnectGetAllDomainStats",
            Unsupported,
        ),
        (29, "operation forbidden: read only access prevents virDomainSetMemoryStatsPeriod", ReadOnly),
        (55, "Requested operation is not valid: domain is not running", InvalidState),
        (1, "internal error: Domain 'test' is already running", InvalidState),
        (1, "internal error: domain 'test' not paused", InvalidState),
        (55, "Requested operation is not valid: domain with name 'web01' already exists", Exists),
        (28, "domain web01 already exists", Exists),
        (78, "operation aborted: job 'save' canceled by client", Aborted),
        (
            88,
            "access denied: 'QEMU' denied access: no polkit agent available to authenticate",
            PermissionDenied,
        ),
        (68, "Timed out during operation: cannot acquire state change lock", TimedOut),
        (74, "argument unsupported: QEMU guest agent is not configured", AgentUnavailable),
        (86, "Guest agent is not responding: QEMU guest agent is not connected", AgentUnavailable),
        (38, "End of file while reading data: Input/output error", ConnectionLost),
        (38, "Cannot write data: Broken pipe", ConnectionLost),
        (1, "internal error: client socket is closed", ConnectionLost),
        (39, "internal error: connection closed due to keepalive timeout", ConnectionLost),
        (38, "cannot open directory '/srv/images': No such file or directory", Other),
        (1, "internal error: End of file from qemu monitor", Other),
    ] {
        let raw = RawError { domain: FROM_RPC, ..raw(code, message) };
        assert_eq!(Err::<(), _>(raw).doing("try").unwrap_err().kind, kind, "{message}");
    }
}

#[test]
fn trouble_of_the_daemon_does_not_end_the_connection() {
    for message in [
        "Unable to read from monitor: Connection reset by peer",
        "Failed to connect socket to '/run/libvirt/virtlogd-sock': No such file or directory",
        "cannot open file '/srv/a.qcow2': Permission denied",
    ] {
        assert_eq!(kind(&raw(38, message)), HvErrorKind::Other, "{message}");
    }
}

#[test]
fn a_message_is_one_clean_line() {
    let error = Err::<(), _>(raw(1, "a\n  b\u{1b}[2J\tc\r\n")).doing("try").unwrap_err();
    assert_eq!(error.to_string(), "Could not try: a b[2J c");
}
