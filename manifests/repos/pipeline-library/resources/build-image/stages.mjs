/** What the instructions mean: turns the stages of a Dockerfile into a configuration and layers of files. */
import path from 'node:path';
import {
  BuildError,
  parseExecForm,
  parseHealthcheck,
  parsePairs,
  splitWords,
  takeFlags,
} from './dockerfile.mjs';

const SCRATCH = { config: {}, history: [], layers: [], diffIds: [] };
/** Owners that COPY --chown may name: the base image's own list of users is in its layers, which are not read. */
const USERS = { root: 0, node: 1000 };

/**
 * Builds one stage, and the stages that it copies from.
 * @param pullBase async (image, line) => the base image's `{ config, history, layers, diffIds, … }`
 * @returns `{ base, config, history, layers }`; a new layer is a Map of entries by path
 */
export async function buildStage(instructions, { target, buildArgs, context, pullBase, platform }) {
  const { stages, globals } = splitStages(instructions, buildArgs);
  const built = new Map();
  const wanted = target === undefined ? stages.at(-1) : stages.find(({ name }) => name === target);
  if (wanted === undefined) throw new BuildError(`there is no stage "${target}"`);
  return build(wanted);

  /** Stages that the wanted one does not need are never looked at, so a stage for tests may well have RUN. */
  function build(stage) {
    if (!built.has(stage)) built.set(stage, start(stage));
    return built.get(stage);
  }

  async function start(stage) {
    const parent = stages.slice(0, stage.index).findLast(({ name }) => name === stage.image);
    const base = parent
      ? await build(parent)
      : stage.image === 'scratch'
        ? SCRATCH
        : await pullBase(stage.image, stage.line);
    const state = {
      base: base.base ?? base,
      config: structuredClone(base.config),
      history: [...base.history],
      layers: (base.base === undefined ? [] : base.layers).map((layer) => new Map(layer)),
      variables: new Map(),
      shell: ['/bin/sh', '-c'],
      ownCmd: false,
      openLayer: undefined,
    };
    for (const entry of state.config.Env ?? [])
      setVariable(state, entry.split('=')[0], entry.slice(entry.indexOf('=') + 1));
    for (const instruction of stage.instructions) {
      const apply = HANDLERS[instruction.name];
      if (apply === undefined)
        throw new BuildError(
          `${instruction.name} is not an instruction that is known here`,
          instruction.line,
        );
      const copies = apply === HANDLERS.COPY;
      // COPY instructions that follow each other share a layer: fewer files to send, the same result.
      if (!copies) state.openLayer = undefined;
      const fresh = copies && state.openLayer === undefined;
      if (fresh) state.layers.push((state.openLayer = new Map()));
      await apply(state, instruction, { stages, stage, build, context, buildArgs, globals, platform });
      const created_by = `${instruction.name} ${instruction.text}`.replaceAll(/\s+/g, ' ');
      state.history.push({ created_by, comment: 'build-image', ...(fresh ? {} : { empty_layer: true }) });
    }
    return state;
  }
}

/** Divides the instructions at their FROMs. ARGs before the first one are for the FROMs. */
function splitStages(instructions, buildArgs) {
  const stages = [];
  const globals = new Map();
  for (const instruction of instructions) {
    const { name, text, line } = instruction;
    if (name === 'FROM') {
      const words = splitWords(text, globals, line);
      takeFlags(words, ['platform'], instruction);
      const [image, as, alias] = words;
      if (!image || (words.length !== 1 && !(words.length === 3 && /^as$/i.test(as)))) {
        throw new BuildError('FROM wants an image, and a name after AS', line);
      }
      stages.push({ image, name: alias?.toLowerCase(), line, index: stages.length, instructions: [] });
    } else if (stages.length > 0) {
      stages.at(-1).instructions.push(instruction);
    } else if (name === 'ARG') {
      const [[key, value] = []] = argument(instruction, globals);
      globals.set(key, buildArgs.get(key) ?? value);
    } else {
      throw new BuildError(`${name} stands before the first FROM`, line);
    }
  }
  return { stages, globals };
}

