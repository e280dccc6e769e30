# shellcheck shell=bash
# promtool, out of Debian's package prometheus: unpacked into CACHE_DIR and never installed, since that starts a server.

set -euo pipefail
# shellcheck source=/dev/null
. "$(dirname "$0")/lib.sh"
# shellcheck source=/dev/null
. "$HOST_SRC/image.sh"

work=$(mktemp -d "$CACHE_DIR/promtool.XXXXXX")
trap 'rm -rf "$work"' EXIT
fetch "$work" prometheus
install -m 0755 "$work/root/usr/bin/promtool" "$CACHE_DIR/.promtool"
mv "$CACHE_DIR/.promtool" "$CACHE_DIR/promtool"
