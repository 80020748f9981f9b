#!/usr/bin/env python3
"""A partner company's till, as an example: it gives points, looks at what a member can spend, sets points aside, takes
some of them, gives them back, and lets go of others. See docs/guides/partner.md.

There is no generated code: all messages, those of refusals too, are made from the contract's descriptor set.

    pip install -r requirements.txt
    python till.py --account cy --receipt till-8/1
"""
import argparse
import pathlib
import random
import sys
import time

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

SERVICE = "laurel.partner.v1.PartnerService"

# How long this company waits, in seconds.
CALL_MAX = 60   # for a call with all its tries
TRY_MAX = 10    # for one of them
PAUSE_MIN = 0.1  # before the second; then twice as long each time
PAUSE_MAX = 5


class Contract:
    """The messages and methods of a descriptor set (proto/laurel.binpb, or what `buf build` or `protoc -o` makes)."""

    def __init__(self, path):
        files = descriptor_pb2.FileDescriptorSet.FromString(pathlib.Path(path).read_bytes())
        self.pool = descriptor_pool.DescriptorPool()
        for file in files.file:  # each stands behind what it imports
            self.pool.AddSerializedFile(file.SerializeToString())

    def message(self, name):
        return message_factory.GetMessageClass(self.pool.FindMessageTypeByName(name))

    def method(self, name):
        """Returns the classes of a method's request and of its answer."""
        method = self.pool.FindServiceByName(SERVICE).methods_by_name[name]
        return message_factory.GetMessageClass(method.input_type), message_factory.GetMessageClass(method.output_type)


class Door:
    """Where partner companies come in, by mutual TLS: it is known by the CA, this company by its certificate."""

    def __init__(self, address, contract, ca, cert, key):
        self.contract = contract
        credentials = grpc.ssl_channel_credentials(*(pathlib.Path(p).read_bytes() for p in (ca, key, cert)))
        # A connection that fails is tried anew within a second, not within up to two minutes.
        self.channel = grpc.secure_channel(address, credentials, [("grpc.max_reconnect_backoff_ms", 1000)])

    def call(self, name, **fields):
        """Makes a call with a deadline, and makes it anew, with the same idempotency key, as long as nobody knows what
        became of it or the door asks to wait. Returns the answer, and if it had been given before. Any other refusal is
        an answer, and raised: grpc.RpcError."""
        request, answer = self.contract.method(name)
        method = self.channel.unary_unary(
            f"/{SERVICE}/{name}", request_serializer=request.SerializeToString, response_deserializer=answer.FromString)
        until, pause = time.monotonic() + CALL_MAX, PAUSE_MIN
        while True:
            try:
                left = until - time.monotonic()
                got, call = method.with_call(request(**fields), timeout=min(TRY_MAX, left))
                return got, ("laurel-replayed", "true") in ((t.key, t.value) for t in call.trailing_metadata())
            except grpc.RpcError as error:
                wait = self.retry_in(error, pause)
                if wait is None or time.monotonic() + wait > until:
                    raise
                print(f"{name}: {error.details()}, again in {1000 * wait:.0f}ms", file=sys.stderr)
                time.sleep(wait)
                pause = min(2 * pause, PAUSE_MAX)

    def retry_in(self, error, pause):
        """Returns after how long a call is to be made again: as RetryInfo says, else after a pause, of which half is
        random so that many tills do not come back at one moment. None: not at all."""
        if info := self.detail(error, "google.rpc.RetryInfo"):
            return info.retry_delay.seconds + info.retry_delay.nanos / 1e9
        if error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
            return pause / 2 + random.uniform(0, pause / 2)
        return None

    def detail(self, error, name):
        """Returns a detail of a refusal by its type, or None."""
        for key, value in error.trailing_metadata() or ():
            if key == "grpc-status-details-bin":
                for told in self.contract.message("google.rpc.Status").FromString(value).details:
                    if told.type_url.endswith("/" + name):
                        return self.contract.message(name).FromString(told.value)
        return None


class Till:
    """One visit of a member. The keys of its calls follow from the receipt: whoever runs it again, after whatever went
    wrong, makes the same calls, and they have their effect once."""

    def __init__(self, door, account, receipt):
        self.door, self.account, self.receipt = door, account, receipt

    def do(self, method, step, **fields):
        """Makes a write, prints what came of it and if that had been done before, and returns the transaction."""
        answer, before = self.door.call(method, idempotency_key=f"{self.receipt}/{step}", **fields)
        made = answer.transaction
        kind = made.DESCRIPTOR.fields_by_name["kind"].enum_type.values_by_number[made.kind].name
        kind = kind.removeprefix("TRANSACTION_KIND_").lower()
        print(f"{kind}: {made.points} {made.unit}, {made.active_points} left{' (done before)' if before else ''}")
        return made

    def visit(self):
        """Makes each call there is."""
        self.do("AwardPoints", "award", account=self.account, points=100, reason="BASKET")
        balance, _ = self.door.call("GetBalance", account=self.account)
        print(f"balance: {balance.points} {balance.unit}")
        self.too_much()
        aside = self.do("AuthorizeRedemption", "authorize", account=self.account, points=80)
        taken = self.do("CaptureRedemption", "capture", authorization_id=aside.id, points=60)
        self.do("RefundRedemption", "refund", capture_id=taken.id)
        aside = self.do("AuthorizeRedemption", "authorize-2", account=self.account, points=50)
        self.do("VoidRedemption", "void", authorization_id=aside.id)

    def too_much(self):
        """Asks for more than there is. The reason and its figures are for programs, the sentence is for people."""
        try:
            self.do("AuthorizeRedemption", "too-much", account=self.account, points=300)
        except grpc.RpcError as error:
            refusal = self.door.detail(error, "google.rpc.ErrorInfo")
            if not refusal or refusal.reason != "INSUFFICIENT_POINTS":
                raise
            print(f"refused: {refusal.reason}, {refusal.metadata['asked']} asked, {refusal.metadata['active']} active")
        else:
            sys.exit("till.py: 300 points were set aside of 100")


def main():
    root = pathlib.Path(__file__).resolve().parents[4]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--address", default="127.0.0.1:7443", help="where partner companies come in")
    parser.add_argument("--contract", default=root / "proto/laurel.binpb", help="descriptor set")
    parser.add_argument("--ca", default=".laurel/house/tls/ca.pem", help="who has signed the door's certificate")
    parser.add_argument("--cert", default=".laurel/house/tls/partner-a.pem", help="certificate of this company")
    parser.add_argument("--key", default=".laurel/house/tls/partner-a.key", help="its private key")
    parser.add_argument("--account", default="cy", help="the member's account")
    parser.add_argument("--receipt", default="till-8/1", help="what this visit is called here")
    args = parser.parse_args()
    door = Door(args.address, Contract(args.contract), args.ca, args.cert, args.key)
    try:
        Till(door, args.account, args.receipt).visit()
    except grpc.RpcError as error:
        sys.exit(f"till.py: {error.code().name}: {error.details()}")


if __name__ == "__main__":
    main()
