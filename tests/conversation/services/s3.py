"""S3: buckets and their settings, objects, conditions, versions, grantees, uploads in parts and checksums; DynamoDB's table of locks."""
import base64
import hashlib
import json
import zlib

from harness import REGION, statement, tags_of


def talk(talk):
    s3 = talk.client("s3")
    talk.part(buckets, s3)
    talk.part(settings, s3)
    talk.part(objects, s3)
    talk.part(conditions, s3)
    talk.part(lists, s3)
    talk.part(versions, s3)
    talk.part(grantees, s3)
    talk.part(sums, s3)
    talk.part(parts, s3)
    talk.part(locks)


def buckets(talk, s3):
    here = {"LocationConstraint": REGION}
    s3.create_bucket(Bucket="talk-bucket", CreateBucketConfiguration=here)
    talk.wait(s3, "bucket_exists", "bucket waiter", Bucket="talk-bucket")
    talk.refused("bucket twice", "BucketAlreadyOwnedByYou", s3.create_bucket, Bucket="talk-bucket", CreateBucketConfiguration=here,
                 status=409)
    talk.refused("no region", "IllegalLocationConstraintException", s3.create_bucket, Bucket="talk-other")
    talk.refused("bad name", "InvalidBucketName", s3.create_bucket, Bucket="Talk_Bucket", CreateBucketConfiguration=here)
    talk.equal("location", s3.get_bucket_location(Bucket="talk-bucket")["LocationConstraint"], REGION)
    talk.check("listed", "talk-bucket" in [b["Name"] for b in s3.list_buckets()["Buckets"]])
    talk.refused("no such bucket", "NoSuchBucket", s3.list_objects_v2, Bucket="talk-absent", status=404)
    talk.refused("head absent", "404", s3.head_bucket, Bucket="talk-absent")
    north = talk.client("s3", region="us-east-1")
    north.create_bucket(Bucket="talk-north")
    talk.equal("first region", north.get_bucket_location(Bucket="talk-north")["LocationConstraint"], None)
    north.delete_bucket(Bucket="talk-north")


def settings(talk, s3):
    named = {"Bucket": "talk-bucket"}
    talk.equal("no versioning", s3.get_bucket_versioning(**named).get("Status"), None)
    usual = talk.given("first encryption", s3.get_bucket_encryption, **named)
    if usual:
        rule = usual["ServerSideEncryptionConfiguration"]["Rules"][0]
        talk.equal("encrypted", rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"], "AES256")
    usual = talk.given("first blocks", s3.get_public_access_block, **named)
    if usual:
        talk.equal("private", set(usual["PublicAccessBlockConfiguration"].values()), {True})
    talk.refused("no policy", "NoSuchBucketPolicy", s3.get_bucket_policy, **named)
    talk.refused("no tags", "NoSuchTagSet", s3.get_bucket_tagging, **named)
    talk.refused("no lifecycle", "NoSuchLifecycleConfiguration", s3.get_bucket_lifecycle_configuration, **named)
    policy = statement(Sid="tls", effect="Deny", Principal="*", Action="s3:*", Resource="arn:aws:s3:::talk-bucket/*",
                       Condition={"Bool": {"aws:SecureTransport": "false"}})
    s3.put_bucket_policy(**named, Policy=policy)
    talk.equal("policy", json.loads(s3.get_bucket_policy(**named)["Policy"]), json.loads(policy))
    talk.refused("bad policy", "MalformedPolicy", s3.put_bucket_policy, **named, Policy="{")
    s3.delete_bucket_policy(**named)
    s3.put_bucket_tagging(**named, Tagging={"TagSet": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]})
    talk.equal("tags", tags_of(s3.get_bucket_tagging(**named)["TagSet"]), {"a": "1", "b": "2"})
    s3.delete_bucket_tagging(**named)
    s3.put_public_access_block(**named, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    seen = s3.get_public_access_block(**named)["PublicAccessBlockConfiguration"]
    talk.equal("blocks", (seen["BlockPublicAcls"], seen["BlockPublicPolicy"]), (True, False))
    s3.put_bucket_encryption(**named, ServerSideEncryptionConfiguration={"Rules": [
        {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}]})
    rule = s3.get_bucket_encryption(**named)["ServerSideEncryptionConfiguration"]["Rules"][0]
    talk.equal("encryption", (rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"], rule["BucketKeyEnabled"]), ("aws:kms", True))
    s3.delete_bucket_encryption(**named)
    s3.put_bucket_lifecycle_configuration(**named, LifecycleConfiguration={"Rules": [
        {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 7}}]})
    talk.equal("lifecycle", s3.get_bucket_lifecycle_configuration(**named)["Rules"][0]["Expiration"], {"Days": 7})
    rule = {"ID": "a", "Status": "Enabled", "Filter": {"Prefix": "x/"}}
    talk.refused("rule that does nothing", "InvalidRequest", s3.put_bucket_lifecycle_configuration, **named,
                 LifecycleConfiguration={"Rules": [rule]}, message="At least one action needs to be specified in a rule")
    talk.refused("rule neither on nor off", "MalformedXML", s3.put_bucket_lifecycle_configuration, **named,
                 LifecycleConfiguration={"Rules": [{**rule, "Status": "On", "Expiration": {"Days": 1}}]})
    s3.delete_bucket_lifecycle(**named)
    s3.put_bucket_ownership_controls(**named, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]})
    talk.equal("ownership", s3.get_bucket_ownership_controls(**named)["OwnershipControls"]["Rules"],
               [{"ObjectOwnership": "BucketOwnerPreferred"}])


