"""Talks to the sandbox, or to moto, about all services of the sandbox.

    conversation.py ENDPOINT sandbox|moto [SECTION…]

Exit code 0 where everything holds, except what DIFFERENCES lists for moto; what is listed and holds is an error too.
"""
import sys

from differences import OF_MOTO
from harness import Conversation
from services import autoscaling, ec2, eks, endpoints, iam, kms, logs, s3, ssm, sts

SECTIONS = [iam, sts, ec2, endpoints, kms, logs, ssm, s3, autoscaling, eks]


def main():
    endpoint, partner, *chosen = sys.argv[1:]
    conversation = Conversation(endpoint, partner, OF_MOTO if partner == "moto" else {})
    for module in SECTIONS:
        name = module.__name__.rsplit(".", 1)[-1]
        if not chosen or name in chosen:
            conversation.run(name, module.talk)
    sys.exit(0 if conversation.report() else 1)


if __name__ == "__main__":
    main()
