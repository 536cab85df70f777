/**
 * The fields of the API's protobuf messages, by message: `name number type`. `[` is a list, `{` a map with string keys, `^`
 * a message whose fields stand in the parent's JSON. Only what clients send: no status of the kinds.
 */
export const MESSAGES: Readonly<Record<string, string>> = {
  Namespace: 'metadata 1 ObjectMeta, spec 2 NamespaceSpec',
  ObjectMeta:
    'name 1 string, generateName 2 string, namespace 3 string, uid 5 string, resourceVersion 6 string, generation 7 int, creationTimestamp 8 Time, deletionTimestamp 9 Time, deletionGracePeriodSeconds 10 int, labels 11 {string, annotations 12 {string, ownerReferences 13 [OwnerReference, finalizers 14 [string',
  OwnerReference:
    'kind 1 string, name 3 string, uid 4 string, apiVersion 5 string, controller 6 bool, blockOwnerDeletion 7 bool',
  NamespaceSpec: 'finalizers 1 [string',
  Pod: 'metadata 1 ObjectMeta, spec 2 PodSpec',
  PodSpec:
    'volumes 1 [Volume, initContainers 20 [Container, containers 2 [Container, ephemeralContainers 34 [EphemeralContainer, restartPolicy 3 string, terminationGracePeriodSeconds 4 int, activeDeadlineSeconds 5 int, dnsPolicy 6 string, nodeSelector 7 {string, serviceAccountName 8 string, serviceAccount 9 string, automountServiceAccountToken 21 bool, nodeName 10 string, hostNetwork 11 bool, hostPID 12 bool, hostIPC 13 bool, shareProcessNamespace 27 bool, securityContext 14 PodSecurityContext, imagePullSecrets 15 [LocalObjectReference, hostname 16 string, subdomain 17 string, affinity 18 Affinity, schedulerName 19 string, tolerations 22 [Toleration, hostAliases 23 [HostAlias, priorityClassName 24 string, priority 25 int, dnsConfig 26 PodDNSConfig, readinessGates 28 [PodReadinessGate, runtimeClassName 29 string, enableServiceLinks 30 bool, preemptionPolicy 31 string, overhead 32 {Quantity, topologySpreadConstraints 33 [TopologySpreadConstraint, setHostnameAsFQDN 35 bool, os 36 PodOS, hostUsers 37 bool, schedulingGates 38 [PodSchedulingGate, resourceClaims 39 [PodResourceClaim, resources 40 ResourceRequirements, hostnameOverride 41 string, schedulingGroup 43 PodSchedulingGroup, evictionResponders 44 [EvictionResponder',
  Volume: 'name 1 string, volumeSource 2 ^VolumeSource',
  VolumeSource:
    'hostPath 1 HostPathVolumeSource, emptyDir 2 EmptyDirVolumeSource, gcePersistentDisk 3 GCEPersistentDiskVolumeSource, awsElasticBlockStore 4 AWSElasticBlockStoreVolumeSource, gitRepo 5 GitRepoVolumeSource, secret 6 SecretVolumeSource, nfs 7 NFSVolumeSource, iscsi 8 ISCSIVolumeSource, glusterfs 9 GlusterfsVolumeSource, persistentVolumeClaim 10 PersistentVolumeClaimVolumeSource, rbd 11 RBDVolumeSource, flexVolume 12 FlexVolumeSource, cinder 13 CinderVolumeSource, cephfs 14 CephFSVolumeSource, flocker 15 FlockerVolumeSource, downwardAPI 16 DownwardAPIVolumeSource, fc 17 FCVolumeSource, azureFile 18 AzureFileVolumeSource, configMap 19 ConfigMapVolumeSource, vsphereVolume 20 VsphereVirtualDiskVolumeSource, quobyte 21 QuobyteVolumeSource, azureDisk 22 AzureDiskVolumeSource, photonPersistentDisk 23 PhotonPersistentDiskVolumeSource, projected 26 ProjectedVolumeSource, portworxVolume 24 PortworxVolumeSource, scaleIO 25 ScaleIOVolumeSource, storageos 27 StorageOSVolumeSource, csi 28 CSIVolumeSource, ephemeral 29 EphemeralVolumeSource, image 30 ImageVolumeSource',
  HostPathVolumeSource: 'path 1 string, type 2 string',
  EmptyDirVolumeSource: 'medium 1 string, sizeLimit 2 Quantity, mode 3 int',
  GCEPersistentDiskVolumeSource: 'pdName 1 string, fsType 2 string, partition 3 int, readOnly 4 bool',
  AWSElasticBlockStoreVolumeSource: 'volumeID 1 string, fsType 2 string, partition 3 int, readOnly 4 bool',
  GitRepoVolumeSource: 'repository 1 string, revision 2 string, directory 3 string',
  SecretVolumeSource:
    'secretName 1 string, items 2 [KeyToPath, defaultMode 3 int, optional 4 bool, defaultUser 5 int',
  KeyToPath: 'key 1 string, path 2 string, mode 3 int, user 4 int',
  NFSVolumeSource: 'server 1 string, path 2 string, readOnly 3 bool',
  ISCSIVolumeSource:
    'targetPortal 1 string, iqn 2 string, lun 3 int, iscsiInterface 4 string, fsType 5 string, readOnly 6 bool, portals 7 [string, chapAuthDiscovery 8 bool, chapAuthSession 11 bool, secretRef 10 LocalObjectReference, initiatorName 12 string',
  LocalObjectReference: 'name 1 string',
  GlusterfsVolumeSource: 'endpoints 1 string, path 2 string, readOnly 3 bool',
  PersistentVolumeClaimVolumeSource: 'claimName 1 string, readOnly 2 bool',
  RBDVolumeSource:
    'monitors 1 [string, image 2 string, fsType 3 string, pool 4 string, user 5 string, keyring 6 string, secretRef 7 LocalObjectReference, readOnly 8 bool',
  FlexVolumeSource:
    'driver 1 string, fsType 2 string, secretRef 3 LocalObjectReference, readOnly 4 bool, options 5 {string',
  CinderVolumeSource: 'volumeID 1 string, fsType 2 string, readOnly 3 bool, secretRef 4 LocalObjectReference',
  CephFSVolumeSource:
    'monitors 1 [string, path 2 string, user 3 string, secretFile 4 string, secretRef 5 LocalObjectReference, readOnly 6 bool',
  FlockerVolumeSource: 'datasetName 1 string, datasetUUID 2 string',
  DownwardAPIVolumeSource: 'items 1 [DownwardAPIVolumeFile, defaultMode 2 int, defaultUser 3 int',
  DownwardAPIVolumeFile:
    'path 1 string, fieldRef 2 ObjectFieldSelector, resourceFieldRef 3 ResourceFieldSelector, mode 4 int, user 5 int',
  ObjectFieldSelector: 'apiVersion 1 string, fieldPath 2 string',
  ResourceFieldSelector: 'containerName 1 string, resource 2 string, divisor 3 Quantity',
  FCVolumeSource: 'targetWWNs 1 [string, lun 2 int, fsType 3 string, readOnly 4 bool, wwids 5 [string',
  AzureFileVolumeSource: 'secretName 1 string, shareName 2 string, readOnly 3 bool',
  ConfigMapVolumeSource:
    'localObjectReference 1 ^LocalObjectReference, items 2 [KeyToPath, defaultMode 3 int, optional 4 bool, defaultUser 5 int',
  VsphereVirtualDiskVolumeSource:
    'volumePath 1 string, fsType 2 string, storagePolicyName 3 string, storagePolicyID 4 string',
  QuobyteVolumeSource:
    'registry 1 string, volume 2 string, readOnly 3 bool, user 4 string, group 5 string, tenant 6 string',
  AzureDiskVolumeSource:
    'diskName 1 string, diskURI 2 string, cachingMode 3 string, fsType 4 string, readOnly 5 bool, kind 6 string',
  PhotonPersistentDiskVolumeSource: 'pdID 1 string, fsType 2 string',
  ProjectedVolumeSource: 'sources 1 [VolumeProjection, defaultMode 2 int, defaultUser 3 int',
  VolumeProjection:
    'secret 1 SecretProjection, downwardAPI 2 DownwardAPIProjection, configMap 3 ConfigMapProjection, serviceAccountToken 4 ServiceAccountTokenProjection, clusterTrustBundle 5 ClusterTrustBundleProjection, podCertificate 6 PodCertificateProjection',
  SecretProjection: 'localObjectReference 1 ^LocalObjectReference, items 2 [KeyToPath, optional 4 bool',
  DownwardAPIProjection: 'items 1 [DownwardAPIVolumeFile',
  ConfigMapProjection: 'localObjectReference 1 ^LocalObjectReference, items 2 [KeyToPath, optional 4 bool',
  ServiceAccountTokenProjection: 'audience 1 string, expirationSeconds 2 int, path 3 string, user 4 int',
  ClusterTrustBundleProjection:
    'name 1 string, signerName 2 string, labelSelector 3 LabelSelector, optional 5 bool, path 4 string, user 6 int',
  LabelSelector: 'matchLabels 1 {string, matchExpressions 2 [LabelSelectorRequirement',
  LabelSelectorRequirement: 'key 1 string, operator 2 string, values 3 [string',
  PodCertificateProjection:
    'signerName 1 string, keyType 2 string, maxExpirationSeconds 3 int, credentialBundlePath 4 string, keyPath 5 string, certificateChainPath 6 string, userAnnotations 7 {string, user 8 int',
  PortworxVolumeSource: 'volumeID 1 string, fsType 2 string, readOnly 3 bool',
  ScaleIOVolumeSource:
    'gateway 1 string, system 2 string, secretRef 3 LocalObjectReference, sslEnabled 4 bool, protectionDomain 5 string, storagePool 6 string, storageMode 7 string, volumeName 8 string, fsType 9 string, readOnly 10 bool',
  StorageOSVolumeSource:
    'volumeName 1 string, volumeNamespace 2 string, fsType 3 string, readOnly 4 bool, secretRef 5 LocalObjectReference',
  CSIVolumeSource:
    'driver 1 string, readOnly 2 bool, fsType 3 string, volumeAttributes 4 {string, nodePublishSecretRef 5 LocalObjectReference',
  EphemeralVolumeSource: 'volumeClaimTemplate 1 PersistentVolumeClaimTemplate',
  PersistentVolumeClaimTemplate: 'metadata 1 ObjectMeta, spec 2 PersistentVolumeClaimSpec',
  PersistentVolumeClaimSpec:
    'accessModes 1 [string, selector 4 LabelSelector, resources 2 VolumeResourceRequirements, volumeName 3 string, storageClassName 5 string, volumeMode 6 string, dataSource 7 TypedLocalObjectReference, dataSourceRef 8 TypedObjectReference, volumeAttributesClassName 9 string',
  VolumeResourceRequirements: 'limits 1 {Quantity, requests 2 {Quantity',
  TypedLocalObjectReference: 'apiGroup 1 string, kind 2 string, name 3 string',
  TypedObjectReference: 'apiGroup 1 string, kind 2 string, name 3 string, namespace 4 string',
  ImageVolumeSource: 'reference 1 string, pullPolicy 2 string',
  Container:
    'name 1 string, image 2 string, command 3 [string, args 4 [string, workingDir 5 string, ports 6 [ContainerPort, envFrom 19 [EnvFromSource, env 7 [EnvVar, resources 8 ResourceRequirements, resizePolicy 23 [ContainerResizePolicy, restartPolicy 24 string, restartPolicyRules 25 [ContainerRestartRule, volumeMounts 9 [VolumeMount, volumeDevices 21 [VolumeDevice, livenessProbe 10 Probe, readinessProbe 11 Probe, startupProbe 22 Probe, lifecycle 12 Lifecycle, terminationMessagePath 13 string, terminationMessagePolicy 20 string, imagePullPolicy 14 string, securityContext 15 SecurityContext, stdin 16 bool, stdinOnce 17 bool, tty 18 bool',
  ContainerPort: 'name 1 string, hostPort 2 int, containerPort 3 int, protocol 4 string, hostIP 5 string',
  EnvFromSource: 'prefix 1 string, configMapRef 2 ConfigMapEnvSource, secretRef 3 SecretEnvSource',
  ConfigMapEnvSource: 'localObjectReference 1 ^LocalObjectReference, optional 2 bool',
  SecretEnvSource: 'localObjectReference 1 ^LocalObjectReference, optional 2 bool',
  EnvVar: 'name 1 string, value 2 string, valueFrom 3 EnvVarSource',
  EnvVarSource:
    'fieldRef 1 ObjectFieldSelector, resourceFieldRef 2 ResourceFieldSelector, configMapKeyRef 3 ConfigMapKeySelector, secretKeyRef 4 SecretKeySelector, fileKeyRef 5 FileKeySelector',
  ConfigMapKeySelector: 'localObjectReference 1 ^LocalObjectReference, key 2 string, optional 3 bool',
  SecretKeySelector: 'localObjectReference 1 ^LocalObjectReference, key 2 string, optional 3 bool',
  FileKeySelector: 'volumeName 1 string, path 2 string, key 3 string, optional 4 bool',
  ResourceRequirements: 'limits 1 {Quantity, requests 2 {Quantity, claims 3 [ResourceClaim',
  ResourceClaim: 'name 1 string, request 2 string',
  ContainerResizePolicy: 'resourceName 1 string, restartPolicy 2 string',
  ContainerRestartRule: 'action 1 string, exitCodes 2 ContainerRestartRuleOnExitCodes',
  ContainerRestartRuleOnExitCodes: 'operator 1 string, values 2 [int',
  VolumeMount:
    'name 1 string, readOnly 2 bool, recursiveReadOnly 7 string, mountPath 3 string, subPath 4 string, mountPropagation 5 string, subPathExpr 6 string, bindMountOptions 8 [string',
  VolumeDevice: 'name 1 string, devicePath 2 string',
  Probe:
    'handler 1 ^ProbeHandler, initialDelaySeconds 2 int, timeoutSeconds 3 int, periodSeconds 4 int, successThreshold 5 int, failureThreshold 6 int, terminationGracePeriodSeconds 7 int',
  ProbeHandler: 'exec 1 ExecAction, httpGet 2 HTTPGetAction, tcpSocket 3 TCPSocketAction, grpc 4 GRPCAction',
  ExecAction: 'command 1 [string',
  HTTPGetAction:
    'path 1 string, port 2 IntOrString, host 3 string, scheme 4 string, httpHeaders 5 [HTTPHeader, protocol 6 string',
  HTTPHeader: 'name 1 string, value 2 string',
  TCPSocketAction: 'port 1 IntOrString, host 2 string',
  GRPCAction: 'port 1 int, service 2 string, mode 3 string',
  Lifecycle: 'postStart 1 LifecycleHandler, preStop 2 LifecycleHandler, stopSignal 3 string',
  LifecycleHandler:
    'exec 1 ExecAction, httpGet 2 HTTPGetAction, tcpSocket 3 TCPSocketAction, sleep 4 SleepAction',
  SleepAction: 'seconds 1 int',
  SecurityContext:
    'capabilities 1 Capabilities, privileged 2 bool, seLinuxOptions 3 SELinuxOptions, windowsOptions 10 WindowsSecurityContextOptions, runAsUser 4 int, runAsGroup 8 int, runAsNonRoot 5 bool, readOnlyRootFilesystem 6 bool, allowPrivilegeEscalation 7 bool, procMount 9 string, seccompProfile 11 SeccompProfile, appArmorProfile 12 AppArmorProfile',
  Capabilities: 'add 1 [string, drop 2 [string',
  SELinuxOptions: 'user 1 string, role 2 string, type 3 string, level 4 string',
  WindowsSecurityContextOptions:
    'gmsaCredentialSpecName 1 string, gmsaCredentialSpec 2 string, runAsUserName 3 string, hostProcess 4 bool',
  SeccompProfile: 'type 1 string, localhostProfile 2 string',
  AppArmorProfile: 'type 1 string, localhostProfile 2 string',
  EphemeralContainer: 'ephemeralContainerCommon 1 ^EphemeralContainerCommon, targetContainerName 2 string',
  EphemeralContainerCommon:
    'name 1 string, image 2 string, command 3 [string, args 4 [string, workingDir 5 string, ports 6 [ContainerPort, envFrom 19 [EnvFromSource, env 7 [EnvVar, resources 8 ResourceRequirements, resizePolicy 23 [ContainerResizePolicy, restartPolicy 24 string, restartPolicyRules 25 [ContainerRestartRule, volumeMounts 9 [VolumeMount, volumeDevices 21 [VolumeDevice, livenessProbe 10 Probe, readinessProbe 11 Probe, startupProbe 22 Probe, lifecycle 12 Lifecycle, terminationMessagePath 13 string, terminationMessagePolicy 20 string, imagePullPolicy 14 string, securityContext 15 SecurityContext, stdin 16 bool, stdinOnce 17 bool, tty 18 bool',
  PodSecurityContext:
    'seLinuxOptions 1 SELinuxOptions, windowsOptions 8 WindowsSecurityContextOptions, runAsUser 2 int, runAsGroup 6 int, runAsNonRoot 3 bool, supplementalGroups 4 [int, supplementalGroupsPolicy 12 string, fsGroup 5 int, sysctls 7 [Sysctl, fsGroupChangePolicy 9 string, seccompProfile 10 SeccompProfile, appArmorProfile 11 AppArmorProfile, seLinuxChangePolicy 13 string',
  Sysctl: 'name 1 string, value 2 string',
  Affinity: 'nodeAffinity 1 NodeAffinity, podAffinity 2 PodAffinity, podAntiAffinity 3 PodAntiAffinity',
  NodeAffinity:
    'requiredDuringSchedulingIgnoredDuringExecution 1 NodeSelector, preferredDuringSchedulingIgnoredDuringExecution 2 [PreferredSchedulingTerm',
  NodeSelector: 'nodeSelectorTerms 1 [NodeSelectorTerm',
  NodeSelectorTerm: 'matchExpressions 1 [NodeSelectorRequirement, matchFields 2 [NodeSelectorRequirement',
  NodeSelectorRequirement: 'key 1 string, operator 2 string, values 3 [string',
  PreferredSchedulingTerm: 'weight 1 int, preference 2 NodeSelectorTerm',
  PodAffinity:
    'requiredDuringSchedulingIgnoredDuringExecution 1 [PodAffinityTerm, preferredDuringSchedulingIgnoredDuringExecution 2 [WeightedPodAffinityTerm',
  PodAffinityTerm:
    'labelSelector 1 LabelSelector, namespaces 2 [string, topologyKey 3 string, namespaceSelector 4 LabelSelector, matchLabelKeys 5 [string, mismatchLabelKeys 6 [string',
  WeightedPodAffinityTerm: 'weight 1 int, podAffinityTerm 2 PodAffinityTerm',
  PodAntiAffinity:
    'requiredDuringSchedulingIgnoredDuringExecution 1 [PodAffinityTerm, preferredDuringSchedulingIgnoredDuringExecution 2 [WeightedPodAffinityTerm',
  Toleration: 'key 1 string, operator 2 string, value 3 string, effect 4 string, tolerationSeconds 5 int',
  HostAlias: 'ip 1 string, hostnames 2 [string',
  PodDNSConfig: 'nameservers 1 [string, searches 2 [string, options 3 [PodDNSConfigOption',
  PodDNSConfigOption: 'name 1 string, value 2 string',
  PodReadinessGate: 'conditionType 1 string',
  TopologySpreadConstraint:
    'maxSkew 1 int, topologyKey 2 string, whenUnsatisfiable 3 string, labelSelector 4 LabelSelector, minDomains 5 int, nodeAffinityPolicy 6 string, nodeTaintsPolicy 7 string, matchLabelKeys 8 [string',
  PodOS: 'name 1 string',
  PodSchedulingGate: 'name 1 string',
  PodResourceClaim: 'name 1 string, resourceClaimName 3 string, resourceClaimTemplateName 4 string',
  PodSchedulingGroup: 'podGroupName 1 string',
  EvictionResponder: 'name 1 string, priority 2 int',
  Service: 'metadata 1 ObjectMeta, spec 2 ServiceSpec',
  ServiceSpec:
    'ports 1 [ServicePort, selector 2 {string, clusterIP 3 string, clusterIPs 18 [string, type 4 string, externalIPs 5 [string, sessionAffinity 7 string, loadBalancerIP 8 string, loadBalancerSourceRanges 9 [string, externalName 10 string, externalTrafficPolicy 11 string, healthCheckNodePort 12 int, publishNotReadyAddresses 13 bool, sessionAffinityConfig 14 SessionAffinityConfig, ipFamilies 19 [string, ipFamilyPolicy 17 string, allocateLoadBalancerNodePorts 20 bool, loadBalancerClass 21 string, internalTrafficPolicy 22 string, trafficDistribution 23 string',
  ServicePort:
    'name 1 string, protocol 2 string, appProtocol 6 string, port 3 int, targetPort 4 IntOrString, nodePort 5 int',
  SessionAffinityConfig: 'clientIP 1 ClientIPConfig',
  ClientIPConfig: 'timeoutSeconds 1 int',
  ConfigMap: 'metadata 1 ObjectMeta, immutable 4 bool, data 2 {string, binaryData 3 {bytes',
  Secret: 'metadata 1 ObjectMeta, immutable 5 bool, data 2 {bytes, stringData 4 {string, type 3 string',
  ServiceAccount:
    'metadata 1 ObjectMeta, secrets 2 [ObjectReference, imagePullSecrets 3 [LocalObjectReference, automountServiceAccountToken 4 bool',
  ObjectReference:
    'kind 1 string, namespace 2 string, name 3 string, uid 4 string, apiVersion 5 string, resourceVersion 6 string, fieldPath 7 string',
  Event:
    'metadata 1 ObjectMeta, involvedObject 2 ObjectReference, reason 3 string, message 4 string, source 5 EventSource, firstTimestamp 6 Time, lastTimestamp 7 Time, count 8 int, type 9 string, eventTime 10 MicroTime, series 11 EventSeries, action 12 string, related 13 ObjectReference, reportingComponent 14 string, reportingInstance 15 string',
  EventSource: 'component 1 string, host 2 string',
  EventSeries: 'count 1 int, lastObservedTime 2 MicroTime',
  Node: 'metadata 1 ObjectMeta, spec 2 NodeSpec',
  NodeSpec:
    'podCIDR 1 string, podCIDRs 7 [string, providerID 3 string, unschedulable 4 bool, taints 5 [Taint, configSource 6 NodeConfigSource, externalID 2 string, podPreemptionPolicy 8 NodePodPreemptionPolicy',
  Taint: 'key 1 string, value 2 string, effect 3 string, timeAdded 4 Time',
  NodeConfigSource: 'configMap 2 ConfigMapNodeConfigSource',
  ConfigMapNodeConfigSource:
    'namespace 1 string, name 2 string, uid 3 string, resourceVersion 4 string, kubeletConfigKey 5 string',
  NodePodPreemptionPolicy: 'disableResizePreemption 1 [string',
  Binding: 'metadata 1 ObjectMeta, target 2 ObjectReference',
  Deployment: 'metadata 1 ObjectMeta, spec 2 DeploymentSpec',
  DeploymentSpec:
    'replicas 1 int, selector 2 LabelSelector, template 3 PodTemplateSpec, strategy 4 DeploymentStrategy, minReadySeconds 5 int, revisionHistoryLimit 6 int, paused 7 bool, progressDeadlineSeconds 9 int',
  PodTemplateSpec: 'metadata 1 ObjectMeta, spec 2 PodSpec',
  DeploymentStrategy: 'type 1 string, rollingUpdate 2 RollingUpdateDeployment',
  RollingUpdateDeployment: 'maxUnavailable 1 IntOrString, maxSurge 2 IntOrString',
  ReplicaSet: 'metadata 1 ObjectMeta, spec 2 ReplicaSetSpec',
  ReplicaSetSpec:
    'replicas 1 int, minReadySeconds 4 int, selector 2 LabelSelector, template 3 PodTemplateSpec',
  Job: 'metadata 1 ObjectMeta, spec 2 JobSpec',
  JobSpec:
    'parallelism 1 int, completions 2 int, activeDeadlineSeconds 3 int, podFailurePolicy 11 PodFailurePolicy, successPolicy 16 SuccessPolicy, backoffLimit 7 int, backoffLimitPerIndex 12 int, maxFailedIndexes 13 int, selector 4 LabelSelector, manualSelector 5 bool, template 6 PodTemplateSpec, ttlSecondsAfterFinished 8 int, completionMode 9 string, suspend 10 bool, podReplacementPolicy 14 string, managedBy 15 string',
  PodFailurePolicy: 'rules 1 [PodFailurePolicyRule',
  PodFailurePolicyRule:
    'action 1 string, onExitCodes 2 PodFailurePolicyOnExitCodesRequirement, onPodConditions 3 [PodFailurePolicyOnPodConditionsPattern',
  PodFailurePolicyOnExitCodesRequirement: 'containerName 1 string, operator 2 string, values 3 [int',
  PodFailurePolicyOnPodConditionsPattern: 'type 1 string, status 2 string',
  SuccessPolicy: 'rules 1 [SuccessPolicyRule',
  SuccessPolicyRule: 'succeededIndexes 1 string, succeededCount 2 int',
  Ingress: 'metadata 1 ObjectMeta, spec 2 IngressSpec',
  IngressSpec:
    'ingressClassName 4 string, defaultBackend 1 IngressBackend, tls 2 [IngressTLS, rules 3 [IngressRule',
  IngressBackend: 'service 4 IngressServiceBackend, resource 3 TypedLocalObjectReference',
  IngressServiceBackend: 'name 1 string, port 2 ServiceBackendPort',
  ServiceBackendPort: 'name 1 string, number 2 int',
  IngressTLS: 'hosts 1 [string, secretName 2 string',
  IngressRule: 'host 1 string, ingressRuleValue 2 ^IngressRuleValue',
  IngressRuleValue: 'http 1 HTTPIngressRuleValue',
  HTTPIngressRuleValue: 'paths 1 [HTTPIngressPath',
  HTTPIngressPath: 'path 1 string, pathType 3 string, backend 2 IngressBackend',
  IngressClass: 'metadata 1 ObjectMeta, spec 2 IngressClassSpec',
  IngressClassSpec: 'controller 1 string, parameters 2 IngressClassParametersReference',
  IngressClassParametersReference:
    'apiGroup 1 string, kind 2 string, name 3 string, scope 4 string, namespace 5 string',
  NetworkPolicy: 'metadata 1 ObjectMeta, spec 2 NetworkPolicySpec',
  NetworkPolicySpec:
    'podSelector 1 LabelSelector, ingress 2 [NetworkPolicyIngressRule, egress 3 [NetworkPolicyEgressRule, policyTypes 4 [string',
  NetworkPolicyIngressRule: 'ports 1 [NetworkPolicyPort, from 2 [NetworkPolicyPeer',
  NetworkPolicyPort: 'protocol 1 string, port 2 IntOrString, endPort 3 int',
  NetworkPolicyPeer: 'podSelector 1 LabelSelector, namespaceSelector 2 LabelSelector, ipBlock 3 IPBlock',
  IPBlock: 'cidr 1 string, except 2 [string',
  NetworkPolicyEgressRule: 'ports 1 [NetworkPolicyPort, to 2 [NetworkPolicyPeer',
  Role: 'metadata 1 ObjectMeta, rules 2 [PolicyRule',
  PolicyRule:
    'verbs 1 [string, apiGroups 2 [string, resources 3 [string, resourceNames 4 [string, nonResourceURLs 5 [string',
  RoleBinding: 'metadata 1 ObjectMeta, subjects 2 [Subject, roleRef 3 RoleRef',
  Subject: 'kind 1 string, apiGroup 2 string, name 3 string, namespace 4 string',
  RoleRef: 'apiGroup 1 string, kind 2 string, name 3 string',
  ClusterRole: 'metadata 1 ObjectMeta, rules 2 [PolicyRule, aggregationRule 3 AggregationRule',
  AggregationRule: 'clusterRoleSelectors 1 [LabelSelector',
  ClusterRoleBinding: 'metadata 1 ObjectMeta, subjects 2 [Subject, roleRef 3 RoleRef',
  Lease: 'metadata 1 ObjectMeta, spec 2 LeaseSpec',
  LeaseSpec:
    'holderIdentity 1 string, leaseDurationSeconds 2 int, acquireTime 3 MicroTime, renewTime 4 MicroTime, leaseTransitions 5 int, strategy 6 string, preferredHolder 7 string',
  EndpointSlice: 'metadata 1 ObjectMeta, addressType 4 string, endpoints 2 [Endpoint, ports 3 [EndpointPort',
  Endpoint:
    'addresses 1 [string, conditions 2 EndpointConditions, hostname 3 string, targetRef 4 ObjectReference, deprecatedTopology 5 {string, nodeName 6 string, zone 7 string, hints 8 EndpointHints',
  EndpointConditions: 'ready 1 bool, serving 2 bool, terminating 3 bool',
  EndpointHints: 'forZones 1 [ForZone, forNodes 2 [ForNode',
  ForZone: 'name 1 string',
  ForNode: 'name 1 string',
  EndpointPort: 'name 1 string, protocol 2 string, port 3 int, appProtocol 4 string',
  TokenRequest: 'metadata 1 ObjectMeta, spec 2 TokenRequestSpec, status 3 TokenRequestStatus',
  TokenRequestSpec:
    'audiences 1 [string, expirationSeconds 4 int, boundObjectRef 3 BoundObjectReference, attestations 5 {AttestationValue',
  BoundObjectReference: 'kind 1 string, apiVersion 2 string, name 3 string, uID 4 string',
  AttestationValue: 'items 1 [string',
  TokenRequestStatus: 'token 1 string, expirationTimestamp 2 Time',
  TokenReview: 'metadata 1 ObjectMeta, spec 2 TokenReviewSpec, status 3 TokenReviewStatus',
  TokenReviewSpec: 'token 1 string, audiences 2 [string',
  TokenReviewStatus: 'authenticated 1 bool, user 2 UserInfo, audiences 4 [string, error 3 string',
  UserInfo: 'username 1 string, uid 2 string, groups 3 [string, extra 4 {ExtraValue',
  FieldSelectorRequirement: 'key 1 string, operator 2 string, values 3 [string',
  ExtraValue: 'items 1 [string',
  SelfSubjectReview: 'metadata 1 ObjectMeta, status 2 SelfSubjectReviewStatus',
  SelfSubjectReviewStatus: 'userInfo 1 UserInfo',
  SelfSubjectAccessReview:
    'metadata 1 ObjectMeta, spec 2 SelfSubjectAccessReviewSpec, status 3 SubjectAccessReviewStatus',
  SelfSubjectAccessReviewSpec:
    'resourceAttributes 1 ResourceAttributes, nonResourceAttributes 2 NonResourceAttributes',
  ResourceAttributes:
    'namespace 1 string, verb 2 string, group 3 string, version 4 string, resource 5 string, subresource 6 string, name 7 string, fieldSelector 8 FieldSelectorAttributes, labelSelector 9 LabelSelectorAttributes',
  FieldSelectorAttributes: 'rawSelector 1 string, requirements 2 [FieldSelectorRequirement',
  LabelSelectorAttributes: 'rawSelector 1 string, requirements 2 [LabelSelectorRequirement',
  NonResourceAttributes: 'path 1 string, verb 2 string',
  SubjectAccessReviewStatus: 'allowed 1 bool, denied 4 bool, reason 2 string, evaluationError 3 string',
  SubjectAccessReview:
    'metadata 1 ObjectMeta, spec 2 SubjectAccessReviewSpec, status 3 SubjectAccessReviewStatus',
  SubjectAccessReviewSpec:
    'resourceAttributes 1 ResourceAttributes, nonResourceAttributes 2 NonResourceAttributes, user 3 string, groups 4 [string, extra 5 {ExtraValue, uid 6 string',
  LocalSubjectAccessReview:
    'metadata 1 ObjectMeta, spec 2 SubjectAccessReviewSpec, status 3 SubjectAccessReviewStatus',
  SelfSubjectRulesReview:
    'metadata 1 ObjectMeta, spec 2 SelfSubjectRulesReviewSpec, status 3 SubjectRulesReviewStatus',
  SelfSubjectRulesReviewSpec: 'namespace 1 string',
  SubjectRulesReviewStatus:
    'resourceRules 1 [ResourceRule, nonResourceRules 2 [NonResourceRule, incomplete 3 bool, evaluationError 4 string',
  ResourceRule: 'verbs 1 [string, apiGroups 2 [string, resources 3 [string, resourceNames 4 [string',
  NonResourceRule: 'verbs 1 [string, nonResourceURLs 2 [string',
  Scale: 'metadata 1 ObjectMeta, spec 2 ScaleSpec',
  ScaleSpec: 'replicas 1 int',
  Eviction: 'metadata 1 ObjectMeta, deleteOptions 2 DeleteOptions',
  DeleteOptions:
    'gracePeriodSeconds 1 int, preconditions 2 Preconditions, orphanDependents 3 bool, propagationPolicy 4 string, dryRun 5 [string',
  Preconditions: 'uid 1 string, resourceVersion 2 string',
};
