"""EC2 Auto Scaling: groups, schedules, hooks, warm pools, tags."""
import time

from harness import by


def talk(talk):
    ec2, asg = talk.client("ec2"), talk.client("autoscaling")
    image = talk.client("ssm").get_parameter(
        Name="/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64")["Parameter"]["Value"]
    subnets = [s["SubnetId"] for s in ec2.describe_subnets(Filters=by("default-for-az", "true"))["Subnets"]][:2]
    ec2.create_launch_template(LaunchTemplateName="asg", LaunchTemplateData={"ImageId": image, "InstanceType": "t3.micro"})
    talk.part(groups, ec2, asg, subnets)
    make = lambda name: asg.create_auto_scaling_group(  # noqa: E731
        AutoScalingGroupName=name, MinSize=0, MaxSize=3, DesiredCapacity=0, VPCZoneIdentifier=subnets[0],
        LaunchTemplate={"LaunchTemplateName": "asg", "Version": "$Latest"})
    talk.part(policies, asg, make)
    talk.part(aside, asg, make)
    talk.part(hooks, asg, make)
    talk.part(pools, asg, make)
    ec2.delete_launch_template(LaunchTemplateName="asg")


def groups(talk, ec2, asg, subnets):
    group = {"AutoScalingGroupName": "talk"}
    template = {"LaunchTemplateName": "asg", "Version": "$Latest"}
    places = ",".join(subnets)
    create = dict(**group, MinSize=0, MaxSize=4, VPCZoneIdentifier=places)
    talk.refused("no template", "ValidationError", asg.create_auto_scaling_group, **create,
                 message="Valid requests must contain either LaunchTemplate")
    talk.refused("no place", "ValidationError", asg.create_auto_scaling_group, **group, MinSize=0, MaxSize=1, LaunchTemplate=template)
    talk.refused("absent template", ["ValidationError"], asg.create_auto_scaling_group, **create,
                 LaunchTemplate={"LaunchTemplateName": "absent"})
    talk.refused("too many", "ValidationError", asg.create_auto_scaling_group, **create, LaunchTemplate=template, DesiredCapacity=9)
    asg.create_auto_scaling_group(**create, LaunchTemplate=template, DesiredCapacity=2, Tags=[
        {"ResourceId": "talk", "ResourceType": "auto-scaling-group", "Key": "Name", "Value": "node", "PropagateAtLaunch": True}])
    talk.refused("twice", "AlreadyExists", asg.create_auto_scaling_group, **create, LaunchTemplate=template,
                 message="A group with the name talk already exists")
    find = lambda: asg.describe_auto_scaling_groups(AutoScalingGroupNames=["talk"])["AutoScalingGroups"][0]  # noqa: E731
    seen = find()
    talk.equal("group", (seen["MinSize"], seen["MaxSize"], seen["DesiredCapacity"], seen["HealthCheckType"], seen["DefaultCooldown"]),
               (0, 4, 2, "EC2", 300))
    talk.equal("tag", [(t["Key"], t["Value"], t["PropagateAtLaunch"]) for t in seen["Tags"]], [("Name", "node", True)])
    talk.equal("places", seen["VPCZoneIdentifier"], places)
    for _ in range(20):
        running = [i for i in find()["Instances"] if i["LifecycleState"] == "InService"]
        if len(running) == 2:
            break
        time.sleep(0.5)
    talk.equal("in service", len(running), 2)
    talk.equal("spread", len({i["AvailabilityZone"] for i in running}), 2)
    ids = [i["InstanceId"] for i in running]
    talk.equal("instances", len(asg.describe_auto_scaling_instances(InstanceIds=ids)["AutoScalingInstances"]), 2)
    own = ec2.describe_instances(InstanceIds=ids[:1])["Reservations"][0]["Instances"][0]
    tags = {t["Key"]: t["Value"] for t in own["Tags"]}
    talk.equal("propagated", (tags.get("Name"), tags.get("aws:autoscaling:groupName")), ("node", "talk"))
    activities, _ = talk.pages(asg, "describe_scaling_activities", "Activities", **group)
    talk.check("activities", len([a for a in activities if a["Description"].startswith("Launching a new EC2 instance")]) == 2, activities)
    asg.update_auto_scaling_group(**group, MaxSize=3, HealthCheckGracePeriod=60)
    talk.equal("updated", (find()["MaxSize"], find()["HealthCheckGracePeriod"]), (3, 60))
    talk.refused("over the top", "ValidationError", asg.set_desired_capacity, **group, DesiredCapacity=9)
    asg.put_scheduled_update_group_action(**group, ScheduledActionName="night", Recurrence="0 20 * * *", MinSize=0, DesiredCapacity=0)
    actions = asg.describe_scheduled_actions(**group)["ScheduledUpdateGroupActions"]
    talk.equal("schedule", [(a["ScheduledActionName"], a["Recurrence"]) for a in actions], [("night", "0 20 * * *")])
    asg.delete_scheduled_action(**group, ScheduledActionName="night")
    talk.refused("no schedule", "ValidationError", asg.delete_scheduled_action, **group, ScheduledActionName="night")
    asg.put_lifecycle_hook(**group, LifecycleHookName="wait", LifecycleTransition="autoscaling:EC2_INSTANCE_TERMINATING",
                           HeartbeatTimeout=60)
    hook = asg.describe_lifecycle_hooks(**group)["LifecycleHooks"][0]
    talk.equal("hook", (hook["HeartbeatTimeout"], hook["DefaultResult"]), (60, "ABANDON"))
    asg.delete_lifecycle_hook(**group, LifecycleHookName="wait")
    asg.create_or_update_tags(Tags=[{"ResourceId": "talk", "ResourceType": "auto-scaling-group", "Key": "team", "Value": "a",
                                     "PropagateAtLaunch": False}])
    found, _ = talk.pages(asg, "describe_tags", "Tags", Filters=by("auto-scaling-group", "talk"))
    talk.equal("tags", sorted(t["Key"] for t in found), ["Name", "team"])
    asg.delete_tags(Tags=[{"ResourceId": "talk", "ResourceType": "auto-scaling-group", "Key": "team"}])
    asg.suspend_processes(**group, ScalingProcesses=["Launch"])
    talk.equal("suspended", [p["ProcessName"] for p in find()["SuspendedProcesses"]], ["Launch"])
    asg.resume_processes(**group)
    talk.equal("resumed", find()["SuspendedProcesses"], [])
    talk.refused("not empty", "ResourceInUse", asg.delete_auto_scaling_group, **group)
    talk.refused("no such group", "ValidationError", asg.set_desired_capacity, AutoScalingGroupName="absent", DesiredCapacity=1,
                 message="AutoScalingGroup name not found")
    talk.equal("absent is empty", asg.describe_auto_scaling_groups(AutoScalingGroupNames=["absent"])["AutoScalingGroups"], [])
    asg.delete_auto_scaling_group(**group, ForceDelete=True)
    for _ in range(20):
        if not asg.describe_auto_scaling_groups(AutoScalingGroupNames=["talk"])["AutoScalingGroups"]:
            break
        time.sleep(0.5)
    talk.equal("deleted", asg.describe_auto_scaling_groups(AutoScalingGroupNames=["talk"])["AutoScalingGroups"], [])


