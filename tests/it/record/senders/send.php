<?php
foreach (['Exception', 'SMTP', 'PHPMailer'] as $class) {
    require "/usr/share/php/libphp-phpmailer/src/$class.php";
}
$mail = new PHPMailer\PHPMailer\PHPMailer();
$mail->isSMTP();
$mail->SMTPDebug = (int)$argv[3];
$mail->Host = 'localhost';
$mail->Port = $argv[1];
$mail->SMTPAuth = true;
$mail->Username = 'alice';
$mail->Password = $argv[2];
$mail->SMTPSecure = 'tls';
$mail->Helo = 'client.example';
$mail->SMTPOptions = ['ssl' => ['verify_peer' => false, 'verify_peer_name' => false]];
$mail->setFrom('alice@example.org');
$mail->addAddress('bob@example.org');
$mail->Subject = 'x';
$mail->Body = ".a dot\n";
if (!$mail->send()) {
    echo 'Mailer Error: ', $mail->ErrorInfo, "\n";
}
