import type { Config } from '../../config/schema.ts';
import { portNames, type Ports } from '../../lib/ports.ts';
import type { ClusterState } from './state.ts';

/** The first port of a playground that is only thought of. */
const FIRST = 8400;

/**
 * A state as a new playground of this configuration could have it: enough to know which images its parts are made of,
 * before anything is chosen or written.
 */
export function exampleState(config: Config, engine: ClusterState['engine'] = 'k3d'): ClusterState {
  return {
    version: 1,
    engine,
    createdAt: new Date(0).toISOString(),
    config,
    ports: Object.fromEntries(portNames.map((name, offset) => [name, FIRST + offset])) as Ports,
    reserved: [],
    secrets: { password: 'none', webhookSecret: 'none', seed: 'none' },
    cluster: 'none',
    installed: false,
    addons: [],
  };
}
