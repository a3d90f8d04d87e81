"""An SMTP server with several ports on loopback. It discards accepted mail.

usage: aiosmtpd_server.py DATA_FOLDER plain=PORT starttls=PORT tls=PORT clearauth=PORT
"""

import asyncio
import hashlib
import hmac
import pathlib
import secrets
import ssl
import sys

from aiosmtpd.smtp import MISSING, SMTP, AuthResult, LoginPassword

MECHANISMS = ["PLAIN", "LOGIN", "CRAM-MD5"]
RECIPIENTS = {"alice@ehlo.test", "bob@ehlo.test", "postmaster@ehlo.test"}


class Handler:
    def __init__(self, passwords):
        self.passwords = passwords

    def authenticate(self, server, session, envelope, mechanism, data):
        """Checks a login with PLAIN or LOGIN, which aiosmtpd implements."""
        known = isinstance(data, LoginPassword) and data.login in self.passwords
        success = known and self.passwords[data.login] == data.password
        return AuthResult(success=success, handled=False)

    async def auth_CRAM__MD5(self, server, args):
        """CRAM-MD5, which aiosmtpd lacks. It offers every mechanism with a method auth_NAME."""
        challenge = f"<{secrets.token_hex(8)}@mail.ehlo.test>".encode()
        response = await server.challenge_auth(challenge)
        if response is MISSING:  # cancelled; aiosmtpd has sent the reply
            return AuthResult(success=False)
        user, _, digest = response.rpartition(b" ")
        password = self.passwords.get(user)
        if password is None:
            return AuthResult(success=False, handled=False)
        expected = hmac.new(password, challenge, hashlib.md5).hexdigest().encode()
        return AuthResult(success=hmac.compare_digest(expected, digest), handled=False)

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.lower().endswith("@ehlo.test"):
            if address.lower() not in RECIPIENTS:
                return "550 5.1.1 no such user"
        elif not session.authenticated:
            return "554 5.7.1 relaying not permitted"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        return "250 2.0.0 OK, discarded"


async def main(data, ports):
    passwords = {user.encode(): (data / f"{user}.password").read_bytes() for user in ("alice", "bob")}
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(data / "tls/server.crt", data / "tls/server.key")
    handler = Handler(passwords)

    async def listen(port, implicit_tls=None, **options):
        def session():
            return SMTP(
                handler,
                hostname="mail.ehlo.test",
                data_size_limit=10485760,
                enable_SMTPUTF8=True,
                authenticator=handler.authenticate,
                **options,
            )

        loop = asyncio.get_running_loop()
        await loop.create_server(session, "127.0.0.1", port, ssl=implicit_tls)

    await listen(ports["plain"], tls_context=tls, auth_exclude_mechanism=MECHANISMS)
    await listen(ports["starttls"], tls_context=tls)
    await listen(ports["tls"], implicit_tls=tls, auth_require_tls=False)
    await listen(ports["clearauth"], auth_require_tls=False)
    await asyncio.Event().wait()


endpoints = dict(argument.split("=") for argument in sys.argv[2:])
asyncio.run(main(pathlib.Path(sys.argv[1]), {kind: int(port) for kind, port in endpoints.items()}))
