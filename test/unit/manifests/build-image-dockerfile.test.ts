import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BuildError,
  parseDockerfile,
  splitWords,
} from '../../../manifests/repos/pipeline-library/resources/build-image/dockerfile.mjs';
import { buildStage } from '../../../manifests/repos/pipeline-library/resources/build-image/stages.mjs';

const base = {
  config: { Env: ['PATH=/bin'], Cmd: ['node'], WorkingDir: '' },
  history: [{ created_by: 'base' }],
  layers: [{ digest: 'sha256:base', size: 1 }],
  diffIds: ['sha256:base'],
};
const files: Record<string, object[]> = {
  'a.txt': [{ type: 'file', mode: 0o644, content: Buffer.from('a'), to: 'a.txt', single: true }],
  src: [{ type: 'file', mode: 0o644, content: Buffer.from('b'), to: 'deep/b.txt' }],
};

async function build(source: string, buildArgs: Record<string, string> = {}, target?: string) {
  const pulled: string[] = [];
  const stage = await buildStage(parseDockerfile(source), {
    target,
    platform: 'linux/arm64',
    buildArgs: new Map(Object.entries(buildArgs)),
    context: { find: (name: string) => files[name] ?? [] },
    pullBase: async (image: string) => {
      pulled.push(image);
      return { ...base, image };
    },
  });
  const layers = stage.layers.map((layer: Map<string, object>) => [...layer.keys()]);
  return { config: stage.config, history: stage.history, layers, pulled };
}

describe('parseDockerfile', () => {
  it('joins continued lines, over comments, and knows where an instruction begins', () => {
    const source = '# syntax=docker/dockerfile:1\n\nFROM node\nENV a=1 \\\n# why\n  b=2\r\nuser x\n';
    expect(parseDockerfile(source)).toEqual([
      { name: 'FROM', text: 'node', line: 3 },
      { name: 'ENV', text: 'a=1   b=2', line: 4 },
      { name: 'USER', text: 'x', line: 7 },
    ]);
  });

  it.each([
    ['', undefined, 'no FROM'],
    ['# escape=`\nFROM x', 1, 'backslash'],
    ['FROM x\nRUN <<EOF\nls\nEOF', 2, 'here-documents'],
  ])('refuses %j', (source, line, message) => {
    expect(() => parseDockerfile(source)).toThrow(
      expect.objectContaining({ line, message: expect.stringContaining(message) }),
    );
  });

  it('gives back the instructions that a file was made of', () => {
    const text = fc.stringMatching(/^[a-z0-9=/._-]{1,12}( [a-z0-9=/._-]{1,12}){0,3}$/);
    const gap = fc.constantFrom('', '\n', '# a comment\n', '   \n');
    const joint = fc.constantFrom(' ', ' \\\n', ' \\\n# between\n', ' \\  \n\n');
    fc.assert(
      fc.property(fc.array(fc.tuple(gap, text, joint), { minLength: 1, maxLength: 8 }), (parts) => {
        const source = parts.map(([before, words, between]) => `${before}FROM ${words.replaceAll(' ', between)}\n`);
        const parsed = parseDockerfile(source.join(''));
        expect(parsed.map((each: { text: string }) => each.text.split(/\s+/))).toEqual(
          parts.map(([, words]) => words.split(' ')),
        );
      }),
    );
  });
});

describe('splitWords', () => {
  const variables = new Map([
    ['A', 'one'],
    ['EMPTY', ''],
    ['SPACED', 'x y'],
  ]);
  it.each([
    ['a  b', ['a', 'b']],
    ['$A-${A}b $NONE. ', ['one-oneb', '.']],
    ['${NONE:-x} ${A:-x} ${EMPTY:-x} ${A:+y} ${NONE:+y}z', ['x', 'one', 'x', 'y', 'z']],
    ['"a b" c\\ d \'$A\' "$A"', ['a b', 'c d', '$A', 'one']],
    ['\\$A "" "\\n\\""', ['$A', '', '\\n"']],
    ['$SPACED', ['x y']],
  ])('splits %j', (text, words) => {
    expect(splitWords(text, variables, 1)).toEqual(words);
  });

  it.each(['"open', "'open", '${A', '${A:?x}', 'a $ b'])('refuses %j', (text) => {
    expect(() => splitWords(text, variables, 7)).toThrow(expect.objectContaining({ line: 7 }));
  });

  it('gives back any words that were quoted', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 12 }).map((word) => word.replaceAll("'", ''))), (words) => {
        expect(splitWords(words.map((word) => `'${word}'`).join(' '), new Map(), 1)).toEqual(words);
      }),
    );
  });

  it('fails on nothing but mistakes, with the line', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'aA_1 "\'\\${}:-+\t') }), (text) => {
        try {
          splitWords(text, variables, 3);
        } catch (error) {
          expect(error).toBeInstanceOf(BuildError);
          expect(error).toMatchObject({ line: 3 });
        }
      }),
    );
  });
});

