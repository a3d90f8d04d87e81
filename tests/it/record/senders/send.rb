require 'net/smtp'
smtp = Net::SMTP.new('localhost', ARGV[0].to_i)
smtp.set_debug_output $stderr
context = OpenSSL::SSL::SSLContext.new
context.verify_mode = OpenSSL::SSL::VERIFY_NONE
smtp.enable_starttls(context)
begin
  smtp.start(helo: 'client.example', user: 'alice', secret: ARGV[1], authtype: :login) do
    smtp.send_message "Subject: x\n\n.a dot\n", 'alice@example.org', 'bob@example.org'
  end
rescue => error
  warn error.full_message(highlight: false)
end
