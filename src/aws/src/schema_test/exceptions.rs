//! Differences that are meant.

/// Type (data sources with `data.` before), path, and why we differ.
pub const EXCEPTIONS: &[(&str, &str, &str)] = &[
    (
        "aws_spot_fleet_request",
        "launch_template_config.overrides.instance_requirements.max_spot_price_as_percentage_of_optimal_on_demand_price",
        "EC2 takes it; launch templates have it as well",
    ),
    (
        "aws_spot_fleet_request",
        "launch_template_config.overrides.instance_requirements.memory_mib",
        "EC2 wants it; the provider lets it be left out and fails at apply",
    ),
    (
        "aws_spot_fleet_request",
        "launch_template_config.overrides.instance_requirements.memory_mib.min",
        "EC2 wants it; the provider lets it be left out and fails at apply",
    ),
    (
        "aws_spot_fleet_request",
        "launch_template_config.overrides.instance_requirements.vcpu_count",
        "EC2 wants it; the provider lets it be left out and fails at apply",
    ),
    (
        "aws_spot_fleet_request",
        "launch_template_config.overrides.instance_requirements.vcpu_count.min",
        "EC2 wants it; the provider lets it be left out and fails at apply",
    ),
];
