"""IAM: roles, policies, instance profiles, OIDC providers."""
import json

from harness import statement, tags_of, trust

READ = statement(Action="s3:GetObject", Resource="arn:aws:s3:::bucket/*")


def talk(talk):
    iam = talk.client("iam")
    talk.part(roles, iam)
    talk.part(policies, iam)
    talk.part(profiles, iam)
    talk.part(providers, iam)
    talk.part(users, iam)


def users(talk, iam):
    iam.create_user(UserName="talk", Tags=[{"Key": "team", "Value": "a"}])
    iam.tag_user(UserName="talk", Tags=[{"Key": "cost", "Value": "1"}])
    iam.untag_user(UserName="talk", TagKeys=["team"])
    talk.equal("user tags", tags_of(iam.list_user_tags(UserName="talk")["Tags"]), {"cost": "1"})
    talk.equal("tags of user", tags_of(iam.get_user(UserName="talk")["User"].get("Tags", [])), {"cost": "1"})
    managed = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"
    iam.attach_user_policy(UserName="talk", PolicyArn=managed)
    talk.equal("attached to user", [p["PolicyArn"] for p in iam.list_attached_user_policies(UserName="talk")["AttachedPolicies"]],
               [managed])
    talk.equal("users of policy", [u["UserName"] for u in iam.list_entities_for_policy(PolicyArn=managed)["PolicyUsers"]], ["talk"])
    talk.refused("delete attached user", "DeleteConflict", iam.delete_user, UserName="talk")
    iam.detach_user_policy(UserName="talk", PolicyArn=managed)
    iam.put_user_policy(UserName="talk", PolicyName="inline", PolicyDocument=READ)
    talk.equal("inline of user", iam.get_user_policy(UserName="talk", PolicyName="inline")["PolicyDocument"], json.loads(READ))
    talk.equal("inline names of user", iam.list_user_policies(UserName="talk")["PolicyNames"], ["inline"])
    iam.delete_user_policy(UserName="talk", PolicyName="inline")
    key = iam.create_access_key(UserName="talk")["AccessKey"]
    talk.equal("new key", (key["Status"], key["AccessKeyId"][:4], key["UserName"]), ("Active", "AKIA", "talk"))
    talk.refused("delete user with key", "DeleteConflict", iam.delete_user, UserName="talk")
    iam.update_access_key(UserName="talk", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    talk.equal("keys", [k["Status"] for k in iam.list_access_keys(UserName="talk")["AccessKeyMetadata"]], ["Inactive"])
    iam.delete_access_key(UserName="talk", AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName="talk")
    talk.refused("deleted user", "NoSuchEntity", iam.get_user, UserName="talk", message="The user with name talk cannot be found.")


def roles(talk, iam):
    document = trust("ec2.amazonaws.com")
    role = iam.create_role(
        RoleName="talk", AssumeRolePolicyDocument=document, Description="first", Path="/talk/",
        MaxSessionDuration=7200, Tags=[{"Key": "team", "Value": "a"}],
    )["Role"]
    talk.equal("role arn", role["Arn"].split(":", 5)[5], "role/talk/talk")
    talk.check("role id", role["RoleId"].startswith("AROA") and len(role["RoleId"]) == 21, role["RoleId"])
    talk.equal("trust reads back", role["AssumeRolePolicyDocument"], json.loads(document))
    seen = iam.get_role(RoleName="talk")["Role"]
    talk.equal("session duration", seen["MaxSessionDuration"], 7200)
    talk.equal("role tags", tags_of(seen.get("Tags", [])), {"team": "a"})
    talk.refused("role twice", "EntityAlreadyExists", iam.create_role, RoleName="talk",
                 AssumeRolePolicyDocument=document, status=409)
    talk.refused("no such role", "NoSuchEntity", iam.get_role, RoleName="absent", status=404,
                 message="The role with name absent cannot be found.")
    talk.refused("broken trust", "MalformedPolicyDocument", iam.create_role, RoleName="x", AssumeRolePolicyDocument="{")
    talk.refused("trust names nobody", "MalformedPolicyDocument", iam.create_role, RoleName="x",
                 AssumeRolePolicyDocument=statement(Action="sts:AssumeRole",
                                                    Principal={"AWS": "arn:aws:iam::111122223333:role/absent"}))
    talk.refused("bad role name", "ValidationError", iam.create_role, RoleName="a b", AssumeRolePolicyDocument=document)
    iam.update_role(RoleName="talk", Description="second", MaxSessionDuration=3600)
    talk.equal("description", iam.get_role(RoleName="talk")["Role"].get("Description"), "second")
    iam.update_assume_role_policy(RoleName="talk", PolicyDocument=trust("eks.amazonaws.com"))
    seen = iam.get_role(RoleName="talk")["Role"]["AssumeRolePolicyDocument"]
    talk.equal("new trust", seen["Statement"][0]["Principal"], {"Service": "eks.amazonaws.com"})
    iam.tag_role(RoleName="talk", Tags=[{"Key": "team", "Value": "b"}, {"Key": "cost", "Value": "1"}])
    iam.untag_role(RoleName="talk", TagKeys=["cost"])
    talk.equal("tags replaced", tags_of(iam.list_role_tags(RoleName="talk")["Tags"]), {"team": "b"})

    iam.put_role_policy(RoleName="talk", PolicyName="inline", PolicyDocument=READ)
    talk.equal("inline reads back", iam.get_role_policy(RoleName="talk", PolicyName="inline")["PolicyDocument"],
               json.loads(READ))
    talk.equal("inline names", iam.list_role_policies(RoleName="talk")["PolicyNames"], ["inline"])
    talk.refused("inline broken", "MalformedPolicyDocument", iam.put_role_policy, RoleName="talk", PolicyName="p",
                 PolicyDocument=statement(Action="s3:GetObject"))
    talk.refused("no such operator", "MalformedPolicyDocument", iam.put_role_policy, RoleName="talk", PolicyName="p",
                 PolicyDocument=statement(Action="s3:*", Resource="*", Condition={"StringLikes": {"aws:username": "a"}}))
    talk.refused("no such partition", "MalformedPolicyDocument", iam.put_role_policy, RoleName="talk", PolicyName="p",
                 PolicyDocument=statement(Action="s3:*", Resource="arn:foo:s3:::b"), message='Partition "foo" is not valid for resource')
    talk.refused("inline absent", "NoSuchEntity", iam.get_role_policy, RoleName="talk", PolicyName="absent")
    managed = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"
    iam.attach_role_policy(RoleName="talk", PolicyArn=managed)
    iam.attach_role_policy(RoleName="talk", PolicyArn=managed)
    attached = iam.list_attached_role_policies(RoleName="talk")["AttachedPolicies"]
    talk.equal("attached once", attached, [{"PolicyName": "AmazonEKSClusterPolicy", "PolicyArn": managed}])
    talk.refused("attach absent", "NoSuchEntity", iam.attach_role_policy, RoleName="talk",
                 PolicyArn="arn:aws:iam::aws:policy/Absent")
    talk.refused("delete with policies", "DeleteConflict", iam.delete_role, RoleName="talk", status=409)
    iam.detach_role_policy(RoleName="talk", PolicyArn=managed)
    talk.refused("detach twice", "NoSuchEntity", iam.detach_role_policy, RoleName="talk", PolicyArn=managed)
    talk.refused("delete with inline", "DeleteConflict", iam.delete_role, RoleName="talk",
                 message="must delete policies first")
    iam.delete_role_policy(RoleName="talk", PolicyName="inline")
    for number in range(5):
        iam.create_role(RoleName=f"page-{number}", Path="/pages/", AssumeRolePolicyDocument=document)
    found, count = talk.pages(iam, "list_roles", "Roles", size=2, PathPrefix="/pages/")
    talk.equal("roles in pages", (sorted(role["RoleName"] for role in found), count),
               ([f"page-{number}" for number in range(5)], 3))
    for number in range(5):
        iam.delete_role(RoleName=f"page-{number}")
    iam.delete_role(RoleName="talk")
    talk.refused("deleted role", "NoSuchEntity", iam.delete_role, RoleName="talk")
    linked = iam.create_service_linked_role(AWSServiceName="eks-nodegroup.amazonaws.com")["Role"]
    talk.equal("linked role", linked["RoleName"], "AWSServiceRoleForAmazonEKSNodegroup")
    talk.refused("linked twice", "InvalidInput", iam.create_service_linked_role,
                 AWSServiceName="eks-nodegroup.amazonaws.com", message="has been taken in this account")
    talk.refused("linked stays", ["UnmodifiableEntity"], iam.delete_role, RoleName=linked["RoleName"])


def policies(talk, iam):
    policy = iam.create_policy(PolicyName="talk", PolicyDocument=READ, Path="/talk/", Description="d",
                               Tags=[{"Key": "a", "Value": "1"}])["Policy"]
    arn = policy["Arn"]
    talk.check("policy id", policy["PolicyId"].startswith("ANPA"), policy["PolicyId"])
    talk.equal("first version", policy["DefaultVersionId"], "v1")
    seen = iam.get_policy(PolicyArn=arn)["Policy"]
    talk.equal("policy", (seen["AttachmentCount"], seen["Description"], tags_of(seen["Tags"])), (0, "d", {"a": "1"}))
    talk.equal("document", iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"],
               json.loads(READ))
    talk.refused("policy twice", "EntityAlreadyExists", iam.create_policy, PolicyName="talk", PolicyDocument=READ,
                 Path="/talk/")
    talk.refused("policy broken", "MalformedPolicyDocument", iam.create_policy, PolicyName="x", PolicyDocument="[]")
    more = statement(Action="s3:*", Resource="*")
    version = iam.create_policy_version(PolicyArn=arn, PolicyDocument=more, SetAsDefault=True)["PolicyVersion"]
    talk.equal("second version", (version["VersionId"], version["IsDefaultVersion"]), ("v2", True))
    talk.refused("delete default version", "DeleteConflict", iam.delete_policy_version, PolicyArn=arn, VersionId="v2")
    for _ in range(3):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=more)
    talk.refused("sixth version", "LimitExceeded", iam.create_policy_version, PolicyArn=arn, PolicyDocument=more,
                 status=409)
    talk.refused("delete with versions", "DeleteConflict", iam.delete_policy, PolicyArn=arn)
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    for number in (2, 3, 4, 5):
        iam.delete_policy_version(PolicyArn=arn, VersionId=f"v{number}")
    talk.equal("versions left", [v["VersionId"] for v in iam.list_policy_versions(PolicyArn=arn)["Versions"]], ["v1"])
    iam.create_role(RoleName="holder", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
    iam.attach_role_policy(RoleName="holder", PolicyArn=arn)
    talk.equal("attachments", iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"], 1)
    talk.equal("entities", [r["RoleName"] for r in iam.list_entities_for_policy(PolicyArn=arn)["PolicyRoles"]], ["holder"])
    talk.refused("delete attached", "DeleteConflict", iam.delete_policy, PolicyArn=arn,
                 message="Cannot delete a policy attached to entities.")
    own, _ = talk.pages(iam, "list_policies", "Policies", Scope="Local")
    talk.equal("own policies", [policy["PolicyName"] for policy in own], ["talk"])
    found, count = talk.pages(iam, "list_policies", "Policies", Scope="AWS", size=100)
    talk.check("policies of AWS", count > 1 and any(p["PolicyName"] == "AmazonEKSWorkerNodePolicy" for p in found), count)
    iam.detach_role_policy(RoleName="holder", PolicyArn=arn)
    iam.delete_role(RoleName="holder")
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "b", "Value": "2"}])
    talk.equal("policy tags", tags_of(iam.list_policy_tags(PolicyArn=arn)["Tags"]), {"a": "1", "b": "2"})
    iam.untag_policy(PolicyArn=arn, TagKeys=["a"])
    iam.delete_policy(PolicyArn=arn)
    talk.refused("deleted policy", "NoSuchEntity", iam.get_policy, PolicyArn=arn)