def instances_of(asg, name):
    """Returns the lifecycle states of a group's instances, by id."""
    found = asg.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    return {i["InstanceId"]: i["LifecycleState"] for group in found for i in group["Instances"]}


def remove(talk, asg, name):
    asg.delete_auto_scaling_group(AutoScalingGroupName=name, ForceDelete=True)
    find = lambda: asg.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]  # noqa: E731
    talk.equal(f"{name} deleted", talk.until(find, lambda seen: not seen), [])


def policies(talk, asg, make):
    make("scaled")
    group = {"AutoScalingGroupName": "scaled"}
    simple = dict(**group, PolicyName="up", AdjustmentType="ChangeInCapacity", ScalingAdjustment=2)
    arn = asg.put_scaling_policy(**simple)["PolicyARN"]
    talk.check("policy's name", arn.endswith(":autoScalingGroupName/scaled:policyName/up"), arn)
    talk.equal("policy again", asg.put_scaling_policy(**simple, Cooldown=60)["PolicyARN"], arn)
    made = asg.put_scaling_policy(**group, PolicyName="cpu", PolicyType="TargetTrackingScaling", TargetTrackingConfiguration={
        "TargetValue": 50.0, "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"}})
    talk.equal("its alarms", sorted(a["AlarmName"].split("-")[2] for a in made["Alarms"]), ["AlarmHigh", "AlarmLow"])
    seen = {p["PolicyName"]: p for p in asg.describe_policies(**group)["ScalingPolicies"]}
    talk.equal("policies", (seen["up"]["PolicyType"], seen["up"]["Cooldown"], seen["cpu"]["TargetTrackingConfiguration"]["TargetValue"]),
               ("SimpleScaling", 60, 50.0))
    asg.execute_policy(**group, PolicyName="up")
    talk.equal("carried out", asg.describe_auto_scaling_groups(AutoScalingGroupNames=["scaled"])["AutoScalingGroups"][0]["DesiredCapacity"], 2)
    asg.delete_policy(**group, PolicyName="up")
    talk.refused("no such policy", "ValidationError", asg.delete_policy, **group, PolicyName="up")
    talk.equal("one policy", [p["PolicyName"] for p in asg.describe_policies(**group)["ScalingPolicies"]], ["cpu"])
    given = talk.given("batch of actions", asg.batch_put_scheduled_update_group_action, **group, ScheduledUpdateGroupActions=[
        {"ScheduledActionName": "day", "Recurrence": "0 8 * * *", "MinSize": 1},
        {"ScheduledActionName": "never", "Recurrence": "soon", "MinSize": 1}])
    if given:
        talk.equal("refused of a batch", [f["ScheduledActionName"] for f in given["FailedScheduledUpdateGroupActions"]], ["never"])
    asg.delete_auto_scaling_group(**group, ForceDelete=True)


