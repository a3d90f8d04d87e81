#!/usr/bin/env bash
# Runs a command as root in a copy-on-write view of this machine with the packages of a layer.
#
#   unshare --mount --uts --pid --fork overlay.sh use LAYER DATA COMMAND [ARG...]
#   unshare --mount --uts --pid --fork overlay.sh install LAYER COMMAND [ARG...]
#
# The command sees this machine's own files. With `install`, the files that it changes are
# stored in LAYER/upper. With `use`, they are in memory and gone at the end, and the folder
# DATA of the machine is /ehlo. The machine itself does not change, so mail servers whose
# packages exclude each other can be installed side by side. The network is the machine's own;
# the processes are in their own name space.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/view.sh"

mode=$1 layer=$2
shift 2
"mount_to_$mode" "$layer"
cd "$layer/view"
if [[ $mode == use ]]; then
    mkdir -p root/ehlo
    mount --bind "$1" root/ehlo
    shift
fi

mount -t tmpfs -o mode=755 tmpfs root/run
mount -t tmpfs -o mode=755 tmpfs root/dev
for device in null zero full random urandom tty; do
    touch "root/dev/$device"
    mount --bind "/dev/$device" "root/dev/$device"
done
ln -s /proc/self/fd root/dev/fd
ln -s /proc/self/fd/0 root/dev/stdin
ln -s /proc/self/fd/1 root/dev/stdout
ln -s /proc/self/fd/2 root/dev/stderr
mount -t proc proc root/proc

echo mail.ehlo.test >/proc/sys/kernel/hostname
# Each may be missing, a mount or a link to a file that the view lacks.
rm -f root/etc/hosts root/etc/resolv.conf
{
    echo '127.0.0.1 mail.ehlo.test localhost'
    cat /etc/hosts 2>/dev/null || true
} >root/etc/hosts
cat /etc/resolv.conf >root/etc/resolv.conf 2>/dev/null || true

# Not `exec`: this shell has to remain the first process of the name space. It reaps orphans,
# holds the ports that it inherited (hold-ports.pl), and is killed when `unshare` ends, which a
# program that changes its user would not be. All other processes end with it.
chroot root env -u TMPDIR HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
