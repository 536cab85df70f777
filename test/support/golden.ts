import { goldenAddons } from './addons.ts';
import { goldenComponents } from './components.ts';
import { goldenClusters } from './clusters.ts';

/** Every golden file by its path below test/golden, as it is rendered now. `scripts/golden.js` writes them. */
export function goldenFiles(): ReadonlyMap<string, string> {
  return new Map([...goldenComponents(), ...goldenAddons(), ...goldenClusters()]);
}