def aside(talk, asg, make):
    make("aside")
    group = {"AutoScalingGroupName": "aside"}
    asg.set_desired_capacity(**group, DesiredCapacity=2)
    states = lambda: sorted(i["LifecycleState"] for i in asg.describe_auto_scaling_groups(  # noqa: E731
        AutoScalingGroupNames=["aside"])["AutoScalingGroups"][0]["Instances"])
    talk.equal("both in service", talk.until(states, lambda seen: seen == ["InService"] * 2), ["InService"] * 2)
    one = {"InstanceIds": [asg.describe_auto_scaling_instances()["AutoScalingInstances"][0]["InstanceId"]]}
    talk.refused("not set aside", "ValidationError", asg.exit_standby, **group, **one)
    moved = asg.enter_standby(**group, **one, ShouldDecrementDesiredCapacity=True)["Activities"]
    talk.equal("activity of standby", [a["Description"] for a in moved], [f"Moving EC2 instance to Standby: {one['InstanceIds'][0]}"])
    talk.equal("set aside", talk.until(states, lambda seen: "Standby" in seen), ["InService", "Standby"])
    asg.exit_standby(**group, **one)
    talk.equal("back", talk.until(states, lambda seen: seen == ["InService"] * 2), ["InService"] * 2)
    asg.detach_instances(**group, **one, ShouldDecrementDesiredCapacity=True)
    talk.equal("detached", len(talk.until(states, lambda seen: len(seen) == 1)), 1)
    asg.attach_instances(**group, **one)
    talk.equal("attached", talk.until(states, lambda seen: seen == ["InService"] * 2), ["InService"] * 2)
    talk.refused("health of nobody", "ValidationError", asg.set_instance_health, InstanceId="i-0123456789abcdef0", HealthStatus="Unhealthy")
    types = asg.describe_termination_policy_types()["TerminationPolicyTypes"]
    talk.check("ways to choose", {"Default", "OldestInstance", "AllocationStrategy"} <= set(types), types)
    asg.delete_auto_scaling_group(**group, ForceDelete=True)


