"""A conversation with AWS, or with what stands for it: calls, and what must be true of the answers.

Written from AWS's documentation and API models, not from the code of what answers.
"""
import json
import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, WaiterError
from botocore.parsers import ResponseParserError

REGION = "eu-central-1"


class Conversation:
    """Makes clients, counts their calls, and keeps what did not hold."""

    def __init__(self, endpoint, partner, differences):
        self.endpoint = endpoint
        self.partner = partner
        self.differences = differences
        self.calls = 0
        self.operations = set()
        self.passed = []
        self.failed = {}
        self.skipped = []
        self.section = ""
        self.session = boto3.Session(
            aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key="secret", region_name=REGION
        )

    @property
    def is_fast(self):
        """Whether time passes many times as fast as the machine's."""
        return self.partner == "sandbox"

    def client(self, service, region=REGION, **more):
        config = Config(
            retries={"mode": "standard", "max_attempts": 8}, s3={"addressing_style": "path"}, parameter_validation=False
        )
        client = self.session.client(service, endpoint_url=self.endpoint, region_name=region, config=config, **more)

        def count(model, **_):
            self.calls += 1
            self.operations.add(f"{service}:{model.name}")

        client.meta.events.register("before-call", count)
        return client

    def check(self, what, holds, seen=None):
        """Says whether something holds."""
        name = f"{self.section}: {what}"
        if holds:
            self.passed.append(name)
        else:
            self.failed[name] = seen

    def equal(self, what, seen, expected):
        self.check(what, seen == expected, {"seen": seen, "expected": expected})

    def refused(self, what, code, call, *arguments, message=None, status=None, **named):
        """Says whether a call is refused with a code, or one of several."""
        codes = [code] if isinstance(code, str) else code
        if f"{self.section}: {what}" in self.differences:
            # What should be refused and is not would be in the way of what follows.
            self.skipped.append(f"{self.section}: {what}")
            return None
        try:
            answer = call(*arguments, **named)
        except ClientError as error:
            seen = error.response["Error"]
            own_status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            holds = seen["Code"] in codes and (message is None or message in seen.get("Message", ""))
            self.check(what, holds and status in (None, own_status), {**seen, "status": own_status, "expected": codes})
            return error
        except (BotoCoreError, ResponseParserError) as error:
            self.check(what, False, repr(error))
            return None
        answer.pop("ResponseMetadata", None)
        self.check(what, False, {"answered": str(answer)[:300], "expected": codes})
        return None

    def given(self, what, call, **named):
        """Returns the answer of a call that not everybody has; nothing where it is not answered."""
        if f"{self.section}: {what}" in self.differences:
            self.skipped.append(f"{self.section}: {what}")
            return None
        try:
            answer = call(**named)
        except ClientError as error:
            self.check(what, False, str(error))
            return None
        self.check(what, True)
        return answer

    def wait(self, client, waiter, what, **named):
        """Waits as boto3 does; where time is fast, it asks more often."""
        config = {"Delay": 1, "MaxAttempts": 60} if self.is_fast else {"Delay": 1, "MaxAttempts": 5}
        try:
            client.get_waiter(waiter).wait(WaiterConfig=config, **named)
            self.check(what, True)
        except WaiterError as error:
            self.check(what, False, str(error))

    def until(self, look, holds):
        """Looks until what is seen holds, or patience ends; returns what was seen last."""
        for _ in range(80 if self.is_fast else 3):
            seen = look()
            if holds(seen):
                break
            time.sleep(0.25)
        return seen

    def pages(self, client, operation, key, size=None, **named):
        """Returns all items of all pages, and how many pages there were."""
        config = {"PageSize": size} if size else {}
        items, count = [], 0
        for page in client.get_paginator(operation).paginate(PaginationConfig=config, **named):
            items += page.get(key, [])
            count += 1
        return items, count

    def run(self, name, section):
        """Runs a section."""
        self.section = name
        self.part(section)

    def part(self, part, *arguments):
        """Runs a part of a section; what it stumbles over is one more thing that does not hold, and others still run."""
        try:
            return part(self, *arguments)
        except Exception as error:  # noqa: BLE001  whatever it is
            trace, last = error.__traceback__, ""
            while trace:
                name = trace.tb_frame.f_code.co_filename
                last = f"{name.rsplit('/', 1)[-1]}:{trace.tb_lineno}" if "/services/" in name else last
                trace = trace.tb_next
            self.check(f"{part.__name__} ends", False, f"{error!r} at {last}")
            return None

    def report(self):
        """Prints what was found; returns whether it is what was expected."""
        surprising = {name: seen for name, seen in self.failed.items() if name not in self.differences}
        outdated = sorted(name for name in self.passed if name in self.differences)
        summary = {
            "calls": self.calls,
            "operations": len(self.operations),
            "passed": len(self.passed),
            "differences": len(self.failed) - len(surprising) + len(self.skipped),
            "failed": surprising,
            "outdated": outdated,
        }
        json.dump(summary, sys.stdout, indent=1, default=str)
        print()
        return not surprising and not outdated


def statement(effect="Allow", version="2012-10-17", **more):
    """Returns a policy of one statement."""
    return json.dumps({"Version": version, "Statement": [{"Effect": effect, **more}]})


def trust(service):
    return statement(Action="sts:AssumeRole", Principal={"Service": service})


def tags_of(tags):
    return {tag["Key"]: tag["Value"] for tag in tags}


def tagged(kind, /, **tags):
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}]


def by(name, *values):
    return [{"Name": name, "Values": list(values)}]
