locals {
  # One label or taint in the kubelet's words: "key=value" and "key=value:Effect".
  labels = [for key, value in var.labels : "${key}=${value}"]
  taints = [for taint in var.taints : "${taint.key}=${taint.value}:${taint.effect}"]

  kubelet_flags = concat(
    length(local.labels) > 0 ? ["--node-labels=${join(",", local.labels)}"] : [],
    length(local.taints) > 0 ? ["--register-with-taints=${join(",", local.taints)}"] : [],
  )

  kubelet_config = merge(
    var.kubelet_config,
    { for setting, value in { maxPods = var.max_pods } : setting => value if value != null },
  )

  kubelet = {
    for part, settings in { config = local.kubelet_config, flags = local.kubelet_flags } : part => settings
    if length(settings) > 0
  }

  # nodeadm asks nothing of EKS: without each of the four settings of the cluster the node does not start.
  node_config = {
    apiVersion = "node.eks.aws/v1alpha1"
    kind       = "NodeConfig"
    spec = {
      for part, settings in {
        cluster = {
          name                 = var.cluster.name
          apiServerEndpoint    = var.cluster.endpoint
          certificateAuthority = var.cluster.certificate_authority
          cidr                 = var.cluster.service_cidr
        }
        kubelet = local.kubelet
      } : part => settings
      if length(settings) > 0
    }
  }

  text = {
    al2023 = templatefile("${path.module}/templates/al2023.mime.tftpl", {
      node_config          = yamlencode(local.node_config)
      pre_bootstrap_script = var.pre_bootstrap_script != null ? var.pre_bootstrap_script : ""
    })

    bottlerocket = templatefile("${path.module}/templates/bottlerocket.toml.tftpl", {
      cluster  = var.cluster
      labels   = var.labels
      taints   = { for taint in var.taints : taint.key => "${taint.value}:${taint.effect}"... }
      max_pods = var.max_pods != null ? tostring(var.max_pods) : ""
      settings = var.bottlerocket_settings
    })

    al2 = templatefile("${path.module}/templates/al2.sh.tftpl", {
      cluster              = var.cluster
      kubelet_flags        = concat(local.kubelet_flags, var.max_pods != null ? ["--max-pods=${var.max_pods}"] : [])
      pre_bootstrap_script = var.pre_bootstrap_script != null ? var.pre_bootstrap_script : ""
    })
  }
}