def hooks(talk, asg, make):
    make("held")
    group = {"AutoScalingGroupName": "held"}
    hook = {**group, "LifecycleHookName": "ask"}
    put = lambda **named: asg.put_lifecycle_hook(  # noqa: E731
        **hook, **{"LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING", "HeartbeatTimeout": 7200, **named})
    put(NotificationMetadata="talk", DefaultResult="CONTINUE")
    seen = asg.describe_lifecycle_hooks(**group, LifecycleHookNames=["ask"])["LifecycleHooks"][0]
    talk.equal("hook reads back", (seen.get("NotificationMetadata"), seen["DefaultResult"], seen["HeartbeatTimeout"], seen.get("GlobalTimeout")),
               ("talk", "CONTINUE", 7200, 172800))
    talk.refused("too short a heartbeat", "ValidationError", put, HeartbeatTimeout=1)
    talk.refused("no such transition", "ValidationError", put, LifecycleTransition="autoscaling:EC2_INSTANCE_DANCING")
    talk.refused("hook that is not there", "ValidationError", asg.delete_lifecycle_hook, **group, LifecycleHookName="absent")
    asg.set_desired_capacity(**group, DesiredCapacity=1)
    states = lambda: sorted(instances_of(asg, "held").values())  # noqa: E731
    talk.equal("held back", talk.until(states, lambda seen: seen == ["Pending:Wait"]), ["Pending:Wait"])
    instance = next(iter(instances_of(asg, "held")))
    talk.given("heartbeat", asg.record_lifecycle_action_heartbeat, **hook, InstanceId=instance)
    talk.refused("no such result", "ValidationError", asg.complete_lifecycle_action, **hook, InstanceId=instance,
                 LifecycleActionResult="PERHAPS")
    if talk.given("answer", asg.complete_lifecycle_action, **hook, InstanceId=instance, LifecycleActionResult="CONTINUE"):
        talk.equal("let go on", talk.until(states, lambda seen: seen == ["InService"]), ["InService"])
    talk.refused("nothing to answer", "ValidationError", asg.complete_lifecycle_action, **hook, InstanceId=instance,
                 LifecycleActionResult="CONTINUE", message="No active Lifecycle Action found with instance ID")
    asg.delete_lifecycle_hook(**hook)
    talk.equal("no hooks", asg.describe_lifecycle_hooks(**group)["LifecycleHooks"], [])
    remove(talk, asg, "held")


def pools(talk, asg, make):
    make("warm")
    group = {"AutoScalingGroupName": "warm"}
    talk.refused("pool of no group", "ValidationError", asg.put_warm_pool, AutoScalingGroupName="absent")
    asg.put_warm_pool(**group, MinSize=1, MaxGroupPreparedCapacity=1, PoolState="Stopped", InstanceReusePolicy={"ReuseOnScaleIn": True})
    look = lambda: asg.describe_warm_pool(**group)  # noqa: E731
    seen = look()["WarmPoolConfiguration"]
    talk.equal("pool", (seen["MinSize"], seen["MaxGroupPreparedCapacity"], seen["PoolState"], seen["InstanceReusePolicy"]),
               (1, 1, "Stopped", {"ReuseOnScaleIn": True}))
    own = asg.describe_auto_scaling_groups(AutoScalingGroupNames=["warm"])["AutoScalingGroups"][0]
    talk.equal("pool in group", own.get("WarmPoolConfiguration"), seen)
    talk.refused("too small a pool", "ValidationError", asg.put_warm_pool, **group, MinSize=-1)
    pooled = lambda: {i["InstanceId"]: i["LifecycleState"] for i in look()["Instances"]}  # noqa: E731
    waiting = talk.until(pooled, lambda seen: list(seen.values()) == ["Warmed:Stopped"])
    talk.equal("warmed", list(waiting.values()), ["Warmed:Stopped"])
    asg.set_desired_capacity(**group, DesiredCapacity=1)
    states = talk.until(lambda: instances_of(asg, "warm"), lambda seen: list(seen.values()) == ["InService"])
    talk.equal("out of the pool", states, {id: "InService" for id in waiting})
    asg.delete_warm_pool(**group, ForceDelete=True)
    talk.check("no pool", "WarmPoolConfiguration" not in talk.until(look, lambda seen: "WarmPoolConfiguration" not in seen))
    remove(talk, asg, "warm")