def objects(talk, s3):
    key = {"Bucket": "talk-bucket", "Key": "dir/a b+c.txt"}
    made = s3.put_object(**key, Body=b"0123456789", ContentType="text/plain", Metadata={"owner": "talk"}, Tagging="a=1",
                         CacheControl="no-cache")
    talk.equal("etag", made["ETag"], '"781e5e245d69b566979b86e28d23f2c7"')
    seen = s3.get_object(**key)
    talk.equal("object", (seen["Body"].read(), seen["ContentType"], seen["Metadata"], seen["ContentLength"], seen["CacheControl"]),
               (b"0123456789", "text/plain", {"owner": "talk"}, 10, "no-cache"))
    talk.equal("encrypted object", seen.get("ServerSideEncryption"), "AES256")
    head = s3.head_object(**key, ChecksumMode="ENABLED")
    talk.equal("head", (head["ETag"], head["ContentLength"], head.get("TagCount")), (made["ETag"], 10, 1))
    part = s3.get_object(**key, Range="bytes=2-4")
    talk.equal("part", (part["Body"].read(), part["ContentRange"], part["ResponseMetadata"]["HTTPStatusCode"]),
               (b"234", "bytes 2-4/10", 206))
    talk.refused("no such part", "InvalidRange", s3.get_object, **key, Range="bytes=10-", status=416)
    talk.refused("no such key", "NoSuchKey", s3.get_object, Bucket="talk-bucket", Key="absent", status=404)
    talk.refused("head of no key", "404", s3.head_object, Bucket="talk-bucket", Key="absent")
    talk.refused("bad digest", "BadDigest", s3.put_object, **key, Body=b"x", ContentMD5="AAAAAAAAAAAAAAAAAAAAAA==")
    summed = s3.put_object(Bucket="talk-bucket", Key="sum", Body=b"123456789", ChecksumAlgorithm="SHA256")
    talk.equal("sha256", summed["ChecksumSHA256"], "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=")
    summed = s3.put_object(Bucket="talk-bucket", Key="sum", Body=b"123456789", ChecksumAlgorithm="CRC32")
    talk.equal("crc32", summed["ChecksumCRC32"], "y/Q5Jg==")
    talk.equal("tags of object", tags_of(s3.get_object_tagging(**key)["TagSet"]), {"a": "1"})
    s3.put_object_tagging(**key, Tagging={"TagSet": [{"Key": "b", "Value": "2"}]})
    talk.equal("tags replaced", tags_of(s3.get_object_tagging(**key)["TagSet"]), {"b": "2"})
    s3.copy_object(Bucket="talk-bucket", Key="copy", CopySource=key)
    seen = s3.get_object(Bucket="talk-bucket", Key="copy")
    talk.equal("copy", (seen["Body"].read(), seen["Metadata"], seen["ContentType"]), (b"0123456789", {"owner": "talk"}, "text/plain"))
    s3.copy_object(Bucket="talk-bucket", Key="copy", CopySource=key, MetadataDirective="REPLACE", Metadata={"x": "y"})
    talk.equal("copy with other metadata", s3.head_object(Bucket="talk-bucket", Key="copy")["Metadata"], {"x": "y"})
    talk.refused("copy to itself", "InvalidRequest", s3.copy_object, Bucket="talk-bucket", Key="copy", CopySource="talk-bucket/copy")
    talk.refused("copy of nothing", "NoSuchKey", s3.copy_object, Bucket="talk-bucket", Key="copy", CopySource="talk-bucket/absent")
    s3.delete_object(Bucket="talk-bucket", Key="copy")
    s3.delete_object(Bucket="talk-bucket", Key="copy")
    secret = dict(SSECustomerAlgorithm="AES256", SSECustomerKey="k" * 32)
    s3.put_object(Bucket="talk-bucket", Key="own", Body=b"x", **secret)
    talk.equal("own key", s3.get_object(Bucket="talk-bucket", Key="own", **secret)["Body"].read(), b"x")
    talk.refused("without own key", "InvalidRequest", s3.get_object, Bucket="talk-bucket", Key="own")