def profiles(talk, iam):
    iam.create_role(RoleName="node", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
    profile = iam.create_instance_profile(InstanceProfileName="node", Tags=[{"Key": "a", "Value": "1"}])["InstanceProfile"]
    talk.check("profile id", profile["InstanceProfileId"].startswith("AIPA"), profile["InstanceProfileId"])
    talk.refused("profile twice", "EntityAlreadyExists", iam.create_instance_profile, InstanceProfileName="node",
                 message="Instance Profile node already exists.")
    talk.wait(iam, "instance_profile_exists", "profile waiter", InstanceProfileName="node")
    iam.add_role_to_instance_profile(InstanceProfileName="node", RoleName="node")
    talk.refused("second role", "LimitExceeded", iam.add_role_to_instance_profile, InstanceProfileName="node",
                 RoleName="node", message="InstanceSessionsPerInstanceProfile")
    seen = iam.get_instance_profile(InstanceProfileName="node")["InstanceProfile"]
    talk.equal("role in profile", [role["RoleName"] for role in seen["Roles"]], ["node"])
    talk.equal("profiles of role",
               [p["InstanceProfileName"] for p in iam.list_instance_profiles_for_role(RoleName="node")["InstanceProfiles"]],
               ["node"])
    talk.refused("role in use", "DeleteConflict", iam.delete_role, RoleName="node",
                 message="must remove roles from instance profile first")
    talk.refused("profile in use", "DeleteConflict", iam.delete_instance_profile, InstanceProfileName="node")
    iam.remove_role_from_instance_profile(InstanceProfileName="node", RoleName="node")
    iam.delete_instance_profile(InstanceProfileName="node")
    iam.delete_role(RoleName="node")
    talk.refused("deleted profile", "NoSuchEntity", iam.get_instance_profile, InstanceProfileName="node",
                 message="Instance Profile node cannot be found.")


def providers(talk, iam):
    url = "https://oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"
    arn = iam.create_open_id_connect_provider(Url=url, ClientIDList=["sts.amazonaws.com"],
                                              ThumbprintList=["9e99a48a9960b14926bb7f3b02e22da2b0ab7280"])[
        "OpenIDConnectProviderArn"]
    talk.check("provider arn", arn.endswith(":oidc-provider/" + url.removeprefix("https://")), arn)
    seen = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    talk.equal("provider", (seen["Url"], seen["ClientIDList"]), (url.removeprefix("https://"), ["sts.amazonaws.com"]))
    talk.refused("provider twice", "EntityAlreadyExists", iam.create_open_id_connect_provider, Url=url,
                 ThumbprintList=["9e99a48a9960b14926bb7f3b02e22da2b0ab7280"])
    iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="other")
    iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="sts.amazonaws.com")
    talk.equal("client ids", iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)["ClientIDList"], ["other"])
    iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=arn, ThumbprintList=["a" * 40])
    talk.equal("thumbprints", iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)["ThumbprintList"], ["a" * 40])
    iam.tag_open_id_connect_provider(OpenIDConnectProviderArn=arn, Tags=[{"Key": "a", "Value": "1"}])
    talk.equal("provider tags",
               tags_of(iam.list_open_id_connect_provider_tags(OpenIDConnectProviderArn=arn)["Tags"]), {"a": "1"})
    talk.check("providers", arn in [p["Arn"] for p in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]])
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    talk.refused("deleted provider", "NoSuchEntity", iam.get_open_id_connect_provider, OpenIDConnectProviderArn=arn)
