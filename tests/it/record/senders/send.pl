use Net::SMTP;
my ($port, $password) = @ARGV;
my $smtp = Net::SMTP->new('localhost', Port => $port, Hello => 'client.example', Debug => 1) or die $@;
$smtp->starttls(SSL_verify_mode => 0) or die "starttls: $@";
if ($smtp->auth('alice', $password)) {
    $smtp->mail('alice@example.org');
    $smtp->to('bob@example.org');
    $smtp->data("Subject: x\n", "\n", ".a dot\n");
} else {
    print STDERR 'auth failed: ', $smtp->message;
}
$smtp->quit;