def conditions(talk, s3):
    key = {"Bucket": "talk-bucket", "Key": "lock"}
    first = s3.put_object(**key, Body=b"1", IfNoneMatch="*")
    talk.refused("taken", "PreconditionFailed", s3.put_object, **key, Body=b"2", IfNoneMatch="*", status=412,
                 message="At least one of the pre-conditions you specified did not hold")
    second = s3.put_object(**key, Body=b"2", IfMatch=first["ETag"])
    talk.refused("stale", "PreconditionFailed", s3.put_object, **key, Body=b"3", IfMatch=first["ETag"])
    talk.refused("match of nothing", "NoSuchKey", s3.put_object, Bucket="talk-bucket", Key="none", Body=b"3", IfMatch=first["ETag"])
    talk.refused("not modified", "304", s3.get_object, **key, IfNoneMatch=second["ETag"])
    talk.refused("not that one", "PreconditionFailed", s3.get_object, **key, IfMatch=first["ETag"])
    talk.refused("delete stale", "PreconditionFailed", s3.delete_object, **key, IfMatch=first["ETag"])
    s3.delete_object(**key, IfMatch=second["ETag"])
    talk.refused("gone", "NoSuchKey", s3.get_object, **key)


def lists(talk, s3):
    for number in range(5):
        s3.put_object(Bucket="talk-bucket", Key=f"list/{number}", Body=b"")
    s3.put_object(Bucket="talk-bucket", Key="list/deep/é", Body=b"")
    named = {"Bucket": "talk-bucket", "Prefix": "list/"}
    seen = s3.list_objects_v2(**named, Delimiter="/")
    talk.equal("folder", ([o["Key"] for o in seen["Contents"]], seen["CommonPrefixes"], seen["KeyCount"]),
               ([f"list/{n}" for n in range(5)], [{"Prefix": "list/deep/"}], 6))
    found, count = talk.pages(s3, "list_objects_v2", "Contents", size=2, **named)
    talk.equal("keys in pages", ([o["Key"] for o in found], count), ([f"list/{n}" for n in range(5)] + ["list/deep/é"], 3))
    found, count = talk.pages(s3, "list_objects", "Contents", size=2, **named)
    talk.equal("keys in pages of the first form", (len(found), count), (6, 3))
    talk.equal("after", [o["Key"] for o in s3.list_objects_v2(**named, StartAfter="list/4")["Contents"]], ["list/deep/é"])
    gone = s3.delete_objects(Bucket="talk-bucket", Delete={"Objects": [{"Key": o["Key"]} for o in found]})
    talk.equal("deleted", len(gone["Deleted"]), 6)
    talk.equal("empty", s3.list_objects_v2(**named)["KeyCount"], 0)


