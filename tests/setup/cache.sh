# Builds outside the clone, so that the next clone on the machine reuses them. Sourced by lib.sh.
# shellcheck shell=bash

# Sets CARGO_TARGET_DIR. Kept by compiler and lock file, in a folder for each clone: cargo tells a clone's own
# crate from another's by time stamps only, so clones that share a folder run each other's code. A new clone
# begins with what another has compiled of the dependencies.
use_build_cache() {
    local shelf key
    key=$( (rustc --version; cat "$ROOT/Cargo.lock") | sha256sum | cut -c1-16)
    shelf=$CACHE/build-$key
    CARGO_TARGET_DIR=$shelf/$(printf '%s' "$ROOT" | sha256sum | cut -c1-12)
    export CARGO_TARGET_DIR
    mkdir -p "$shelf"
    (
        flock 9
        [[ -d $CARGO_TARGET_DIR ]] || seed_build "$shelf"
        printf '%s\n' "$ROOT" >"$CARGO_TARGET_DIR/clone"
    ) 9>"$shelf/lock"
}

# Fills CARGO_TARGET_DIR from the fullest folder of the shelf: moved when its clone is gone, else copied.
seed_build() {
    local fullest from part=$CARGO_TARGET_DIR.part
    find "$CACHE" -mindepth 3 -maxdepth 3 -path "$CACHE/build-*/clone" -mtime +14 -printf '%h\0' | xargs -0r rm -rf
    fullest=$(
        for from in "$1"/*/clone; do
            [[ ! -f $from ]] || printf '%s %s\n' "$(find "${from%/*}" -path '*/.fingerprint/*' -prune -print | wc -l)" "${from%/*}"
        done | sort -rn | awk 'NR == 1 { print $2 }'
    )
    if [[ ! $fullest ]]; then
        mkdir -p "$CARGO_TARGET_DIR"
        return
    fi
    say "reusing built dependencies"
    if [[ -d $(cat "$fullest/clone") ]]; then
        rm -rf "$part"
        mkdir -p "$part"
        # Fingerprints first: each stands for a piece that is finished, also when its clone is building now.
        (cd "$fullest" && find . -name .fingerprint -print0 | xargs -0r cp -a --parents -t "$part")
        cp -an "$fullest/." "$part"
    else
        mv "$fullest" "$part"
    fi
    # The crate itself is built anew.
    find "$part" -path '*/.fingerprint/password_writeback-*' -prune -exec rm -rf {} +
    find "$part" -name incremental -prune -exec rm -rf {} +
    mv "$part" "$CARGO_TARGET_DIR"
}
