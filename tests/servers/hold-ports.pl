# Runs a command that listens on free ports of 127.0.0.1, which nobody else can take meanwhile.
#
#   perl hold-ports.pl FILE KIND... -- COMMAND [ARG...]
#
# Writes a line KIND=PORT for each kind to FILE, then replaces itself with the command, which
# inherits the bound sockets. They do not listen, and both they and every mail server set
# SO_REUSEADDR; so on Linux the command can bind the same ports and listen on them. Until the
# command has ended, the kernel gives the ports to nobody who asks for any free port, and
# nobody without SO_REUSEADDR can bind them.
use strict;
use warnings;
use Fcntl qw(F_DUPFD);
use Socket;

my $file = shift @ARGV;
my @kinds;
while (($_ = shift @ARGV) ne '--') { push @kinds, $_ }

open my $ports, '>', "$file.new" or die "$file.new: $!\n";
my @sockets;
for my $kind (@kinds) {
    socket my $socket, PF_INET, SOCK_STREAM, 0 or die "socket: $!\n";
    bind $socket, sockaddr_in(0, INADDR_LOOPBACK) or die "bind: $!\n";
    # Only after bind: with it, old kernels may choose a port that another socket has.
    setsockopt $socket, SOL_SOCKET, SO_REUSEADDR, 1 or die "setsockopt: $!\n";
    # A copy that stays open in the command, above the descriptors that scripts use.
    fcntl $socket, F_DUPFD, 20 or die "fcntl: $!\n";
    push @sockets, $socket;
    my ($port) = sockaddr_in(getsockname $socket);
    print $ports "$kind=$port\n" or die "$file.new: $!\n";
}
close $ports or die "$file.new: $!\n";
rename "$file.new", $file or die "$file: $!\n";
exec @ARGV or die "$ARGV[0]: $!\n";