def versions(talk, s3):
    s3.create_bucket(Bucket="talk-versions", CreateBucketConfiguration={"LocationConstraint": REGION})
    named = {"Bucket": "talk-versions"}
    s3.put_bucket_versioning(**named, VersioningConfiguration={"Status": "Enabled"})
    talk.equal("versioning", s3.get_bucket_versioning(**named)["Status"], "Enabled")
    key = {**named, "Key": "state"}
    first, second = s3.put_object(**key, Body=b"1")["VersionId"], s3.put_object(**key, Body=b"2")["VersionId"]
    talk.equal("old version", s3.get_object(**key, VersionId=first)["Body"].read(), b"1")
    talk.equal("newest", s3.get_object(**key)["VersionId"], second)
    marker = s3.delete_object(**key)
    talk.equal("marker", marker["DeleteMarker"], True)
    talk.refused("hidden", "NoSuchKey", s3.get_object, **key)
    seen = s3.list_object_versions(**named)
    talk.equal("versions", ([(v["VersionId"], v["IsLatest"]) for v in seen["Versions"]], len(seen["DeleteMarkers"])),
               ([(second, False), (first, False)], 1))
    talk.refused("not empty", "BucketNotEmpty", s3.delete_bucket, **named, status=409)
    s3.delete_object(**key, VersionId=marker["VersionId"])
    talk.equal("back", s3.get_object(**key)["Body"].read(), b"2")
    for version in (first, second):
        s3.delete_object(**key, VersionId=version)
    s3.delete_bucket(**named)
    talk.refused("deleted", "NoSuchBucket", s3.delete_bucket, **named)


