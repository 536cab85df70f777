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
  /** A JSON file of addresses by `namespace/service`. */
  readonly names: string;
}
