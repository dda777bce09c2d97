# For moto 5.2.1, an emulator of AWS that runs on your machine. Its address comes from the environment
# (AWS_ENDPOINT_URL), so the configuration is the same as for AWS. Left out is what moto does not have:

# No access entries, and DescribeCluster does not tell the authentication mode.
access_entries_enabled = false

# No add-ons.
addons_enabled = false

# No security group is made for a cluster.
cluster_security_group_enabled = false

# A new managed node group forgets how it is to be updated.
managed_max_unavailable_percentage = null

# And what is otherwise here than in an account of yours:

# There are no EKS-optimized images among its SSM parameters, but it knows one image for EKS by this id.
ami_id = "ami-ekslinux"

# Its accounts start empty: nobody used spot instances before.
create_spot_service_linked_roles = true

# It writes no logs, so none come late.
log_group_destroy_delay = "0s"