def grantees(talk, s3):
    s3.create_bucket(Bucket="talk-grantees", CreateBucketConfiguration={"LocationConstraint": REGION})
    key = {"Bucket": "talk-grantees", "Key": "a"}
    put = lambda acl: s3.put_object(**key, Body=b"x", ACL=acl)  # noqa: E731
    talk.refused("no lists", "AccessControlListNotSupported", put, "public-read", status=400)
    talk.refused("no list of bucket", "AccessControlListNotSupported", s3.put_bucket_acl, Bucket="talk-grantees", ACL="private")
    put("bucket-owner-full-control")
    s3.put_bucket_ownership_controls(Bucket="talk-grantees", OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
    talk.refused("nothing public", "AccessDenied", put, "public-read", status=403)
    s3.delete_public_access_block(Bucket="talk-grantees")
    talk.refused("no such list", "InvalidArgument", put, "everybody")
    put("public-read")
    s3.put_bucket_acl(Bucket="talk-grantees", ACL="public-read")
    talk.equal("list of bucket", len(s3.get_bucket_acl(Bucket="talk-grantees")["Grants"]), 2)
    s3.put_bucket_acl(Bucket="talk-grantees", ACL="private")
    talk.equal("list of bucket again", len(s3.get_bucket_acl(Bucket="talk-grantees")["Grants"]), 1)

    def grants(**named):
        seen = s3.get_object_acl(**named)["Grants"]
        return [(g["Grantee"].get("URI", "owner").rsplit("/", 1)[-1], g["Permission"]) for g in seen]

    only = [("owner", "FULL_CONTROL")]
    talk.equal("public", sorted(grants(**key)), [("AllUsers", "READ")] + only)
    s3.copy_object(Bucket="talk-grantees", Key="copy", CopySource=key)
    talk.equal("list of copy", grants(Bucket="talk-grantees", Key="copy"), only)
    s3.put_object_acl(**key, ACL="authenticated-read")
    talk.equal("for the authenticated", sorted(grants(**key)), [("AuthenticatedUsers", "READ")] + only)
    seen = s3.get_object_acl(**key)
    readers = [g for g in seen["Grants"] if g["Permission"] == "READ"]
    s3.put_object_acl(**key, AccessControlPolicy={"Owner": seen["Owner"], "Grants": readers})
    talk.equal("written whole", grants(**key), [("AuthenticatedUsers", "READ")])
    talk.refused("list of another owner", "AccessDenied", s3.put_object_acl, **key, AccessControlPolicy={
        "Owner": {"ID": "0" * 64}, "Grants": readers})
    s3.put_object_acl(**key, ACL="private")
    talk.equal("private again", grants(**key), only)
    s3.delete_objects(Bucket="talk-grantees", Delete={"Objects": [{"Key": "a"}, {"Key": "copy"}]})
    s3.delete_bucket(Bucket="talk-grantees")


def sums(talk, s3):
    bodies = [b"a" * 5 * 1024 * 1024, b"b"]
    digests = [hashlib.sha256(body).digest() for body in bodies]
    values = [base64.b64encode(digest).decode() for digest in digests]
    whole = base64.b64encode(hashlib.sha256(b"".join(digests)).digest()).decode() + "-2"
    key = {"Bucket": "talk-bucket", "Key": "sums"}
    begun = s3.create_multipart_upload(**key, ChecksumAlgorithm="SHA256")
    talk.equal("kind of sum", (begun.get("ChecksumAlgorithm"), begun.get("ChecksumType")), ("SHA256", "COMPOSITE"))
    upload = {**key, "UploadId": begun["UploadId"]}
    done = [s3.upload_part(**upload, PartNumber=n, Body=body, ChecksumAlgorithm="SHA256") for n, body in enumerate(bodies, 1)]
    talk.equal("sums of parts", [part["ChecksumSHA256"] for part in done], values)
    talk.refused("wrong sum", "BadDigest", s3.upload_part, **upload, PartNumber=2, Body=b"b", ChecksumSHA256=values[0])
    seen = s3.list_parts(**upload)
    talk.equal("sums of listed parts", (seen.get("ChecksumAlgorithm"), [part.get("ChecksumSHA256") for part in seen["Parts"]]),
               ("SHA256", values))
    finish = lambda *sums: s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [  # noqa: E731
        {"PartNumber": n, "ETag": part["ETag"], **({"ChecksumSHA256": own} if own else {})}
        for n, (part, own) in enumerate(zip(done, sums), 1)]})
    talk.refused("part without its sum", "InvalidRequest", finish, values[0], None)
    talk.refused("part with the sum of another", "InvalidPart", finish, values[0], values[0])
    talk.equal("sum of sums", finish(*values).get("ChecksumSHA256"), whole)
    head = s3.head_object(**key, ChecksumMode="ENABLED")
    talk.equal("sum at the head", (head.get("ChecksumSHA256"), head.get("ChecksumType")), (whole, "COMPOSITE"))
    seen = s3.get_object_attributes(**key, ObjectAttributes=["Checksum", "ObjectParts", "ObjectSize"])
    parts = seen.get("ObjectParts", {})
    talk.equal("sums among attributes", (seen["ObjectSize"], parts.get("TotalPartsCount"),
                                         [part.get("ChecksumSHA256") for part in parts.get("Parts", [])]),
               (5 * 1024 * 1024 + 1, 2, values))
    talk.refused("sum of all by SHA256", "InvalidRequest", s3.create_multipart_upload, **key, ChecksumAlgorithm="SHA256",
                 ChecksumType="FULL_OBJECT")
    upload = {**key, "UploadId": s3.create_multipart_upload(**key, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")["UploadId"]}
    done = [s3.upload_part(**upload, PartNumber=n, Body=body, ChecksumAlgorithm="CRC32") for n, body in enumerate(bodies, 1)]
    made = s3.complete_multipart_upload(**upload, ChecksumType="FULL_OBJECT", MultipartUpload={"Parts": [
        {"PartNumber": n, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]} for n, part in enumerate(done, 1)]})
    crc = base64.b64encode(zlib.crc32(b"".join(bodies)).to_bytes(4, "big")).decode()
    talk.equal("sum of all", (made.get("ChecksumCRC32"), made.get("ChecksumType")), (crc, "FULL_OBJECT"))
    s3.delete_object(**key)


def parts(talk, s3):
    key = {"Bucket": "talk-bucket", "Key": "large"}
    upload = {**key, "UploadId": s3.create_multipart_upload(**key, ContentType="text/plain")["UploadId"]}
    talk.equal("uploads", [u["Key"] for u in s3.list_multipart_uploads(Bucket="talk-bucket")["Uploads"]], ["large"])
    one = s3.upload_part(**upload, PartNumber=1, Body=b"a" * 5 * 1024 * 1024)["ETag"]
    two = s3.upload_part(**upload, PartNumber=2, Body=b"b")["ETag"]
    talk.equal("parts", [p["Size"] for p in s3.list_parts(**upload)["Parts"]], [5 * 1024 * 1024, 1])
    talk.refused("bad part", "InvalidPart", s3.complete_multipart_upload, **upload, MultipartUpload={"Parts": [
        {"PartNumber": 1, "ETag": two}]})
    done = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [
        {"PartNumber": 1, "ETag": one}, {"PartNumber": 2, "ETag": two}]})
    talk.check("etag of parts", done["ETag"].strip('"').endswith("-2"), done["ETag"])
    talk.equal("whole", s3.head_object(**key)["ContentLength"], 5 * 1024 * 1024 + 1)
    talk.refused("over", "NoSuchUpload", s3.abort_multipart_upload, **upload)
    keys = [o["Key"] for o in s3.list_objects_v2(Bucket="talk-bucket").get("Contents", [])]
    talk.refused("bucket in use", "BucketNotEmpty", s3.delete_bucket, Bucket="talk-bucket")
    s3.delete_objects(Bucket="talk-bucket", Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True})
    s3.delete_bucket(Bucket="talk-bucket")
    talk.wait(s3, "bucket_not_exists", "bucket gone waiter", Bucket="talk-bucket")