describe('stages', () => {
  it('set what the image says about itself', async () => {
    const { config } = await build(`FROM node:22
WORKDIR /srv
WORKDIR app
ENV PATH=/x:$PATH OLD=1
ENV GREETING hello to "all"
LABEL a=b "c d"="e f"
EXPOSE 80 53/udp
VOLUME ["/data"]
STOPSIGNAL SIGINT
USER 1000:1000
HEALTHCHECK --interval=1m30s --retries=2 CMD ["true"]
CMD node server.js
`);
    expect(config).toEqual({
      Env: ['PATH=/x:/bin', 'OLD=1', 'GREETING=hello to "all"'],
      WorkingDir: '/srv/app',
      Labels: { a: 'b', 'c d': 'e f' },
      ExposedPorts: { '80/tcp': {}, '53/udp': {} },
      Volumes: { '/data': {} },
      StopSignal: 'SIGINT',
      User: '1000:1000',
      Healthcheck: { Test: ['CMD', 'true'], Interval: 90e9, Retries: 2 },
      Cmd: ['/bin/sh', '-c', 'node server.js'],
    });
  });

  it('drop the CMD of the base with a new ENTRYPOINT, but not their own', async () => {
    expect((await build('FROM x\nENTRYPOINT ["node"]')).config.Cmd).toBeUndefined();
    expect((await build('FROM x\nCMD ["a"]\nENTRYPOINT ["node"]')).config.Cmd).toEqual(['a']);
  });

  it('take build arguments where ARG asks for them, and ENV wins', async () => {
    const source = 'ARG V=1\nARG W=2\nFROM n:$V-$W\nARG V\nARG D=d\nARG PATH=bad\nARG TARGETARCH\nENV R=$V$D$W$TARGETARCH P=$PATH';
    const { config, pulled } = await build(source, { V: '9', W: '8' });
    expect(pulled).toEqual(['n:9-8']);
    expect(config.Env).toEqual(['PATH=/bin', 'R=9darm64', 'P=/bin']);
  });

  it('copy to where Docker would', async () => {
    const place = async (copy: string, before = 'WORKDIR /w') => (await build(`FROM x\n${before}\n${copy}`)).layers[0];
    expect(await place('COPY a.txt .')).toEqual(['w/a.txt']);
    expect(await place('COPY a.txt b.txt')).toEqual(['w/b.txt']);
    expect(await place('COPY a.txt /b/')).toEqual(['b/a.txt']);
    expect(await place('COPY a.txt /w')).toEqual(['w/a.txt']);
    expect(await place('COPY src ./src')).toEqual(['w/src/deep/b.txt']);
    expect(await place('COPY ["a.txt", "/with space"]')).toEqual(['with space']);
    expect(await place('COPY a.txt src /all/')).toEqual(['all/a.txt', 'all/deep/b.txt']);
    expect(await place('COPY a.txt /../../up')).toEqual(['up']);
  });

  it('put COPYs that follow each other into one layer, and tell the history of all', async () => {
    const { layers, history } = await build('FROM x\nCOPY a.txt /1\nCOPY a.txt /2\nUSER u\nCOPY a.txt /3');
    expect(layers).toEqual([['1', '2'], ['3']]);
    expect(history.filter((entry: { empty_layer?: boolean }) => entry.empty_layer !== true)).toHaveLength(3);
    expect(history).toHaveLength(5);
  });

  it('copy from earlier stages, and never look at stages that nobody needs', async () => {
    const source = `FROM base AS one
COPY src /out
FROM base AS tests
RUN npm test
FROM scratch
COPY --from=one /out/deep /app
COPY --from=0 /out/deep/b.txt /single
`;
    const { layers, pulled, config } = await build(source);
    expect(layers).toEqual([['app/b.txt', 'single']]);
    expect(pulled).toEqual(['base']);
    expect(config).toEqual({});
    expect((await build('FROM a AS one\nENV X=1\nFROM one\nENV Y=$X')).config.Env).toContain('Y=1');
    expect((await build(source, {}, 'one')).layers).toEqual([['out/deep/b.txt']]);
  });

  it.each([
    ['FROM x\nRUN ls', 2, 'BuildKit'],
    ['ENV a=b\nFROM x', 1, 'before the first FROM'],
    ['FROM', 1, 'FROM wants an image'],
    ['FROM x\nCOPY --exclude=a b c', 2, 'COPY --exclude is not supported'],
    ['FROM x\nCOPY a.txt', 2, 'sources and a destination'],
    ['FROM x\nCOPY --from=nginx /a /b', 2, 'no earlier stage'],
    ['FROM x AS y\nFROM z\nCOPY --from=y /etc/passwd /b', 3, 'files of base images are not read'],
    ['FROM x\nCOPY --chown=alice a.txt /', 2, 'give numbers'],
    ['FROM x\nCOPY --chmod=rwx a.txt /', 2, 'octal'],
    ['FROM x\nADD https://example.com/x /', 2, 'ADD of an address'],
    ['FROM x\nADD x.tar.gz /', 2, 'COPY it'],
    ['FROM x\nEXPOSE http', 2, 'not a port'],
    ['FROM x\nENV a', 2, 'NAME=value'],
    ['FROM x\nARG 1x', 2, 'ARG wants NAME'],
    ['FROM x\nMAINTAINER me', 2, 'out of use'],
    ['FROM x\nUSER a b', 2, 'one value'],
  ])('refuse %j', async (source, line, message) => {
    await expect(build(source)).rejects.toMatchObject({ line, message: expect.stringContaining(message) });
  });
});
