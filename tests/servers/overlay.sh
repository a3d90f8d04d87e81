#!/usr/bin/env bash
# Runs a command as root in a copy-on-write view of this machine.
#
#   unshare --mount --uts --pid --fork overlay.sh DIR COMMAND...
#
# The command sees this machine's own files. What it changes lands in
# DIR/layer/upper and is there again the next time; the machine itself stays as it
# was, so that mail servers whose packages exclude each other can be installed side
# by side. DIR/data is shared with the outside and appears as /ehlo. The network is
# the machine's own, the processes are in a name space of their own.
set -euo pipefail
dir=$1
shift

cd "$dir/layer"
mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root
mkdir -p root/ehlo
mount --bind "$dir/data" root/ehlo

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
# Both may be missing, and both may be mounts or links to elsewhere, which the view lacks.
rm -f root/etc/hosts root/etc/resolv.conf
{
    echo '127.0.0.1 mail.ehlo.test localhost'
    cat /etc/hosts 2>/dev/null || true
} >root/etc/hosts
cat /etc/resolv.conf >root/etc/resolv.conf 2>/dev/null || true

# Not `exec`: the first process of the name space has to remain this shell, which reaps
# orphans. It is killed when `unshare` ends, and takes all others with it; that would no
# longer hold for a program that changes its user.
chroot root env -u TMPDIR HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
