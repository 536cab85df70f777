import { parseImageReference } from '../../clients/image-reference.ts';
import { PlaygroundError } from '../../lib/errors.ts';

/**
 * Arguments by which operators are told of images that they make pods of: `--prometheus-config-reloader=HOST/NAME:TAG`. What an image is
 * by default runs only where somebody asks for a part that none of the add-ons has (Thanos).
 */
const IMAGE_ARGUMENT = /^--(?!thanos-default-)[a-z0-9-]*(?:image|reloader)[a-z0-9-]*=(\S+\/\S+:\S+)$/;

/** Kinds of Crossplane that name an image as their package. */
const PACKAGE_KINDS: readonly unknown[] = ['Provider', 'Function', 'Configuration'];

/**
 * References of the images that objects name, as they name them: under the key `image` of whatever depth (of pods, their
 * templates, of kinds that operators make pods of, and of values), in arguments of operators, and as packages of Crossplane.
 */
export function namedImages(objects: readonly unknown[]): string[] {
  const found = new Set<string>();
  const visit = (value: unknown, key: string): void => {
    if (typeof value === 'string') {
      const named = key === 'image' ? value : IMAGE_ARGUMENT.exec(value)?.[1];
      if (named !== undefined && isReference(named)) found.add(named);
    } else if (Array.isArray(value)) {
      for (const item of value) visit(item, '');
    } else if (typeof value === 'object' && value !== null) {
      if (key === 'image') visit(inParts(value), key);
      const { kind, spec } = value as { kind?: unknown; spec?: { package?: unknown } | null };
      if (PACKAGE_KINDS.includes(kind)) visit(spec?.package, 'image');
      for (const [name, content] of Object.entries(value)) visit(content, name);
    }
  };
  for (const object of objects) visit(object, '');
  return [...found].sort();
}

/** An image as values of charts spell it, in three parts; with fewer, the chart knows the rest. */
function inParts(image: { registry?: unknown; repository?: unknown; tag?: unknown }): string | undefined {
  const { registry, repository, tag } = image;
  const parts = [registry, repository, tag];
  return parts.every((part) => typeof part === 'string') ? `${parts[0]}/${parts[1]}:${parts[2]}` : undefined;
}

function isReference(text: string): boolean {
  try {
    return text !== '' && parseImageReference(text).repository !== '';
  } catch (error) {
    if (error instanceof PlaygroundError) return false;
    throw error;
  }
}
