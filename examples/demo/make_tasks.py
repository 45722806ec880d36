#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Prints tasks.jsonl: tasks as a shop might queue them. The same ones every time, and nobody's data.

Addresses are in domains and number ranges that are reserved for examples, cards are the test numbers that
payment providers publish, tokens and keys come from a fixed seed.

    make_tasks.py > examples/tasks.jsonl
"""
import json
import random

SEED = 20260101
COUNT = 240

NAMES = ["Ann Lee", "Zoë Krüger", "José Álvarez", "Anaïs Dûpont", "Ján Novák", "Łukasz Żak", "Nguyễn Văn An",
         "Μαρία Παππά", "Ольга Петрова", "山田 花子", "김민준", "राज पटेल", "Siobhán O'Neill", "Bob \"Bobby\" Ray",
         "Åsa Öberg", "Fatma Yılmaz"]
DOMAINS = ["example.com", "example.org", "example.net", "mail.example.com"]
CARDS = ["4111111111111111", "4242424242424242", "5555555555554444", "5105105105105100", "378282246310005",
         "6011111111111117", "3530111333300000"]
ITEMS = ["Kettle, 1.7 l", "Desk lamp – brass", "Notebook A5", "Tea “Earl Grey” 100 g", "USB-C cable 2 m",
         "Wool blanket", "Garden shears"]

rng = random.Random(SEED)


def token(length, alphabet="0123456789abcdef"):
    return "".join(rng.choice(alphabet) for _ in range(length))


def api_key(service):
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    return f"{service}_demo_{token(32, letters)}"


def person():
    name = rng.choice(NAMES)
    plain = "".join(c for c in name.lower().replace(" ", ".") if c.isascii() and (c.isalnum() or c == "."))
    return name, f"{plain.strip('.') or 'user'}.{rng.randrange(10000, 99999)}@{rng.choice(DOMAINS)}"


def money():
    return round(rng.uniform(1, 900), 2)


def password_reset():
    name, mail = person()
    return {"to": mail, "name": name, "reset_url": f"https://shop.example.com/reset?token={token(48)}",
            "ip": f"203.0.113.{rng.randrange(1, 255)}"}


def welcome():
    name, mail = person()
    return {"to": mail, "name": name, "locale": rng.choice(["en", "de", "fr", "vi", "el", "ja"]),
            "confirm_token": token(40)}


def receipt():
    name, mail = person()
    lines = [{"item": rng.choice(ITEMS), "quantity": rng.randrange(1, 5), "price": money()}
             for _ in range(rng.randrange(1, 9))]
    return {"to": mail, "order": f"A-{rng.randrange(10**7, 10**8)}", "lines": lines,
            "ship_to": {"name": name, "street": f"{rng.randrange(1, 200)} Example Road", "city": "Exampleton",
                        "phone": f"+1-202-555-01{rng.randrange(0, 100):02}"}}


def newsletter():
    return {"subject": "What is new \u2014 " + rng.choice(ITEMS), "unsubscribe": token(32),
            "to": [person()[1] for _ in range(rng.randrange(5, 60))],
            "html": "<p>" + " ".join(rng.choice(ITEMS) for _ in range(rng.randrange(20, 1500))) + "</p>"}


def charge():
    name, mail = person()
    return {"card": {"number": rng.choice(CARDS), "holder": name, "exp": f"{rng.randrange(1, 13):02}/31",
                     "cvc": token(3, "0123456789")},
            "amount": money(), "currency": rng.choice(["EUR", "USD", "GBP", "VND"]), "receipt_to": mail,
            "idempotency_key": token(32), "provider_key": api_key("pay")}


def refund():
    return {"charge": "ch_" + token(24), "amount": money(), "iban": "DE89370400440532013000",
            "reason": rng.choice(["damaged in transit", "wrong size", "ordered twice", "Zu spät geliefert"]),
            "operator": person()[1], "provider_key": api_key("pay")}


def deliver_webhook():
    name, mail = person()
    return {"url": f"https://hooks.example.net/in/{token(24)}",
            "headers": {"Authorization": "Bearer " + api_key("hook"), "X-Trace": token(32)},
            "body": {"event": rng.choice(["order.paid", "order.shipped", "user.deleted"]),
                     "data": {"id": rng.randrange(10**12), "user": {"name": name, "mail": mail}, "tags": [],
                              "note": None, "vip": rng.random() < 0.2}}}


def sync_contacts():
    return [{"name": name, "mail": mail} for name, mail in (person() for _ in range(rng.randrange(2, 40)))]


def rotate_credential():
    return api_key("crm")


KINDS = [("mail", "password-reset", password_reset, 40), ("mail", "welcome", welcome, 30),
         ("mail", "receipt", receipt, 30), ("mail", "newsletter", newsletter, 8),
         ("payments", "charge", charge, 35), ("payments", "refund", refund, 20),
         ("webhooks", "deliver", deliver_webhook, 35), ("webhooks", "sync-contacts", sync_contacts, 8),
         ("webhooks", "rotate-credential", rotate_credential, 6)]


def task(number):
    queue, kind, payload, _ = rng.choices(KINDS, [weight for *_, weight in KINDS])[0]
    line = {"queue": queue, "type": kind}
    if rng.random() < 0.6:
        line["id"] = f"{kind}-{number:04}"
    if rng.random() < 0.4:
        line["expires_in"] = rng.choice([3600, 86400, 604800])
    line["payload"] = payload()
    return json.dumps(line, ensure_ascii=rng.random() < 0.3)


if __name__ == "__main__":
    for number in range(1, COUNT + 1):
        print(task(number))
