# Runs a command with free ports of 127.0.0.1 reserved for it.
#
#   perl hold-ports.pl FILE KIND... -- COMMAND [ARG...]
#
# Writes a line KIND=PORT for each kind to FILE, then replaces itself with the command, which
# inherits the bound sockets. While they are bound, the kernel does not choose these ports for
# other sockets, and sockets without SO_REUSEADDR cannot bind them. The command can: on Linux, a
# socket with SO_REUSEADDR may bind a port, and listen on it, if all other sockets with this port
# have the option too and do not listen. All mail servers set it.
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
    # Only after bind: with the option, the kernel may choose a port that another socket has bound.
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
