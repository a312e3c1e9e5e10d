#!/bin/sh
# Gets the browser in which the app is tested, where it is missing: Debian's Chromium, with fonts for many scripts.
# Prints where it is. CHROMIUM names another one.
set -eu

for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome; do
    if [ -n "$name" ] && found=$(command -v "$name"); then
        echo "$found"
        exit
    fi
done
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "chromium.sh: no Chromium found; install it (Debian: apt-get install chromium), or name one: CHROMIUM=/path" >&2
    exit 1
fi
echo "chromium.sh: installing Chromium with apt-get" >&2
{
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium fonts-noto-core
} >&2
command -v chromium
