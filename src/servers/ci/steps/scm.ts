import { messageOf } from '../../../lib/errors.ts';
import { checkoutInto } from '../git/checkout.ts';
import type { Login } from '../git/git.ts';
import { StepFailure, type PipelineValue, type Step, type StepContext } from '../pipeline/host.ts';
import type { BuildServices } from '../builds/services.ts';
import { isRecord, kindOf, listArg, textArg } from './arguments.ts';
import { inWorkspace } from './paths.ts';

/** What `checkout` takes, and what `scm` is in a multibranch pipeline. */
export interface GitScm {
  readonly remote: string;
  readonly branch: string;
  readonly ref: string | undefined;
  /** Pinned, so that all checkouts of a build see the same commit. */
  readonly revision: string | undefined;
  readonly credentialsId: string | undefined;
}

/** The value of the variable `scm`; it reads like Jenkins's GitSCM. */
export function scmValue(scm: GitScm): PipelineValue {
  return {
    $class: 'GitSCM',
    branches: [{ name: scm.branch }],
    userRemoteConfigs: [
      { url: scm.remote, credentialsId: scm.credentialsId ?? null, refspec: scm.ref ?? null },
    ],
    extensions: [],
    revision: scm.revision ?? null,
  };
}

/** `checkout scm`, `checkout scmGit(…)`, `checkout([$class: 'GitSCM', …])` and `git`. */
export function scmSteps(services: BuildServices): Step[] {
  return [
    {
      name: 'checkout',
      defaultArgument: 'scm',
      async run({ args, context }) {
        // `checkout([$class: 'GitSCM', …])` may arrive as named arguments of the step itself.
        const scm = args['scm'] ?? (args['$class'] === undefined ? undefined : args);
        return checkOut(services, context, parseScm(scm));
      },
    },
    {
      name: 'git',
      defaultArgument: 'url',
      async run({ args, context }) {
        const remote = textArg(args, 'url');
        if (remote === undefined) throw new StepFailure('the step "git" needs "url"');
        const branch = textArg(args, 'branch') ?? 'master';
        const credentialsId = textArg(args, 'credentialsId');
        return checkOut(services, context, {
          remote,
          branch,
          credentialsId,
          ref: undefined,
          revision: undefined,
        });
      },
    },
  ];
}

function parseScm(scm: PipelineValue | undefined): GitScm {
  const kind = scm === undefined ? '' : kindOf(scm);
  if (!isRecord(scm) || !['GitSCM', 'scmGit', 'gitSCM'].includes(kind)) {
    throw new StepFailure(
      scm === undefined || scm === null
        ? 'checkout: there is no scm here; ‘checkout scm’ is only available in a multibranch pipeline'
        : `checkout: this CI server checks out git, not "${kind}"`,
    );
  }
  const [config, ...more] = listArg(scm, 'userRemoteConfigs');
  if (!isRecord(config)) throw new StepFailure('checkout: "userRemoteConfigs" needs a "url"');
  if (more.length > 0) throw new StepFailure('checkout: this CI server checks out one remote at a time');
  const remote = textArg(config, 'url');
  if (remote === undefined) throw new StepFailure('checkout: "userRemoteConfigs" needs a "url"');
  const [first] = listArg(scm, 'branches');
  const name = (isRecord(first) ? textArg(first, 'name') : textArg(scm, 'branch')) ?? 'master';
  return {
    remote,
    branch: name.replace(/^(\*\/|origin\/|refs\/heads\/)/, ''),
    ref: textArg(config, 'refspec')?.startsWith('refs/') ? textArg(config, 'refspec') : undefined,
    revision: textArg(scm, 'revision'),
    credentialsId: textArg(config, 'credentialsId'),
  };
}

async function checkOut(services: BuildServices, context: StepContext, scm: GitScm): Promise<PipelineValue> {
  const folder = await inWorkspace(services, context, 'checkout', '.');
  const mirror = services.mirrors.of(scm.remote);
  const login = services.credentials.login(scm.credentialsId);
  if (scm.credentialsId !== undefined && login === undefined) {
    services.log.line(`Warning: CredentialId "${scm.credentialsId}" could not be found.`);
  }
  try {
    const { revision, ref } = await resolveRevision(scm, mirror, login, context.signal);
    await mirror.ensure(revision, ref, login);
    services.log.line(`Checking out Revision ${revision} (${scm.branch})`);
    const previous = services.previousRevisions(scm.remote);
    await checkoutInto({
      mirror,
      revision,
      branch: scm.branch,
      folder,
      env: services.gitEnv,
      signal: context.signal,
    });
    services.addCheckout({ remote: scm.remote, revision, branch: scm.branch });
    return {
      GIT_COMMIT: revision,
      GIT_BRANCH: scm.revision === undefined ? `origin/${scm.branch}` : scm.branch,
      GIT_LOCAL_BRANCH: scm.branch,
      GIT_URL: scm.remote,
      ...(previous.last === undefined ? {} : { GIT_PREVIOUS_COMMIT: previous.last }),
      ...(previous.lastSuccessful === undefined
        ? {}
        : { GIT_PREVIOUS_SUCCESSFUL_COMMIT: previous.lastSuccessful }),
    };
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof StepFailure) throw error;
    throw new StepFailure(`checkout of ${scm.remote} failed: ${messageOf(error)}`);
  }
}

async function resolveRevision(
  scm: GitScm,
  mirror: ReturnType<BuildServices['mirrors']['of']>,
  login: Login | undefined,
  signal: AbortSignal,
): Promise<{ revision: string; ref: string }> {
  const branchRef = scm.ref ?? `refs/heads/${scm.branch}`;
  if (scm.revision !== undefined) return { revision: scm.revision, ref: branchRef };
  const refs = await mirror.refs(login, signal);
  for (const ref of [branchRef, `refs/tags/${scm.branch}`, scm.branch]) {
    const revision = refs.get(ref);
    if (revision !== undefined) return { revision, ref };
  }
  if (/^[0-9a-f]{40}$/.test(scm.branch)) {
    return { revision: scm.branch, ref: refs.has('refs/heads/main') ? 'refs/heads/main' : 'HEAD' };
  }
  throw new StepFailure(
    `Couldn't find any revision to build: ${scm.remote} has no branch or tag "${scm.branch}"`,
  );
}
