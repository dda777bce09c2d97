"""EKS: clusters, updates, access entries, node groups, add-ons, Fargate profiles, pod identities."""
import time

from harness import by, trust


def talk(talk):
    eks, iam, ec2 = talk.client("eks"), talk.client("iam"), talk.client("ec2")
    role = talk.part(roles, iam)
    subnets = [s["SubnetId"] for s in ec2.describe_subnets(Filters=by("default-for-az", "true"))["Subnets"]][:2]
    talk.part(cluster, eks, role, subnets)
    talk.part(entries, eks, iam)
    talk.part(addons, eks)
    talk.part(nodes, eks, iam, subnets)
    talk.part(fargate, eks, role)
    talk.part(identities, eks, iam)
    talk.part(providers, eks)
    talk.part(updates, eks)
    talk.part(leaving, eks)


def roles(talk, iam):
    role = iam.create_role(RoleName="cluster", AssumeRolePolicyDocument=trust("eks.amazonaws.com"))["Role"]["Arn"]
    iam.attach_role_policy(RoleName="cluster", PolicyArn="arn:aws:iam::aws:policy/AmazonEKSClusterPolicy")
    iam.create_role(RoleName="nodes", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
    for policy in ("AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryReadOnly"):
        iam.attach_role_policy(RoleName="nodes", PolicyArn=f"arn:aws:iam::aws:policy/{policy}")
    time.sleep(0.5)
    return role


def cluster(talk, eks, role, subnets):
    network = {"subnetIds": subnets}
    talk.refused("one zone", "InvalidParameterException", eks.create_cluster, name="talk", roleArn=role,
                 resourcesVpcConfig={"subnetIds": subnets[:1]}, message="at least two different AZs")
    talk.refused("absent subnet", "InvalidParameterException", eks.create_cluster, name="talk", roleArn=role,
                 resourcesVpcConfig={"subnetIds": ["subnet-0123456789abcdef0", subnets[0]]})
    talk.refused("bad version", "InvalidParameterException", eks.create_cluster, name="talk", roleArn=role, version="1.2",
                 resourcesVpcConfig=network, message="unsupported Kubernetes version")
    talk.refused("absent role", "InvalidParameterException", eks.create_cluster, name="talk", roleArn=role + "-absent",
                 resourcesVpcConfig=network)
    talk.refused("no cluster", "ResourceNotFoundException", eks.describe_cluster, name="talk", status=404,
                 message="No cluster found for name: talk.")
    made = eks.create_cluster(name="talk", roleArn=role, version="1.33", resourcesVpcConfig=network, tags={"team": "a"},
                              accessConfig={"authenticationMode": "API_AND_CONFIG_MAP"}, logging={"clusterLogging": [
                                  {"types": ["audit"], "enabled": True}]})["cluster"]
    talk.equal("creating", (made["status"], made["version"], "endpoint" in made), ("CREATING", "1.33", False))
    talk.refused("twice", "ResourceInUseException", eks.create_cluster, name="talk", roleArn=role, resourcesVpcConfig=network,
                 status=409, message="Cluster already exists with name: talk")
    talk.wait(eks, "cluster_active", "cluster waiter", name="talk")
    seen = eks.describe_cluster(name="talk")["cluster"]
    talk.check("endpoint", seen["endpoint"].startswith("https://") and seen["endpoint"].endswith(".eks.amazonaws.com"), seen["endpoint"])
    talk.check("authority", len(seen["certificateAuthority"]["data"]) > 100)
    talk.check("issuer", seen["identity"]["oidc"]["issuer"].startswith("https://oidc.eks.eu-central-1.amazonaws.com/id/"))
    vpc = seen["resourcesVpcConfig"]
    talk.equal("network", [vpc.get(name) for name in ("subnetIds", "endpointPublicAccess", "endpointPrivateAccess", "publicAccessCidrs")],
               [subnets, True, False, ["0.0.0.0/0"]])
    own_group = vpc.get("clusterSecurityGroupId", "")
    talk.check("cluster group", own_group.startswith("sg-"), vpc)
    talk.equal("access", seen["accessConfig"]["authenticationMode"], "API_AND_CONFIG_MAP")
    logged = [l["types"] for l in seen["logging"]["clusterLogging"] if l["enabled"]]
    talk.equal("logging", logged, [["audit"]])
    talk.check("services", seen["kubernetesNetworkConfig"]["serviceIpv4Cidr"] in ("10.100.0.0/16", "172.20.0.0/16"))
    talk.check("listed", "talk" in talk.pages(eks, "list_clusters", "clusters")[0])
    talk.equal("tags", eks.list_tags_for_resource(resourceArn=seen["arn"])["tags"], {"team": "a"})
    eks.tag_resource(resourceArn=seen["arn"], tags={"cost": "1"})
    eks.untag_resource(resourceArn=seen["arn"], tagKeys=["team"])
    talk.equal("tags changed", eks.describe_cluster(name="talk")["cluster"]["tags"], {"cost": "1"})
    found = talk.client("ec2").describe_security_groups(Filters=by("group-id", own_group))["SecurityGroups"]
    talk.check("name of group", [g["GroupName"].startswith("eks-cluster-sg-talk-") for g in found] == [True], found)
    groups = talk.client("logs").describe_log_groups(logGroupNamePrefix="/aws/eks/talk/")["logGroups"]
    talk.equal("log group", [g["logGroupName"] for g in groups], ["/aws/eks/talk/cluster"])


def entries(talk, eks, iam):
    arn = iam.get_role(RoleName="nodes")["Role"]["Arn"]
    entry = eks.create_access_entry(clusterName="talk", principalArn=arn, type="STANDARD", kubernetesGroups=["viewers"])["accessEntry"]
    talk.equal("entry", (entry["principalArn"], entry["type"], entry["kubernetesGroups"]), (arn, "STANDARD", ["viewers"]))
    talk.refused("entry twice", "ResourceInUseException", eks.create_access_entry, clusterName="talk", principalArn=arn,
                 message="The specified access entry resource is already in use on this cluster.")
    policy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
    eks.associate_access_policy(clusterName="talk", principalArn=arn, policyArn=policy,
                                accessScope={"type": "namespace", "namespaces": ["dev"]})
    seen = eks.list_associated_access_policies(clusterName="talk", principalArn=arn)["associatedAccessPolicies"]
    talk.equal("policy", [(p["policyArn"], p["accessScope"]) for p in seen], [(policy, {"type": "namespace", "namespaces": ["dev"]})])
    eks.disassociate_access_policy(clusterName="talk", principalArn=arn, policyArn=policy)
    eks.update_access_entry(clusterName="talk", principalArn=arn, kubernetesGroups=["admins"])
    talk.equal("updated", eks.describe_access_entry(clusterName="talk", principalArn=arn)["accessEntry"]["kubernetesGroups"], ["admins"])
    talk.check("entries", arn in talk.pages(eks, "list_access_entries", "accessEntries", clusterName="talk")[0])
    talk.check("policies", policy in [p["arn"] for p in talk.pages(eks, "list_access_policies", "accessPolicies")[0]])
    eks.delete_access_entry(clusterName="talk", principalArn=arn)
    talk.refused("entry gone", "ResourceNotFoundException", eks.describe_access_entry, clusterName="talk", principalArn=arn)
    talk.refused("entry of nobody", "InvalidParameterException", eks.create_access_entry, clusterName="talk", principalArn=arn + "-absent")


def addons(talk, eks):
    known = eks.describe_addon_versions(addonName="vpc-cni", kubernetesVersion="1.33")["addons"][0]["addonVersions"]
    talk.equal("one default", sum(c["defaultVersion"] for v in known for c in v["compatibilities"]), 1)
    version = known[0]["addonVersion"]
    eks.create_addon(clusterName="talk", addonName="vpc-cni", addonVersion=version, resolveConflicts="OVERWRITE", tags={"a": "1"})
    talk.wait(eks, "addon_active", "addon waiter", clusterName="talk", addonName="vpc-cni")
    seen = eks.describe_addon(clusterName="talk", addonName="vpc-cni")["addon"]
    talk.equal("addon", (seen["addonVersion"], seen["status"], seen["tags"]), (version, "ACTIVE", {"a": "1"}))
    talk.refused("addon twice", "ResourceInUseException", eks.create_addon, clusterName="talk", addonName="vpc-cni")
    talk.refused("no such addon", "InvalidParameterException", eks.create_addon, clusterName="talk", addonName="absent")
    talk.refused("no such version", "InvalidParameterException", eks.create_addon, clusterName="talk", addonName="kube-proxy",
                 addonVersion="v0.0.1-eksbuild.1")
    update = eks.update_addon(clusterName="talk", addonName="vpc-cni", configurationValues='{"env":{"WARM_IP_TARGET":"2"}}')["update"]
    talk.equal("addon update", (update["type"], update["status"]), ("AddonUpdate", "InProgress"))
    talk.wait(eks, "addon_active", "updated addon waiter", clusterName="talk", addonName="vpc-cni")
    talk.equal("addons", eks.list_addons(clusterName="talk")["addons"], ["vpc-cni"])
    eks.delete_addon(clusterName="talk", addonName="vpc-cni", preserve=True)
    talk.wait(eks, "addon_deleted", "addon deleted waiter", clusterName="talk", addonName="vpc-cni")


def nodes(talk, eks, iam, subnets):
    role = iam.get_role(RoleName="nodes")["Role"]["Arn"]
    named = {"clusterName": "talk", "nodegroupName": "nodes"}
    talk.refused("wrong role", "InvalidParameterException", eks.create_nodegroup, **named, subnets=subnets,
                 nodeRole=iam.get_role(RoleName="cluster")["Role"]["Arn"])
    talk.refused("no such group", "ResourceNotFoundException", eks.describe_nodegroup, **named,
                 message="No node group found for name: nodes.")
    made = eks.create_nodegroup(**named, subnets=subnets, nodeRole=role, scalingConfig={"minSize": 1, "maxSize": 3, "desiredSize": 2},
                                labels={"a": "1"}, taints=[{"key": "k", "value": "v", "effect": "NO_SCHEDULE"}])["nodegroup"]
    talk.equal("nodegroup", (made["status"], made["instanceTypes"], made["diskSize"], made["capacityType"], made["amiType"]),
               ("CREATING", ["t3.medium"], 20, "ON_DEMAND", "AL2023_x86_64_STANDARD"))
    talk.wait(eks, "nodegroup_active", "nodegroup waiter", **named)
    seen = eks.describe_nodegroup(**named)["nodegroup"]
    talk.equal("nodes", (seen["scalingConfig"], seen["labels"], seen["taints"][0]["key"], seen["health"]["issues"]),
               ({"minSize": 1, "maxSize": 3, "desiredSize": 2}, {"a": "1"}, "k", []))
    asg = talk.client("autoscaling").describe_auto_scaling_groups(
        AutoScalingGroupNames=[seen["resources"]["autoScalingGroups"][0]["name"]])["AutoScalingGroups"]
    talk.equal("its scaling group", len(asg[0]["Instances"]) if asg else None, 2)
    talk.check("its entry", role in eks.list_access_entries(clusterName="talk")["accessEntries"])
    update = eks.update_nodegroup_config(**named, scalingConfig={"minSize": 1, "maxSize": 4, "desiredSize": 1},
                                         labels={"addOrUpdateLabels": {"b": "2"}, "removeLabels": ["a"]})["update"]
    talk.equal("config update", update["type"], "ConfigUpdate")
    talk.wait(eks, "nodegroup_active", "updated nodegroup waiter", **named)
    seen = eks.describe_nodegroup(**named)["nodegroup"]
    talk.equal("changed", (seen["scalingConfig"]["maxSize"], seen["labels"]), (4, {"b": "2"}))
    talk.refused("cluster in use", "ResourceInUseException", eks.delete_cluster, name="talk", message="Cluster has nodegroups attached")
    eks.delete_nodegroup(**named)
    talk.wait(eks, "nodegroup_deleted", "nodegroup deleted waiter", **named)


def fargate(talk, eks, role):
    talk.refused("no such profile", "ResourceNotFoundException", eks.describe_fargate_profile, clusterName="talk",
                 fargateProfileName="absent")
    talk.refused("no role of pods", "InvalidParameterException", eks.create_fargate_profile, clusterName="talk",
                 fargateProfileName="talk", podExecutionRoleArn=role, selectors=[{"namespace": "dev"}])


def identities(talk, eks, iam):
    role = iam.create_role(RoleName="pods", AssumeRolePolicyDocument=trust("pods.eks.amazonaws.com").replace(
        '"sts:AssumeRole"', '["sts:AssumeRole", "sts:TagSession"]'))["Role"]["Arn"]
    time.sleep(0.5)
    made = eks.create_pod_identity_association(clusterName="talk", namespace="dev", serviceAccount="app", roleArn=role)["association"]
    talk.check("association id", made["associationId"].startswith("a-"), made["associationId"])
    talk.refused("associated twice", "ResourceInUseException", eks.create_pod_identity_association, clusterName="talk",
                 namespace="dev", serviceAccount="app", roleArn=role)
    named = {"clusterName": "talk", "associationId": made["associationId"]}
    talk.equal("association", eks.describe_pod_identity_association(**named)["association"]["serviceAccount"], "app")
    found, _ = talk.pages(eks, "list_pod_identity_associations", "associations", clusterName="talk", namespace="dev")
    talk.equal("associations", [a["associationId"] for a in found], [made["associationId"]])
    eks.delete_pod_identity_association(**named)
    talk.refused("association gone", ["ResourceNotFoundException", "NotFoundException"], eks.describe_pod_identity_association, **named)


def providers(talk, eks):
    named = {"clusterName": "talk", "identityProviderConfig": {"type": "oidc", "name": "people"}}
    talk.refused("no provider", "ResourceNotFoundException", eks.describe_identity_provider_config, **named, status=404)
    talk.refused("nothing to part with", "InvalidRequestException", eks.disassociate_identity_provider_config, **named,
                 message="Identity provider config is not associated with cluster")
    oidc = {"identityProviderConfigName": "people", "issuerUrl": "https://issuer.test", "clientId": "kubernetes", "usernameClaim": "email"}
    update = eks.associate_identity_provider_config(clusterName="talk", oidc=oidc, tags={"a": "1"})["update"]
    talk.equal("provider's update", update["type"], "AssociateIdentityProviderConfig")
    look = lambda: eks.describe_identity_provider_config(**named)["identityProviderConfig"]["oidc"]  # noqa: E731
    seen = talk.until(look, lambda seen: seen["status"] == "ACTIVE")
    talk.equal("provider", (seen["status"], seen["clientId"], seen["usernameClaim"], seen["tags"]), ("ACTIVE", "kubernetes", "email", {"a": "1"}))
    talk.check("provider's arn", ":identityproviderconfig/talk/oidc/people/" in seen["identityProviderConfigArn"], seen)
    listed = eks.list_identity_provider_configs(clusterName="talk")["identityProviderConfigs"]
    talk.equal("providers", listed, [{"type": "oidc", "name": "people"}])
    eks.disassociate_identity_provider_config(**named)
    listed = talk.until(lambda: eks.list_identity_provider_configs(clusterName="talk")["identityProviderConfigs"], lambda seen: not seen)
    talk.equal("no provider any more", listed, [])
    insights = eks.list_insights(clusterName="talk", filter={"categories": ["UPGRADE_READINESS"]})["insights"]
    talk.check("insights", any(i["name"] == "Kubelet version skew" and i["insightStatus"]["status"] == "PASSING" for i in insights), insights)
    seen = eks.describe_insight(clusterName="talk", id=insights[0]["id"])["insight"]
    talk.equal("insight", (seen["id"], seen["kubernetesVersion"]), (insights[0]["id"], "1.34"))


def updates(talk, eks):
    talk.refused("two at once", "InvalidParameterException", eks.update_cluster_config, name="talk",
                 logging={"clusterLogging": [{"types": ["api"], "enabled": True}]},
                 resourcesVpcConfig={"endpointPrivateAccess": True}, message="Only one type of update can be allowed.")
    talk.refused("no change", "InvalidParameterException", eks.update_cluster_config, name="talk",
                 resourcesVpcConfig={"endpointPublicAccess": True, "endpointPrivateAccess": False})
    update = eks.update_cluster_config(name="talk", resourcesVpcConfig={"endpointPrivateAccess": True})["update"]
    talk.equal("endpoint update", (update["type"], update["status"]), ("EndpointAccessUpdate", "InProgress"))
    talk.refused("busy", "ResourceInUseException", eks.update_cluster_version, name="talk", version="1.34")
    finish(talk, eks, update, "endpoint")
    seen = eks.describe_cluster(name="talk")["cluster"]["resourcesVpcConfig"]
    talk.equal("private endpoint", seen["endpointPrivateAccess"], True)
    talk.refused("two versions up", "InvalidParameterException", eks.update_cluster_version, name="talk", version="1.35",
                 message="Unsupported Kubernetes minor version update from 1.33 to 1.35")
    finish(talk, eks, eks.update_cluster_version(name="talk", version="1.34")["update"], "version")
    talk.equal("new version", eks.describe_cluster(name="talk")["cluster"]["version"], "1.34")
    talk.equal("updates", len(eks.list_updates(name="talk")["updateIds"]), 4)
    finish(talk, eks, eks.update_cluster_config(name="talk", accessConfig={"authenticationMode": "API"})["update"], "mode")
    talk.refused("no way back", ["InvalidParameterException", "InvalidRequestException"], eks.update_cluster_config, name="talk",
                 accessConfig={"authenticationMode": "API_AND_CONFIG_MAP"}, message="Unsupported authentication mode update")
    versions = eks.describe_cluster_versions()["clusterVersions"]
    talk.equal("one default version", sum(v["defaultVersion"] for v in versions), 1)


def finish(talk, eks, update, what):
    for _ in range(40):
        seen = eks.describe_update(name="talk", updateId=update["id"])["update"]
        if seen["status"] != "InProgress":
            break
        time.sleep(0.5)
    talk.equal(f"{what} update ends", seen["status"], "Successful")
    talk.wait(eks, "cluster_active", f"active after {what} update", name="talk")


def leaving(talk, eks):
    eks.delete_cluster(name="talk")
    talk.equal("deleting", eks.describe_cluster(name="talk")["cluster"]["status"], "DELETING")
    talk.wait(eks, "cluster_deleted", "cluster deleted waiter", name="talk")
    talk.refused("deleted", "ResourceNotFoundException", eks.delete_cluster, name="talk")