/** `ARG NAME[=default] …` as pairs. */
function argument({ text, line }, variables) {
  return splitWords(text, variables, line).map((word) => {
    const [, name, value] = /^([A-Za-z_]\w*)(?:=([^]*))?$/.exec(word) ?? [];
    if (name === undefined) throw new BuildError(`ARG wants NAME or NAME=default, not "${word}"`, line);
    return [name, value];
  });
}

const setVariable = (state, name, value) => state.variables.set(name, value);
const refuse =
  (reason) =>
  (_state, { name, line }) => {
    throw new BuildError(`${name} ${reason}`, line);
  };

/** One handler for every instruction: `(state, instruction, surroundings)`. */
const HANDLERS = {
  ARG(state, instruction, { buildArgs, globals, platform }) {
    const [os, arch] = platform.split('/');
    const given = { TARGETPLATFORM: platform, TARGETOS: os, TARGETARCH: arch };
    const fromBase = new Set((state.config.Env ?? []).map((entry) => entry.split('=')[0]));
    for (const [name, value] of argument(instruction, state.variables)) {
      const chosen = buildArgs.get(name) ?? value ?? globals.get(name) ?? given[name];
      if (chosen !== undefined && !fromBase.has(name)) setVariable(state, name, chosen); // ENV wins over ARG.
    }
  },
  ENV(state, instruction) {
    for (const [name, value] of parsePairs(instruction, state.variables)) {
      state.config.Env = [
        ...(state.config.Env ?? []).filter((entry) => !entry.startsWith(`${name}=`)),
        `${name}=${value}`,
      ];
      setVariable(state, name, value);
    }
  },
  LABEL(state, instruction) {
    Object.assign((state.config.Labels ??= {}), Object.fromEntries(parsePairs(instruction, state.variables)));
  },
  WORKDIR(state, instruction) {
    state.config.WorkingDir = path.posix.resolve(state.config.WorkingDir || '/', oneWord(state, instruction));
  },
  USER(state, instruction) {
    state.config.User = oneWord(state, instruction);
  },
  STOPSIGNAL(state, instruction) {
    state.config.StopSignal = oneWord(state, instruction);
  },
  EXPOSE(state, { text, line }) {
    for (const word of splitWords(text, state.variables, line)) {
      if (!/^\d{1,5}(-\d{1,5})?(\/(tcp|udp|sctp))?$/.test(word))
        throw new BuildError(`EXPOSE of "${word}": not a port`, line);
      (state.config.ExposedPorts ??= {})[word.includes('/') ? word : `${word}/tcp`] = {};
    }
  },
  VOLUME(state, instruction) {
    const words =
      parseExecForm(instruction) ?? splitWords(instruction.text, state.variables, instruction.line);
    for (const word of words) (state.config.Volumes ??= {})[word] = {};
  },
  HEALTHCHECK(state, instruction) {
    state.config.Healthcheck = parseHealthcheck(instruction);
  },
  SHELL(state, instruction) {
    const list = parseExecForm(instruction);
    if (list === undefined) throw new BuildError('SHELL wants a list in JSON', instruction.line);
    state.shell = list;
  },
  CMD(state, instruction) {
    state.config.Cmd = command(state, instruction);
    state.ownCmd = true;
  },
  ENTRYPOINT(state, instruction) {
    state.config.Entrypoint = command(state, instruction);
    if (!state.ownCmd) delete state.config.Cmd; // The base's CMD were arguments for the base's ENTRYPOINT.
  },
  async COPY(state, instruction, surroundings) {
    const { name, text, line } = instruction;
    const words =
      parseExecForm({ name, line, text: text.startsWith('["') ? text : '' }) ??
      splitWords(text, state.variables, line);
    const flags = takeFlags(
      words,
      name === 'COPY' ? ['chown', 'chmod', 'from', 'link'] : ['chown', 'chmod'],
      instruction,
    );
    if (words.length < 2) throw new BuildError(`${name} wants sources and a destination`, line);
    const change = { ...owner(flags.chown, line), ...mode(flags.chmod, line) };
    const sources = words.slice(0, -1);
    if (name === 'ADD') sources.forEach((source) => requirePlainFile(source, line));
    const find =
      flags.from === undefined ? surroundings.context.find : await findIn(flags.from, surroundings, line);
    const found = sources.flatMap((source) => find(source, line));
    const destination = words.at(-1);
    const absolute = path.posix.resolve(state.config.WorkingDir || '/', destination);
    const severalOrFolder = found.length > 1 || !found[0]?.single || sources.length > 1;
    const intoFolder = severalOrFolder || /(^|\/)\.{0,2}$/.test(destination) || isFolder(state, absolute);
    for (const { to, single: _, ...entry } of found) {
      const place = (intoFolder ? path.posix.join(absolute, to) : absolute).slice(1);
      state.openLayer.set(place, { ...entry, ...change, ...(entry.type === 'link' ? { mode: 0o777 } : {}) });
    }
  },
  RUN: refuse(
    'needs a builder that runs programs, such as BuildKit (docker buildx build); this one only copies files',
  ),
  ONBUILD: refuse('is not supported; BuildKit knows it'),
  MAINTAINER: refuse('is out of use; write LABEL org.opencontainers.image.authors=… in its place'),
};
HANDLERS.ADD = HANDLERS.COPY;

