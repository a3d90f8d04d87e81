# shellcheck shell=bash
# Functions that mount a copy-on-write view of this machine on LAYER/view/root. They need root
# and a mount name space of their own, which all mounts disappear with.

# What is changed in the view is stored in LAYER/upper. Only one process may do this at a time.
mount_to_install() {
    cd "$1"
    mount -t tmpfs -o mode=755 tmpfs view
    mkdir view/root
    mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work view/root
}

# What is changed in the view is lost at the end. LAYER/upper is only read.
mount_to_use() {
    cd "$1/view"
    mount -t tmpfs -o mode=755 tmpfs .
    cd "$1/view" # the new file system
    mkdir root base empty upper work
    # overlayfs refuses lower layers of which one contains the other (ELOOP), as / does with
    # LAYER if both are on the same file system. An overlay over / is another file system.
    mount -t overlay overlay -o lowerdir=../upper:/,upperdir=upper,workdir=work root 2>/dev/null || {
        mount -t overlay overlay -o lowerdir=empty:/ base
        mount -t overlay overlay -o lowerdir=../upper:base,upperdir=upper,workdir=work root
    }
}
