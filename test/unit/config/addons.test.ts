import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { addons } from '../../../src/config/addons.ts';
import pins from '../../../src/config/pins.json' with { type: 'json' };
import { neededMemory, profiles } from '../../../src/config/profiles.ts';
import { packageRoot } from '../../../src/lib/package.ts';

const page = readFileSync(join(packageRoot, 'docs', 'addons.md'), 'utf8');

/** The cells of the table's row that begins with this name. */
function row(name: string): string[] {
  const line = page.split('\n').find((candidate) => candidate.startsWith(`| \`${name}\``));
  return (line ?? '').split('|').map((cell) => cell.trim());
}

describe('docs/addons.md', () => {
  test.each(Object.entries(addons))('says of %s what the table says', (name, { gives, needs, memory }) => {
    const [, , says, along, figure] = row(name);
    expect(says).toBe(gives);
    expect(along).toBe(needs.map((need) => `\`${need}\``).join(', '));
    expect(figure).toBe(`${memory.mebibytes} MiB`);
  });

  test.each(Object.entries(profiles))(
    'says of the profile %s what it gives and asks for',
    (name, profile) => {
      const [, , says, figure] = row(name);
      expect(says).toBe(profile.gives);
      expect(figure).toBe(
        `${profile.memory.mebibytes} MiB, ${profile.memory.measured ? 'measured' : 'not measured'}`,
      );
    },
  );
});

describe('the memory that a configuration asks for', () => {
  test('is that of its profile, with the add-ons and those that they need', () => {
    const base = profiles.minimal.memory.mebibytes;
    expect(neededMemory({ profile: 'minimal', with: [] }, 'k3d')).toEqual({
      mebibytes: base,
      measured: false,
    });
    const more = addons.monitoring.memory.mebibytes + addons.mailpit.memory.mebibytes;
    expect(neededMemory({ profile: 'minimal', with: ['monitoring'] }, 'k3d').mebibytes).toBe(base + more);
  });

  test('counts no add-on twice that the profile has, and no Kubernetes that is there already', () => {
    const full = neededMemory({ profile: 'full', with: ['velero'] }, 'k3d').mebibytes;
    expect(full).toBe(profiles.full.memory.mebibytes);
    expect(neededMemory({ profile: 'full', with: [] }, 'kubernetes').mebibytes).toBeLessThan(full);
  });
});

test('every chart of an add-on is pinned beside all other versions, and no pin is left over', () => {
  const wanted = Object.values(addons).flatMap(({ charts }) => charts);
  expect(Object.keys(pins.addonCharts).sort()).toEqual([...new Set(wanted)].sort());
});
