"""`smtplib`, one connection per message, nothing recorded.

python benchmarks/peers/smtplib_alone.py PORT MESSAGES
"""

import smtplib
import sys
import time
from email.message import EmailMessage


def main() -> None:
    port, count = (int(argument) for argument in sys.argv[1:])
    message = EmailMessage()
    message["From"], message["To"] = "ola@loja.com.br", "ana@exemplo.com.br"
    message["Subject"] = "Pedido enviado"
    message.set_content("Olá, Ana! Seu pedido saiu para entrega.")
    content = message.as_bytes()
    started = time.perf_counter()
    for _ in range(count):
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as server:
            server.sendmail("ola@loja.com.br", ["ana@exemplo.com.br"], content)
    print(count / (time.perf_counter() - started))


if __name__ == "__main__":
    main()
