import { PlaygroundError } from '../lib/errors.ts';
import type { Config } from './schema.ts';

/**
 * Settings that what was seeded and installed is made of cannot change later.
 * @throws PlaygroundError `config-fixed` naming those that differ from what the playground was made with.
 */
export function refuseChanges(config: Config, kept: Config, fixed: readonly (keyof Config)[]): void {
  const changed = fixed.filter((key) => config[key] !== kept[key]);
  if (changed.length === 0) return;
  throw new PlaygroundError({
    code: 'config-fixed',
    message: `the playground "${config.name}" was made with another ${changed.join(' and ')}, which cannot change later`,
    hint: `leave it out, use another --name, or begin anew: gitops-playground down --name ${config.name}`,
  });
}
