"""STS: who calls, and sessions of roles."""
import time

from harness import statement


def talk(talk):
    sts, iam = talk.client("sts"), talk.client("iam")
    identity = sts.get_caller_identity()
    account = identity["Account"]
    talk.check("account", len(account) == 12 and account.isdigit(), account)
    root = {"AWS": f"arn:aws:iam::{account}:root"}
    role = iam.create_role(RoleName="session", AssumeRolePolicyDocument=statement(
        Action="sts:AssumeRole", Principal=root, Condition={"StringEquals": {"sts:ExternalId": "secret"}}))["Role"]
    # A role reaches STS some seconds after it was made.
    time.sleep(1)
    talk.refused("external id missing", "AccessDenied", sts.assume_role, RoleArn=role["Arn"], RoleSessionName="ci",
                 status=403, message="is not authorized to perform: sts:AssumeRole on resource")
    talk.refused("absent role", "AccessDenied", sts.assume_role, RoleArn=f"arn:aws:iam::{account}:role/absent",
                 RoleSessionName="ci")
    talk.refused("too long", "ValidationError", sts.assume_role, RoleArn=role["Arn"], RoleSessionName="ci",
                 ExternalId="secret", DurationSeconds=7200, message="MaxSessionDuration")
    talk.refused("too short", "ValidationError", sts.assume_role, RoleArn=role["Arn"], RoleSessionName="ci",
                 ExternalId="secret", DurationSeconds=60)
    answer = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="ci", ExternalId="secret", DurationSeconds=900)
    keys = answer["Credentials"]
    talk.check("session key", keys["AccessKeyId"].startswith("ASIA") and len(keys["AccessKeyId"]) == 20, keys)
    talk.check("assumed role", answer["AssumedRoleUser"]["Arn"].endswith(":assumed-role/session/ci"), answer)
    talk.equal("session id", answer["AssumedRoleUser"]["AssumedRoleId"], f"{role['RoleId']}:ci")
    own = dict(aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"],
               aws_session_token=keys["SessionToken"])
    session = talk.client("sts", **own)
    seen = session.get_caller_identity()
    talk.check("identity of session", seen["Arn"].endswith(":assumed-role/session/ci"), seen)
    talk.equal("user id of session", seen["UserId"], f"{role['RoleId']}:ci")
    talk.refused("token of session", "AccessDenied", session.get_session_token)
    # 900 seconds pass in a second and a half.
    if talk.is_fast:
        time.sleep(2)
    talk.refused("session ends", "ExpiredToken", session.get_caller_identity, status=403)
    talk.refused("session ends for EC2", "RequestExpired", talk.client("ec2", **own).describe_vpcs)
    talk.refused("session ends for EKS", "ExpiredTokenException", talk.client("eks", **own).list_clusters)
    talk.refused("session ends for S3", "ExpiredToken", talk.client("s3", **own).list_buckets)
    token = sts.get_session_token(DurationSeconds=900)["Credentials"]
    talk.check("session token", token["AccessKeyId"].startswith("ASIA"), token)
    talk.equal("account of key", sts.get_access_key_info(AccessKeyId=token["AccessKeyId"])["Account"], account)
    federated = sts.get_federation_token(Name="talk", DurationSeconds=900)
    talk.check("federated user", federated["FederatedUser"]["Arn"].endswith(":federated-user/talk"), federated)
    talk.refused("not a token", ["InvalidIdentityToken"], sts.assume_role_with_web_identity, RoleArn=role["Arn"],
                 RoleSessionName="pod", WebIdentityToken="token")
    iam.delete_role(RoleName="session")
