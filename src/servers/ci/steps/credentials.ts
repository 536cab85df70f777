import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { StepFailure, type PipelineValue, type Step, type StepContext } from '../pipeline/host.ts';
import type { StoredCredential } from '../credentials.ts';
import type { BuildServices } from '../builds/services.ts';
import { isRecord, kindOf, listArg, textArg } from './arguments.ts';

interface Bound {
  readonly env: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
}

/** `withCredentials`: variables for the body, masked in the log from then on, and gone after the body. */
export function credentialsStep(services: BuildServices): Step {
  return {
    name: 'withCredentials',
    defaultArgument: 'bindings',
    async run(call) {
      const folder = temporaryFolder(services, call.context);
      const env: Record<string, string> = {};
      const names: string[] = [];
      try {
        for (const binding of listArg(call.args, 'bindings')) {
          const bound = await bind(services, binding, folder);
          for (const secret of bound.secrets) services.log.secrets.add(secret);
          Object.assign(env, bound.env);
          names.push(...Object.keys(bound.env));
        }
        if (names.length > 0) {
          services.log.line(
            `Masking supported pattern matches of ${names.map((name) => `$${name}`).join(' or ')}`,
          );
        }
        const context = call.context.with({ env: { ...call.context.env, ...env } });
        return (await call.body?.(context)) ?? null;
      } finally {
        if (folder !== undefined) await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

/** For `environment { NAME = credentials('id') }`. @throws StepFailure when there is no such credential. */
export async function credentialVariables(
  services: BuildServices,
  id: string,
  context: StepContext,
): Promise<{ readonly value: string; readonly username?: string; readonly password?: string }> {
  const credential = find(services, id);
  switch (credential.kind) {
    case 'usernamePassword': {
      const { username, password } = credential;
      services.log.secrets.add(password);
      return { value: `${username}:${password}`, username, password };
    }
    case 'string':
      services.log.secrets.add(credential.secret);
      return { value: credential.secret };
    case 'file':
      return { value: await secretFile(services, credential, temporaryFolder(services, context)) };
  }
}

async function bind(
  services: BuildServices,
  binding: PipelineValue,
  folder: string | undefined,
): Promise<Bound> {
  const args = isRecord(binding) ? binding : {};
  const kind = kindOf(binding);
  const variable = (name: string, fallback?: string): string => {
    const value = textArg(args, name) ?? fallback;
    if (value === undefined) throw new StepFailure(`withCredentials: ${kind} needs "${name}"`);
    return value;
  };
  const credential = () => find(services, variable('credentialsId'));
  switch (kind) {
    case 'usernamePassword':
    case 'UsernamePasswordMultiBinding': {
      const { username, password } = ofKind(credential(), 'usernamePassword');
      return {
        env: {
          [variable('usernameVariable', 'USERNAME')]: username,
          [variable('passwordVariable', 'PASSWORD')]: password,
        },
        secrets: [password],
      };
    }
    case 'usernameColonPassword':
    case 'UsernamePasswordBinding': {
      const { username, password } = ofKind(credential(), 'usernamePassword');
      const both = `${username}:${password}`;
      return { env: { [variable('variable')]: both }, secrets: [both, password] };
    }
    case 'string':
    case 'StringBinding': {
      const { secret } = ofKind(credential(), 'string');
      return { env: { [variable('variable')]: secret }, secrets: [secret] };
    }
    case 'file':
    case 'FileBinding': {
      const file = await secretFile(services, ofKind(credential(), 'file'), folder);
      return { env: { [variable('variable')]: file }, secrets: [file] };
    }
    default:
      throw new StepFailure(
        `withCredentials: this CI server binds usernamePassword, usernameColonPassword, string and file, not "${kind || 'an unnamed binding'}"`,
      );
  }
}

function find(services: BuildServices, id: string): StoredCredential {
  const credential = services.credentials.find(id);
  if (credential === undefined) throw new StepFailure(`Could not find credentials entry with ID '${id}'`);
  return credential;
}

function ofKind<K extends StoredCredential['kind']>(
  credential: StoredCredential,
  kind: K,
): Extract<StoredCredential, { kind: K }> {
  if (credential.kind === kind) return credential as Extract<StoredCredential, { kind: K }>;
  throw new StepFailure(
    `Credentials '${credential.id}' is of the kind ${credential.kind} where ${kind} was expected`,
  );
}

function temporaryFolder(services: BuildServices, { cwd }: StepContext): string | undefined {
  const root = [...services.roots].find(({ folder }) => cwd?.startsWith(folder));
  return root === undefined ? undefined : join(root.temporary, 'secretFiles', randomBytes(8).toString('hex'));
}

async function secretFile(
  services: BuildServices,
  credential: Extract<StoredCredential, { kind: 'file' }>,
  folder: string | undefined,
): Promise<string> {
  if (folder === undefined)
    throw new StepFailure('a secret file needs a workspace: put it into a stage with an agent');
  const content = Buffer.from(credential.base64, 'base64');
  const text = content.toString('utf8').trim();
  if (text.length > 0 && text.length < 64 * 1024) services.log.secrets.add(text);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, basename(credential.fileName) || 'secret');
  await writeFile(file, content, { mode: 0o600 });
  return file;
}
