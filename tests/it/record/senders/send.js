const transport = require('nodemailer').createTransport({
  host: 'localhost',
  port: Number(process.argv[2]),
  name: 'client.example',
  logger: true,
  debug: true,
  tls: { rejectUnauthorized: false },
  auth: { user: 'alice', pass: process.argv[3] },
});
transport
  .sendMail({ from: 'alice@example.org', to: 'bob@example.org', subject: 'x', text: '.a dot\n' })
  .catch((error) => console.error(error))
  .finally(() => transport.close());