function oneWord(state, { name, text, line }) {
  const words = splitWords(text, state.variables, line);
  if (words.length !== 1 || words[0] === '') throw new BuildError(`${name} wants one value`, line);
  return words[0];
}

function command(state, instruction) {
  return parseExecForm(instruction) ?? [...state.shell, instruction.text];
}

function isFolder(state, absolute) {
  const place = absolute.slice(1);
  if (absolute === '/' || absolute === state.config.WorkingDir) return true;
  return state.layers.some((layer) =>
    [...layer].some(
      ([name, { type }]) => name.startsWith(`${place}/`) || (name === place && type === 'folder'),
    ),
  );
}

function requirePlainFile(source, line) {
  if (/^(https?|git|ssh):|^git@/.test(source))
    throw new BuildError('ADD of an address is not supported; BuildKit knows it', line);
  if (/\.(tar|tgz|tbz2?|txz|tar\.\w+)$/.test(source)) {
    throw new BuildError(
      'ADD would unpack this archive, which is not supported: COPY it, or use BuildKit',
      line,
    );
  }
}

/** The files that an earlier stage has copied. What came with its base image is not at hand. */
async function findIn(name, { stages, stage, build }, line) {
  const earlier = stages.slice(0, stage.index);
  const source =
    earlier.findLast((each) => each.name === name.toLowerCase()) ??
    (/^\d+$/.test(name) ? earlier[Number(name)] : undefined);
  if (source === undefined)
    throw new BuildError(
      `COPY --from=${name}: no earlier stage has this name; only BuildKit copies from other images`,
      line,
    );
  const files = new Map((await build(source)).layers.flatMap((layer) => [...layer]));
  return (wanted) => {
    const place = path.posix.resolve('/', wanted).slice(1);
    const exact = files.get(place);
    if (exact !== undefined && exact.type !== 'folder')
      return [{ ...exact, to: path.posix.basename(place), single: true }];
    const inside = [...files].filter(([file]) => place === '' || file.startsWith(`${place}/`));
    if (exact === undefined && inside.length === 0) {
      throw new BuildError(
        `COPY --from=${name} of ${wanted}: the stage has not copied it, and files of base images are not read here (BuildKit can)`,
        line,
      );
    }
    return inside.map(([file, entry]) => ({ ...entry, to: path.posix.relative(place, file) }));
  };
}

function owner(text, line) {
  if (text === undefined) return {};
  const [user, group = user] = text
    .split(':')
    .map((name) => (/^\d+$/.test(name) ? Number(name) : USERS[name]));
  if (user === undefined || group === undefined)
    throw new BuildError(
      `--chown=${text}: give numbers, or the users ${Object.keys(USERS).join(' and ')}`,
      line,
    );
  return { uid: user, gid: group };
}

function mode(text, line) {
  if (text === undefined) return {};
  if (!/^[0-7]{3,4}$/.test(text))
    throw new BuildError(`--chmod=${text}: give an octal number such as 755`, line);
  return { mode: parseInt(text, 8) };
}
