use super::*;

fn read(text: &str) -> UserData {
    UserData::read(Some(&STANDARD.encode(text)))
}

fn told(name: &str, endpoint: Option<&str>, certificate: Option<&str>, cidr: Option<&str>) -> Option<Told> {
    let own = |text: Option<&str>| text.map(str::to_owned);
    Some(Told { name: Some(name.to_owned()), endpoint: own(endpoint), certificate: own(certificate), cidr: own(cidr) })
}

const CONFIG: &str = "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec:\n  cluster:\n    name: c\n    \
                      apiServerEndpoint: https://e\n    certificateAuthority: Q0E=\n    cidr: 10.100.0.0/16\n";

#[test]
fn node_configs_stand_alone_or_in_parts_that_are_merged() {
    let whole = told("c", Some("https://e"), Some("Q0E="), Some("10.100.0.0/16"));
    assert_eq!(read(CONFIG).node_config, whole);
    let second =
        "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec:\n  kubelet:\n    config:\n      maxPods: 9\n";
    let parts = format!(
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"B\"\n\n--B\nContent-Type: text/x-shellscript; \
         charset=\"us-ascii\"\n\n#!/bin/bash\ntrue\n--B\nContent-Type: application/node.eks.aws\n\n---\n{CONFIG}\n--B\n\
         Content-Type: application/node.eks.aws\n\n{second}\n--B--\n"
    );
    let read = read(&parts);
    assert_eq!((read.node_config, read.bootstrap, read.malformed), (whole, None, None));
}

#[test]
fn parts_need_their_boundary_and_configs_their_kind() {
    let why = |text: &str| read(text).malformed.unwrap();
    assert!(why("Content-Type: multipart/mixed\n\n--B\n").contains("no boundary"));
    assert!(why("Content-Type: multipart/mixed; boundary=A\n\n--B\n").contains("boundary `A`"));
    assert!(why(&CONFIG.replace("v1alpha1", "v2")).contains("node.eks.aws/v2"));
    assert!(why(&CONFIG.replace("spec:", "spec: [")).contains("not YAML"));
}

#[test]
fn scripts_call_bootstrap_with_flags_variables_and_continued_lines() {
    let text = "#!/bin/bash\nset -e\nCA=Q0E=\nURL='https://e'\n# /etc/eks/bootstrap.sh other\n/etc/eks/bootstrap.sh c \
                --b64-cluster-ca $CA \\\n  --apiserver-endpoint \"${URL}\" --kubelet-extra-args '--node-labels=a=b'\n";
    assert_eq!(read(text).bootstrap, told("c", Some("https://e"), Some("Q0E="), None));
    assert_eq!(read("#!/bin/bash\necho /etc/eks\n").bootstrap, None);
}

#[test]
fn bottlerocket_reads_tables_and_dotted_keys() {
    let text = "[settings.kubernetes]\ncluster-name = \"c\" # ours\napi-server = \"https://e\"\ncluster-certificate = \
                \"Q0E=\"\nmax-pods = 9\n\n[settings.kubernetes.node-taints]\n\"a\" = [\n  \"b:NoSchedule\",\n]\n";
    assert_eq!(read(text).settings, told("c", Some("https://e"), Some("Q0E="), None));
    assert_eq!(read("settings.kubernetes.cluster-name = 'c'\n").settings, told("c", None, None, None));
    assert!(read("[settings.kubernetes]\ncluster-name \"c\"\n").malformed.unwrap().contains("line 2"));
    let quoted = "[settings.kubernetes.node-labels]\n\"\"a\"\" = \"b\"\n";
    assert!(read(quoted).malformed.is_some());
}

#[test]
fn windows_gets_a_script_of_its_own() {
    let text = "<powershell>\n& \"$env:ProgramFiles\\Amazon\\EKS\\Start-EKSBootstrap.ps1\" -EKSClusterName 'c' \
                -APIServerEndpoint \"https://e\" -Base64ClusterCA Q0E=\n</powershell>\n";
    assert_eq!(read(text).power_shell, told("c", Some("https://e"), Some("Q0E="), None));
}

#[test]
fn what_is_not_for_a_node_is_told_apart() {
    assert_eq!(UserData::read(None), UserData::default());
    let other = read("#cloud-config\npackages: []\n");
    assert!(other.is_there && other.told().next().is_none() && other.malformed.is_none());
    assert!(UserData::read(Some("%%%")).malformed.unwrap().contains("base64"));
}
