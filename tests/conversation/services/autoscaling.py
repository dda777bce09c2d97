"""EC2 Auto Scaling: groups, schedules, hooks, tags."""
import time

from harness import by


def talk(talk):
    ec2, asg = talk.client("ec2"), talk.client("autoscaling")
    image = talk.client("ssm").get_parameter(
        Name="/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64")["Parameter"]["Value"]
    subnets = [s["SubnetId"] for s in ec2.describe_subnets(Filters=by("default-for-az", "true"))["Subnets"]][:2]
    ec2.create_launch_template(LaunchTemplateName="asg", LaunchTemplateData={"ImageId": image, "InstanceType": "t3.micro"})
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
    ec2.delete_launch_template(LaunchTemplateName="asg")
