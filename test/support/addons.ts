import { parseAllDocuments } from 'yaml';
import { configSchema, addonNames } from '../../src/config/schema.ts';
import { seededContent } from '../../src/flow/seed.ts';
import { componentSettings } from './components.ts';

type Platform = 'k3d' | 'kubernetes';

/** The operator's repository with these add-ons, by the paths of its files. */
export function operatorRepository(
  platform: Platform,
  names: readonly (typeof addonNames)[number][],
  bundle?: string,
): ReadonlyMap<string, string> {
  const config = configSchema.parse({ engine: platform, with: names, bundle });
  const { endpoints } = componentSettings(platform);
  const repository = seededContent({ config, endpoints }).find(({ name }) => name === 'operator');
  return new Map(repository?.files.map(({ path, content }) => [path, content]));
}

/** Every document of a file, as an object. */
export function documentsOf(content: string): Record<string, unknown>[] {
  return parseAllDocuments(content).map((document) => document.toJS() as Record<string, unknown>);
}

/** What the operator's repository holds with every add-on, as files. */
export function goldenAddons(): Map<string, string> {
  const files = new Map<string, string>();
  for (const platform of ['k3d', 'kubernetes'] as const) {
    for (const [path, content] of operatorRepository(platform, addonNames)) {
      if (path.endsWith('.yaml')) files.set(`operator/${platform}/${path}`, content);
    }
  }
  return files;
}
