/** What the kubelet tells the module that it preloads into a container's process. */
export interface Runtime {
  /** The pod's loopback address. */
  readonly address: string;
  readonly hostname: string;
  readonly namespace: string;
  /** The folder of the image's files, which the program sees as `/`. */
  readonly root: string;
  /** Folders and files that the program sees elsewhere: path in the container, real path. */
  readonly mounts: readonly (readonly [string, string])[];
  /** Real ports by container port, where the pod's address is not its own. */
  readonly ports: Readonly<Record<string, number>>;
  /** Ports of the pod's containers, at which `localhost` means the pod. */
  readonly ownPorts: readonly number[];
  /** The file with `ServiceNames` as JSON. */
  readonly names: string;
}

/** How containers find Services. */
export interface ServiceNames {
  /** Addresses by `namespace/service`. */
  readonly names: Readonly<Record<string, readonly string[]>>;
  /** Address and port that answer for `clusterIP:port`, where the cluster IP itself does not. */
  readonly redirects: Readonly<Record<string, readonly [string, number]>>;
}
