import { describe, expect, it } from 'vitest';
import { folderWith, libraryModule, seededStage } from './library.ts';

const { describePromotion } = await libraryModule('manifests/describe.mjs');
const { renderStage } = await libraryModule('manifests/write.mjs');

const older = { revision: '1111111aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', image: `host:5000/p/storefront@sha256:${'1'.repeat(64)}` };
const newer = { revision: '2222222bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', image: `host:5000/p/storefront@sha256:${'2'.repeat(64)}` };

async function stageWith(version: typeof older, files = seededStage('production')) {
  return renderStage({ app: 'storefront', source: await folderWith(files), origin: 'k8s/production', ...version });
}

const order = { app: 'storefront', stage: 'production', folder: 'production/storefront', ...newer };

describe('the text of a promotion', () => {
  it('says what runs, what comes, which commits are new, which fields change, and how to check', async () => {
    const { title, body } = describePromotion({
      ...order,
      before: await stageWith(older),
      after: await stageWith(newer),
      commits: [{ revision: newer.revision, subject: 'Paint the shop coral', author: 'developer' }],
      build: 'http://127.0.0.1:9002/job/storefront/job/main/7/',
      checkUrl: 'http://storefront.staging.localhost:9005',
    });
    expect(title).toBe('Promote storefront 2222222 to production');
    expect(body).toBe(`Brings \`storefront\` in **production** from \`1111111\` to \`2222222\`. Staging runs it already.

| | in production now | after the merge |
|---|---|---|
| Revision | \`${older.revision}\` | \`${newer.revision}\` |
| Image | \`sha256:111111111111…\` | \`sha256:222222222222…\` |

### Commits

- \`2222222\` Paint the shop coral (developer)

### What changes

- \`production/storefront/deployment.yaml\`: Deployment/storefront is changed
  - \`metadata.annotations["gitops-playground.io/revision"]\`: \`${older.revision}\` → \`${newer.revision}\`
  - \`spec.template.spec.containers[0].image\`: \`host:5000/p/storefront@sha256:111111111111…\` → \`host:5000/p/storefront@sha256:222222222222…\`
  - \`spec.template.spec.containers[0].env[1].value\`: \`host:5000/p/storefront@sha256:111111111111…\` → \`host:5000/p/storefront@sha256:222222222222…\`

### How to check

1. Look at the same image in staging: http://storefront.staging.localhost:9005
2. Read the changed fields above. The tab "Files changed" has every line.
3. Merge. The operator brings it to the cluster: \`kubectl -n production rollout status deployment/storefront\`

Opened by http://127.0.0.1:9002/job/storefront/job/main/7/
`);
  });

  it('says that it is the first time', async () => {
    const { body } = describePromotion({ ...order, before: new Map(), after: await stageWith(newer) });
    expect(body).toMatch(/^Brings `storefront` to \*\*production\*\* for the first time, at `2222222`/);
    expect(body).toContain('| Image | nothing | `sha256:222222222222…` |');
    expect(body).toContain('- `production/storefront/service.yaml`: Service/storefront is added');
    expect(body).not.toContain('### Commits');
  });

  it('says when an object goes away, and when the history is not at hand', async () => {
    const { 'ingress.yaml': _, ...rest } = seededStage('production');
    const { body } = describePromotion({ ...order, before: await stageWith(older), after: await stageWith(newer, rest) });
    expect(body).toContain('- `production/storefront/ingress.yaml`: Ingress/storefront is removed');
    expect(body).toContain('The history between the two revisions is not at hand.');
  });

  it('says when it goes back', async () => {
    const stages = { before: await stageWith(newer), after: await stageWith(older) };
    const { body } = describePromotion({ ...order, ...older, ...stages, commits: [] });
    expect(body).toContain('None: this goes back to an earlier revision.');
  });

  it('shows commit messages as text, whatever markup they contain', async () => {
    const { body } = describePromotion({
      ...order,
      before: await stageWith(older),
      after: await stageWith(newer),
      commits: [{ revision: newer.revision, subject: 'closes #1 [x](http://evil) @all <b>', author: '*me*' }],
    });
    const line = body.split('\n').find((one: string) => one.startsWith('- `2222222`'));
    expect(line).not.toMatch(/[[\]<>*@]|#1/);
  });
});
