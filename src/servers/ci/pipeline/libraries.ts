import { raise } from '../groovy/exceptions.ts';
import { waitFor, type Gen } from '../groovy/fiber.ts';
import { parseGroovy } from '../groovy/parser.ts';
import { defineClasses } from '../groovy/objects.ts';
import type { Frame } from '../groovy/scope.ts';
import type { GroovyClass } from '../groovy/values.ts';
import { NativeObject, type GroovyObject, type Module, type Value } from '../groovy/values.ts';
import type { Build } from './build.ts';
import type { LibrarySource } from './host.ts';
import { asGroovy } from './interruptions.ts';

/** The shared libraries that a build has loaded: their variables, their classes and their resources. */
export class Libraries {
  readonly #build: Build;
  readonly #loaded = new Map<string, LibrarySource>();
  readonly #variables = new Map<string, GroovyObject>();
  readonly #classes = new Map<string, GroovyClass>();

  constructor(build: Build) {
    this.#build = build;
  }

  /** Loads a library as `name` or `name@version`; once, whatever version came first. */
  async load(identifier: string): Promise<LibrarySource> {
    const [name = identifier] = identifier.split('@');
    const known = this.#loaded.get(name);
    if (known !== undefined) return known;
    const library = await this.#build.host.loadLibrary(identifier);
    this.#loaded.set(name, library);
    return library;
  }

  variableNames(): string[] {
    return [...this.#loaded.values()].flatMap(({ vars }) => [...vars.keys()]);
  }

  /** The object of `vars/NAME.groovy`, made when it is first used. */
  *variable(name: string, frame: Frame): Gen<GroovyObject | undefined> {
    const known = this.#variables.get(name);
    if (known !== undefined) return known;
    for (const { vars } of this.#loaded.values()) {
      const file = vars.get(name);
      if (file === undefined) continue;
      const { script } = yield* this.#build.loadScript(file, name, frame);
      this.#variables.set(name, script);
      return script;
    }
    return undefined;
  }

  has(name: string): boolean {
    return this.#variables.has(name) || [...this.#loaded.values()].some(({ vars }) => vars.has(name));
  }

  /** A class of `src/` by its full name. */
  findClass(name: string): GroovyClass | undefined {
    const known = this.#classes.get(name);
    if (known !== undefined) return known;
    for (const { classes } of this.#loaded.values()) {
      const file = classes.get(name);
      if (file === undefined) continue;
      const script = parseGroovy(file);
      const module: Module = { file, package: script.package, imports: script.imports, classes: new Map() };
      for (const klass of defineClasses(script.classes, module)) this.#classes.set(klass.name, klass);
      return this.#classes.get(name);
    }
    return undefined;
  }

  resource(path: string): string {
    let missing: unknown;
    for (const library of this.#loaded.values()) {
      try {
        return library.resource(path);
      } catch (error) {
        missing = error;
      }
    }
    if (missing === undefined)
      raise('hudson.AbortException', `No such library resource ${path} could be found.`);
    throw asGroovy(missing);
  }
}

/** What `library 'name'` gives: the classes of the library by their packages. */
export class LoadedLibrary extends NativeObject {
  readonly className = 'org.jenkinsci.plugins.workflow.libs.LibraryStep$LoadedClasses';
  readonly #libraries: Libraries;
  readonly #path: string;

  constructor(libraries: Libraries, path: string) {
    super();
    this.#libraries = libraries;
    this.#path = path;
  }

  override getProperty(name: string): Value | undefined {
    const path = this.#path === '' ? name : `${this.#path}.${name}`;
    return this.#libraries.findClass(path) ?? new LoadedLibrary(this.#libraries, path);
  }

  override toString(): string {
    return `library ${this.#path}`;
  }
}

/** Waits for a library inside of a running script. */
export function* loadNow(libraries: Libraries, identifier: string, frame: Frame): Gen<LibrarySource> {
  try {
    return yield* waitFor(libraries.load(identifier));
  } catch (error) {
    throw asGroovy(error, frame.fiber.signal);
  }
}
