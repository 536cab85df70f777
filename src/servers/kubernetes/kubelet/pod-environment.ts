import type { Cluster } from '../cluster.ts';
import type { Clock } from '../controllers/clock.ts';
import type { Pod } from '../controllers/objects.ts';
import type { ImageStore } from './image-store.ts';
import type { ProcessRecords } from './process-records.ts';

/** What the containers of a pod share. */
export interface PodEnvironment {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly images: ImageStore;
  readonly records: ProcessRecords;
  /** The pod's own folder: volumes, logs, scratch space. */
  readonly folder: string;
  readonly address: string;
  readonly hostAddress: string;
  /** Real ports by container port, where the address is not the pod's own. */
  readonly ports: Readonly<Record<string, number>>;
  /** The file with the addresses of Services. */
  readonly names: string;
  /** The bundled module that every process preloads. */
  readonly preload: string;
  /** The pod as it is now. */
  pod(): Pod;
  /** A container's state has changed: the pod's status has to be written. */
  changed(): void;
  tell(type: 'Normal' | 'Warning', reason: string, message: string, container: string, isInit: boolean): void;
}
