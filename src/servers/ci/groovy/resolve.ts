import { EXCEPTIONS } from './exceptions.ts';
import type { World } from './machine.ts';
import type { ClassValue, Module } from './values.ts';

/** The packages that every Groovy file imports, and those of exceptions that Jenkinsfiles name. */
const DEFAULT_PACKAGES = ['java.lang', 'java.util', 'java.io', 'java.net', 'groovy.lang', 'groovy.util'];

/** A class by the name that a file uses for it. */
export function resolveIn(world: World, name: string, module: Module): ClassValue | undefined {
  const own = module.classes.get(name);
  if (own !== undefined) return own;
  if (name.includes('.')) return byFullName(world, name) ?? innerClass(world, name, module);
  if (!/^\p{Lu}/u.test(name)) return undefined;
  const imported = module.imports.find(
    ({ alias, star, static: isStatic }) => !star && !isStatic && alias === name,
  );
  if (imported !== undefined) return byFullName(world, imported.name);
  const packages = [
    module.package,
    ...module.imports.filter(({ star }) => star).map((each) => each.name),
    ...DEFAULT_PACKAGES,
  ];
  for (const each of packages) {
    const found = byFullName(world, each === '' ? name : `${each}.${name}`);
    if (found !== undefined) return found;
  }
  return name === 'BigDecimal' || name === 'BigInteger' ? byFullName(world, `java.math.${name}`) : undefined;
}

function byFullName(world: World, name: string): ClassValue | undefined {
  return world.libraryClass(name) ?? EXCEPTIONS.get(name) ?? world.nativeClass(name);
}

/** `Outer.Inner` where `Outer` is known by a short name. */
function innerClass(world: World, name: string, module: Module): ClassValue | undefined {
  const dot = name.indexOf('.');
  if (!/^\p{Lu}/u.test(name)) return undefined;
  const outer = resolveIn(world, name.slice(0, dot), module);
  return outer !== undefined && 'module' in outer
    ? outer.module.classes.get(`${outer.name.slice(outer.name.lastIndexOf('.') + 1)}${name.slice(dot)}`)
    : undefined;
}
