#!/usr/bin/env bash
# Builds the InfluxDB servers that tests run against, from their Go modules,
# into build/bin: influxd-1.8 (Go alone) and influxd-2.7 (its query language is
# a Rust library). Without arguments it builds both; else those that are named,
# 1.8 or 2.7.
#
# What was built once is kept in a cache by the hash of what it is built from,
# and taken from there the next time: PHUKIN_INFLUXD_CACHE, by default
# phukin-ci/influxd in the user's cache.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
root="$(cd "$here/../../.." && pwd)"
cache="${PHUKIN_INFLUXD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/phukin-ci/influxd}"
bin="$root/build/bin"
mkdir -p "$cache" "$bin"
[ -d "$HOME/.cargo/bin" ] && PATH="$PATH:$HOME/.cargo/bin"

# kept says where a program is in the cache, by what it is built from.
kept() { echo "$cache/$1-$(cat "${@:2}" "$here/build.sh" <(go version) | sha256sum | cut -c1-16)"; }

build18() {
  cd "$here/../influxd18"
  CGO_ENABLED=0 nice go build -trimpath -ldflags='-s -w -X main.version=1.8.10' -o "$1" github.com/influxdata/influxdb/cmd/influxd
}

build27() {
  command -v cargo >/dev/null || { echo "influxd 2.7 needs cargo; mend it with: apt-get install cargo-web" >&2; return 1; }
  cd "$here/../influxd27"
  local work
  work="$(mktemp -d "$cache/building-XXXXXX")"
  trap "rm -rf '$work'" EXIT # of the subshell that this runs in
  # The module's own pkg-config builds the Rust library when cgo asks for it, and
  # leaves it in Go's cache, which must not forget one without the other.
  CGO_ENABLED=0 go build -o "$work/bin/pkg-config" github.com/influxdata/pkg-config
  GOCACHE="$work/cache" PATH="$work/bin:$PATH" RUSTUP_TOOLCHAIN=stable RUSTC_WRAPPER="$here/rustc-wrapper" CGO_ENABLED=1 \
    nice go build -trimpath -tags sqlite_foreign_keys,sqlite_json -ldflags='-s -w -X main.version=2.7.12' -o "$1" github.com/influxdata/influxdb/v2/cmd/influxd
}

for version in "${@:-1.8 2.7}"; do
  for v in $version; do
    sums="$here/../influxd${v/./}/go.sum"
    [ -e "$sums" ] || { echo "there is no influxd $v here, only 1.8 and 2.7" >&2; exit 2; }
    file="$(kept "influxd-$v" "$sums")"
    if [ ! -x "$file" ]; then
      echo "building influxd $v (once; 2.7 takes about eight minutes on two cores)"
      begin=$SECONDS
      (if [ "$v" = 1.8 ]; then build18 "$file.new"; else build27 "$file.new"; fi)
      mv "$file.new" "$file"
      echo "influxd $v: built in $((SECONDS - begin)) s"
    fi
    cp -f "$file" "$bin/influxd-$v.new" && mv -f "$bin/influxd-$v.new" "$bin/influxd-$v"
  done
done
