"""CloudWatch Logs: groups, streams, events."""
import time


def talk(talk):
    logs = talk.client("logs")
    logs.create_log_group(logGroupName="/talk/a", tags={"team": "a"})
    talk.refused("group twice", "ResourceAlreadyExistsException", logs.create_log_group, logGroupName="/talk/a",
                 message="The specified log group already exists")
    talk.refused("bad name", "InvalidParameterException", logs.create_log_group, logGroupName="a b")
    seen = logs.describe_log_groups(logGroupNamePrefix="/talk/")["logGroups"][0]
    talk.equal("group", (seen["logGroupName"], "retentionInDays" in seen, seen["storedBytes"]), ("/talk/a", False, 0))
    talk.check("arn", seen["arn"].endswith(":log-group:/talk/a:*"), seen["arn"])
    logs.put_retention_policy(logGroupName="/talk/a", retentionInDays=30)
    talk.equal("retention", logs.describe_log_groups(logGroupNamePrefix="/talk/a")["logGroups"][0]["retentionInDays"], 30)
    talk.refused("bad retention", "InvalidParameterException", logs.put_retention_policy, logGroupName="/talk/a", retentionInDays=2)
    logs.delete_retention_policy(logGroupName="/talk/a")
    talk.check("no retention", "retentionInDays" not in logs.describe_log_groups(logGroupNamePrefix="/talk/a")["logGroups"][0])
    talk.refused("no such group", "ResourceNotFoundException", logs.put_retention_policy, logGroupName="/talk/absent",
                 retentionInDays=1, message="The specified log group does not exist.")
    arn = seen["arn"].removesuffix(":*")
    logs.tag_resource(resourceArn=arn, tags={"cost": "1"})
    talk.equal("tags", logs.list_tags_for_resource(resourceArn=arn)["tags"], {"team": "a", "cost": "1"})
    logs.untag_resource(resourceArn=arn, tagKeys=["team"])
    talk.equal("tags left", logs.list_tags_for_resource(resourceArn=arn)["tags"], {"cost": "1"})
    logs.create_log_stream(logGroupName="/talk/a", logStreamName="one")
    talk.refused("stream twice", "ResourceAlreadyExistsException", logs.create_log_stream, logGroupName="/talk/a", logStreamName="one")
    now = int(time.time() * 1000)
    logs.put_log_events(logGroupName="/talk/a", logStreamName="one", logEvents=[
        {"timestamp": now, "message": "first"}, {"timestamp": now + 1, "message": "second word"}])
    events = logs.get_log_events(logGroupName="/talk/a", logStreamName="one", startFromHead=True)["events"]
    talk.equal("events", [event["message"] for event in events], ["first", "second word"])
    found = logs.filter_log_events(logGroupName="/talk/a", filterPattern="word")["events"]
    talk.equal("filtered", [event["message"] for event in found], ["second word"])
    talk.refused("no such stream", "ResourceNotFoundException", logs.put_log_events, logGroupName="/talk/a", logStreamName="absent",
                 logEvents=[{"timestamp": now, "message": "x"}], message="The specified log stream does not exist.")
    talk.equal("streams", [s["logStreamName"] for s in logs.describe_log_streams(logGroupName="/talk/a")["logStreams"]], ["one"])
    talk.equal("streams of ARN", [s["logStreamName"] for s in logs.describe_log_streams(logGroupIdentifier=arn)["logStreams"]], ["one"])
    logs.delete_log_stream(logGroupName="/talk/a", logStreamName="one")
    metric = {"metricName": "errors", "metricNamespace": "talk", "metricValue": "1"}
    logs.put_metric_filter(logGroupName="/talk/a", filterName="f", filterPattern="ERROR", metricTransformations=[metric])
    seen = logs.describe_metric_filters(logGroupName="/talk/a")["metricFilters"]
    talk.equal("metric filters", [(f["filterName"], f["filterPattern"], f["metricTransformations"]) for f in seen],
               [("f", "ERROR", [metric])])
    logs.delete_metric_filter(logGroupName="/talk/a", filterName="f")
    talk.refused("deleted filter", "ResourceNotFoundException", logs.delete_metric_filter, logGroupName="/talk/a", filterName="f",
                 message="The specified metric filter does not exist.")
    listed = talk.given("list of groups", logs.list_log_groups, logGroupNamePattern="^/talk/")
    if listed:
        talk.equal("listed groups", [(g["logGroupName"], g["logGroupArn"]) for g in listed["logGroups"]], [("/talk/a", arn)])
    for number in range(3):
        logs.create_log_group(logGroupName=f"/talk/page/{number}")
    groups, count = talk.pages(logs, "describe_log_groups", "logGroups", size=2, logGroupNamePrefix="/talk/page/")
    talk.equal("groups in pages", ([g["logGroupName"] for g in groups], count), ([f"/talk/page/{n}" for n in range(3)], 2))
    for number in range(3):
        logs.delete_log_group(logGroupName=f"/talk/page/{number}")
    logs.delete_log_group(logGroupName="/talk/a")
    talk.refused("deleted group", "ResourceNotFoundException", logs.delete_log_group, logGroupName="/talk/a")