def locks(talk):
    db = talk.client("dynamodb")
    db.create_table(TableName="locks", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "LockID", "KeyType": "HASH"}],
                    AttributeDefinitions=[{"AttributeName": "LockID", "AttributeType": "S"}])
    talk.wait(db, "table_exists", "table waiter", TableName="locks")
    item = {"LockID": {"S": "bucket/state"}, "Info": {"S": "{}"}}
    take = lambda: db.put_item(TableName="locks", Item=item, ConditionExpression="attribute_not_exists(LockID)")  # noqa: E731
    take()
    talk.refused("lock taken", "ConditionalCheckFailedException", take, message="The conditional request failed")
    key = {"LockID": {"S": "bucket/state"}}
    seen = db.get_item(TableName="locks", Key=key, ProjectionExpression="LockID, Info", ConsistentRead=True)["Item"]
    talk.equal("lock", seen, item)
    talk.refused("delete other", "ConditionalCheckFailedException", db.delete_item, TableName="locks", Key=key,
                 ConditionExpression="Info = :info", ExpressionAttributeValues={":info": {"S": "other"}})
    db.delete_item(TableName="locks", Key=key)
    talk.check("unlocked", "Item" not in db.get_item(TableName="locks", Key=key))
    talk.refused("no such table", "ResourceNotFoundException", db.describe_table, TableName="absent")
    db.delete_table(TableName="locks")
    talk.wait(db, "table_not_exists", "table gone waiter", TableName="locks")
