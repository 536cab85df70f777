import { resolve } from 'node:path';
import type { Settings } from '../config/load.ts';

/** The options that set keys of the configuration, as `up` and `bundle save` share them. */
export function clusterSettings(options: Readonly<Record<string, unknown>>): Settings {
  const { engine, port, context, bundle, profile, with: addons, gitServer, operator } = options;
  return {
    engine,
    port: typeof port === 'string' ? Number(port) : undefined,
    context,
    // Commands that come later run in other folders.
    bundle: typeof bundle === 'string' ? resolve(bundle) : undefined,
    profile,
    with:
      typeof addons === 'string'
        ? addons
            .split(',')
            .map((addon) => addon.trim())
            .filter((addon) => addon !== '')
        : undefined,
    gitServer,
    operator,
  };
}
