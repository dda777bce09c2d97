"""KMS: keys, aliases, policies, rotation, grants, and what they encrypt."""
import json


def talk(talk):
    kms = talk.client("kms")
    made = kms.create_key(Description="talk", Tags=[{"TagKey": "a", "TagValue": "1"}])["KeyMetadata"]
    key, arn = made["KeyId"], made["Arn"]
    talk.equal("new key", (made.get("KeyUsage"), made.get("KeySpec"), made.get("KeyManager"), made.get("Origin")),
               ("ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", "CUSTOMER", "AWS_KMS"))
    seen = kms.describe_key(KeyId=arn)["KeyMetadata"]
    talk.equal("key", (seen["KeyId"], seen["Description"], seen["KeyState"], seen["Enabled"]), (key, "talk", "Enabled", True))
    talk.equal("tags", kms.list_resource_tags(KeyId=key)["Tags"], [{"TagKey": "a", "TagValue": "1"}])
    kms.tag_resource(KeyId=key, Tags=[{"TagKey": "b", "TagValue": "2"}])
    kms.untag_resource(KeyId=key, TagKeys=["a"])
    talk.equal("tags changed", kms.list_resource_tags(KeyId=key)["Tags"], [{"TagKey": "b", "TagValue": "2"}])
    kms.update_key_description(KeyId=key, Description="other")
    kms.create_alias(AliasName="alias/talk", TargetKeyId=key)
    talk.equal("by alias", kms.describe_key(KeyId="alias/talk")["KeyMetadata"]["Description"], "other")
    talk.refused("alias twice", "AlreadyExistsException", kms.create_alias, AliasName="alias/talk", TargetKeyId=key,
                 message="An alias with the name arn:aws:kms:")
    talk.refused("bad alias", ["ValidationException", "InvalidAliasNameException"], kms.create_alias, AliasName="talk", TargetKeyId=key)
    talk.refused("reserved alias", ["NotAuthorizedException"], kms.create_alias, AliasName="alias/aws/talk", TargetKeyId=key)
    talk.equal("aliases", [a["AliasName"] for a in kms.list_aliases(KeyId=key)["Aliases"]], ["alias/talk"])
    absent = "00000000-0000-0000-0000-000000000000"
    talk.refused("no such key", "NotFoundException", kms.describe_key, KeyId=absent, message="does not exist")
    talk.refused("no such alias", "NotFoundException", kms.describe_key, KeyId="alias/absent", message="is not found")
    talk.equal("rotation off", kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"], False)
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=180)
    status = kms.get_key_rotation_status(KeyId=key)
    talk.equal("rotation", (status["KeyRotationEnabled"], status.get("RotationPeriodInDays")), (True, 180))
    policy = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    talk.equal("first policy", policy["Statement"][0]["Action"], "kms:*")
    account = arn.split(":")[4]
    own = json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": "own", "Effect": "Allow", "Principal": {
        "AWS": f"arn:aws:iam::{account}:root"}, "Action": "kms:*", "Resource": "*"}]})
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=own)
    talk.equal("policy", json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]), json.loads(own))
    talk.refused("bad policy", "MalformedPolicyDocumentException", kms.put_key_policy, KeyId=key, PolicyName="default", Policy="{")
    grant = kms.create_grant(KeyId=key, GranteePrincipal=f"arn:aws:iam::{account}:root", Operations=["Decrypt"])
    talk.equal("grants", [g["GrantId"] for g in kms.list_grants(KeyId=key)["Grants"]], [grant["GrantId"]])
    found = talk.given("grants by who retires them", kms.list_retirable_grants, RetiringPrincipal=f"arn:aws:iam::{account}:root")
    talk.check("none is retired by it", found is None or found["Grants"] == [], found)
    kms.revoke_grant(KeyId=key, GrantId=grant["GrantId"])
    talk.equal("revoked", kms.list_grants(KeyId=key)["Grants"], [])

    secret = kms.encrypt(KeyId="alias/talk", Plaintext=b"words", EncryptionContext={"for": "talk"})
    talk.equal("encrypted with", secret["KeyId"], arn)
    opened = kms.decrypt(CiphertextBlob=secret["CiphertextBlob"], EncryptionContext={"for": "talk"})
    talk.equal("decrypted", (opened["Plaintext"], opened["KeyId"]), (b"words", arn))
    talk.refused("other context", "InvalidCiphertextException", kms.decrypt, CiphertextBlob=secret["CiphertextBlob"])
    talk.refused("no ciphertext", "InvalidCiphertextException", kms.decrypt, CiphertextBlob=b"words")
    data = kms.generate_data_key(KeyId=key, KeySpec="AES_256")
    talk.equal("data key", len(data["Plaintext"]), 32)
    talk.equal("data key opens", kms.decrypt(CiphertextBlob=data["CiphertextBlob"])["Plaintext"], data["Plaintext"])
    again = kms.re_encrypt(CiphertextBlob=data["CiphertextBlob"], DestinationKeyId=key)
    talk.equal("again", kms.decrypt(CiphertextBlob=again["CiphertextBlob"])["Plaintext"], data["Plaintext"])
    talk.equal("random", len(kms.generate_random(NumberOfBytes=16)["Plaintext"]), 16)

    kms.disable_key(KeyId=key)
    talk.equal("disabled", kms.describe_key(KeyId=key)["KeyMetadata"].get("KeyState"), "Disabled")
    talk.refused("disabled does nothing", "DisabledException", kms.encrypt, KeyId=key, Plaintext=b"x")
    kms.enable_key(KeyId=key)
    talk.refused("short window", "ValidationException", kms.schedule_key_deletion, KeyId=key, PendingWindowInDays=3)
    ends = kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    talk.equal("going", (ends.get("KeyState"), ends.get("PendingWindowInDays")), ("PendingDeletion", 7))
    talk.refused("no change while going", "KMSInvalidStateException", kms.enable_key_rotation, KeyId=key,
                 message="is pending deletion.")
    kms.cancel_key_deletion(KeyId=key)
    talk.equal("stays", kms.describe_key(KeyId=key)["KeyMetadata"].get("KeyState"), "Disabled")
    for number in range(3):
        kms.create_key(Description=str(number))
    keys, count = talk.pages(kms, "list_keys", "Keys", size=2)
    talk.check("keys in pages", key in [k["KeyId"] for k in keys] and count >= 2, count)
    kms.delete_alias(AliasName="alias/talk")
    talk.refused("deleted alias", "NotFoundException", kms.delete_alias, AliasName="alias/talk")
