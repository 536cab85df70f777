import type { Config } from '../config/schema.ts';
import { addonsOf } from '../config/addons.ts';
import { PlaygroundError } from '../lib/errors.ts';

/** What only real products can do, with the options that ask for it. */
function askedFor(config: Config): { readonly what: string; readonly options: string }[] {
  const { gitServer, operator } = config;
  const addons = addonsOf(config);
  return [
    ...(gitServer === 'gitea' ? [] : [{ what: 'SCM-Manager', options: `--git-server ${gitServer}` }]),
    ...(operator === 'argocd' ? [] : [{ what: 'Flux', options: `--operator ${operator}` }]),
    ...(addons.length === 0
      ? []
      : [
          {
            what: `the add-ons ${addons.join(', ')}`,
            options: config.profile === 'full' ? '--profile full' : `--with ${addons.join(',')}`,
          },
        ]),
  ];
}

/**
 * Refuses what an engine or an operator cannot run, before anything begins.
 * @throws PlaygroundError `engine-cannot` with what can be done instead; `operator-cannot`.
 */
export function refuseUnsupported(config: Config, engine: string): void {
  const asked = askedFor(config);
  const addons = addonsOf(config);
  if (engine !== 'embedded' && config.operator === 'flux' && addons.length > 0) {
    throw new PlaygroundError({
      code: 'operator-cannot',
      message: `add-ons are Applications of Argo CD, which Flux does not know: ${addons.join(', ')}`,
      hint: 'leave out --operator flux, or the add-ons',
    });
  }
  if (engine === 'kubernetes' && config.bundle !== undefined) {
    throw new PlaygroundError({
      code: 'engine-cannot',
      message:
        'a bundle is for the nodes that k3d makes: those of a cluster that is there already take images from where they are told to',
      hint: 'leave --bundle out; without internet let the nodes of that cluster use a mirror, or take Docker: gitops-playground up --engine k3d --bundle FILE',
    });
  }
  if (engine !== 'embedded' || asked.length === 0) return;
  const list = new Intl.ListFormat('en', { type: 'disjunction' }).format(asked.map(({ what }) => what));
  throw new PlaygroundError({
    code: 'engine-cannot',
    message: `the engine embedded runs its own Git server and operator as processes, and cannot run ${list}, which come in images`,
    hint: `with Docker: gitops-playground up --engine k3d ${asked.map(({ options }) => options).join(' ')}; in a cluster that you have: --engine kubernetes --context NAME`,
  });
}
