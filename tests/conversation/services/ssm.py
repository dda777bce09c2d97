"""Systems Manager: parameters."""


def talk(talk):
    ssm = talk.client("ssm")
    made = ssm.put_parameter(Name="/talk/a", Value="1", Type="String", Description="d", Tags=[{"Key": "team", "Value": "a"}])
    talk.equal("version", (made["Version"], made["Tier"]), (1, "Standard"))
    seen = ssm.get_parameter(Name="/talk/a")["Parameter"]
    talk.equal("parameter", (seen["Value"], seen["Type"], seen["Version"], seen["DataType"]), ("1", "String", 1, "text"))
    talk.check("arn", seen["ARN"].endswith(":parameter/talk/a"), seen["ARN"])
    talk.refused("twice", "ParameterAlreadyExists", ssm.put_parameter, Name="/talk/a", Value="2", Type="String")
    talk.equal("overwritten", ssm.put_parameter(Name="/talk/a", Value="2", Overwrite=True)["Version"], 2)
    talk.equal("history", [p["Value"] for p in ssm.get_parameter_history(Name="/talk/a")["Parameters"]], ["1", "2"])
    talk.equal("old version", ssm.get_parameter(Name="/talk/a:1")["Parameter"]["Value"], "1")
    labelled = talk.given("labels", ssm.label_parameter_version, Name="/talk/a", ParameterVersion=1, Labels=["live", "1st"])
    if labelled:
        talk.equal("not a label", labelled["InvalidLabels"], ["1st"])
    talk.equal("by label", ssm.get_parameter(Name="/talk/a:live")["Parameter"]["Value"], "1")
    talk.refused("pattern", "ParameterPatternMismatchException", ssm.put_parameter, Name="/talk/p", Value="b", Type="String", AllowedPattern="a")
    ssm.put_parameter(Name="/talk/secret", Value="hidden", Type="SecureString")
    talk.check("hidden", ssm.get_parameter(Name="/talk/secret")["Parameter"]["Value"] != "hidden")
    talk.equal("shown", ssm.get_parameter(Name="/talk/secret", WithDecryption=True)["Parameter"]["Value"], "hidden")
    talk.refused("no such parameter", "ParameterNotFound", ssm.get_parameter, Name="/talk/absent")
    many = ssm.get_parameters(Names=["/talk/a", "/talk/absent"])
    talk.equal("some", ([p["Name"] for p in many["Parameters"]], many["InvalidParameters"]), (["/talk/a"], ["/talk/absent"]))
    ssm.put_parameter(Name="/talk/deep/b", Value="3", Type="StringList")
    flat, _ = talk.pages(ssm, "get_parameters_by_path", "Parameters", Path="/talk")
    deep, _ = talk.pages(ssm, "get_parameters_by_path", "Parameters", Path="/talk", Recursive=True)
    talk.equal("by path", (sorted(p["Name"] for p in flat), sorted(p["Name"] for p in deep)),
               (["/talk/a", "/talk/secret"], ["/talk/a", "/talk/deep/b", "/talk/secret"]))
    found = ssm.describe_parameters(ParameterFilters=[{"Key": "Name", "Option": "BeginsWith", "Values": ["/talk/"]}])["Parameters"]
    talk.equal("described", sorted(p["Name"] for p in found), ["/talk/a", "/talk/deep/b", "/talk/secret"])
    ssm.add_tags_to_resource(ResourceType="Parameter", ResourceId="/talk/a", Tags=[{"Key": "cost", "Value": "1"}])
    ssm.remove_tags_from_resource(ResourceType="Parameter", ResourceId="/talk/a", TagKeys=["team"])
    talk.equal("tags", ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/talk/a")["TagList"],
               [{"Key": "cost", "Value": "1"}])
    name = "/aws/service/eks/optimized-ami/1.34/amazon-linux-2023/x86_64/standard/recommended/image_id"
    image = talk.given("image of EKS", ssm.get_parameter, Name=name)
    talk.check("image", image is None or image["Parameter"]["Value"].startswith("ami-"), image)
    talk.refused("bad type", ["ValidationException", "UnsupportedParameterType"], ssm.put_parameter, Name="/talk/x", Value="1", Type="Number")
    ssm.delete_parameter(Name="/talk/a")
    talk.refused("deleted", "ParameterNotFound", ssm.delete_parameter, Name="/talk/a")
    gone = ssm.delete_parameters(Names=["/talk/secret", "/talk/deep/b", "/talk/a"])
    talk.equal("many deleted", (sorted(gone["DeletedParameters"]), gone["InvalidParameters"]),
               (["/talk/deep/b", "/talk/secret"], ["/talk/a"]))
